"""Moving the clock: from one due moment to the next, each at its own time."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from bot import due, leases
from bot.deployment import Deployment
from bot.directory.digests import send_due
from bot.dispatching import dispatch
from bot.sending import BATCH, send_ready


class MovableClock(Protocol):
    """A clock that can be set forward."""

    def now(self) -> datetime:
        """The time that it shows."""
        ...

    def set(self, moment: datetime) -> None:
        """Show this time."""
        ...


def run_until_quiet(deployment: Deployment, most: int | None = None) -> None:
    """Do everything that is due now, and send everything that is ready.

    `most` at a time, where nobody waits meanwhile; else as many as a process of its own does.
    """
    while (
        send_ready(deployment, most or BATCH) or dispatch(deployment, most) or send_due(deployment)
    ):
        pass


def drive(deployment: Deployment, clock: MovableClock, until: datetime) -> None:
    """Let time pass to this moment: all that falls due until then happens, at its own time."""
    run_until_quiet(deployment)
    pass_time(deployment, clock, until)


def pass_time(deployment: Deployment, clock: MovableClock, until: datetime) -> bool:
    """As `drive`, where nothing is left to do now; whether anything fell due on the way."""
    begun = clock.now()
    while (moment := next_moment(deployment, clock.now())) is not None and moment <= until:
        clock.set(moment)
        run_until_quiet(deployment)
    passed = clock.now() > begun
    clock.set(until)
    return passed


def next_moment(deployment: Deployment, after: datetime) -> datetime | None:
    """When something falls due or becomes ready after this moment, or None."""
    channels = sorted(deployment.channels)
    with deployment.database.read() as connection:
        moments = (
            due.next_moment(connection, after),
            leases.next_moment(connection, after, channels),
        )
    return min((moment for moment in moments if moment is not None), default=None)
