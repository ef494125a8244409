"""Putting messages into the outbox, in the transaction that decided on them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, bindparam, case, select, update

from bot.deployment import Deployment
from bot.messages import Priority, Rendered
from trajectory import patients, tables
from trajectory.bulk import Insert
from trajectory.keys import Sealer
from trajectory.sql import Among

BODY = "outbox.body"
UNSENT = ("ready", "sending")
HELD = "held"
"""The status of a message that waits for the operator after a restore, or for a lock's end."""
_DROPPABLE = (*UNSENT, HELD)
STOPPED = "stopped"
"""The `error` of what must not go out any more because the patient has said stop."""
MOVED = "moved"
"""The `error` of what was put anew for another address of the patient."""
DROPPED = "dropped"
"""The `error` of what the operator has given up."""
STALE = "stale"
"""The `error` of a question that waited until nobody could be meant to answer it any more."""
HOLDS_FOR = timedelta(days=3)
"""How long a question may wait to go out: a check-in ends then too."""
LOCKED = "locked"
"""The `error` of what is held since the clinic has locked the address that it goes to."""
LOST = "lost"
"""The code of what was not tried, since its address had turned out to be gone."""

_outbox = tables.core(tables.Outbox)
_INSERT = Insert(
    _outbox,
    "id",
    "patient_id",
    "member_id",
    "channel",
    "address_id",
    "sequence",
    "priority",
    "body",
    "status",
    "ready_at",
    "attempts",
    "session_id",
    "turn",
    "created_at",
    "entry_id",
)
_HOLD_BACK = (
    update(_outbox)
    .where(
        _outbox.c.address_id == bindparam("locked"),
        _outbox.c.patient_id == bindparam("patient"),
        _outbox.c.status == "ready",
    )
    .values(status=HELD, error=LOCKED)
)
_HELD_BACK = (
    select(_outbox)
    .where(
        _outbox.c.patient_id == bindparam("patient"),
        _outbox.c.status == HELD,
        _outbox.c.error == LOCKED,
    )
    .order_by(_outbox.c.id)
)
_HOLD = (
    select(_outbox.c.id)
    .where(
        Among(_outbox.c.patient_id, "patients"),
        _outbox.c.status.in_(_DROPPABLE),
    )
    .order_by(_outbox.c.id)
    .with_for_update()
)


class Outgoing(NamedTuple):
    """A rendered message with everything that sending it needs.

    To the patient `address_id` says where; to somebody of the care team `member_id` and the
    mail address `to` do; without a patient, the address `to` alone.
    """

    sealer: Sealer
    patient_id: int | None
    sequence: int
    channel: str
    rendered: Rendered
    priority: Priority
    now: datetime
    address_id: int | None = None
    member_id: int | None = None
    to: str = ""
    session_id: int | None = None
    turn: int | None = None
    not_before: datetime | None = None
    """When it may go out at the earliest; None: now."""
    entry_id: int | None = None
    """The entry whose words these are, so that whoever wrote them sees what becomes of them."""


def post(connection: Connection, deployment: Deployment, messages: Sequence[Outgoing]) -> None:
    """Queue messages; they are sent after the commit."""
    for channel, priority in {(message.channel, message.priority) for message in messages}:
        deployment.posted.note(channel, priority)
    _INSERT.run(
        connection, [_row(message, deployment.ids.take(connection)) for message in messages]
    )


def _row(message: Outgoing, row_id: int) -> tuple[Any, ...]:
    return (
        row_id,
        message.patient_id,
        message.member_id,
        message.channel,
        message.address_id,
        message.sequence,
        int(message.priority),
        message.sealer.seal_json(BODY, row_id, _body(message)),
        "ready",
        message.not_before or message.now,
        0,
        message.session_id,
        message.turn,
        message.now,
        message.entry_id,
    )


def _body(message: Outgoing) -> dict[str, Any]:
    rendered = message.rendered
    body = {
        "text": rendered.text,
        "buttons": [(label, rendered.place + data) for label, data in rendered.buttons],
        "subject": rendered.subject,
        "to": message.to,
    }
    return body | {"picture": rendered.picture} if rendered.picture else body


def resume(
    connection: Connection,
    deployment: Deployment,
    patient_ids: Collection[int],
    channel: str,
    error: str,
    now: datetime,
) -> None:
    """What waits for these patients on this channel because of this error may go out now."""
    deployment.posted.note(channel, Priority.SAFETY)
    connection.execute(
        update(_outbox)
        .where(
            _outbox.c.patient_id.in_(sorted(patient_ids)),
            _outbox.c.channel == channel,
            _outbox.c.status == "ready",
            _outbox.c.error == error,
        )
        .values(ready_at=now)
    )


def hold_back(connection: Connection, patient_id: int, address_id: int) -> None:
    """What waits for an address that was just locked waits for the lock's end.

    The patient's conversation is held, and `hold_unsent` has been called.
    """
    connection.execute(_HOLD_BACK, {"patient": patient_id, "locked": address_id})


def drop_to(connection: Connection, patient_id: int, address_id: int) -> None:
    """What waits for an address that is the patient's no more never goes out.

    The patient's conversation is held, and `hold_unsent` has been called.
    """
    connection.execute(
        update(_outbox)
        .where(
            _outbox.c.patient_id == patient_id,
            _outbox.c.address_id == address_id,
            _outbox.c.status.in_(("ready", HELD)),
        )
        .values(status="dead", error=STOPPED)
    )


def held_back(connection: Connection, patient_id: int) -> Sequence[Row[Any]]:
    """What waits for the end of a lock of one of this patient's addresses, oldest first."""
    return connection.execute(_HELD_BACK, {"patient": patient_id}).all()


def hold_unsent(connection: Connection, patient_ids: Collection[int]) -> None:
    """Hold these patients' addresses, then what `drop_unsent` may drop, both by id.

    That is the order of whoever records outcomes, and it holds over a whole batch.
    """
    patients.hold_addresses_of(connection, patient_ids)
    connection.execute(_HOLD, {"patients": sorted(patient_ids)})


def drop_unsent(connection: Connection, patient_id: int, *, safety: bool = False) -> None:
    """Messages to this patient that have not gone out never will; `safety` messages only if asked.

    One that is just being sent may still arrive, but is not tried a second time. What is held
    after a restore is dropped, too. The patient's conversation is held, and `hold_unsent` has
    been called for the batch.
    """
    connection.execute(
        update(_outbox)
        .where(
            _outbox.c.patient_id == patient_id,
            _outbox.c.member_id.is_(None),
            _outbox.c.status.in_(_DROPPABLE),
            _outbox.c.priority >= int(Priority.SAFETY if safety else Priority.REPLY),
        )
        .values(
            status=case((_outbox.c.status == "sending", "sending"), else_="dead"),
            error=STOPPED,
        )
    )
