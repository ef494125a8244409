"""The people whom a patient has named, under the patient's own words for them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, insert, select, update

from trajectory import tables
from trajectory.keys import Sealer
from trajectory.sql import Among

_member = tables.core(tables.CareTeamMember)
_grant = tables.core(tables.AccessGrant)
_NAME = "care_team_member.name"
_EMAIL = "care_team_member.email"

TREATING = frozenset({"physiotherapist", "gp", "chiropractor", "rheumatologist", "nurse"})
"""Roles that see the whole summary and write notes; nobody else does."""


@dataclass(frozen=True, slots=True)
class Member:
    """One person of the care team, in the clear."""

    id: int
    role: str
    name: str
    email: str | None
    bounced: bool = False
    """A mail to this address came back: nothing goes there until it is given anew."""
    professional_id: int | None = None
    """Who it is in the clinic's directory; None: somebody whom only the patient knows."""


_INSERT = insert(_member)
FIELDS = (
    _member.c.id,
    _member.c.role,
    _member.c.name,
    _member.c.email,
    _member.c.bounced_at,
    _member.c.professional_id,
)
"""What `opened` needs of a row."""
_ACTIVE = (
    select(*FIELDS)
    .where(_member.c.patient_id == bindparam("patient_id"), _member.c.removed_at.is_(None))
    .order_by(_member.c.id)
)
_ONE = select(*FIELDS).where(
    _member.c.id == bindparam("member_id"), _member.c.patient_id == bindparam("patient_id")
)
_BOUNCED = select(_member.c.id).where(
    Among(_member.c.id, "members"), _member.c.bounced_at.is_not(None)
)


def add(
    connection: Connection, sealer: Sealer, member: Member, *, patient_id: int, now: datetime
) -> None:
    """Take a new person into a patient's care team, under an id that `Ids` gave."""
    row = {
        "id": member.id,
        "patient_id": patient_id,
        "role": member.role,
        "name": sealer.seal_text(_NAME, member.id, member.name),
        "email": None
        if member.email is None
        else sealer.seal_text(_EMAIL, member.id, member.email),
        "created_at": now,
        "professional_id": member.professional_id,
    }
    connection.execute(_INSERT, row)


def active(connection: Connection, sealer: Sealer, patient_id: int) -> list[Member]:
    """A patient's care team, in the order in which they were named. Raises WrongKey."""
    rows = connection.execute(_ACTIVE, {"patient_id": patient_id})
    return [opened(sealer, row) for row in rows]


def member(
    connection: Connection, sealer: Sealer, patient_id: int, member_id: int
) -> Member | None:
    """One person of this patient's care team, removed or not. Raises WrongKey."""
    asked = {"member_id": member_id, "patient_id": patient_id}
    row = connection.execute(_ONE, asked).one_or_none()
    return None if row is None else opened(sealer, row)


def rename(connection: Connection, sealer: Sealer, member_id: int, name: str) -> None:
    """Give a person another name."""
    sealed = sealer.seal_text(_NAME, member_id, name)
    connection.execute(update(_member).where(_member.c.id == member_id).values(name=sealed))


def give_email(connection: Connection, sealer: Sealer, member_id: int, email: str) -> None:
    """Write to this person at that address from now on; whatever came back before."""
    sealed = sealer.seal_text(_EMAIL, member_id, email)
    connection.execute(
        update(_member).where(_member.c.id == member_id).values(email=sealed, bounced_at=None)
    )


def link(connection: Connection, member_id: int, professional_id: int) -> None:
    """This person has turned out to be one of the clinic's directory."""
    connection.execute(
        update(_member).where(_member.c.id == member_id).values(professional_id=professional_id)
    )


def note_bounce(connection: Connection, member_id: int, now: datetime) -> None:
    """A mail to this person's address came back."""
    connection.execute(update(_member).where(_member.c.id == member_id).values(bounced_at=now))


def bounced(connection: Connection, member_ids: Collection[int]) -> set[int]:
    """Those of these people whose address does not work."""
    if not member_ids:
        return set()
    asked = {"members": sorted(member_ids)}
    return set(connection.execute(_BOUNCED, asked).scalars())


def remove(connection: Connection, member_id: int, now: datetime) -> None:
    """Take a person out of the care team; whatever they were allowed to see ends with it."""
    connection.execute(
        update(_member)
        .where(_member.c.id == member_id, _member.c.removed_at.is_(None))
        .values(removed_at=now)
    )
    connection.execute(
        update(_grant)
        .where(_grant.c.member_id == member_id, _grant.c.ended_at.is_(None))
        .values(ended_at=now)
    )


def opened(sealer: Sealer, row: Row[*tuple[Any, ...]]) -> Member:
    """A member from a row with `FIELDS`, sealed. Raises WrongKey."""
    email = None if row.email is None else sealer.open_text(_EMAIL, row.id, row.email)
    name = sealer.open_text(_NAME, row.id, row.name)
    bounced = row.bounced_at is not None
    return Member(row.id, row.role, name, email, bounced, row.professional_id)
