"""Letting a patient's device into the web chat and out of it, in the patient's audit.

The door to the patient's copy of everything (`bot.handing_out`) has the same locks.

A link alone lets a new device in only where the patient is reached nowhere but in the chat.
Whoever has a phone gets a code there, and types it on the page of the link: also where the
link came to that very phone, since links are passed on, previewed and kept.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from typing import NamedTuple

from sqlalchemy import Connection

from bot.beginning import begin_here
from bot.deployment import Deployment
from bot.held import Held, NoSuchPatient, hold
from bot.ledger import Route
from bot.routing import phone
from trajectory import audit, patients, web_access, web_codes
from trajectory.web_access import Link, Visitor
from trajectory.web_codes import Attempt, NoMoreCodes

CODE_MINUTES = int(web_codes.LIFE.total_seconds() // 60)
_PATIENT, _SYSTEM = "patient", "system"


class Came(Enum):
    """What came of standing at the door with a link."""

    IN = auto()
    """The device is let in by the cookie that was offered."""
    BACK = auto()
    """The device had been let in before, and needs no new cookie."""
    ASKED = auto()
    """A code was sent to the phone, now or a moment ago: it is asked for."""
    WRONG = auto()
    EXPIRED = auto()
    """The code is too old; a new one may be sent."""
    ENOUGH = auto()
    """No further code is sent for this link; the newest still works."""
    SHUT = auto()
    """Codes were tried or sent too often: the link opens nothing from now on."""
    NOWHERE = auto()
    """The link opens nothing: wrong, used or expired, and nobody learns which."""


PROBLEMS = {Came.WRONG: "wrong", Came.EXPIRED: "expired", Came.ENOUGH: "enough"}
"""What the page that asks for the code says of the try before."""


class Answer(NamedTuple):
    """What came of it, and where it asks for a code: the patient's language, and the channel."""

    came: Came
    language: str = ""
    channel: str = ""


class Door(NamedTuple):
    """What the page of an unused link may say."""

    patient_id: int
    language: str
    asks_code: bool


class Key(NamedTuple):
    """What somebody holds at the door: a link's token, the cookie they would get, and who they are.

    `visitor` is whom the device belongs to already.
    """

    token: str
    cookie: str = ""
    visitor: Visitor | None = None


@dataclass(frozen=True, slots=True)
class Way:
    """What lies behind a link: `purpose` as in `trajectory.web_access`, and how it is opened.

    `open_to_link`: a link alone opens it where there is no phone to send a code to; else only a
    device that is in the patient's chat is let through without a code.
    """

    purpose: str
    open: Callable[[Held, Link, Key], Answer]
    open_to_link: bool


def _let_in(held: Held, link: Link, key: Key) -> Answer:
    deployment, now = held.deployment, held.now
    web_access.exchange(
        held.connection,
        deployment.ids,
        deployment.ring,
        token=key.token,
        cookie=key.cookie,
        now=now,
    )
    held.audit(_PATIENT, "device-let-in", "")
    begin_here(held.connection, deployment, held.loaded.row, now)
    return Answer(Came.IN)


CHAT = Way(web_access.CHAT, _let_in, open_to_link=True)
"""Into the web chat."""

_NOWHERE = Answer(Came.NOWHERE)
_Act = Callable[[Held, Link], Answer]


def look(deployment: Deployment, token: str, now: datetime, way: Way = CHAT) -> Door | None:
    """What stands behind a link, None when it opens nothing; changes nothing."""
    with deployment.database.read() as connection:
        link = _find(connection, deployment, token, now, way)
        if link is None:
            return None
        asks = link.address_id is not None or _phone(connection, deployment, link) is not None
        return Door(link.patient_id, link.language, asks)


def knock(deployment: Deployment, key: Key, now: datetime, way: Way = CHAT) -> Answer:
    """Open the door to this cookie, or ask for the code that goes to the patient's phone.

    Raises trajectory.database.Unavailable.
    """
    return _at_door(
        deployment, key.token, now, way, lambda held, link: _knock(held, link, key, way)
    )


def send_anew(deployment: Deployment, token: str, now: datetime, way: Way = CHAT) -> Answer:
    """Send another code; not a minute after the one before. Raises Unavailable."""
    return _at_door(deployment, token, now, way, _send)


def try_code(deployment: Deployment, key: Key, code: str, now: datetime, way: Way = CHAT) -> Answer:
    """Open the door to this cookie if the code is right; a wrong one counts.

    Raises trajectory.database.Unavailable.
    """
    return _at_door(
        deployment, key.token, now, way, lambda held, link: _try(held, link, key, code, way)
    )


