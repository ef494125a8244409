"""Messages out: leased, sent, and the outcome recorded; nothing before its commit.

To one address one message is under way at a time, oldest first; replies go before bulk and
safety messages before everything.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import structlog

from bot import delivering, leases, metrics, outcomes, recovering, taking, tokens
from bot.channels import AlreadyThere, NotSent, Trouble
from bot.deployment import Deployment
from bot.outcomes import Outcome
from bot.taking import SPARE, Leased
from bot.verdicts import Tried, not_sent
from trajectory.database import Unavailable

__all__ = ["BATCH", "SLICE", "SPARE", "record", "send", "send_ready"]

BATCH = 100
SLICE = timedelta(milliseconds=100)
"""What was sent is recorded this often: a crash repeats no more than that, or what is under way."""
LONGEST_PAUSE = timedelta(hours=1)
"""After so long a channel is tried again, whatever its provider has asked for."""

_log = structlog.get_logger(__name__)


def send_ready(
    deployment: Deployment, limit: int = BATCH, channels: Collection[str] | None = None
) -> int:
    """Send what is ready on these channels, or all that are on, one message after the other.

    How many messages were tried.

    Raises:
        trajectory.database.Unavailable: what was leased is sent after its lease.
    """
    now = deployment.clock.now()
    wanted = deployment.channels if channels is None else channels
    names = deployment.states.free(wanted, now)
    if not names:
        return 0
    batch = taking.take(deployment, names, limit)
    _send_all(deployment, batch.leased)
    return batch.rows


def _send_all(deployment: Deployment, leased: Sequence[Leased]) -> None:
    """Send one after the other; what the lease does not suffice for is anybody's again.

    So is what the channel of has been asked to pause meanwhile.
    """
    done: list[Outcome] = []
    left: list[Leased] = []
    recorded_at = deployment.clock.now()
    for message in leased:
        now = deployment.clock.now()
        if now >= message.until or deployment.states.is_paused(message.tried.channel, now):
            left.append(message)
            continue
        if now - recorded_at >= SLICE:
            _record(deployment, done)
            done, recorded_at = [], now
        done.append(send(deployment, message))
    _record(deployment, done)
    if any(message.tried.channel in delivering.CHANNELS for message in leased):
        delivering.catch_up(deployment)
    if left:
        attempts = {message.tried.outbox_id: message.tried.attempt for message in left}
        in_doubt = {message.tried.outbox_id for message in left if message.parcel.repeated}
        deployment.database.run(lambda connection: leases.give_back(connection, attempts, in_doubt))


def _record(deployment: Deployment, done: Sequence[Outcome]) -> None:
    if done:
        record(deployment, done)


def record(deployment: Deployment, done: Sequence[Outcome]) -> None:
    """Write what came of attempts. Raises Unavailable.

    The broad catch is the rule here: an outcome that cannot be written, such as one with a
    provider's id that is no text, keeps no other from it.
    """
    try:
        _write(deployment, done)
    except Unavailable:
        raise
    except Exception:  # noqa: BLE001
        for outcome in done:
            _record_alone(deployment, outcome)


def _record_alone(deployment: Deployment, outcome: Outcome) -> None:
    """At worst without the provider's id: what has gone out must not go out again for that."""
    for each in (outcome, replace(outcome, provider_id=None)):
        try:
            return _write(deployment, [each])
        except Unavailable:
            raise
        except Exception as error:  # noqa: BLE001
            _log.error(
                "outcome not recorded as it is",
                outbox_id=outcome.outbox_id,
                error=type(error).__name__,
            )


def _write(deployment: Deployment, done: Sequence[Outcome]) -> None:
    recorded = deployment.database.run(
        lambda connection: outcomes.record(connection, deployment, done)
    )
    for outcome in recorded:
        metrics.count_outcome(outcome.channel, outcome.status, outcome.trouble)
    for channel in sorted({each.channel for each in recorded if each.status == "sent"}):
        # What came of the attempts is written; back-off brings the others all the same.
        with suppress(Unavailable):
            recovering.note_success(deployment, channel)


def send(deployment: Deployment, message: Leased) -> Outcome:
    """Send one message; what came of it.

    The broad catch is the rule here: a channel's own mistake stops no other message.
    """
    tried = message.tried
    try:
        provider_id = deployment.channels[tried.channel].send(message.parcel)
        return _sent(deployment, tried, provider_id)
    except AlreadyThere as found:
        # It counts as no attempt: nothing more can have been left at the provider by it.
        return replace(_sent(deployment, tried, found.provider_id), counted=False)
    except NotSent as error:
        trouble = error
    except Exception as error:  # noqa: BLE001
        trouble = NotSent(Trouble.UNKNOWN, type(error).__name__)
    if trouble.trouble is Trouble.RETRY and trouble.wait is not None:
        _pause(deployment, tried.channel, min(trouble.wait, LONGEST_PAUSE))
    outcome = not_sent(deployment, tried, trouble, last=message.repeated)
    recovering.note_failure(deployment, outcome, trouble.code)
    return outcome


def _sent(deployment: Deployment, tried: Tried, provider_id: str | None) -> Outcome:
    now = deployment.clock.now()
    deployment.states.works(tried.channel)
    return Outcome(
        tried.outbox_id,
        tried.attempt,
        "sent",
        now,
        sent_at=now,
        provider_id=provider_id,
        channel=tried.channel,
    )


def _pause(deployment: Deployment, channel: str, wait: timedelta) -> None:
    """The provider has asked for it, of all processes."""
    now = deployment.clock.now()
    until = now + wait
    if deployment.states.pause(channel, until, now):
        # Without the database the others learn it from their own next message.
        with suppress(Unavailable):
            tokens.pause(deployment, channel, until)
