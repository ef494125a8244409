"""Signing in from the directory: a mailed code bound to one browser, then a session.

The authenticator is asked beside the code and is no part of this.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Connection, bindparam, insert, select, update

from trajectory import tables
from trajectory.ids import Ids
from trajectory.keys import Ring
from trajectory.sql import Among

CODE_LIFE = timedelta(minutes=15)
ATTEMPTS = 5
"""Wrong pairs of code and authenticator that a mailed code outlives one less than."""
CODES_AN_HOUR = 5
"""To one address, whoever asks: a mailbox is not to be flooded."""
LIFE = timedelta(hours=8)
IDLE = timedelta(minutes=30)

_code = tables.core(tables.ProfessionalCode)
_session = tables.core(tables.ProfessionalSession)
_professional = tables.core(tables.Professional)
_viewing = tables.core(tables.Viewing)
_CODE, _TRY_COOKIE, _COOKIE = (
    "professional_code",
    "professional_code.cookie",
    "professional_session.cookie",
)


class Attempt(StrEnum):
    """How a try at a mailed code went."""

    RIGHT = "right"
    WRONG = "wrong"
    SPENT = "spent"
    """Used, too old, tried too often, or never sent: a new one may help."""


@dataclass(frozen=True, slots=True)
class Session:
    """A browser at which somebody is signed in."""

    id: int
    professional_id: int
    seen_at: datetime


NOW = bindparam("now", type_=_session.c.expires_at.type)
_BY_COOKIE = (
    select(_session.c.id, _session.c.professional_id, _session.c.last_seen_at)
    .join(_professional, _professional.c.id == _session.c.professional_id)
    .where(
        Among(_session.c.cookie_hash, "hashes"),
        _session.c.expires_at > NOW,
        _session.c.last_seen_at > bindparam("idle", type_=_session.c.last_seen_at.type),
        _professional.c.ready_at.is_not(None),
        _professional.c.removed_at.is_(None),
    )
)


def new_code(
    connection: Connection,
    ids: Ids,
    ring: Ring,
    *,
    professional_id: int,
    cookie: str,
    code: str,
    now: datetime,
) -> None:
    """Let this code, at the browser with this cookie, be good for one sign-in.

    Codes for other browsers stay good: who asks as somebody else does not use up a code of theirs.
    """
    row_id = ids.take(connection)
    row = {
        "id": row_id,
        "professional_id": professional_id,
        "cookie_hash": ring.find_hash(_TRY_COOKIE, cookie)[1],
        "hash": ring.find_hash(_CODE, _bound(row_id, code))[1],
        "created_at": now,
        "expires_at": now + CODE_LIFE,
    }
    connection.execute(insert(_code), row | {"attempts": 0})


def try_code(
    connection: Connection, ring: Ring, cookie: str, code: str, now: datetime
) -> tuple[Attempt, int, int]:
    """Try what was typed; with the outcome, the code's id and whose it is (0, 0: nobody's).

    It is counted before it is compared, in one statement: two tries at once are still two. The
    caller commits, whatever the outcome.
    """
    hashes = [digest for _, digest in ring.find_hashes(_TRY_COOKIE, cookie)]
    counted = connection.execute(
        update(_code)
        .where(
            _code.c.cookie_hash.in_(hashes),
            _code.c.used_at.is_(None),
            _code.c.expires_at > now,
            _code.c.attempts < ATTEMPTS,
        )
        .values(attempts=_code.c.attempts + 1)
        .returning(_code.c.id, _code.c.hash, _code.c.professional_id)
    ).one_or_none()
    if counted is None:
        return Attempt.SPENT, 0, 0
    typed = ring.find_hashes(_CODE, _bound(counted.id, "".join(code.split())))
    stored = bytes(counted.hash)
    # Every hash is compared, so that the time tells nothing.
    right = sum(hmac.compare_digest(stored, digest) for _, digest in typed) > 0
    return Attempt.RIGHT if right else Attempt.WRONG, counted.id, counted.professional_id


def use_code(connection: Connection, code_id: int, now: datetime) -> None:
    """Code and authenticator were right: the code is used up."""
    connection.execute(update(_code).where(_code.c.id == code_id).values(used_at=now))


def open_session(
    connection: Connection, ids: Ids, ring: Ring, professional_id: int, cookie: str, now: datetime
) -> None:
    """Let this browser in."""
    row = {
        "id": ids.take(connection),
        "professional_id": professional_id,
        "cookie_hash": ring.find_hash(_COOKIE, cookie)[1],
        "opened_at": now,
        "last_seen_at": now,
        "expires_at": now + LIFE,
    }
    connection.execute(insert(_session), row)


def by_cookie(connection: Connection, ring: Ring, cookie: str, now: datetime) -> Session | None:
    """Who is signed in at this browser; None after 8 hours, 30 idle minutes, or a reset."""
    hashes = [digest for _, digest in ring.find_hashes(_COOKIE, cookie)]
    asked = {"hashes": hashes, "now": now, "idle": now - IDLE}
    row = connection.execute(_BY_COOKIE, asked).one_or_none()
    return None if row is None else Session(row.id, row.professional_id, row.last_seen_at)


def touch(connection: Connection, session_id: int, now: datetime) -> None:
    """The browser was used now."""
    connection.execute(update(_session).where(_session.c.id == session_id).values(last_seen_at=now))


def close(connection: Connection, session_id: int, now: datetime) -> None:
    """Sign this browser out, and close the pages that were opened at it."""
    _close(connection, [session_id], now)


def close_all(connection: Connection, professional_id: int, now: datetime) -> None:
    """Sign this person out everywhere; codes that are out open nothing any more.

    The codes first: a sign-in that is under way holds its own, so that its session is there to be
    closed, or it finds its code used.
    """
    connection.execute(
        update(_code)
        .where(_code.c.professional_id == professional_id, _code.c.used_at.is_(None))
        .values(used_at=now)
    )
    open_now = select(_session.c.id).where(
        _session.c.professional_id == professional_id, _session.c.expires_at > now
    )
    _close(connection, list(connection.execute(open_now).scalars()), now)


def _close(connection: Connection, session_ids: list[int], now: datetime) -> None:
    """Pages before the sign-in, in which order whoever uses a page touches both."""
    for table, column in ((_viewing, _viewing.c.session_id), (_session, _session.c.id)):
        connection.execute(
            update(table)
            .where(column.in_(session_ids), table.c.expires_at > now)
            .values(expires_at=now)
        )


def _bound(row_id: int, code: str) -> str:
    return f"{row_id}:{code}"
