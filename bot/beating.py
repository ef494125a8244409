"""Noting how something goes that a process does without end, no more often than anybody looks."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial

from bot.deployment import Deployment
from trajectory import beats
from trajectory.database import Unavailable

EVERY = timedelta(minutes=1)


class Beating:
    """Called after every go, with the code of what went wrong; empty: nothing did."""

    def __init__(self, deployment: Deployment, name: str) -> None:
        self._deployment, self._name = deployment, name
        self._last: tuple[datetime, bool] | None = None

    def __call__(self, code: str) -> None:
        """Note it, where it is news or a minute has passed."""
        now, went_well = self._deployment.clock.now(), not code
        if self._last is not None:
            noted_at, same = self._last[0], self._last[1] is went_well
            if same and timedelta() <= now - noted_at < EVERY:
                return
        noting = partial(beats.note, name=self._name, now=now, code=code)
        # Without the database nobody could look either.
        with suppress(Unavailable):
            self._deployment.database.run(noting)
            self._last = now, went_well
