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

from bot import delivering, leases, looking_back, metrics, outbox, outcomes
from bot.channels import LOOKED_UP, NotSent, Parcel, Trouble
from bot.deployment import Deployment
from bot.due import BOUNCED, REROUTE
from bot.leases import LEASE, Taken
from bot.messages import Button, Priority, Rendered
from bot.outcomes import Outcome
from bot.verdicts import MOST_ATTEMPTS, Tried, judge
from trajectory import care_team, patients
from trajectory import deployment as deployment_key
from trajectory.keys import Sealer, WrongKey
from trajectory.patients import LockedPatient

BATCH = 100
SPARE = timedelta(seconds=40)
"""Nothing is begun so shortly before the lease ends: a provider may take that long to answer."""
SLICE = timedelta(milliseconds=100)
"""What was sent is recorded this often: a crash repeats no more than that, or one message."""
LONGEST_PAUSE = timedelta(hours=1)
"""After so long a channel is tried again, whatever its provider has asked for."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Leased:
    """A message in the clear that this process may begin to send until `until`."""

    parcel: Parcel
    tried: Tried
    until: datetime
    repeated: bool = False
    """It may have arrived at the attempt before, and nobody can say; it is sent once more."""


@dataclass(frozen=True, slots=True)
class Known:
    """What the rows that were taken need to be opened."""

    owners: Mapping[int | None, LockedPatient]
    taken: Taken
    bounced: Collection[int]
    """Those of the care team whose mail address does not work."""


def send_ready(
    deployment: Deployment, limit: int = BATCH, channels: Collection[str] | None = None
) -> int:
    """Send what is ready on these channels, or all that are on; how many messages were tried.

    Raises:
        trajectory.database.Unavailable: what was leased is sent after its lease.
    """
    now = deployment.clock.now()
    wanted = deployment.channels if channels is None else channels
    names = deployment.states.free(wanted, now)
    if not names:
        return 0
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
    known = _known(connection, leases.take(connection, now, channels, limit))
    leased, unsendable = [], []
    for row in known.taken.rows:
        tried = Tried.of(row, row.attempts + 1)
        try:
            parcel = _opened(connection, deployment, row, known)
        except NotSent as trouble:
            if trouble.code != outbox.LOST:
                # Who stopped, was erased or is somebody else is known for that already.
                tried = replace(tried, address_id=None, member_id=None)
            unsendable.append(_not_sent(deployment, tried, trouble))
        else:
            repeated = _ended_as(row, Trouble.UNKNOWN) and row.channel not in LOOKED_UP
            leased.append(Leased(parcel, tried, now + LEASE - SPARE, repeated))
    outcomes.record(connection, deployment, unsendable)
    return len(known.taken.rows), _looking_back(connection, leased)


def _looking_back(connection: Connection, leased: Sequence[Leased]) -> list[Leased]:
    """With what channels must know of before, which few of them ask for."""
    parcels = looking_back.completed(
        connection, [(message.tried.channel, message.parcel) for message in leased]
    )
    return [replace(each, parcel=parcel) for each, parcel in zip(leased, parcels, strict=True)]


def _known(connection: Connection, taken: Taken) -> Known:
    people = patients.read(connection, {r.patient_id for r in taken.rows if r.patient_id})
    members = {row.member_id for row in taken.rows if row.member_id is not None}
    owners: dict[int | None, LockedPatient] = {person.patient_id: person for person in people}
    return Known(owners, taken, care_team.bounced(connection, members))


def _opened(connection: Connection, deployment: Deployment, row: Row[Any], known: Known) -> Parcel:
    """The message in the clear. Raises NotSent where it can or must not be sent at all."""
    owner, addresses = known.owners.get(row.patient_id), known.taken.addresses
    if row.attempts >= MOST_ATTEMPTS and not _ended_as(row, Trouble.CONFIGURATION):
        raise NotSent(Trouble.UNKNOWN, "lease")
    if row.error == outbox.STOPPED:
        raise NotSent(Trouble.GONE, outbox.STOPPED)
    if owner is None and row.patient_id is not None:
        raise NotSent(Trouble.GONE, "erased")
    if row.address_id is not None and row.address_id not in addresses:
        raise NotSent(Trouble.GONE, "closed")
    if _is_stale(row, deployment.clock.now()):
        raise NotSent(Trouble.CONTENT, outbox.STALE)
    if row.address_id in known.taken.gone:
        raise NotSent(Trouble.GONE, outbox.LOST)
    if row.member_id in known.bounced:
        raise NotSent(Trouble.GONE, BOUNCED)
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


def _is_stale(row: Row[Any], now: datetime) -> bool:
    """Whether a question has waited too long, as for a setting that nobody has mended.

    A mended setting brings no heap of old check-ins. Anything else still goes out.
    """
    is_question = row.session_id is not None and row.priority > Priority.SAFETY
    return is_question and now - row.created_at > outbox.HOLDS_FOR


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
    """Send one after the other; what the lease does not suffice for is anybody's again.

    So is what the channel of has been asked to pause meanwhile.
    """
    done: list[Outcome] = []
    left: dict[int, int] = {}
    recorded_at = deployment.clock.now()
    for message in leased:
        now = deployment.clock.now()
        if now >= message.until or deployment.states.is_paused(message.tried.channel, now):
            left[message.parcel.outbox_id] = message.tried.attempt
            continue
        if now - recorded_at >= SLICE:
            _record(deployment, done)
            done, recorded_at = [], now
        done.append(_send(deployment, message))
    _record(deployment, done)
    if any(message.tried.channel in delivering.CHANNELS for message in leased):
        delivering.catch_up(deployment)
    if left:
        deployment.database.run(lambda connection: leases.give_back(connection, left))


def _record(deployment: Deployment, done: Sequence[Outcome]) -> None:
    if done:
        deployment.database.run(lambda connection: outcomes.record(connection, deployment, done))


def _send(deployment: Deployment, message: Leased) -> Outcome:
    """Send one message; what came of it.

    The broad catch is the rule here: a channel's own mistake stops no other message.
    """
    tried = message.tried
    try:
        provider_id = deployment.channels[tried.channel].send(message.parcel)
    except NotSent as error:
        trouble = error
    except Exception as error:  # noqa: BLE001
        trouble = NotSent(Trouble.UNKNOWN, type(error).__name__)
    else:
        now = deployment.clock.now()
        deployment.states.works(tried.channel)
        metrics.count_outcome(tried.channel, "sent")
        return Outcome(
            tried.outbox_id, tried.attempt, "sent", now, sent_at=now, provider_id=provider_id
        )
    return _not_sent(deployment, tried, trouble, last=message.repeated)


def _not_sent(
    deployment: Deployment, tried: Tried, trouble: NotSent, *, last: bool = False
) -> Outcome:
    """What becomes of it; `last`: where nobody knows again, it is left at that."""
    now, kind = deployment.clock.now(), trouble.trouble
    if kind is Trouble.CONFIGURATION:
        deployment.states.waits(tried.channel, trouble.code)
    else:
        _log.warning(
            "not sent",
            outbox_id=tried.outbox_id,
            channel=tried.channel,
            trouble=kind.value,
            code=trouble.code,
        )
    if kind is Trouble.RETRY and trouble.wait is not None:
        deployment.states.pause(tried.channel, now + min(trouble.wait, LONGEST_PAUSE))
    outcome = judge(tried, trouble, now)
    metrics.count_outcome(tried.channel, outcome.status, kind.value)
    if last and kind is Trouble.UNKNOWN:
        mishap = REROUTE if tried.is_for_safety else ""
        return replace(outcome, status="unknown", ready_at=now, mishap=mishap)
    return outcome
