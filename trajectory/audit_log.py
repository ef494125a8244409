"""The heads of the audit chains, noted outside the database in lines that are only added.

A line names the heads that have moved since the lines before it, the root of all lines so far, and
a signature of that root with the current key of the ring:

    LINE TIME KIND PATIENT:RECORD:HASH ... root=HEX KEY=HEX

`noted`: these heads were there. `rewound`: a restore has set these chains back to an earlier
record (0: to none), and what was noted behind it counts no more. No line can be changed, removed
or inserted without the ring. Lines cut off at the end show against a root that was kept elsewhere:
each run's root is in the process's log, too.
"""

from __future__ import annotations

import fcntl
import hashlib
import hmac
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, NamedTuple

from trajectory.audit import Head
from trajectory.keys import Ring

NOTED, REWOUND = "noted", "rewound"
HASH_BYTES = 16
"""So much of a head's hash is noted: nobody finds another record with the same."""

_PURPOSE = "audit.log"


class BadLog(Exception):
    """The file is not what was written; the message says which line."""


class Line(NamedTuple):
    """A line whose place, root and signature are right."""

    n: int
    at: datetime
    kind: str
    heads: Sequence[Head]
    root: bytes


@dataclass(slots=True)
class _Place:
    """How far a log was read."""

    offset: int = 0
    n: int = 0
    root: bytes = b""
    signed: bool = True
    """Whether the newest line was signed with a key of the ring: it vouches for all before it."""


class AuditLog:
    """One file, as far as this process has read it."""

    def __init__(self, file: Path, ring: Ring) -> None:
        self.file = file
        self._ring = ring
        self._place = _Place()

    @property
    def root(self) -> bytes:
        """Of the newest line that was read."""
        return self._place.root

    def unread(self) -> Iterator[Line]:
        """The lines behind those that were read; what a crash has left of a line is passed over.

        Raises BadLog, after the lines that are right.
        """
        try:
            with self.file.open("rb") as opened:
                yield from self._lines(opened)
        except FileNotFoundError:
            self._require(0)
        except OSError as error:
            raise BadLog(f"{self.file} cannot be read ({error.strerror})") from None

    def add(self, kind: str, heads: Sequence[Head], at: datetime) -> Sequence[Line]:
        """Write a line, to the disk; what others have written since this was read, and the line.

        Raises BadLog; OSError: it cannot be written.
        """
        descriptor = os.open(self.file, os.O_RDWR | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "rb+") as opened:
            fcntl.flock(opened.fileno(), fcntl.LOCK_EX)
            others = list(self._lines(opened))
            opened.seek(self._place.offset)
            opened.truncate()
            opened.write(self._written(kind, heads, at))
            opened.flush()
            os.fsync(opened.fileno())
            opened.seek(self._place.offset)
            return [*others, *self._lines(opened)]

    def _lines(self, opened: IO[bytes]) -> Iterator[Line]:
        self._require(os.fstat(opened.fileno()).st_size)
        opened.seek(self._place.offset)
        for raw in opened:
            if not raw.endswith(b"\n"):
                break
            yield self._read(raw)
        if not self._place.signed:
            raise BadLog(
                f"{self.file}, line {self._place.n}: signed with a key that is not in the ring"
            )

    def _require(self, size: int) -> None:
        if size < self._place.offset:
            raise BadLog(f"{self.file}: lines were cut off while it was in use")

    def _written(self, kind: str, heads: Sequence[Head], at: datetime) -> bytes:
        words = [f"{self._place.n + 1}", at.isoformat(timespec="seconds"), kind]
        words += [f"{each.patient_id}:{each.n}:{_short(each.hash)}" for each in heads]
        body = " ".join(words)
        root = _root(self._place.root, body)
        key_id, signature = self._ring.find_hash(_PURPOSE, root.hex())
        return f"{body} root={root.hex()} {key_id}={signature.hex()}\n".encode()

    def _read(self, raw: bytes) -> Line:
        number = self._place.n + 1
        try:
            body, root_word, signature = raw.decode("ascii").rstrip("\n").rsplit(" ", 2)
            n, at, kind, *heads = body.split(" ")
            line = Line(
                int(n), datetime.fromisoformat(at), kind, [_head(each) for each in heads], b""
            )
        except ValueError:
            raise BadLog(f"{self.file}, line {number}: no line of this log") from None
        root = _root(self._place.root, body)
        if line.n != number or root_word != f"root={root.hex()}":
            raise BadLog(f"{self.file}, line {number}: changed, or lines before it were")
        signed = self._is_signed(root, signature)
        if signed is False:
            raise BadLog(f"{self.file}, line {number}: its signature is wrong")
        self._place = _Place(self._place.offset + len(raw), number, root, bool(signed))
        return line._replace(root=root)

    def _is_signed(self, root: bytes, signature: str) -> bool | None:
        """None: with a key that has left the ring; a later line must vouch for it."""
        key_id, _, given = signature.rpartition("=")
        right = dict(self._ring.find_hashes(_PURPOSE, root.hex())).get(key_id)
        return None if right is None else hmac.compare_digest(right.hex(), given)


def _root(previous: bytes, body: str) -> bytes:
    return hashlib.sha256(previous + body.encode()).digest()


def _short(digest: bytes) -> str:
    return digest[:HASH_BYTES].hex()


def _head(word: str) -> Head:
    patient_id, n, digest = word.split(":")
    return Head(int(patient_id), int(n), bytes.fromhex(digest))
