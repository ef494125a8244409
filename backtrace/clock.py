"""The clocks of real processes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta


class SystemClock:
    """The machine's time."""

    def now(self) -> datetime:
        """The time, in UTC."""
        return datetime.now(UTC)


class ShiftedClock:
    """Runs as fast as the machine's, `shift` ahead of it; can be set.

    `keep` is told of every new shift, so that a process that starts again goes on from there.
    """

    def __init__(
        self, shift: timedelta = timedelta(0), keep: Callable[[timedelta], None] | None = None
    ) -> None:
        self.shift = shift
        self.keep = keep

    def now(self) -> datetime:
        """The shifted time, in UTC."""
        return datetime.now(UTC) + self.shift

    def set(self, moment: datetime) -> None:
        """Show this time now, and run on from there."""
        self.shift = moment - datetime.now(UTC)
        if self.keep is not None:
            self.keep(self.shift)
