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

_HOW_IT_STANDS = select(SOMETHING_READY, SOMETHING_DUE, NEXT_DUE, NEXT_READY, NEXT_LEASE)


class MovableClock(Protocol):
    """A clock that can be set forward."""

    def now(self) -> datetime:
        """The time that it shows."""
        ...

    def set(self, moment: datetime) -> None:
        """Show this time."""
        ...


def run_until_quiet(deployment: Deployment, most: int | None = None) -> datetime | None:
    """Do everything that is due now, and send everything that is ready.

    When the next thing comes after that, or None. `most` at a time, where nobody waits meanwhile;
    else as many as a process of its own does. What cannot be done yet is left.
    """
    while True:
        ready, fallen, coming = _how_it_stands(deployment)
        sent = ready and send_ready(deployment, most or BATCH)
        if not (sent or (fallen and (dispatch(deployment, most) or send_due(deployment)))):
            return coming


def _how_it_stands(deployment: Deployment) -> tuple[bool, bool, datetime | None]:
    """Whether a message is ready now, or something due, and when the next of either comes."""
    now = deployment.clock.now()
    asked = {"now": now, "channels": sorted(deployment.channels)}
    with deployment.database.read() as connection:
        ready, fallen, *moments = connection.execute(_HOW_IT_STANDS, asked).one()
    return ready, fallen, min((moment for moment in moments if moment is not None), default=None)


def drive(deployment: Deployment, clock: MovableClock, until: datetime) -> None:
    """Let time pass to this moment: all that falls due until then happens, at its own time."""
    pass_time(deployment, clock, until, run_until_quiet(deployment))


def pass_time(
    deployment: Deployment, clock: MovableClock, until: datetime, coming: datetime | None
) -> bool:
    """As `drive`, where nothing is left to do until `coming`; whether anything happened."""
    happens = coming is not None and coming <= until
    while coming is not None and coming <= until:
        clock.set(coming)
        coming = run_until_quiet(deployment)
    clock.set(until)
    return happens
