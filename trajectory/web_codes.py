"""Six-digit codes beside the links to the web chat: sent to the patient's phone, typed on the page.

A link without its code opens nothing where a code was sent. Whoever tries or sends holds the
patient's conversation, so that two tries at once are still two.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from trajectory import tables
from trajectory.keys import Ring
from trajectory.web_access import Link

LIFE = timedelta(minutes=10)
ATTEMPTS = 5
"""The fifth wrong code closes the link, whichever of its codes it was meant for."""
CODES_A_LINK = 3
AGAIN_AFTER = timedelta(minutes=1)
"""A code that is so new is not sent a second time."""

_PURPOSE = "web.code"
_code = tables.core(tables.WebCode)


class Attempt(StrEnum):
    """How a try at a code went."""

    RIGHT = "right"
    WRONG = "wrong"
    EXPIRED = "expired"
    """No code works now; a new one may be sent."""
    GUESSED = "guessed"
    """Wrong, and so often that the link must not be open to further tries."""


class NoMoreCodes(Exception):
    """So many codes were sent for this link that another would help a guesser."""


def is_alive(connection: Connection, link: Link, now: datetime) -> bool:
    """Whether a code that was sent for this link still works."""
    row = _of(connection, link)
    return row is not None and row.expires_at > now


def new_code(
    connection: Connection, ring: Ring, link: Link, now: datetime, draw: Callable[[], str]
) -> str | None:
    """A new code for this link, and the earlier ones work no more; None: one was just sent.

    Raises NoMoreCodes.
    """
    row = _of(connection, link)
    if row is not None and row.created_at > now - AGAIN_AFTER:
        return None
    sent = row.sent if row is not None else 0
    if sent >= CODES_A_LINK:
        raise NoMoreCodes
    code = draw()
    connection.execute(delete(_code).where(_code.c.link_id == link.id))
    connection.execute(
        insert(_code),
        {
            "link_id": link.id,
            "patient_id": link.patient_id,
            "hash": ring.find_hash(_PURPOSE, _bound(link, code))[1],
            "created_at": now,
            "expires_at": now + LIFE,
            "sent": sent + 1,
            "attempts": row.attempts if row is not None else 0,
        },
    )
    return code


def try_code(connection: Connection, ring: Ring, link: Link, code: str, now: datetime) -> Attempt:
    """Try a code that somebody typed. The caller commits, whatever the outcome: it counts."""
    row = _of(connection, link)
    if row is None or row.expires_at <= now:
        return Attempt.EXPIRED
    typed = ring.find_hashes(_PURPOSE, _bound(link, code))
    # Every hash is compared, so that the time tells nothing.
    if sum(hmac.compare_digest(bytes(row.hash), digest) for _, digest in typed):
        return Attempt.RIGHT
    counted = update(_code).where(_code.c.link_id == link.id).values(attempts=row.attempts + 1)
    connection.execute(counted)
    return Attempt.GUESSED if row.attempts + 1 >= ATTEMPTS else Attempt.WRONG


def _of(connection: Connection, link: Link) -> Row[*tuple[Any, ...]] | None:
    return connection.execute(select(_code).where(_code.c.link_id == link.id)).one_or_none()


def _bound(link: Link, code: str) -> str:
    return f"{link.id}:{code}"
