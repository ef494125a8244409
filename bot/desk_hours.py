"""When somebody looks at the clinic's list: opening hours, as `mon-fri 08:00-15:00`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_PART = re.compile(
    r"(?P<first>[a-z]{3})(?:-(?P<last>[a-z]{3}))? "
    r"(?P<opens>\d{1,2}:\d{2})-(?P<closes>\d{1,2}:\d{2})"
)
EXAMPLE = "mon-fri 08:00-15:00, sat 09:00-12:00"


class BadDeskHours(ValueError):
    """Hours that cannot be read; says which part and how to write it."""


@dataclass(frozen=True, slots=True)
class Opening:
    """One day's hours; Monday 0."""

    weekday: int
    opens: time
    closes: time


@dataclass(frozen=True, slots=True)
class DeskHours:
    """A week's openings, in order; never empty."""

    openings: tuple[Opening, ...]

    @classmethod
    def read(cls, text: str) -> DeskHours:
        """Read `mon-fri 08:00-15:00, sat 09:00-12:00`. Raises BadDeskHours."""
        found = [opening for part in text.split(",") for opening in _part(part.strip().lower())]
        return cls(tuple(sorted(found, key=lambda each: (each.weekday, each.opens))))

    def next_look(self, local: datetime) -> tuple[datetime, datetime]:
        """The opening that is on or comes next, from and to, on the same clock as `local`."""
        for ahead in range(8):
            day = local.date() + timedelta(days=ahead)
            for each in self.openings:
                closes = datetime.combine(day, each.closes, local.tzinfo)
                if each.weekday == day.weekday() and closes > local:
                    return datetime.combine(day, each.opens, local.tzinfo), closes
        raise AssertionError("a week has every weekday")


def _part(part: str) -> list[Opening]:
    found = _PART.fullmatch(part)
    try:
        if found is None:
            raise ValueError
        first, last = DAYS.index(found["first"]), DAYS.index(found["last"] or found["first"])
        opens, closes = _clock(found["opens"]), _clock(found["closes"])
    except ValueError:
        raise BadDeskHours(f"{part!r}: write it as {EXAMPLE}") from None
    if first > last or opens >= closes:
        raise BadDeskHours(f"{part!r}: the end comes before the beginning; write {EXAMPLE}")
    return [Opening(day, opens, closes) for day in range(first, last + 1)]


def _clock(text: str) -> time:
    hour, _, minute = text.partition(":")
    return time(int(hour), int(minute))
