"""Viewings: a professional's open page, known by its cookie, checked at every read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, bindparam, case, func, insert, select, update

from trajectory import care_team, sign_ins, tables
from trajectory.grants._given import NOW, GrantEnded, by_id, grant_is_active, purposes_of
from trajectory.ids import Ids
from trajectory.keys import Ring, Sealer
from trajectory.sql import Among

_viewing = tables.core(tables.Viewing)
_grant = tables.core(tables.AccessGrant)
_member = tables.core(tables.CareTeamMember)
_PURPOSE = "viewing.cookie"
_OPENER, _FOR = "viewing.opener", "viewing.purpose"

LIFE = timedelta(hours=8)
IDLE = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Viewing:
    """A page that is open. `since` is when this person looked before; None at the first look."""

    id: int
    grant_id: int
    patient_id: int
    member_id: int
    purposes: frozenset[str]
    opened_at: datetime
    since: datetime | None
    session_id: int | None = None
    """The sign-in from whose list it was opened; None: it came from a link."""


@dataclass(frozen=True, slots=True)
class Look:
    """Somebody opened what was shared; `name` as the patient calls them.

    `opener` and `purpose` are what whoever opened it said of themselves, where it was asked.
    """

    name: str
    opened_at: datetime
    opener: str = ""
    purpose: str = ""
    listed: bool = False
    """Not opened: a line of it was shown in that person's list of patients."""
    research: bool = False
    """Not opened: the answers were handed to research, without a name."""


@dataclass(frozen=True, slots=True)
class Opener:
    """Who opens a page that has come to a mailbox with several readers, and what for."""

    name: str
    purpose: str


_LOOKS = (
    select(
        *care_team.FIELDS,
        _viewing.c.opened_at,
        _viewing.c.id.label("viewing_id"),
        _viewing.c.opener,
        _viewing.c.purpose,
    )
    .join(_grant, _grant.c.id == _viewing.c.grant_id)
    .join(_member, _member.c.id == _grant.c.member_id)
    .where(_grant.c.patient_id == bindparam("patient_id"))
    .order_by(_viewing.c.opened_at.desc(), _viewing.c.id.desc())
    .limit(bindparam("most"))
)
_OPEN = (
    select(
        _viewing.c.id,
        _viewing.c.grant_id,
        _grant.c.patient_id,
        _grant.c.member_id,
        _grant.c.purposes,
        _viewing.c.opened_at,
        _viewing.c.since,
        _viewing.c.session_id,
    )
    .join(_grant, _grant.c.id == _viewing.c.grant_id)
    .join(_member, _member.c.id == _grant.c.member_id)
    .where(_viewing.c.expires_at > NOW, grant_is_active(NOW))
)
_BY_COOKIE = _OPEN.where(
    Among(_viewing.c.cookie_hash, "hashes"),
    _viewing.c.session_id.is_(None),
    _viewing.c.last_seen_at > bindparam("idle", type_=_viewing.c.last_seen_at.type),
)
_BY_SESSION = (
    _OPEN.where(
        _viewing.c.session_id == bindparam("session"), _viewing.c.grant_id == bindparam("grant")
    )
    .order_by(_viewing.c.id.desc())
    .limit(1)
)


def open_viewing(
    connection: Connection,
    ids: Ids,
    ring: Ring,
    grant_id: int,
    cookie: str,
    now: datetime,
    *,
    session_id: int | None = None,
    said: tuple[Sealer, Opener] | None = None,
) -> Viewing:
    """Open a page for an active grant; the look is noted on the grant. Raises GrantEnded.

    With `session_id` it is found by that sign-in alone, and `cookie` only has to be unique.
    `said`: who opens it and what for, where that was asked, with the patient's sealer.
    """
    grant = by_id(connection, grant_id, now)
    if grant is None or not grant.active:
        raise GrantEnded
    since = _last_look(connection, grant.member_id)
    viewing_id = ids.take(connection)
    row = {
        "id": viewing_id,
        "grant_id": grant_id,
        "cookie_hash": ring.find_hash(_PURPOSE, cookie)[1],
        "opened_at": now,
        "last_seen_at": now,
        "expires_at": now + LIFE,
        "since": since,
        "session_id": session_id,
    }
    connection.execute(insert(_viewing), row | _sealed(viewing_id, said))
    _note_look(connection, grant_id, now)
    return Viewing(
        viewing_id,
        grant_id,
        grant.patient_id,
        grant.member_id,
        grant.purposes,
        now,
        since,
        session_id,
    )


