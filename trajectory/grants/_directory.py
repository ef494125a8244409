"""What patients share with somebody of the clinic's directory: asked for at every read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, distinct, func, or_, select

from trajectory import tables
from trajectory.erasure import ERASED
from trajectory.grants._given import NOW, ONCE, WORK_PAGE, grant_is_active, purposes_of

_grant = tables.core(tables.AccessGrant)
_member = tables.core(tables.CareTeamMember)
_patient = tables.core(tables.Patient)
_professional = tables.core(tables.Professional)
_earlier = _grant.alias("earlier")


@dataclass(frozen=True, slots=True)
class Shared:
    """One patient's active grant; `since` is when this person looked last, by whichever grant."""

    grant_id: int
    patient_id: int
    member_id: int
    role: str
    purposes: frozenset[str]
    given_at: datetime
    since: datetime | None


# By whichever grant: a renewed one does not make the person new.
_SINCE = (
    select(func.max(_earlier.c.last_seen_at))
    .where(_earlier.c.member_id == _member.c.id)
    .scalar_subquery()
)
_SHARED = (
    select(
        _grant.c.id,
        _grant.c.patient_id,
        _grant.c.member_id,
        _member.c.role,
        _grant.c.purposes,
        _grant.c.given_at,
        _SINCE.label("since"),
    )
    .join(_member, _member.c.id == _grant.c.member_id)
    .join(_professional, _professional.c.id == _member.c.professional_id)
    .join(_patient, _patient.c.id == _grant.c.patient_id)
    .where(
        _member.c.professional_id == bindparam("professional"),
        _professional.c.removed_at.is_(None),
        _patient.c.status != ERASED,
        grant_is_active(NOW),
        # Read behind the link of its mail alone: whoever opens it says who they are.
        ~_grant.c.purposes.contains(WORK_PAGE),
        # One that opens a single time is spent with the first look.
        or_(_grant.c.first_seen_at.is_(None), ~_grant.c.purposes.contains(ONCE)),
    )
    .order_by(_grant.c.id)
)
_ONE_SHARED = _SHARED.where(_grant.c.id == bindparam("grant"))
_WHOSE = (
    select(_member.c.patient_id)
    .where(_member.c.professional_id == bindparam("professional"), _member.c.removed_at.is_(None))
    .order_by(_member.c.patient_id)
)


_COUNTED = (
    select(_member.c.professional_id, func.count(distinct(_member.c.patient_id)).label("number"))
    .where(_member.c.professional_id.is_not(None), _member.c.removed_at.is_(None))
    .group_by(_member.c.professional_id)
)


def patients_each(connection: Connection) -> dict[int, int]:
    """By number in the directory how many patients have this person in their care team."""
    return {row.professional_id: row.number for row in connection.execute(_COUNTED)}


def shared_with(connection: Connection, professional_id: int, now: datetime) -> list[Shared]:
    """Every patient who shares with this person now, each once: by the newest grant."""
    rows = connection.execute(_SHARED, {"professional": professional_id, "now": now})
    return list({row.patient_id: _read(row) for row in rows}.values())


def one_shared_with(
    connection: Connection, professional_id: int, grant_id: int, now: datetime
) -> Shared | None:
    """One active grant, if it is to this person; None: it opens nothing, nobody learns why."""
    asked = {"professional": professional_id, "grant": grant_id, "now": now}
    row = connection.execute(_ONE_SHARED, asked).one_or_none()
    return None if row is None else _read(row)


def whose_patients(connection: Connection, professional_id: int) -> list[int]:
    """Patients in whose care team this person is, whatever they may see."""
    rows = connection.execute(_WHOSE, {"professional": professional_id})
    return list(dict.fromkeys(rows.scalars()))


def _read(row: Row[*tuple[Any, ...]]) -> Shared:
    purposes = purposes_of(row.purposes)
    return Shared(
        row.id, row.patient_id, row.member_id, row.role, purposes, row.given_at, row.since
    )
