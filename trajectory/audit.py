"""Who did what with a patient's data: one hash chain per patient, over the stored bytes.

Each record's hash covers its own fields and the hash before it, so that a changed, removed or
inserted record breaks the chain from there on (`trajectory.audit_checks`). Records cut off at the
end show only against a head that was noted elsewhere: hence `heads`, and `trajectory.audit_log`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Connection, bindparam, exists, func, insert, select

from trajectory import tables
from trajectory.ids import Ids
from trajectory.sql import Among

_audit = tables.core(tables.AuditRecord)
START = b""
"""What the first record of a chain follows."""
MOST = 2000
"""So many chains are read at a time."""


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


_INSERT = insert(_audit)
_CHAIN = select(_audit).where(_audit.c.patient_id == bindparam("patient_id")).order_by(_audit.c.n)
_later = _audit.alias("later")
_NEWEST = select(_audit.c.patient_id, _audit.c.n, _audit.c.hash).where(
    Among(_audit.c.patient_id, "patients"),
    ~exists().where(_later.c.patient_id == _audit.c.patient_id, _later.c.n > _audit.c.n),
)
_last = (
    select(_audit.c.patient_id, func.max(_audit.c.n).label("n"))
    .where(_audit.c.patient_id > bindparam("after"))
    .group_by(_audit.c.patient_id)
    .order_by(_audit.c.patient_id)
    .limit(bindparam("most"))
    .subquery()
)
_SINCE = (
    select(_audit.c.id)
    .where(
        _audit.c.patient_id == bindparam("patient_id"),
        _audit.c.actor == bindparam("actor"),
        _audit.c.action == bindparam("action"),
        _audit.c.at > bindparam("since", type_=_audit.c.at.type),
    )
    .limit(1)
)
_HEADS = (
    select(_audit.c.patient_id, _audit.c.n, _audit.c.hash)
    .join(_last, (_last.c.patient_id == _audit.c.patient_id) & (_last.c.n == _audit.c.n))
    .order_by(_audit.c.patient_id)
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
    found = heads_of(connection, {each.patient_id for each in newcomers})
    rows = []
    for each in newcomers:
        _, n, previous = found.get(each.patient_id, Head(each.patient_id, 0, START))
        record = {
            "id": ids.take(connection),
            **each._asdict(),
            "n": n + 1,
            "at": at,
            "previous": previous,
        }
        record["hash"] = hash_of(record)
        found[each.patient_id] = Head(each.patient_id, n + 1, record["hash"])
        rows.append(record)
    connection.execute(_INSERT, rows)


def records(connection: Connection, patient_id: int) -> list[Record]:
    """A patient's records, oldest first: the answer to "who looked"."""
    rows = connection.execute(_CHAIN, {"patient_id": patient_id})
    return [Record(row.n, row.at, row.actor, row.action, row.subject) for row in rows]


def is_noted_since(
    connection: Connection, patient_id: int, actor: str, action: str, since: datetime
) -> bool:
    """Whether this was noted of them since then: what a page repeats by itself is one look."""
    asked = {"patient_id": patient_id, "actor": actor, "action": action, "since": since}
    return connection.execute(_SINCE, asked).first() is not None


def heads(connection: Connection, after: int = 0, most: int = MOST) -> list[Head]:
    """The newest records of the next so many chains behind a patient's id, by patient id."""
    asked = {"after": after, "most": most}
    return [Head(*row[:2], bytes(row.hash)) for row in connection.execute(_HEADS, asked)]


def heads_of(connection: Connection, patient_ids: Collection[int]) -> dict[int, Head]:
    """The newest record of each of these patients' chains; those without records are left out."""
    rows = connection.execute(_NEWEST, {"patients": sorted(patient_ids)})
    return {row.patient_id: Head(*row[:2], bytes(row.hash)) for row in rows}


def hash_of(record: Any) -> bytes:
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
