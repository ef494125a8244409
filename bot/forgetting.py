"""Asking providers to delete what they keep of somebody who was erased.

What there is to ask for is written down in the transaction that erases, since nothing is left of
it afterwards, and asked for outside of any until the provider has done it, or never will.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol, runtime_checkable

import structlog
from sqlalchemy import Connection, bindparam, delete, insert, select, update

from bot.channels import LOOKED_UP, NotSent, Trouble, telegram
from bot.deployment import Deployment
from trajectory import deployment as own_key
from trajectory import tables
from trajectory.patients import Address

KIND = "provider-deletion"
EVERY = timedelta(minutes=1)
AGAIN = timedelta(hours=1)
"""When a provider is asked again that could not, or would not yet."""
GIVE_UP = timedelta(days=30)
TELEGRAM_DELETES = timedelta(hours=48)
"""So long after it was sent a bot may delete a message."""
AT_ONCE = 50
"""Calls a turn of the chore."""
BODY = "provider_message.body"

_log = structlog.get_logger(__name__)
_waiting = tables.core(tables.ProviderMessage)
_outbox = tables.core(tables.Outbox)
_inbox = tables.core(tables.Inbox)
_SENT = select(_outbox.c.channel, _outbox.c.provider_id, _outbox.c.address_id, _outbox.c.sent_at)
_SENT = _SENT.where(
    _outbox.c.patient_id == bindparam("patient"),
    _outbox.c.member_id.is_(None),
    _outbox.c.provider_id.is_not(None),
)
_HEARD = select(_inbox.c.channel, _inbox.c.external_id).where(
    _inbox.c.patient_id == bindparam("patient"), _inbox.c.channel.in_(sorted(LOOKED_UP))
)
_DUE = select(_waiting).where(_waiting.c.due_at <= bindparam("now", type_=_waiting.c.due_at.type))
_DUE = _DUE.order_by(_waiting.c.due_at).limit(AT_ONCE)


@runtime_checkable
class Forgets(Protocol):
    """A channel whose provider deletes messages when asked."""

    def forget(self, message_id: str, address: str) -> None:
        """Have a message deleted; one that is not there any more is.

        Raises:
            NotSent: with CONTENT where it never will be, and with what else went wrong.
        """
        ...


class _Kept(NamedTuple):
    """A message that a provider has; `until`: when it cannot be deleted any more."""

    channel: str
    message_id: str
    address: str
    until: datetime


def note(
    connection: Connection,
    deployment: Deployment,
    patient_id: int,
    addresses: Mapping[int, Address],
    now: datetime,
) -> None:
    """Write down what providers have of a patient who is about to be erased.

    Of Telegram only what we have sent: of what came in the number of the message is not kept.
    """
    own = own_key.sealer(connection, deployment.ring)
    rows = []
    for each in _kept(connection, patient_id, addresses, now):
        if each.until > now:
            row_id = deployment.ids.take(connection)
            body = {"id": each.message_id, "address": each.address}
            row = {"id": row_id, "channel": each.channel, "due_at": now, "until": each.until}
            rows.append(row | {"body": own.seal_json(BODY, row_id, body)})
    if rows:
        connection.execute(insert(_waiting), rows)


def _kept(
    connection: Connection, patient_id: int, addresses: Mapping[int, Address], now: datetime
) -> Iterator[_Kept]:
    asked = {"patient": patient_id}
    for channel, external_id in connection.execute(_HEARD, asked):
        yield _Kept(channel, external_id, "", now + GIVE_UP)
    for row in connection.execute(_SENT, asked):
        if row.channel in LOOKED_UP:
            yield _Kept(row.channel, row.provider_id, "", now + GIVE_UP)
        elif row.channel == telegram.NAME and row.address_id in addresses and row.sent_at:
            chat = addresses[row.address_id].value
            yield _Kept(row.channel, row.provider_id, chat, row.sent_at + TELEGRAM_DELETES)


def ask_providers(deployment: Deployment) -> int:
    """Have deleted what is due, each in its own call; how many are settled.

    What a channel that is off would have to delete waits. Raises Unavailable.
    """
    now = deployment.clock.now()
    channels = {
        name: channel
        for name, channel in deployment.channels.items()
        if isinstance(channel, Forgets)
    }
    with deployment.database.read() as connection:
        rows = connection.execute(_DUE, {"now": now}).all()
        if not rows:
            return 0
        own = own_key.opened(connection, deployment.ring)
    settled = [row.id for row in rows if row.until <= now]
    if settled:
        _log.warning("providers keep messages of the erased", count=len(settled))
    for row in rows:
        if row.until > now and row.channel in channels:
            body = own.open_json(BODY, row.id, bytes(row.body))
            if _is_forgotten(channels[row.channel], body["id"], body["address"]):
                settled.append(row.id)
    later = {row.id for row in rows} - set(settled)
    deployment.database.run(lambda connection: _settle(connection, settled, later, now))
    return len(settled)


def waiting(deployment: Deployment) -> set[tuple[str, str]]:
    """Channel and id of every message that a provider is yet to delete. Raises Unavailable."""
    with deployment.database.read() as connection:
        rows = connection.execute(select(_waiting)).all()
        if not rows:
            return set()
        own = own_key.opened(connection, deployment.ring)
    return {(row.channel, own.open_json(BODY, row.id, bytes(row.body))["id"]) for row in rows}


def _is_forgotten(channel: Forgets, message_id: str, address: str) -> bool:
    try:
        channel.forget(message_id, address)
    except NotSent as trouble:
        # It never will be: Telegram deletes nothing old, and nothing for whoever has blocked us.
        return trouble.trouble in (Trouble.CONTENT, Trouble.GONE)
    return True


def _settle(connection: Connection, settled: list[int], later: set[int], now: datetime) -> None:
    connection.execute(delete(_waiting).where(_waiting.c.id.in_(settled)))
    again = update(_waiting).where(_waiting.c.id.in_(sorted(later)))
    connection.execute(again.values(due_at=now + AGAIN))
