"""How fast a channel may send, and who goes first when there is not enough for everybody."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import floor

from bot.channels import Parcel
from bot.messages import Priority
from bot.segments import segments

INFLOW = 0.85
BURST = 0.1
"""Of a second's messages, what flows in and what may gather. The rest is for what bunches up on
the way to the provider."""
SMALLEST_BURST = 2.0
SKEW = timedelta(seconds=5)
"""How far the clocks of two machines may be apart; what is more is a clock set back."""


@dataclass(frozen=True, slots=True)
class Rate:
    """What a provider takes from one sender in a second: messages, or segments of SMS."""

    sender: str
    per_second: float
    by_segment: bool = False
    calm_chats: bool = False
    """Whether it also holds each chat to a message a second, short bursts aside."""

    @property
    def burst(self) -> float:
        """The most tokens that gather."""
        return max(self.per_second * BURST, SMALLEST_BURST)

    @property
    def inflow(self) -> float:
        """Tokens a second."""
        return self.per_second * INFLOW

    @property
    def reserve(self) -> float:
        """What bulk leaves, so that a reply never waits for it."""
        return max(self.burst / 3, 1.0)

    def cost(self, parcel: Parcel) -> int:
        """What the provider counts this message as."""
        return segments(parcel.rendered.text) if self.by_segment else 1


@dataclass(frozen=True, slots=True)
class Wanted:
    """How many messages are ready, by how they stand to the tokens."""

    safety: int = 0
    replies: int = 0
    bulk: int = 0


@dataclass(frozen=True, slots=True)
class Dry:
    """Nothing so urgent as `most` or less can go before `until`, when tokens come for it.

    `full_at`: what flows in later is lost.
    """

    until: datetime
    most: Priority
    full_at: datetime


@dataclass(frozen=True, slots=True)
class Granted:
    """How many may go, the most urgent, and what has to wait."""

    count: int
    dry: Dry | None = None


def filled(rate: Rate, tokens: float, at: datetime, now: datetime) -> tuple[float, datetime]:
    """The tokens now, and the moment from which they are counted on.

    A clock set back adds nothing. Where another machine's clock is a little ahead, its moment
    stands: two that take turns would otherwise count the difference each time.
    """
    if now <= at:
        return tokens, now if at - now > SKEW else at
    return min(tokens + (now - at).total_seconds() * rate.inflow, rate.burst), now


def grant(rate: Rate, tokens: float, wanted: Wanted, now: datetime) -> Granted:
    """Safety messages whatever is left, replies to the last token, bulk down to the reserve."""
    left = tokens - wanted.safety
    replies = min(wanted.replies, max(floor(left), 0))
    left -= replies
    bulk = min(wanted.bulk, max(floor(left - rate.reserve), 0))
    left -= bulk
    full_at = _when(rate, rate.burst - left, now)
    if replies < wanted.replies:
        dry: Dry | None = Dry(_when(rate, 1 - left, now), Priority.REPLY, full_at)
    elif bulk < wanted.bulk:
        dry = Dry(_when(rate, 1 + rate.reserve - left, now), Priority.BULK, full_at)
    else:
        dry = None
    return Granted(wanted.safety + replies + bulk, dry)


def _when(rate: Rate, missing: float, now: datetime) -> datetime:
    # A microsecond late, and not one early: then there would be no whole token yet.
    return now + timedelta(seconds=missing / rate.inflow, microseconds=2)
