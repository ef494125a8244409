"""When a channel goes on after it stood still: what waited follows at once, and the desk is told.

Back-off would let a message wait for half an hour more, and a mended setting for a quarter.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection, bindparam, case, select, update

from bot import waiting
from bot.deployment import Deployment
from bot.desk.causes import PASSING, cause_of
from bot.outcomes import Outcome
from bot.verdicts import FIRST_WAIT
from trajectory import beats, tables
from trajectory.beats import Beat
from trajectory.sql import Among, written_out

LONG = timedelta(minutes=2)
"""What was shorter is no standstill: back-off has hardly begun."""
BATCH = 500
"""Rows a transaction."""

_log = structlog.get_logger(__name__)
_outbox = tables.core(tables.Outbox)
_SOON = bindparam("soon", type_=_outbox.c.ready_at.type)
_SOME = (
    select(_outbox.c.id)
    .where(
        written_out(_outbox.c.status, "ready"),
        _outbox.c.channel == bindparam("name"),
        Among(_outbox.c.error, "errors"),
        _outbox.c.ready_at > _SOON,
    )
    .order_by(_outbox.c.id)
    .limit(BATCH)
    # Whoever holds one of them is busy with it already.
    .with_for_update(skip_locked=True)
)
_HURRY = (
    update(_outbox)
    .where(Among(_outbox.c.id, "chosen"), _outbox.c.status == "ready")
    .values(
        ready_at=_SOON,
        # The attempt is a gift: a provider that comes and goes must use up none of the few.
        attempts=case((_outbox.c.attempts > 1, _outbox.c.attempts - 1), else_=_outbox.c.attempts),
    )
)


def note_failure(deployment: Deployment, outcome: Outcome, code: str) -> None:
    """An attempt has failed; it counts where its cause holds up the whole channel."""
    if cause_of(outcome.trouble, code) in PASSING:
        deployment.states.fails(outcome.channel, deployment.clock.now())


def note_success(deployment: Deployment, channel: str) -> None:
    """A message went through and is recorded. Raises trajectory.database.Unavailable."""
    since, now = deployment.states.recovers(channel), deployment.clock.now()
    if since is None or now - since < LONG:
        return
    beat = Beat(now, since)
    deployment.database.run(
        lambda connection: beats.put(connection, beats.recovered(channel), beat)
    )
    _log.info("channel goes on", channel=channel, seconds=round((now - since).total_seconds()))
    while deployment.database.run(lambda connection: _hurry(connection, channel, now)) == BATCH:
        pass


def _hurry(connection: Connection, channel: str, now: datetime) -> int:
    """Some of what waits for what is over goes out soon; how many that were.

    Not at once: where nobody knows whether it arrived, the provider must have had time to list it.
    """
    errors = [
        f"{each.trouble} {each.code}".strip()
        for each in waiting.waiting(connection, now)
        if each.channel == channel and cause_of(each.trouble, each.code) in PASSING
    ]
    if not errors:
        return 0
    soon = now + FIRST_WAIT
    asked = {"name": channel, "errors": errors, "soon": soon}
    chosen = list(connection.execute(_SOME, asked).scalars())
    if chosen:
        connection.execute(_HURRY, {"chosen": chosen, "soon": soon})
    return len(chosen)
