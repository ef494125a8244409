"""What the deployment itself has to do from time to time, apart from any conversation.

A chore is a due row of the deployment's own. It may ask others over the network: its row is
claimed in one transaction, the work is done outside of any, and another one sets it again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from bot import due
from bot.deployment import Deployment
from bot.due import Claimed

LEASE = timedelta(minutes=15)
"""How long a process has for a chore; then another one does it."""
AGAIN = timedelta(minutes=5)
"""When a chore that has failed is tried again."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Chore:
    """`work` is told when it was last done to the end (None: never); done twice, it harms nobody.

    It raises whatever kept it from its end.
    """

    every: timedelta
    work: Callable[[datetime | None], None]


def begin(deployment: Deployment, chores: Mapping[str, Chore]) -> None:
    """Let every chore fall due now: nobody knows what happened while no process ran."""
    now = deployment.clock.now()
    deployment.database.run(lambda connection: due.hurry(connection, deployment, chores, now))


def do_due(deployment: Deployment, chores: Mapping[str, Chore]) -> int:
    """Do the chores that are due; how many were done to their end.

    Raises trajectory.database.Unavailable.
    """
    now = deployment.clock.now()
    with deployment.database.read() as connection:
        if not due.stands(connection, chores, now):
            return 0
    claimed = deployment.database.run(
        lambda connection: due.claim(connection, chores, now, now + LEASE)
    )
    return sum([_do(deployment, chores[each.kind], each, now) for each in claimed])


def _do(deployment: Deployment, chore: Chore, claimed: Claimed, now: datetime) -> bool:
    """The broad catch is the rule here: one chore that fails stops no other, and comes again."""
    last = claimed.payload.get("done")
    payload = claimed.payload
    try:
        chore.work(datetime.fromisoformat(last) if last else None)
    except Exception as error:  # noqa: BLE001
        _log.warning("chore failed", kind=claimed.kind, error=type(error).__name__)
        again = AGAIN
    else:
        payload, again = {"done": now.isoformat()}, chore.every
    deployment.database.run(
        lambda connection: due.set_again(connection, claimed, now + again, payload)
    )
    return again is not AGAIN
