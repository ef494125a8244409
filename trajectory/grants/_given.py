"""Grants: given by the patient to one named person, for purposes, for a time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Row,
    and_,
    bindparam,
    insert,
    or_,
    select,
    update,
)

from trajectory import care_team, tables
from trajectory.care_team import Member
from trajectory.ids import Ids
from trajectory.keys import Ring, Sealer
from trajectory.sql import Among

_grant = tables.core(tables.AccessGrant)
_member = tables.core(tables.CareTeamMember)
_WORD = "access_grant.word"
LINK = "access_grant.token"
"""Where the sealed token lies, and what its hash is for."""
ONCE = "once"
"""Among the purposes: the link opens a single time."""
WORK_PAGE = "work-page"
"""The purpose of a grant that opens a page about work, as it was when it was shared."""


class GrantEnded(Exception):
    """The grant has ended, or never was."""


@dataclass(frozen=True, slots=True)
class Grant:
    """One active grant, in the clear, for the patient's own eyes."""

    id: int
    member: Member
    purposes: frozenset[str]
    given_at: datetime
    until: datetime | None
    first_seen_at: datetime | None
    last_seen_at: datetime | None
    word: str
    token: str


@dataclass(frozen=True, slots=True)
class GrantRef:
    """A grant as a link finds it; `active` when the link may open (another) page."""

    id: int
    patient_id: int
    member_id: int
    purposes: frozenset[str]
    active: bool


def grant_is_active(now: datetime | BindParameter[datetime]) -> ColumnElement[bool]:
    """The condition that every read path carries; needs the member joined."""
    return and_(
        _grant.c.ended_at.is_(None),
        or_(_grant.c.until.is_(None), _grant.c.until > now),
        _member.c.removed_at.is_(None),
    )


NOW: BindParameter[datetime] = bindparam("now", type_=_grant.c.until.type)
_INSERT = insert(_grant)
_ACTIVE = (
    select(
        _grant.c.id.label("grant_id"),
        _grant.c.purposes,
        _grant.c.given_at,
        _grant.c.until,
        _grant.c.first_seen_at,
        _grant.c.last_seen_at,
        _grant.c.word,
        _grant.c.token,
        *care_team.FIELDS,
    )
    .join(_member, _member.c.id == _grant.c.member_id)
    .where(_grant.c.patient_id == bindparam("patient_id"), grant_is_active(NOW))
    .order_by(_grant.c.id)
)
_REF = select(
    _grant.c.id,
    _grant.c.patient_id,
    _grant.c.member_id,
    _grant.c.purposes,
    _grant.c.first_seen_at,
    grant_is_active(NOW).label("active"),
).join(_member, _member.c.id == _grant.c.member_id)
_BY_TOKEN = _REF.where(Among(_grant.c.token_hash, "hashes"))
_BY_ID = _REF.where(_grant.c.id == bindparam("grant_id"))


def give(
    connection: Connection,
    ids: Ids,
    ring: Ring,
    sealer: Sealer,
    *,
    patient_id: int,
    member_id: int,
    purposes: Iterable[str],
    until: datetime | None,
    token: str,
    word: str,
    now: datetime,
) -> int:
    """The id of a new grant. `token` goes into the link, `word` by mouth to the person."""
    grant_id = ids.take(connection)
    row = {
        "id": grant_id,
        "patient_id": patient_id,
        "member_id": member_id,
        "purposes": _stored(purposes),
        "given_at": now,
        "until": until,
        "token_hash": ring.find_hash(LINK, token)[1],
        "token": sealer.seal_text(LINK, grant_id, token),
        "word": sealer.seal_text(_WORD, grant_id, word),
    }
    connection.execute(_INSERT, row)
    return grant_id


def active(connection: Connection, sealer: Sealer, patient_id: int, now: datetime) -> list[Grant]:
    """Who may read a patient's data now, in the order in which it was given. Raises WrongKey."""
    rows = connection.execute(_ACTIVE, {"patient_id": patient_id, "now": now})
    return [_opened(sealer, row) for row in rows]


def by_token(connection: Connection, ring: Ring, token: str, now: datetime) -> GrantRef | None:
    """The grant that a link names, active or not."""
    hashes = [digest for _, digest in ring.find_hashes(LINK, token)]
    row = connection.execute(_BY_TOKEN, {"hashes": hashes, "now": now}).one_or_none()
    return None if row is None else _ref(row)


def by_id(connection: Connection, grant_id: int, now: datetime) -> GrantRef | None:
    """One grant, active or not."""
    row = connection.execute(_BY_ID, {"grant_id": grant_id, "now": now}).one_or_none()
    return None if row is None else _ref(row)


def end(connection: Connection, grant_id: int, now: datetime) -> None:
    """End a grant; open pages of it show nothing from their next request on."""
    connection.execute(
        update(_grant)
        .where(_grant.c.id == grant_id, _grant.c.ended_at.is_(None))
        .values(ended_at=now)
    )


def shorten(connection: Connection, grant_id: int, until: datetime) -> None:
    """Let a grant end at `until` at the latest."""
    connection.execute(
        update(_grant)
        .where(_grant.c.id == grant_id, or_(_grant.c.until.is_(None), _grant.c.until > until))
        .values(until=until)
    )


def change_purposes(connection: Connection, grant_id: int, purposes: Iterable[str]) -> None:
    """Replace what a grant is for."""
    connection.execute(
        update(_grant).where(_grant.c.id == grant_id).values(purposes=_stored(purposes))
    )


def _ref(row: Row[*tuple[Any, ...]]) -> GrantRef:
    purposes = purposes_of(row.purposes)
    spent = ONCE in purposes and row.first_seen_at is not None
    return GrantRef(
        row.id, row.patient_id, row.member_id, purposes, active=bool(row.active) and not spent
    )


def _opened(sealer: Sealer, row: Row[*tuple[Any, ...]]) -> Grant:
    return Grant(
        id=row.grant_id,
        member=care_team.opened(sealer, row),
        purposes=purposes_of(row.purposes),
        given_at=row.given_at,
        until=row.until,
        first_seen_at=row.first_seen_at,
        last_seen_at=row.last_seen_at,
        word=sealer.open_text(_WORD, row.grant_id, row.word),
        token=sealer.open_text(LINK, row.grant_id, row.token),
    )


def _stored(purposes: Iterable[str]) -> str:
    return ",".join(sorted(set(purposes)))


def purposes_of(stored: str) -> frozenset[str]:
    """What a grant is for, as its column says."""
    return frozenset(filter(None, stored.split(",")))