def sign_out(deployment: Deployment, visitor: Visitor, now: datetime) -> None:
    """Let this device in no more. Raises trajectory.database.Unavailable."""
    deployment.database.run(lambda connection: _sign_out(connection, deployment, visitor, now))


def _at_door(deployment: Deployment, token: str, now: datetime, way: Way, act: _Act) -> Answer:
    return deployment.database.run(
        lambda connection: _hold_and_act(connection, deployment, token, now, way, act)
    )


def _hold_and_act(
    connection: Connection,
    deployment: Deployment,
    token: str,
    now: datetime,
    way: Way,
    act: _Act,
) -> Answer:
    link = _find(connection, deployment, token, now, way)
    if link is None:
        return _NOWHERE
    try:
        with hold(connection, deployment, link.patient_id, now) as held:
            # The conversation first, as everywhere; what the link opens shows under the lock.
            link = _find(connection, deployment, token, now, way)
            return _NOWHERE if link is None else act(held, link)
    except NoSuchPatient:
        return _NOWHERE


def _find(
    connection: Connection, deployment: Deployment, token: str, now: datetime, way: Way
) -> Link | None:
    return web_access.find_link(connection, deployment.ring, token, now, way.purpose)


def _knock(held: Held, link: Link, key: Key, way: Way) -> Answer:
    is_theirs = key.visitor is not None and key.visitor.patient_id == link.patient_id
    if is_theirs and way.open_to_link:
        web_access.close_link(held.connection, link.id, held.now)
        return Answer(Came.BACK)
    where = _phone(held.connection, held.deployment, link)
    if where is None and link.address_id is None:
        return way.open(held, link, key) if is_theirs or way.open_to_link else _NOWHERE
    if where is not None and web_codes.is_alive(held.connection, link, held.now):
        return _asked(held, link, Came.ASKED)
    return _send(held, link)


def _send(held: Held, link: Link) -> Answer:
    """Send a code, unless somebody else may read there: then the link opens nothing now."""
    where = _phone(held.connection, held.deployment, link)
    if where is None or held.in_doubt:
        return _NOWHERE
    connection, deployment, now = held.connection, held.deployment, held.now
    draw = deployment.chance.digits
    try:
        code = web_codes.new_code(connection, deployment.ring, link, now, lambda: draw(6))
    except NoMoreCodes:
        if web_codes.is_alive(connection, link, now):
            return _asked(held, link, Came.ENOUGH)
        return _shut(held, link)
    if code is not None:
        held.send(where, held.words.say("link.code", code=code, minutes=CODE_MINUTES))
        held.audit(_SYSTEM, "device-code-sent", "")
    return _asked(held, link, Came.ASKED)


def _try(held: Held, link: Link, key: Key, code: str, way: Way) -> Answer:
    if held.in_doubt:
        return _NOWHERE
    digits = "".join(character for character in code if character.isdecimal())
    connection, ring = held.connection, held.deployment.ring
    match web_codes.try_code(connection, ring, link, digits, held.now):
        case Attempt.RIGHT:
            return way.open(held, link, key)
        case Attempt.EXPIRED:
            return _asked(held, link, Came.EXPIRED)
        case Attempt.WRONG:
            held.audit(_SYSTEM, "device-code-refused", "")
            return _asked(held, link, Came.WRONG)
        case Attempt.GUESSED:
            held.audit(_SYSTEM, "device-code-refused", "")
            return _shut(held, link)


def _asked(held: Held, link: Link, came: Came) -> Answer:
    where = _phone(held.connection, held.deployment, link)
    return Answer(came, link.language, where.channel if where is not None else "")


def _shut(held: Held, link: Link) -> Answer:
    web_access.close_link(held.connection, link.id, held.now)
    held.audit(_SYSTEM, "device-link-closed", "")
    return Answer(Came.SHUT, link.language)


def _phone(connection: Connection, deployment: Deployment, link: Link) -> Route | None:
    return phone(connection, deployment, link.patient_id)


def _sign_out(
    connection: Connection, deployment: Deployment, visitor: Visitor, now: datetime
) -> None:
    if patients.lock_conversations(connection, [visitor.patient_id]):
        web_access.close(connection, visitor.session_id, now)
        audit.append(
            connection,
            deployment.ids,
            visitor.patient_id,
            actor=_PATIENT,
            action="device-signed-out",
            at=now,
        )
