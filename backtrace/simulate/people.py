"""Who the invented patients are: what they are like, and how their back fares."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from random import Random
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Europe/Copenhagen")
CHANNELS = ("telegram", "sms", "web")
LANGUAGES = ("en", "da")
PATHWAY = "low-back-pain"
_DESK = (time(9), time(11), time(13), time(15))
"""When the clinic enrols."""
_NOBODYS_NUMBER = 1_000_000
"""No number in Denmark begins with 0: whatever is sent there reaches nobody."""
_NOBODYS_CHAT = 4_000_000_000_000_000
"""Within what Telegram allows for an id, and far from those that it has given out."""
_DAYS = 5
"""All are enrolled on the first days, so that every one of them has the same weeks."""


class Character(StrEnum):
    """How somebody goes about being asked."""

    KEEN = "keen"
    LATE = "late"
    FADING = "fading"
    CHATTY = "chatty"
    """Writes of other things before the answer."""
    CHANGING = "changing"
    """Takes answers back."""
    SILENT = "silent"
    STOPPING = "stopping"
    """Writes STOP one day."""
    ALARMED = "alarmed"
    """Has a new symptom in one week."""


class Course(StrEnum):
    """How the pain goes on."""

    IMPROVING = "improving"
    FLAT = "flat"
    FLUCTUATING = "fluctuating"


_SHARES = {
    Character.KEEN: 30,
    Character.LATE: 14,
    Character.FADING: 14,
    Character.CHATTY: 12,
    Character.CHANGING: 10,
    Character.SILENT: 8,
    Character.STOPPING: 6,
    Character.ALARMED: 6,
}


@dataclass(slots=True)
class Person:
    """One invented patient, as they are and as far as they have come."""

    number: int
    """From 0, in the order in which they are enrolled."""
    channel: str
    address: str
    language: str
    character: Character
    course: Course
    pain: float
    """On the first day, 0-10."""
    turning_week: int
    """When somebody stops, or has a new symptom."""
    weekday: int
    asked_in_chat: bool
    """Whether consent, hour and day are asked in the chat, or are on paper already."""
    enrolled_at: datetime
    patient_id: int = 0
    """0 before the enrolment."""
    written: int = 0
    """How many messages they have sent."""
    drawn: int = 0
    """How often chance has been asked for them."""
    gone: bool = False
    """They have written STOP, or have declined."""

    def chance(self, seed: int) -> Random:
        """The next draw's own generator: what others do changes nothing for this person."""
        self.drawn += 1
        return _random(seed, self.number, self.drawn)

    def week(self, moment: datetime) -> int:
        """Weeks since the enrolment, from 0."""
        return (moment - self.enrolled_at) // timedelta(weeks=1)

    def severity(self, moment: datetime, chance: Random) -> float:
        """How bad it is just now, 0-10."""
        level = self._level(self.week(moment))
        return min(max(level + chance.uniform(-0.8, 0.8), 0.0), 10.0)

    def _level(self, week: int) -> float:
        match self.course:
            case Course.IMPROVING:
                return self.pain * math.exp(-week / 6)
            case Course.FLAT:
                return self.pain
            case Course.FLUCTUATING:
                return self.pain + 2.5 * math.sin(week * 1.3 + self.number)


@dataclass(frozen=True, slots=True)
class Crowd:
    """How many people of which kind begin when."""

    count: int
    seed: int
    first_day: datetime
    """Midnight of the day on which the first are enrolled."""
    channels: Sequence[str] = CHANNELS
    languages: Sequence[str] = LANGUAGES
    offset: int = 0
    """Added to the numbers in addresses, where others have been before."""

    def people(self) -> Iterator[Person]:
        """Everybody, in order of enrolment."""
        for number in range(self.count):
            yield self._person(number)

    def _person(self, number: int) -> Person:
        chance = _random(self.seed, number, 0)
        channel = chance.choice(self.channels)
        return Person(
            number=number,
            channel=channel,
            address=_address(channel, self.offset + number),
            language=chance.choice(self.languages),
            character=chance.choices(list(_SHARES), list(_SHARES.values()))[0],
            course=chance.choice(list(Course)),
            pain=chance.uniform(3.0, 9.0),
            turning_week=chance.randrange(1, 10),
            weekday=0 if chance.random() < 0.8 else chance.randrange(7),
            asked_in_chat=chance.random() < 0.25,
            enrolled_at=self._enrolled_at(number),
        )

    def _enrolled_at(self, number: int) -> datetime:
        """Evenly over the desk's hours of the first days."""
        place = number * len(_DESK) * _DAYS // self.count
        day, hour = divmod(place, len(_DESK))
        date = self.first_day.astimezone(ZONE).date() + timedelta(days=day)
        return datetime.combine(date, _DESK[hour], ZONE).astimezone(UTC)


def _address(channel: str, number: int) -> str:
    match channel:
        case "sms":
            return f"+45{_NOBODYS_NUMBER + number:08}"
        case "telegram":
            return f"{_NOBODYS_CHAT + number}"
        case _:
            return f"simulated:{number}"


def _random(seed: int, number: int, draw: int) -> Random:
    return Random((seed << 64) | (number << 32) | draw)  # noqa: S311 - invented people guard nothing
