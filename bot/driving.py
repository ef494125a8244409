"""Moving the clock: from one due moment to the next, each at its own time."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from sqlalchemy import select

from bot.deployment import Deployment
from bot.directory.digests import send_due
from bot.dispatching import dispatch
from bot.due import NEXT_DUE, SOMETHING_DUE
from bot.leases import NEXT_LEASE, NEXT_READY, SOMETHING_READY
from bot.sending import BATCH, send_ready

_WAITING = select(SOMETHING_READY, SOMETHING_DUE)
_NEXT = select(NEXT_DUE, NEXT_READY, NEXT_LEASE)


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
    while _did_something(deployment, most):
        pass


def _did_something(deployment: Deployment, most: int | None) -> bool:
    """Whether anything was sent or done; what cannot be done yet is left."""
    asked = {"now": deployment.clock.now(), "channels": sorted(deployment.channels)}
    with deployment.database.read() as connection:
        ready, fallen = connection.execute(_WAITING, asked).one()
    if ready and send_ready(deployment, most or BATCH):
        return True
    return bool(fallen and (dispatch(deployment, most) or send_due(deployment)))


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
    asked = {"after": after, "channels": sorted(deployment.channels)}
    with deployment.database.read() as connection:
        moments = connection.execute(_NEXT, asked).one()
    return min((moment for moment in moments if moment is not None), default=None)
