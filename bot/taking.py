"""What a process may send now: rows found, as many leased as there are tokens, and opened."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import Connection, Row

from bot import leases, looking_back, metrics, outbox, outcomes, tokens
from bot.channels import LOOKED_UP, NotSent, Parcel, Trouble
from bot.deployment import Deployment
from bot.due import BOUNCED
from bot.leases import LEASE, Taken
from bot.messages import Button, Priority, Rendered
from bot.outcomes import Outcome
from bot.rates import Dry, Wanted, grant
from bot.verdicts import MOST_ATTEMPTS, Tried, not_sent
from trajectory import care_team, patients, send_rates
from trajectory import deployment as deployment_key
from trajectory.database import Unavailable
from trajectory.keys import Sealer, WrongKey
from trajectory.patients import LockedPatient

SPARE = timedelta(seconds=40)
"""Nothing is begun so shortly before the lease ends: a provider may take that long to answer."""
PROMPT = timedelta(milliseconds=50)
"""Whatever begins so soon after its tokens were taken begins when they were."""


@dataclass(frozen=True, slots=True)
class Leased:
    """A message in the clear that this process may begin to send until `until`."""

    parcel: Parcel
    tried: Tried
    until: datetime
    repeated: bool = False
    """It may have arrived at the attempt before, and nobody can say; it is sent once more."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What this process may send; `rows` also counts what turned out not to be sendable.

    `dry`: what had to stay, and until when. `unsendable`: what has been recorded of those that
    were not even tried.
    """

    rows: int = 0
    leased: Sequence[Leased] = ()
    dry: Dry | None = None
    unsendable: Sequence[Outcome] = ()


@dataclass(frozen=True, slots=True)
class _Known:
    """What the rows that were taken need to be opened."""

    owners: Mapping[int | None, LockedPatient]
    taken: Taken
    bounced: Collection[int]
    """Those of the care team whose mail address does not work."""


def take(
    deployment: Deployment,
    channels: Sequence[str],
    limit: int,
    least: Priority = Priority.BULK,
    most_bulk: int | None = None,
) -> Batch:
    """Lease the most urgent messages of these channels, no less urgent than `least`.

    `most_bulk`: so many of those that a rate holds are bulk at most.

    Raises:
        trajectory.database.Unavailable: what was leased is sent after its lease.
    """
    free = [name for name in channels if name not in deployment.rates]
    steps = [partial(_take_freely, deployment, free, limit, least)] if free else []
    steps += [
        partial(_take_within_rate, deployment, name, limit, least, most_bulk)
        for name in channels
        if name in deployment.rates
    ]
    batches: list[Batch] = []
    for step in steps:
        try:
            batches.append(step())
        except Unavailable:
            # What is leased already is sent now, and not when its lease has ended.
            if not any(batch.leased for batch in batches):
                raise
            break
    return Batch(
        sum(batch.rows for batch in batches),
        [message for batch in batches for message in batch.leased],
        min((batch.dry for batch in batches if batch.dry), key=_until, default=None),
    )


def _until(dry: Dry) -> datetime:
    return dry.until


def _take_freely(
    deployment: Deployment, channels: Sequence[str], limit: int, least: Priority
) -> Batch:
    def work(connection: Connection) -> Batch:
        now = deployment.clock.now()
        found = leases.find(connection, now, channels, limit, least)
        return _leased(connection, deployment, now, found)

    return _counted(deployment.database.run(work))


def _take_within_rate(
    deployment: Deployment, channel: str, limit: int, least: Priority, most_bulk: int | None
) -> Batch:
    """As many as there are tokens for, which are spent by the transaction that leases."""
    rate = deployment.rates[channel]
    least = min(least, Priority.REPLY) if most_bulk == 0 else least

    def work(connection: Connection) -> tuple[Batch, int, datetime]:
        now = deployment.clock.now()
        found = leases.find(connection, now, [channel], limit, least, calmly=rate.calm_chats)
        if not found:
            return Batch(), 0, now
        level, now = tokens.held(connection, deployment, channel)
        if level.paused_until is not None:
            return Batch(dry=Dry(level.paused_until, Priority.SAFETY, level.paused_until)), 0, now
        granted = grant(rate, level.tokens, _wanted(found, most_bulk), now)
        if not granted.count:
            return Batch(dry=granted.dry), 0, now
        batch = _leased(connection, deployment, now, found[: granted.count])
        spent = sum(rate.cost(message.parcel) for message in batch.leased)
        if spent:
            left = level.tokens - spent
            send_rates.put(connection, channel, rate.sender, left, level.at)
        return replace(batch, dry=granted.dry), spent, now

    batch, spent, at = deployment.database.run(work)
    if spent and deployment.clock.now() - at > PROMPT:
        # A few tokens are worth less than what is leased, which nobody else may send now.
        with suppress(Unavailable):
            tokens.postpone(deployment, channel, spent)
    return _counted(batch)


def _counted(batch: Batch) -> Batch:
    """After the commit, since a transaction may be tried more than once."""
    for outcome in batch.unsendable:
        metrics.count_outcome(outcome.channel, outcome.status, outcome.trouble)
    return batch


def _wanted(found: Sequence[Row[Any]], most_bulk: int | None) -> Wanted:
    counted = Counter(row.priority for row in found)
    bulk = counted.total() - counted[Priority.SAFETY] - counted[Priority.REPLY]
    if most_bulk is not None:
        bulk = min(bulk, most_bulk)
    return Wanted(counted[Priority.SAFETY], counted[Priority.REPLY], bulk)


def _leased(
    connection: Connection, deployment: Deployment, now: datetime, found: Sequence[Row[Any]]
) -> Batch:
    return _opened_all(connection, deployment, now, leases.lease(connection, now, found))


def _opened_all(
    connection: Connection, deployment: Deployment, now: datetime, taken: Taken
) -> Batch:
    """What was taken in the clear; what cannot be sent is recorded at once."""
    known = _known(connection, taken)
    leased, unsendable = [], []
    for row in taken.rows:
        tried = Tried.of(row, row.attempts + 1)
        try:
            parcel = _opened(connection, deployment, row, known)
        except NotSent as trouble:
            if trouble.code != outbox.LOST:
                # Who stopped, was erased or is somebody else is known for that already.
                tried = replace(tried, address_id=None, member_id=None)
            unsendable.append(not_sent(deployment, tried, trouble))
        else:
            repeated = _ended_as(row, Trouble.UNKNOWN) and row.channel not in LOOKED_UP
            leased.append(Leased(parcel, tried, now + LEASE - SPARE, repeated))
    recorded = outcomes.record(connection, deployment, unsendable)
    return Batch(
        len(taken.rows), _looking_back(connection, deployment, leased), unsendable=recorded
    )


def _looking_back(
    connection: Connection, deployment: Deployment, leased: Sequence[Leased]
) -> list[Leased]:
    """With what channels must know of before, which few of them ask for."""
    parcels = looking_back.completed(
        connection,
        deployment.database,
        [(message.tried.channel, message.parcel) for message in leased],
    )
    return [replace(each, parcel=parcel) for each, parcel in zip(leased, parcels, strict=True)]


def _known(connection: Connection, taken: Taken) -> _Known:
    people = patients.read(connection, {r.patient_id for r in taken.rows if r.patient_id})
    members = {row.member_id for row in taken.rows if row.member_id is not None}
    owners: dict[int | None, LockedPatient] = {person.patient_id: person for person in people}
    return _Known(owners, taken, care_team.bounced(connection, members))


def _opened(connection: Connection, deployment: Deployment, row: Row[Any], known: _Known) -> Parcel:
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


def _is_in_doubt(row: Row[Any]) -> bool:
    """Whether nobody knows how an attempt has ended.

    Where a setting of ours was wrong at the last one, which does not count, the one before it
    may be in doubt.
    """
    # A lease that ran out says that somebody may have been in the middle of it.
    if row.status == "sending" or _ended_as(row, Trouble.UNKNOWN):
        return True
    return row.attempts > 0 and _ended_as(row, Trouble.CONFIGURATION)


def _parcel(sealer: Sealer, row: Row[Any], addresses: Mapping[int, bytes]) -> Parcel:
    body = sealer.open_json(outbox.BODY, row.id, row.body)
    to = body["to"]
    if row.address_id is not None:
        to = sealer.open_text("address.value", row.address_id, addresses[row.address_id])
    return Parcel(
        row.id,
        row.patient_id,
        to,
        _rendered(body),
        row.created_at,
        _is_in_doubt(row),
        priority=Priority(row.priority),
    )


def _rendered(body: Mapping[str, Any]) -> Rendered:
    buttons = tuple(Button(label, data) for label, data in body["buttons"])
    return Rendered(body["text"], buttons, body["subject"], body.get("picture", ""))
