"""What is wrong with audit chains: records that were changed, removed, inserted or cut off.

A record's hash needs no secret. So a chain that somebody has rewritten as a whole, or cut off at
its end, shows only against the heads that were noted outside the database
(`trajectory.audit_log`); and what is added at the end with a right hash shows nowhere.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any, NamedTuple, TypeAlias

from sqlalchemy import Connection, Row, Select, bindparam, literal, select

from trajectory import tables
from trajectory.audit import START, Head, hash_of
from trajectory.clinic_audit import CLINIC
from trajectory.erasure import ERASED
from trajectory.sql import Among

_audit = tables.core(tables.AuditRecord)
_clinic = tables.core(tables.ClinicAudit)
_patient = tables.core(tables.Patient)
_Row: TypeAlias = Row[*tuple[Any, ...]]

MOST_MISSING = 100
"""So many records of one gap are named."""
_ERASED_AFTER = (
    select(_patient.c.id)
    .where(_patient.c.status == ERASED, _patient.c.id > bindparam("after"))
    .order_by(_patient.c.id)
    .limit(bindparam("most"))
)
_UNREADABLE = (ValueError, TypeError, AttributeError)
NOT_NOTED: Mapping[int, Sequence[Head]] = {}


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """What is wrong with a chain, at which record."""

    n: int
    what: str
    """changed: a record is not what was written | removed | order: it does not follow the one
    before it | inserted: before the first | cut-off: it was noted outside, and is not there |
    rewritten: another one was noted outside | no-erasure: the patient is erased and no record says
    so | not-erased: a record says so, and the patient is there"""


@dataclass(frozen=True, slots=True)
class Chain:
    """One patient's chain as it was checked."""

    patient_id: int
    records: int
    """How many records it has."""
    times: Mapping[int, datetime]
    """By record when it was written."""
    problems: Sequence[Problem]


class _Reading(NamedTuple):
    """How a table of records is read: whole, by numbers alone, and one record of it."""

    chains: Select[Any]
    numbers: Select[Any]
    one: Select[Any]


_OF_PATIENTS = _Reading(
    select(_audit)
    .where(Among(_audit.c.patient_id, "patients"))
    .order_by(_audit.c.patient_id, _audit.c.n),
    select(_audit.c.id, _audit.c.patient_id, _audit.c.n)
    .where(Among(_audit.c.patient_id, "patients"))
    .order_by(_audit.c.patient_id, _audit.c.n),
    select(_audit).where(_audit.c.id == bindparam("record")),
)
_NOBODY = literal(CLINIC).label("patient_id")
_OF_CLINIC = _Reading(
    select(_clinic, _NOBODY).order_by(_clinic.c.n),
    select(_clinic.c.id, _NOBODY, _clinic.c.n).order_by(_clinic.c.n),
    select(_clinic, _NOBODY).where(_clinic.c.id == bindparam("record")),
)
_STATUS = select(_patient.c.id, _patient.c.status).where(Among(_patient.c.id, "patients"))


def check(
    connection: Connection,
    patient_ids: Collection[int],
    noted: Mapping[int, Sequence[Head]] = NOT_NOTED,
) -> list[Chain]:
    """Everything that is wrong with these patients' chains, in order of their ids.

    `noted`: by patient the heads that each chain must still contain; their hashes may be cut.
    """
    asked = {"patients": sorted(set(patient_ids))}
    if not asked["patients"]:
        return []
    erased = {row.id: row.status == ERASED for row in connection.execute(_STATUS, asked)}
    chains = _links(connection, _OF_PATIENTS, asked)
    return [
        _checked(each, chains.get(each, []), noted.get(each, ()), erased.get(each))
        for each in asked["patients"]
    ]


def check_clinic(connection: Connection, noted: Iterable[Head] = ()) -> Chain:
    """Everything that is wrong with the clinic's own chain; `noted` as in `check`."""
    links = _links(connection, _OF_CLINIC, {}).get(CLINIC, [])
    return _checked(CLINIC, links, noted, None)


def erased_after(connection: Connection, after: int, most: int) -> list[int]:
    """The next so many patients behind this one who are erased, in order."""
    asked = {"after": after, "most": most}
    return list(connection.execute(_ERASED_AFTER, asked).scalars())


class _Link(NamedTuple):
    """A record as far as it can be read: SQLite keeps anything in any column."""

    n: int
    at: datetime | None
    action: str
    previous: bytes | None
    hash: bytes | None
    right: bool
    """Whether its hash is that of what stands in it."""


def _links(
    connection: Connection, reading: _Reading, asked: Mapping[str, Any]
) -> dict[int, list[_Link]]:
    try:
        rows = [(row, _link(row)) for row in connection.execute(reading.chains, asked).all()]
    except _UNREADABLE:
        # One by one it shows which record cannot be read.
        numbers = connection.execute(reading.numbers, asked).all()
        rows = [(row, _one(connection, reading, row)) for row in numbers]
    by_patient = groupby(rows, lambda pair: int(pair[0].patient_id))
    return {patient_id: [link for _, link in pairs] for patient_id, pairs in by_patient}


def _one(connection: Connection, reading: _Reading, row: _Row) -> _Link:
    try:
        return _link(connection.execute(reading.one, {"record": row.id}).one())
    except _UNREADABLE:
        return _Link(row.n if isinstance(row.n, int) else 0, None, "", None, None, right=False)


def _link(row: _Row) -> _Link:
    right = bytes(row.hash) == hash_of(row._mapping)
    if not isinstance(row.n, int):
        raise TypeError
    return _Link(row.n, row.at, row.action, bytes(row.previous), bytes(row.hash), right)


def _checked(
    patient_id: int, links: Sequence[_Link], noted: Iterable[Head], erased: bool | None
) -> Chain:
    problems = {
        *_broken_links(links),
        *_lost_heads(links, noted),
        *_untold_erasure(links, erased),
    }
    times = {link.n: link.at for link in links if link.at is not None}
    return Chain(patient_id, len(links), times, sorted(problems))


def _broken_links(links: Iterable[_Link]) -> Iterator[Problem]:
    expected, before = 1, _Link(0, None, "", None, START, right=True)
    for link in links:
        if link.n < expected:
            yield Problem(link.n, "inserted")
            continue
        for missing in range(expected, min(link.n, expected + MOST_MISSING)):
            yield Problem(missing, "removed")
        if not link.right:
            yield Problem(link.n, "changed")
        follows = None in (link.previous, before.hash) or link.previous == before.hash
        if link.n == expected and not follows:
            yield Problem(link.n, "order")
        expected, before = link.n + 1, link


def _lost_heads(links: Sequence[_Link], noted: Iterable[Head]) -> Iterator[Problem]:
    hashes = {link.n: link.hash for link in links}
    for head in noted:
        if head.n not in hashes:
            yield Problem(head.n, "cut-off")
        elif not (hashes[head.n] or b"").startswith(head.hash):
            yield Problem(head.n, "rewritten")


def _untold_erasure(links: Sequence[_Link], erased: bool | None) -> Iterator[Problem]:
    """A chain outlives its patient's erasure, and tells it."""
    told = [link.n for link in links if link.action == ERASED]
    if erased and not told:
        yield Problem(links[-1].n + 1 if links else 1, "no-erasure")
    if told and erased is False:
        yield Problem(told[0], "not-erased")
