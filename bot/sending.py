"""Messages out: leased, sent, and the outcome recorded; nothing before its commit.

One unsent message a patient is under way at a time, oldest first; safety messages overtake.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Connection, Row, and_, bindparam, exists, func, or_, select, update

from bot import outbox
from bot.channels import NotSent, Parcel, Trouble
from bot.deployment import Deployment
from bot.messages import Button, Rendered
from trajectory import patients, tables

BATCH = 100
LEASE = timedelta(minutes=2)
"""How long a process has for what it took; then another one sends it."""
FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(hours=6)
MOST_ATTEMPTS = 12

_log = structlog.get_logger(__name__)
_outbox = tables.core(tables.Outbox)
_earlier = _outbox.alias("earlier")
_address = tables.core(tables.Address)
_NOW = bindparam("now", type_=_outbox.c.ready_at.type)
_OURS = _outbox.c.channel.in_(bindparam("channels", expanding=True))
_PENDING = or_(
    and_(_outbox.c.status == "ready", _outbox.c.ready_at <= _NOW),
    and_(_outbox.c.status == "sending", _outbox.c.lease_until <= _NOW),
)
_BLOCKED = exists().where(
    _earlier.c.patient_id == _outbox.c.patient_id,
    func.coalesce(_earlier.c.member_id, 0) == func.coalesce(_outbox.c.member_id, 0),
    _earlier.c.status.in_(outbox.UNSENT),
    _earlier.c.sequence < _outbox.c.sequence,
    _earlier.c.priority <= _outbox.c.priority,
)
_READY = (
    select(_outbox)
    .where(_PENDING, _OURS, ~_BLOCKED)
    .order_by(_outbox.c.priority, _outbox.c.ready_at, _outbox.c.id)
    .limit(bindparam("limit"))
    .with_for_update(skip_locked=True, of=_outbox)
)
_LEASE = (
    update(_outbox)
    .where(_outbox.c.id.in_(bindparam("ids", expanding=True)))
    .values(
        status="sending",
        lease_until=bindparam("until", type_=_outbox.c.lease_until.type),
        attempts=_outbox.c.attempts + 1,
    )
)
_ADDRESSES = select(_address.c.id, _address.c.value).where(
    _address.c.id.in_(bindparam("ids", expanding=True))
)
_RECORD = (
    update(_outbox)
    .where(_outbox.c.id == bindparam("message"))
    .values(
        status=bindparam("new_status"),
        sent_at=bindparam("new_sent_at", type_=_outbox.c.sent_at.type),
        ready_at=bindparam("new_ready_at", type_=_outbox.c.ready_at.type),
        provider_id=bindparam("new_provider_id"),
        error=bindparam("new_error"),
        lease_until=None,
    )
)
_AFTER = bindparam("after", type_=_outbox.c.ready_at.type)
_NEXT_READY = select(func.min(_outbox.c.ready_at)).where(
    _outbox.c.status == "ready", _outbox.c.ready_at > _AFTER, _OURS
)
_NEXT_LEASE = select(func.min(_outbox.c.lease_until)).where(
    _outbox.c.status == "sending", _outbox.c.lease_until > _AFTER, _OURS
)


@dataclass(frozen=True, slots=True)
class Leased:
    """A message that this process is to send now."""

    parcel: Parcel
    channel: str
    attempts: int


def send_ready(deployment: Deployment, limit: int = BATCH) -> int:
    """Send what is ready, on the channels that are on; how many messages were tried.

    Raises:
        trajectory.database.Unavailable: what was leased is sent after its lease.
    """
    leased = deployment.database.run(lambda connection: _lease(connection, deployment, limit))
    if leased:
        outcomes = [_send(deployment, message) for message in leased]
        deployment.database.run(lambda connection: connection.execute(_RECORD, outcomes))
    return len(leased)


def _lease(connection: Connection, deployment: Deployment, limit: int) -> list[Leased]:
    now = deployment.clock.now()
    asked = {"now": now, "channels": sorted(deployment.channels), "limit": limit}
    rows = connection.execute(_READY, asked).all()
    if not rows:
        return []
    connection.execute(_LEASE, {"ids": [row.id for row in rows], "until": now + LEASE})
    return _opened(connection, deployment, rows)


def _opened(
    connection: Connection, deployment: Deployment, rows: Sequence[Row[Any]]
) -> list[Leased]:
    owners = {row.patient_id for row in rows}
    sealers = {
        row.patient_id: row.sealer(deployment.ring) for row in patients.read(connection, owners)
    }
    places = sorted({row.address_id for row in rows if row.address_id is not None})
    sealed = {
        row.id: row.value for row in connection.execute(_ADDRESSES, {"ids": places})
    } if places else {}  # fmt: skip
    leased = []
    for row in rows:
        sealer = sealers[row.patient_id]
        body = sealer.open_json(outbox.BODY, row.id, row.body)
        to = body["to"]
        if row.address_id is not None:
            to = sealer.open_text("address.value", row.address_id, sealed[row.address_id])
        parcel = Parcel(row.id, row.patient_id, to, _rendered(body))
        leased.append(Leased(parcel, row.channel, row.attempts + 1))
    return leased


def _rendered(body: Mapping[str, Any]) -> Rendered:
    buttons = tuple(Button(label, data) for label, data in body["buttons"])
    return Rendered(body["text"], buttons, body["subject"])


def _send(deployment: Deployment, message: Leased) -> dict[str, Any]:
    """Send one message; what to write about it."""
    try:
        provider_id = deployment.channels[message.channel].send(message.parcel)
    except NotSent as trouble:
        return _not_sent(deployment.clock.now(), message, trouble)
    now = deployment.clock.now()
    return _outcome(message, "sent", now, sent_at=now, provider_id=provider_id)


def _not_sent(now: datetime, message: Leased, trouble: NotSent) -> dict[str, Any]:
    _log.warning(
        "not sent",
        outbox_id=message.parcel.outbox_id,
        channel=message.channel,
        trouble=trouble.trouble.value,
        code=trouble.code,
    )
    again = trouble.trouble in (Trouble.RETRY, Trouble.UNKNOWN)
    if again and message.attempts < MOST_ATTEMPTS:
        wait = trouble.wait or min(FIRST_WAIT * 2 ** (message.attempts - 1), LONGEST_WAIT)
        return _outcome(message, "ready", now + wait, error=str(trouble))
    return _outcome(message, "dead", now, error=str(trouble))


def _outcome(
    message: Leased,
    status: str,
    ready_at: datetime,
    *,
    sent_at: datetime | None = None,
    provider_id: str | None = None,
    error: str | None = None,
) -> dict[str, Any]:
    return {
        "message": message.parcel.outbox_id,
        "new_status": status,
        "new_ready_at": ready_at,
        "new_sent_at": sent_at,
        "new_provider_id": provider_id,
        "new_error": error,
    }


def next_moment(
    connection: Connection, after: datetime, channels: Sequence[str]
) -> datetime | None:
    """When the next message becomes ready or its lease ends after this moment, or None."""
    asked = {"after": after, "channels": channels}
    moments = [
        connection.execute(each, asked).scalar_one_or_none() for each in (_NEXT_READY, _NEXT_LEASE)
    ]
    return min((moment for moment in moments if moment is not None), default=None)