def looks(connection: Connection, sealer: Sealer, patient_id: int, most: int) -> list[Look]:
    """Who opened the summary and when, newest first, ended grants included. Raises WrongKey."""
    rows = connection.execute(_LOOKS, {"patient_id": patient_id, "most": most})
    return [_look(sealer, row) for row in rows]


def by_cookie(connection: Connection, ring: Ring, cookie: str, now: datetime) -> Viewing | None:
    """The open page of a cookie; None after 8 hours, 30 idle minutes, or the grant's end."""
    hashes = [digest for _, digest in ring.find_hashes(_PURPOSE, cookie)]
    asked = {"hashes": hashes, "now": now, "idle": now - IDLE}
    return _found(connection.execute(_BY_COOKIE, asked).one_or_none())


def by_session(
    connection: Connection, session_id: int, grant_id: int, now: datetime
) -> Viewing | None:
    """The page of this grant that is open at a sign-in, which the caller has found to be alive."""
    asked = {"session": session_id, "grant": grant_id, "now": now}
    return _found(connection.execute(_BY_SESSION, asked).one_or_none())


def _found(row: Row[*tuple[Any, ...]] | None) -> Viewing | None:
    if row is None:
        return None
    return Viewing(
        id=row.id,
        grant_id=row.grant_id,
        patient_id=row.patient_id,
        member_id=row.member_id,
        purposes=purposes_of(row.purposes),
        opened_at=row.opened_at,
        since=row.since,
        session_id=row.session_id,
    )


def grant_behind(connection: Connection, ring: Ring, cookie: str) -> int | None:
    """The id of the grant that this cookie's page was opened under, however long ago."""
    hashes = [digest for _, digest in ring.find_hashes(_PURPOSE, cookie)]
    opened = select(_viewing.c.grant_id).where(_viewing.c.cookie_hash.in_(hashes))
    return connection.execute(opened).scalar_one_or_none()


def touch(connection: Connection, viewing: Viewing, now: datetime) -> None:
    """Note that the page was used: it stays open, and the grant was looked at."""
    connection.execute(update(_viewing).where(_viewing.c.id == viewing.id).values(last_seen_at=now))
    if viewing.session_id is not None:
        sign_ins.touch(connection, viewing.session_id, now)
    _note_look(connection, viewing.grant_id, now)


def close_viewing(connection: Connection, viewing: Viewing, now: datetime) -> None:
    """The professional signs out."""
    connection.execute(update(_viewing).where(_viewing.c.id == viewing.id).values(expires_at=now))


def _sealed(viewing_id: int, said: tuple[Sealer, Opener] | None) -> dict[str, bytes]:
    if said is None:
        return {}
    sealer, opener = said
    return {
        "opener": sealer.seal_text(_OPENER, viewing_id, opener.name),
        "purpose": sealer.seal_text(_FOR, viewing_id, opener.purpose),
    }


def _look(sealer: Sealer, row: Row[*tuple[Any, ...]]) -> Look:
    name = care_team.opened(sealer, row).name
    if row.opener is None:
        return Look(name, row.opened_at)
    opener = sealer.open_text(_OPENER, row.viewing_id, row.opener)
    purpose = sealer.open_text(_FOR, row.viewing_id, row.purpose)
    return Look(name, row.opened_at, opener, purpose)


def _last_look(connection: Connection, member_id: int) -> datetime | None:
    """By whichever grant: a renewed one does not make the person new."""
    looked = select(func.max(_grant.c.last_seen_at)).where(_grant.c.member_id == member_id)
    last: datetime | None = connection.execute(looked).scalar_one()
    return last


def _note_look(connection: Connection, grant_id: int, now: datetime) -> None:
    first = case((_grant.c.first_seen_at.is_(None), now), else_=_grant.c.first_seen_at)
    connection.execute(
        update(_grant).where(_grant.c.id == grant_id).values(first_seen_at=first, last_seen_at=now)
    )
