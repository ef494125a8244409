"""Six-digit codes, mailed to the person of a grant: good once, for a quarter of an hour."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Connection, func, insert, select, update

from trajectory import tables
from trajectory.grants._given import GrantEnded, by_id
from trajectory.ids import Ids
from trajectory.keys import Ring

_code = tables.core(tables.AccessCode)
_grant = tables.core(tables.AccessGrant)
_PURPOSE = "access_code"

LIFE = timedelta(minutes=15)
ATTEMPTS = 5
CODES_AN_HOUR = 5
"""Five guesses at five codes an hour: one chance in 40,000 of a hit, and the word is asked too."""
WRONG_WORDS = 10
"""So often may a right code come with wrong words in the life of a grant: whoever holds the
mailbox has ten guesses at thousands of pairs, not as many as the codes that they can ask for."""


class TooManyCodes(Exception):
    """So many codes were sent for this grant within the hour that another would help a guesser."""


class Attempt(StrEnum):
    """How a try at a code went."""

    RIGHT = "right"
    WRONG = "wrong"
    SPENT = "spent"
    """Used, too old, tried too often, or the grant has ended: a new code may help."""
    GUESSED = "guessed"
    """Wrong, as `WRONG`, and so often with a right code that the words are being guessed."""


def six_digits() -> str:
    """A code from the operating system's randomness."""
    return f"{secrets.randbelow(1_000_000):06}"


def new_code(
    connection: Connection,
    ids: Ids,
    ring: Ring,
    grant_id: int,
    now: datetime,
    *,
    draw: Callable[[], str] = six_digits,
) -> str:
    """A new code for an active grant; earlier ones stop working.

    Raises GrantEnded, TooManyCodes.
    """
    grant = by_id(connection, grant_id, now)
    if grant is None or not grant.active:
        raise GrantEnded
    if _sent_since(connection, grant_id, now - timedelta(hours=1)) >= CODES_AN_HOUR:
        raise TooManyCodes
    code = draw()
    row = {
        "id": ids.take(connection),
        "grant_id": grant_id,
        "hash": ring.find_hash(_PURPOSE, _bound(grant_id, code))[1],
        "created_at": now,
        "expires_at": now + LIFE,
        "attempts": 0,
    }
    connection.execute(insert(_code), row)
    return code


def try_code(
    connection: Connection,
    ring: Ring,
    grant_id: int,
    code: str,
    now: datetime,
    *,
    words_right: bool = True,
) -> Attempt:
    """Try a code that somebody typed; with wrong words no code is right, and none is used up.

    The caller commits, whatever the outcome: it counts. On GUESSED the caller ends the grant.
    """
    grant = by_id(connection, grant_id, now)
    if grant is None or not grant.active:
        return Attempt.SPENT
    counted = _count_attempt(connection, grant_id, now)
    if counted is None:
        return Attempt.SPENT
    code_id, stored = counted
    typed = ring.find_hashes(_PURPOSE, _bound(grant_id, code.strip()))
    # Every hash is compared, so that the time tells nothing.
    if sum(hmac.compare_digest(stored, digest) for _, digest in typed) == 0:
        return Attempt.WRONG
    if not words_right:
        return _count_wrong_words(connection, grant_id)
    connection.execute(update(_code).where(_code.c.id == code_id).values(used_at=now))
    return Attempt.RIGHT


def was_just_sent(connection: Connection, grant_id: int, now: datetime) -> bool:
    """Whether a code that still works went out within the last minute: a second press."""
    fresh = select(_code.c.id).where(
        _code.c.grant_id == grant_id,
        _code.c.created_at > now - timedelta(minutes=1),
        _code.c.used_at.is_(None),
        _code.c.attempts < ATTEMPTS,
    )
    return connection.execute(fresh.limit(1)).one_or_none() is not None


def _sent_since(connection: Connection, grant_id: int, since: datetime) -> int:
    sent = select(func.count()).where(_code.c.grant_id == grant_id, _code.c.created_at > since)
    return connection.execute(sent).scalar_one()


def _count_attempt(
    connection: Connection, grant_id: int, now: datetime
) -> tuple[int, bytes] | None:
    """Count before comparing, in one statement: two tries at once are still two."""
    newest = select(func.max(_code.c.id)).where(_code.c.grant_id == grant_id).scalar_subquery()
    counted = connection.execute(
        update(_code)
        .where(
            _code.c.id == newest,
            _code.c.used_at.is_(None),
            _code.c.expires_at > now,
            _code.c.attempts < ATTEMPTS,
        )
        .values(attempts=_code.c.attempts + 1)
        .returning(_code.c.id, _code.c.hash)
    ).one_or_none()
    return None if counted is None else (counted.id, bytes(counted.hash))


def _count_wrong_words(connection: Connection, grant_id: int) -> Attempt:
    wrong = connection.execute(
        update(_grant)
        .where(_grant.c.id == grant_id)
        .values(wrong_words=_grant.c.wrong_words + 1)
        .returning(_grant.c.wrong_words)
    ).scalar_one()
    return Attempt.GUESSED if wrong >= WRONG_WORDS else Attempt.WRONG


def _bound(grant_id: int, code: str) -> str:
    return f"{grant_id}:{code}"
