"""Who did what with a patient's data: one hash chain per patient, over the stored bytes.

Each record's hash covers its own fields and the hash before it, so that a changed, removed or
inserted record breaks the chain from there on. Records cut off at the end show only against a
head that was noted elsewhere: hence `heads` and `root`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Connection, Row, bindparam, exists, func, insert, select

from trajectory import tables
from trajectory.ids import Ids

_audit = tables.core(tables.AuditRecord)
_START = b""


class Head(NamedTuple):
    """The newest record of a patient's chain."""

    patient_id: int
    n: int
    hash: bytes


class NewRecord(NamedTuple):
    """What somebody does now with the data of a patient whose conversation is held."""

    patient_id: int
    actor: str
    action: str
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """One thing that somebody did; `subject` holds ids only, such as `grant:42`."""

    n: int
    at: datetime
    actor: str
    action: str
    subject: str


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a chain, at which record."""

    n: int
    what: str
    """altered | removed | order | cut-off"""


_INSERT = insert(_audit)
_CHAIN = select(_audit).where(_audit.c.patient_id == bindparam("patient_id")).order_by(_audit.c.n)
_later = _audit.alias("later")
_NEWEST = select(_audit.c.patient_id, _audit.c.n, _audit.c.hash).where(
    _audit.c.patient_id.in_(bindparam("patients", expanding=True)),
    ~exists().where(_later.c.patient_id == _audit.c.patient_id, _later.c.n > _audit.c.n),
)


def append(
    connection: Connection,
    ids: Ids,
    patient_id: int,
    *,
    actor: str,
    action: str,
    subject: str = "",
    at: datetime,
) -> None:
    """Add a record to a patient's chain; the caller holds the patient's conversation."""
    append_all(connection, ids, [NewRecord(patient_id, actor, action, subject)], at)


def append_all(
    connection: Connection, ids: Ids, newcomers: Sequence[NewRecord], at: datetime
) -> None:
    """As `append`, for many at once: each patient's in order."""
    if not newcomers:
        return
    heads = _heads_of(connection, {each.patient_id for each in newcomers})
    rows = []
    for each in newcomers:
        n, previous = heads.get(each.patient_id, (0, _START))
        record = {
            "id": ids.take(connection),
            **each._asdict(),
            "n": n + 1,
            "at": at,
            "previous": previous,
        }
        record["hash"] = _hash(record)
        heads[each.patient_id] = (n + 1, record["hash"])
        rows.append(record)
    connection.execute(_INSERT, rows)


def _heads_of(connection: Connection, patient_ids: Collection[int]) -> dict[int, tuple[int, bytes]]:
    rows = connection.execute(_NEWEST, {"patients": sorted(patient_ids)})
    return {row.patient_id: (row.n, bytes(row.hash)) for row in rows}


def records(connection: Connection, patient_id: int) -> list[Record]:
    """A patient's records, oldest first: the answer to "who looked"."""
    rows = connection.execute(_CHAIN, {"patient_id": patient_id})
    return [Record(row.n, row.at, row.actor, row.action, row.subject) for row in rows]


def verify(connection: Connection, patient_id: int, head: Head | None = None) -> list[Problem]:
    """Everything that is wrong with a patient's chain; empty when it is whole.

    With a `head` that was noted earlier, the chain must still contain it.
    """
    rows = connection.execute(_CHAIN, {"patient_id": patient_id}).all()
    problems = list(_broken_links(rows))
    if head is not None and not any(row.n == head.n for row in rows):
        problems.append(Problem(head.n, "cut-off"))
    elif head is not None and not any(bytes(row.hash) == head.hash for row in rows):
        problems.append(Problem(head.n, "altered"))
    return problems


def heads(connection: Connection) -> list[Head]:
    """The newest record of every chain, by patient id."""
    newest = select(_audit.c.patient_id, func.max(_audit.c.n).label("n")).group_by(
        _audit.c.patient_id
    )
    last = newest.subquery()
    rows = connection.execute(
        select(_audit.c.patient_id, _audit.c.n, _audit.c.hash)
        .join(last, (last.c.patient_id == _audit.c.patient_id) & (last.c.n == _audit.c.n))
        .order_by(_audit.c.patient_id)
    )
    return [Head(row.patient_id, row.n, bytes(row.hash)) for row in rows]


def root(heads: Iterable[Head]) -> bytes:
    """One hash over all heads, to be noted outside the database."""
    digest = hashlib.sha256()
    for head in sorted(heads):
        digest.update(f"{head.patient_id}:{head.n}:".encode() + head.hash)
    return digest.digest()


def _broken_links(rows: Iterable[Row[*tuple[Any, ...]]]) -> Iterator[Problem]:
    expected, previous = 1, _START
    for row in rows:
        if row.n != expected:
            yield Problem(expected, "removed")
        elif bytes(row.previous) != previous:
            yield Problem(row.n, "order")
        if bytes(row.hash) != _hash(row._mapping):
            yield Problem(row.n, "altered")
        expected, previous = row.n + 1, bytes(row.hash)


def _hash(record: Any) -> bytes:
    """SHA-256 over one spelling of a record, the same on both databases."""
    fields = [
        record["id"],
        record["patient_id"],
        record["n"],
        record["at"].astimezone(UTC).isoformat(timespec="microseconds"),
        record["actor"],
        record["action"],
        record["subject"],
    ]
    return hashlib.sha256(bytes(record["previous"]) + orjson.dumps(fields)).digest()
