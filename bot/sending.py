"""Messages out: leased, sent, and the outcome recorded; nothing before its commit.

To one address one message is under way at a time, oldest first; replies go before bulk and
safety messages before everything.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Connection, Row

from bot import leases, looking_back, outbox
from bot.channels import LOOKED_UP, NotSent, Parcel, Trouble
from bot.deployment import Deployment
from bot.leases import LEASE, Outcome
from bot.messages import Button, Priority, Rendered
from trajectory import deployment as deployment_key
from trajectory import patients
from trajectory.keys import Sealer, WrongKey
from trajectory.patients import LockedPatient

BATCH = 100
SPARE = timedelta(seconds=40)
"""Nothing is begun so shortly before the lease ends: a provider may take that long to answer."""
SLICE = timedelta(milliseconds=100)
"""What was sent is recorded this often: a crash repeats no more than that, or one message."""
FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(hours=6)
MOST_ATTEMPTS = 12
MENDING_WAIT = timedelta(minutes=15)
"""How often a message tries again that waits for the operator to mend a setting."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Leased:
    """A message in the clear that this process may begin to send until `until`."""

    parcel: Parcel
    channel: str
    address_id: int | None
    attempt: int
    until: datetime
    repeated: bool = False
    """It may have arrived at the attempt before, and nobody can say; it is sent once more."""


def send_ready(
    deployment: Deployment, limit: int = BATCH, channels: Collection[str] | None = None
) -> int:
    """Send what is ready on these channels, or all that are on; how many messages were tried.

    Raises:
        trajectory.database.Unavailable: what was leased is sent after its lease.
    """
    names = sorted(deployment.channels if channels is None else channels)
    tried, leased = deployment.database.run(
        lambda connection: _lease(connection, deployment, names, limit)
    )
    _send_all(deployment, leased)
    return tried


def _lease(
    connection: Connection, deployment: Deployment, channels: Sequence[str], limit: int
) -> tuple[int, list[Leased]]:
    """Take what is ready: how many rows, and those that can be sent."""
    now = deployment.clock.now()
    taken = leases.take(connection, now, channels, limit)
    people = patients.read(connection, {r.patient_id for r in taken.rows if r.patient_id})
    owners = {person.patient_id: person for person in people}
    leased, unsendable = [], []
    for row in taken.rows:
        try:
            owner = owners.get(row.patient_id)
            parcel = _opened(connection, deployment, row, owner, taken.addresses)
        except NotSent as trouble:
            unsendable.append(_not_sent(now, row.id, row.channel, row.attempts + 1, trouble))
        else:
            until = now + LEASE - SPARE
            repeated = _ended_as(row, Trouble.UNKNOWN) and row.channel not in LOOKED_UP
            leased.append(
                Leased(parcel, row.channel, row.address_id, row.attempts + 1, until, repeated)
            )
    leases.record(connection, unsendable)
    return len(taken.rows), _looking_back(connection, leased)


def _looking_back(connection: Connection, leased: Sequence[Leased]) -> list[Leased]:
    """With what channels must know of before, which few of them ask for."""
    parcels = looking_back.completed(
        connection, [(message.channel, message.parcel) for message in leased]
    )
    return [replace(each, parcel=parcel) for each, parcel in zip(leased, parcels, strict=True)]


def _opened(
    connection: Connection,
    deployment: Deployment,
    row: Row[Any],
    owner: LockedPatient | None,
    addresses: Mapping[int, bytes],
) -> Parcel:
    """The message in the clear. Raises NotSent where it can or must not be sent at all."""
    if row.attempts >= MOST_ATTEMPTS and not _ended_as(row, Trouble.CONFIGURATION):
        raise NotSent(Trouble.UNKNOWN, "lease")
    if row.error == outbox.STOPPED:
        raise NotSent(Trouble.GONE, outbox.STOPPED)
    if owner is None and row.patient_id is not None:
        raise NotSent(Trouble.GONE, "erased")
    if row.address_id is not None and row.address_id not in addresses:
        raise NotSent(Trouble.GONE, "closed")
    try:
        parcel = _parcel(_sealer(connection, deployment, owner), row, addresses)
    except WrongKey:
        raise NotSent(Trouble.RETRY, "wrong-key") from None
    return replace(parcel, language=owner.language) if owner is not None else parcel


