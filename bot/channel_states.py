"""What one process knows of its channels: who asked for a pause, and whose settings are wrong."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

import structlog

from bot.rates import SKEW

SENDING = "sending"
"""The provider refuses at once."""
DELIVERY = "delivery"
"""The provider takes messages, and says later that none of them arrives."""

_log = structlog.get_logger(__name__)


class _Pause(NamedTuple):
    asked_at: datetime
    until: datetime


class ChannelStates:
    """Kept in memory. Pauses of channels with a rate are shared (`bot.tokens`)."""

    def __init__(self) -> None:
        self._closed = False
        self._paused: dict[str, _Pause] = {}
        self._wrong: dict[tuple[str, str], str] = {}
        self._failing: dict[str, datetime] = {}

    def close(self) -> None:
        """The process stops: nothing more is begun on any channel."""
        self._closed = True

    def pause(self, channel: str, until: datetime, now: datetime) -> bool:
        """The provider has just asked for a pause, whatever the message; whether that is news."""
        known = self._paused_until(channel, now)
        if known is not None and until <= known:
            return False
        self._paused[channel] = _Pause(now, until)
        return True

    def is_paused(self, channel: str, now: datetime) -> bool:
        """Whether nothing may go out on this channel now."""
        until = self._paused_until(channel, now)
        return self._closed or (until is not None and now < until)

    def _paused_until(self, channel: str, now: datetime) -> datetime | None:
        """A pause from before the clock was set back is void: nobody knows when it would end."""
        pause = self._paused.get(channel)
        if pause is None or pause.asked_at - now <= SKEW:
            return pause and pause.until
        self._paused.pop(channel, None)
        return None

    def free(self, channels: Collection[str], now: datetime) -> list[str]:
        """Those of these channels that may send, sorted."""
        return sorted(name for name in channels if not self.is_paused(name, now))

    def waits(self, channel: str, code: str, where: str = SENDING) -> None:
        """A setting of ours is wrong: told once, not for every message, and when it changes."""
        if self._wrong.get((channel, where)) != code:
            self._wrong[channel, where] = code
            _log.error(
                "channel waits for the operator: see `backtrace outbox` and `backtrace doctor`",
                channel=channel,
                code=code,
                where=where,
            )

    def works(self, channel: str, where: str = SENDING) -> None:
        """A message went through."""
        if self._wrong.pop((channel, where), None) is not None:
            _log.info("channel works again", channel=channel, where=where)

    def fails(self, channel: str, now: datetime) -> None:
        """Something has failed that holds up whatever comes behind it."""
        self._failing.setdefault(channel, now)

    def recovers(self, channel: str) -> datetime | None:
        """A message went through: since when this process has seen none do so; told once."""
        return self._failing.pop(channel, None)
