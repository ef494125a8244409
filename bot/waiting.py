"""What waits in the outbox and what was given up: for the operator, without a word of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, func, or_, select, update

from bot import outbox
from bot.deployment import Deployment
from trajectory import audit, care_team, patients, tables

MOST = 50
"""So many of those that were given up are listed, the newest first."""
_SETTLED = (
    outbox.MOVED,
    outbox.DROPPED,
    outbox.STOPPED,
    f"gone {outbox.STOPPED}",
    "gone erased",
    f"content {outbox.STALE}",
)
"""Nothing is left to be done about these."""

_outbox = tables.core(tables.Outbox)


def _among(*statuses: str) -> ColumnElement[bool]:
    """Written out in the words of the partial indexes, which serve no parameter."""
    return _outbox.c.status.in_(bindparam(None, statuses, expanding=True, literal_execute=True))


_GIVEN_UP_ONES = (
    _among("dead", "unknown"),
    or_(_outbox.c.error.is_(None), _outbox.c.error.not_in(_SETTLED)),
)
_WAITING = (
    select(
        _outbox.c.channel,
        _outbox.c.error,
        func.count().label("number"),
        func.min(_outbox.c.created_at).label("since"),
    )
    .where(
        _among(*outbox.UNSENT),
        or_(_outbox.c.error.is_not(None), _outbox.c.ready_at <= bindparam("now")),
    )
    .group_by(_outbox.c.channel, _outbox.c.error)
    .order_by(_outbox.c.channel, func.min(_outbox.c.created_at))
)
_GIVEN_UP = (
    select(
        _outbox.c.id,
        _outbox.c.channel,
        _outbox.c.patient_id,
        _outbox.c.error,
        _outbox.c.created_at.label("since"),
    )
    .where(*_GIVEN_UP_ONES)
    .order_by(_outbox.c.id.desc())
    .limit(MOST)
)
_LEFT = (_outbox.c.id == bindparam("message"), *_GIVEN_UP_ONES)
_ONE = select(
    _outbox.c.patient_id, _outbox.c.address_id, _outbox.c.member_id, _outbox.c.channel
).where(*_LEFT)
_ALIKE = (
    select(_outbox.c.id, _outbox.c.error)
    .where(
        *_GIVEN_UP_ONES, _outbox.c.channel == bindparam("name"), _outbox.c.id > bindparam("after")
    )
    .order_by(_outbox.c.id)
    .limit(1000)
)
_RESEND = (
    update(_outbox)
    .where(*_LEFT)
    .values(status="ready", attempts=0, error=None, lease_until=None, ready_at=bindparam("now"))
    .returning(_outbox.c.id)
)
_DROP = (
    update(_outbox)
    .where(*_LEFT)
    .values(status="dead", error=outbox.DROPPED)
    .returning(_outbox.c.id)
)


class NoSuchMessage(Exception):
    """No message with this number was given up, or its patient wants none any more."""


class NotYet(Exception):
    """Sent again it would fail again; `why` is `gone`, `closed` or `bounced`, on that channel."""

    def __init__(self, channel: str, why: str) -> None:
        super().__init__(f"{channel} {why}")
        self.channel, self.why = channel, why


@dataclass(frozen=True, slots=True)
class Waiting:
    """Messages of one channel that wait for one reason; `trouble` empty: none was tried."""

    channel: str
    trouble: str
    code: str
    count: int
    since: datetime


@dataclass(frozen=True, slots=True)
class GivenUp:
    """One message that is not tried any more."""

    id: int
    channel: str
    patient_id: int | None
    trouble: str
    code: str
    since: datetime


def waiting(connection: Connection, now: datetime) -> Sequence[Waiting]:
    """What should have gone out, by channel and reason."""
    return [
        Waiting(row.channel, *_split(row.error), row.number, row.since)
        for row in connection.execute(_WAITING, {"now": now})
    ]


def given_up(connection: Connection) -> Sequence[GivenUp]:
    """The newest that were given up and about which something may still be done."""
    return [
        GivenUp(row.id, row.channel, row.patient_id, *_split(row.error), row.since)
        for row in connection.execute(_GIVEN_UP)
    ]


def resend(connection: Connection, deployment: Deployment, message_id: int, actor: str) -> None:
    """Try a message again that was given up. Raises NoSuchMessage, NotYet."""
    patient_id = _hold(connection, message_id, resending=True)
    now = deployment.clock.now()
    found = connection.execute(_RESEND, {"message": message_id, "now": now}).first()
    _note(connection, deployment, message_id, patient_id, actor, "message-resent", found)


def alike(connection: Connection, channel: str, error: str) -> list[int]:
    """The messages of a channel that were given up for this: a class of trouble, or a code."""
    found: list[int] = []
    after = 0
    while rows := connection.execute(_ALIKE, {"name": channel, "after": after}).all():
        found += [row.id for row in rows if error in _split(row.error)]
        after = rows[-1].id
    return found


def drop(connection: Connection, deployment: Deployment, message_id: int, actor: str) -> None:
    """Take a message off the list: it is never tried again. Raises NoSuchMessage."""
    patient_id = _hold(connection, message_id, resending=False)
    found = connection.execute(_DROP, {"message": message_id}).first()
    _note(connection, deployment, message_id, patient_id, actor, "message-dropped", found)


def _hold(connection: Connection, message_id: int, *, resending: bool) -> int | None:
    """Take the conversation before the message; whose it is."""
    row = connection.execute(_ONE, {"message": message_id}).one_or_none()
    if row is None or row.patient_id is None:
        return None
    held = patients.lock_conversations(connection, [row.patient_id])
    if not held or (resending and held[0].status in ("stopped", "ended")):
        raise NoSuchMessage
    if resending:
        _require_address(connection, row)
    return int(row.patient_id)


def _require_address(connection: Connection, row: Any) -> None:
    """Raises NotYet."""
    if row.address_id is not None:
        status = patients.address_status(connection, row.address_id)
        if status != "active":
            raise NotYet(row.channel, status)
    if row.member_id is not None and care_team.bounced(connection, [row.member_id]):
        raise NotYet(row.channel, "bounced")


def _note(
    connection: Connection,
    deployment: Deployment,
    message_id: int,
    patient_id: int | None,
    actor: str,
    action: str,
    found: object,
) -> None:
    if found is None:
        raise NoSuchMessage
    if patient_id is not None:
        audit.append(
            connection,
            deployment.ids,
            patient_id,
            actor=actor,
            action=action,
            subject=f"message:{message_id}",
            at=deployment.clock.now(),
        )


def _split(error: str | None) -> tuple[str, str]:
    trouble, _, code = (error or "").partition(" ")
    return trouble, code
