"""One-time codes that let a patient in from an address nobody knows, stored as keyed hashes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, insert, select, update

from trajectory import cases, tables
from trajectory.cases import Kind, State
from trajectory.ids import Ids
from trajectory.keys import Ring
from trajectory.traces import Place, place_hash, place_hashes

CLAIM = timedelta(hours=1)
"""So long whoever has shown a code may be asked for the patient's own four digits."""

_CODE = "enrolment_code"
_CLAIM = "enrolment_code.place"
_code = tables.core(tables.EnrolmentCode)
_case = tables.core(tables.DeskCase)
_patient = tables.core(tables.Patient)


def create(
    connection: Connection,
    ids: Ids,
    ring: Ring,
    *,
    patient_id: int,
    code: str,
    now: datetime,
    lifetime: timedelta,
) -> None:
    """A new code of a patient whose conversation the caller holds; earlier ones stop working."""
    close_all(connection, patient_id, now)
    row = {
        "id": ids.take(connection),
        "patient_id": patient_id,
        "hash": ring.find_hash(_CODE, code)[1],
        "created_at": now,
        "expires_at": now + lifetime,
    }
    connection.execute(insert(_code), row)


def find(connection: Connection, ring: Ring, code: str, now: datetime) -> int | None:
    """Whose code this is; None where it opens nothing: no caller can tell why."""
    owner = select(_code.c.patient_id).where(*_opens(ring, code, now))
    return connection.execute(owner).scalar_one_or_none()


def use(
    connection: Connection, ring: Ring, code: str, now: datetime, claimed_by: Place | None = None
) -> None:
    """Use a code up that was found while the caller holds the conversation.

    `claimed_by`: who has shown it must yet give the patient's own four digits.
    """
    claim = None if claimed_by is None else place_hash(ring, _CLAIM, claimed_by)
    opened = update(_code).where(*_opens(ring, code, now)).values(used_at=now, claimed_by=claim)
    for patient_id in connection.execute(opened.returning(_code.c.patient_id)).scalars().all():
        cases.set_state(connection, patient_id, Kind.CODE_UNUSED, State.PASSED, now)


def close_all(connection: Connection, patient_id: int, now: datetime) -> None:
    """No code of this patient that is still out opens anything, and none is waited for."""
    connection.execute(
        update(_code)
        .where(_code.c.patient_id == patient_id, _code.c.used_at.is_(None))
        .values(used_at=now)
    )
    cases.set_state(connection, patient_id, Kind.CODE_UNUSED, State.PASSED, now)


def expired(connection: Connection, now: datetime, most: int) -> Sequence[int]:
    """Patients whose code has expired unused, and of whom the clinic's list has not told that.

    So many at most, in order of their ids; whoever is asked nothing any more is left out.
    """
    told = select(_case.c.id).where(
        _case.c.patient_id == _code.c.patient_id,
        _case.c.kind == Kind.CODE_UNUSED,
        _case.c.opened_at >= _code.c.expires_at,
    )
    found = (
        select(_code.c.patient_id)
        .join(_patient, _patient.c.id == _code.c.patient_id)
        .where(
            _code.c.used_at.is_(None),
            _code.c.expires_at <= now,
            _patient.c.status.in_(("enrolling", "active")),
            ~told.exists(),
        )
    )
    asked = found.distinct().order_by(_code.c.patient_id).limit(most)
    return connection.execute(asked).scalars().all()


def forget_claims(connection: Connection, patient_id: int) -> None:
    """Nobody who has shown a code of this patient may give the four digits any more."""
    theirs = update(_code).where(_code.c.patient_id == patient_id)
    connection.execute(theirs.values(claimed_by=None))


def claims(
    connection: Connection, ring: Ring, places: Collection[Place], now: datetime
) -> Mapping[Place, int]:
    """Which of these places have shown a patient's code and owe the four digits."""
    asked = {digest: place for place in places for digest in place_hashes(ring, _CLAIM, place)}
    rows = connection.execute(
        select(_code.c.claimed_by, _code.c.patient_id)
        .where(_code.c.claimed_by.in_(sorted(asked)), _code.c.used_at > now - CLAIM)
        .order_by(_code.c.id)
    )
    return {asked[bytes(row.claimed_by)]: row.patient_id for row in rows}


def settle(connection: Connection, ring: Ring, place: Place) -> None:
    """Nothing is asked of this place any more."""
    hashes = place_hashes(ring, _CLAIM, place)
    connection.execute(update(_code).where(_code.c.claimed_by.in_(hashes)).values(claimed_by=None))


def _opens(ring: Ring, code: str, now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        _code.c.hash.in_([digest for _, digest in ring.find_hashes(_CODE, code)]),
        _code.c.used_at.is_(None),
        _code.c.expires_at > now,
    )