def _sealer(connection: Connection, deployment: Deployment, owner: LockedPatient | None) -> Sealer:
    """What belongs to no patient, such as the refusal of a group, is the deployment's."""
    if owner is None:
        return deployment_key.sealer(connection, deployment.ring)
    return owner.sealer(deployment.ring)


def _ended_as(row: Row[Any], trouble: Trouble) -> bool:
    """Whether the attempt before ended so."""
    return str(row.error or "").startswith(trouble.value)


def _parcel(sealer: Sealer, row: Row[Any], addresses: Mapping[int, bytes]) -> Parcel:
    body = sealer.open_json(outbox.BODY, row.id, row.body)
    to = body["to"]
    if row.address_id is not None:
        to = sealer.open_text("address.value", row.address_id, addresses[row.address_id])
    # A lease that ran out says that somebody may have been in the middle of it.
    repeated = row.status == "sending" or _ended_as(row, Trouble.UNKNOWN)
    return Parcel(
        row.id,
        row.patient_id,
        to,
        _rendered(body),
        row.created_at,
        repeated,
        priority=Priority(row.priority),
    )


def _rendered(body: Mapping[str, Any]) -> Rendered:
    buttons = tuple(Button(label, data) for label, data in body["buttons"])
    return Rendered(body["text"], buttons, body["subject"], body.get("picture", ""))


def _send_all(deployment: Deployment, leased: Sequence[Leased]) -> None:
    """Send one after the other; what the lease does not suffice for is anybody's again."""
    outcomes: list[Outcome] = []
    left: dict[int, int] = {}
    recorded_at = deployment.clock.now()
    for message in leased:
        now = deployment.clock.now()
        if now >= message.until:
            left[message.parcel.outbox_id] = message.attempt
            continue
        if now - recorded_at >= SLICE:
            _record(deployment, outcomes)
            outcomes, recorded_at = [], now
        outcomes.append(_send(deployment, message))
    _record(deployment, outcomes)
    if left:
        deployment.database.run(lambda connection: leases.give_back(connection, left))


def _record(deployment: Deployment, outcomes: Sequence[Outcome]) -> None:
    if outcomes:
        deployment.database.run(lambda connection: leases.record(connection, outcomes))


def _send(deployment: Deployment, message: Leased) -> Outcome:
    """Send one message; what came of it.

    The broad catch is the rule here: a channel's own mistake stops no other message.
    """
    row_id, attempt = message.parcel.outbox_id, message.attempt
    try:
        provider_id = deployment.channels[message.channel].send(message.parcel)
    except NotSent as error:
        trouble = error
    except Exception as error:  # noqa: BLE001
        trouble = NotSent(Trouble.UNKNOWN, type(error).__name__)
    else:
        now = deployment.clock.now()
        return Outcome(row_id, attempt, "sent", now, sent_at=now, provider_id=provider_id)
    now = deployment.clock.now()
    if message.repeated and trouble.trouble is Trouble.UNKNOWN:
        return Outcome(row_id, attempt, "unknown", now, error=str(trouble))
    return _not_sent(now, row_id, message.channel, attempt, trouble, message.address_id)


def _not_sent(
    now: datetime,
    row_id: int,
    channel: str,
    attempt: int,
    trouble: NotSent,
    address_id: int | None = None,
) -> Outcome:
    """Again later where that may help, else never; an address that is gone is not used again.

    A wrong setting of ours loses nothing: the message waits until it is mended.
    """
    kind, error = trouble.trouble, str(trouble)
    _log.warning(
        "not sent", outbox_id=row_id, channel=channel, trouble=kind.value, code=trouble.code
    )
    if kind is Trouble.CONFIGURATION:
        return Outcome(row_id, attempt, "ready", now + MENDING_WAIT, error=error)
    if kind in (Trouble.RETRY, Trouble.UNKNOWN) and attempt < MOST_ATTEMPTS:
        wait = trouble.wait or min(FIRST_WAIT * 2 ** (attempt - 1), LONGEST_WAIT)
        return Outcome(row_id, attempt, "ready", now + wait, error=error)
    gone = address_id if kind is Trouble.GONE else None
    return Outcome(row_id, attempt, "dead", now, error=error, gone=gone)
