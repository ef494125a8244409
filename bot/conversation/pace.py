"""How often we ask: what opens unasked in a day and a week, and how many questions in a day.

Days are the patient's own calendar days; a week is a day and the six before it, so that no
seven days in a row hold more, wherever they begin (docs/adr/0011).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.schedule import at_local

_DAY = timedelta(days=1)
WEEK = 7


@dataclass(frozen=True)
class Limits:
    """What a deployment allows itself; each number is 1 or more."""

    openings_a_day: int = 1
    """Conversations opened unasked, reminders included."""
    openings_a_week: int = 3
    questions_a_day: int = 20
    """Unless the patient says go on."""
    questions_by_channel: Mapping[str, int] = field(default_factory=lambda: {"sms": 10})
    """Where another number of questions a day holds."""
    in_one_on: frozenset[str] = frozenset({"sms"})
    """Channels on which every message costs: a check-in that can be asked in one message, is."""

    def questions(self, channel: str) -> int:
        """Questions a day on this channel."""
        return self.questions_by_channel.get(channel, self.questions_a_day)


def next_opening(
    openings: Sequence[datetime], limits: Limits, now: datetime, zone: ZoneInfo, hour: time
) -> datetime:
    """The moment itself where one more opening is allowed, else the first such day's `hour`."""
    days = Counter(moment.astimezone(zone).date() for moment in openings)
    today = now.astimezone(zone).date()
    if _allows(days, limits, today):
        return now
    day = today + _DAY
    while not _allows(days, limits, day):
        day += _DAY
    return at_local(day, hour, zone)


def _allows(days: Mapping[date, int], limits: Limits, day: date) -> bool:
    week = sum(days.get(day - _DAY * back, 0) for back in range(WEEK))
    return days.get(day, 0) < limits.openings_a_day and week < limits.openings_a_week


def still_counting(openings: Sequence[datetime], now: datetime, zone: ZoneInfo) -> list[datetime]:
    """Those openings that a limit of today or of a later day still has to know."""
    first = now.astimezone(zone).date() - _DAY * (WEEK - 1)
    return [moment for moment in openings if moment.astimezone(zone).date() >= first]
