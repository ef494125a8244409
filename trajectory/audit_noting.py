"""Noting the heads that have moved, and reading back what each chain must still contain."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from itertools import groupby
from typing import Self

from sqlalchemy import Connection

from trajectory import audit, clinic_audit
from trajectory.audit import Head
from trajectory.audit_log import NOTED, REWOUND, AuditLog, Line
from trajectory.clinic_audit import CLINIC
from trajectory.database import Database

_TABLE = "CREATE TABLE point (patient INTEGER, n INTEGER, hash BLOB, PRIMARY KEY (patient, n))"
_ADD = "INSERT OR IGNORE INTO point VALUES (?, ?, ?)"
_BEHIND = "DELETE FROM point WHERE patient = ? AND n > ?"
_BETWEEN = (
    "SELECT patient, n, hash FROM point WHERE patient > ? AND patient <= ? ORDER BY patient, n"
)
_NEXT = "SELECT DISTINCT patient FROM point WHERE patient > ? ORDER BY patient LIMIT ?"


class Noting:
    """Notes heads that have moved since the log's newest lines, a slice of chains at a time.

    Remembers by patient the number that was noted last: about 100 bytes a patient.
    """

    def __init__(self, database: Database, log: AuditLog) -> None:
        self.log = log
        self._database = database
        self._noted: dict[int, int] = {}

    def note(self, after: int, now: datetime, most: int = audit.MOST) -> int | None:
        """Note those behind this patient; where to go on, or None: all are noted.

        The last slice writes a line even where nothing has moved: it shows that somebody looked.
        Raises trajectory.audit_log.BadLog, trajectory.database.Unavailable, OSError.
        """
        self._remember(self.log.unread())
        with self._database.read() as connection:
            heads = audit.heads(connection, after, most)
            own = clinic_audit.head(connection) if after == CLINIC else None
        all_heads = [own, *heads] if own else heads
        moved = [head for head in all_heads if head.n > self._noted.get(head.patient_id, 0)]
        last = len(heads) < most
        if moved or last:
            self._remember(self.log.add(NOTED, moved, now))
        return None if last else heads[-1].patient_id

    def note_all(self, now: datetime) -> None:
        """Note every chain. Raises as `note`."""
        place: int | None = 0
        while place is not None:
            place = self.note(place, now)

    def rewind(self, now: datetime, most: int = audit.MOST) -> int:
        """Say which chains a restore has set back; how many. Raises as `note`."""
        self._remember(self.log.unread())
        known, count = sorted(self._noted), 0
        for start in range(0, len(known), most):
            chosen = known[start : start + most]
            with self._database.read() as connection:
                found = _heads_of(connection, chosen)
            heads = [found.get(each, Head(each, 0, b"")) for each in chosen]
            back = [head for head in heads if head.n < self._noted[head.patient_id]]
            if back:
                self._remember(self.log.add(REWOUND, back, now))
            count += len(back)
        return count

    def _remember(self, lines: Iterable[Line]) -> None:
        for line in lines:
            for head in line.heads:
                self._noted[head.patient_id] = head.n


def _heads_of(connection: Connection, chosen: Collection[int]) -> dict[int, Head]:
    found = audit.heads_of(connection, chosen)
    own = clinic_audit.head(connection) if CLINIC in chosen else None
    return found | ({CLINIC: own} if own else {})


class Points:
    """Every head that was noted and still counts, in a throw-away file: logs may be long."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        connection.execute(_TABLE)

    @classmethod
    @contextmanager
    def opened(cls) -> Iterator[Self]:
        """None yet; the file is gone afterwards."""
        with closing(sqlite3.connect("")) as connection:
            yield cls(connection)

    def add(self, line: Line) -> None:
        """Take a line's heads in."""
        if line.kind == REWOUND:
            self._connection.executemany(_BEHIND, [head[:2] for head in line.heads])
        self._connection.executemany(_ADD, [head for head in line.heads if head.n > 0])

    def patients(self, after: int, most: int) -> list[int]:
        """The next so many patients with a point, in order."""
        return [row[0] for row in self._connection.execute(_NEXT, (after, most))]

    def between(self, after: int, until: int) -> Mapping[int, Sequence[Head]]:
        """By patient behind `after` and not behind `until` what was noted of them."""
        rows = self._connection.execute(_BETWEEN, (after, until))
        return {
            patient_id: [Head(*row) for row in found]
            for patient_id, found in groupby(rows, lambda row: int(row[0]))
        }
