"""The page about work: what a patient lets a job centre or an insurer read, frozen.

Pure. Made once from the timeline, when it is shared; afterwards it never changes. It holds no
score, no STarT Back, no warning sign, and no single answer but how it is with work.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from trajectory.entries import Entry
from trajectory.readings import Reading, in_order, readings
from trajectory.summary import Person, summarise

WORK, DAYS, PLAN = "work", "days", "plan"
"""What may go along besides limits: how it is with work, days a week, the plan."""
_LIMIT = "limit-"
LIMITS = ("lifting", "walking", "sitting", "standing", "travelling")
"""Items of the ODI that are about what work asks of a body, by id."""
LIMITED_FROM = 2
"""The score of a statement from which on it is offered as a limit; the patient decides."""
_ODI = "odi"
_SICK, _LIMITED = "sick-leave-days", "activity-limited-days"


@dataclass(frozen=True, slots=True)
class Week:
    """One weekly check-in: days of 7; None where it was not asked or not answered."""

    day: date
    sick: int | None
    limited: int | None


@dataclass(frozen=True, slots=True)
class WorkPage:
    """What the page says; `None` or nothing where it was not known or should not go along."""

    name: str
    made_at: datetime
    timezone: str
    since: date | None
    status: str | None
    """The option id of `work-status`."""
    weeks: tuple[Week, ...] = ()
    limits: tuple[str, ...] = ()
    """Some of `LIMITS`."""
    plan: str | None = None
    words: str | None = None

    @property
    def parts(self) -> tuple[str, ...]:
        """What there is to choose from, or what was chosen."""
        limits = tuple(f"{_LIMIT}{each}" for each in self.limits)
        known = ((WORK, self.status), (DAYS, self.weeks), (PLAN, self.plan))
        there = [part for part, value in known if value]
        return (*(p for p in there if p != PLAN), *limits, *(p for p in there if p == PLAN))

    def only(self, parts: Collection[str], words: str) -> WorkPage:
        """The page with these parts alone, and the patient's own words."""
        return replace(
            self,
            status=self.status if WORK in parts else None,
            weeks=self.weeks if DAYS in parts else (),
            limits=tuple(each for each in self.limits if f"{_LIMIT}{each}" in parts),
            plan=self.plan if PLAN in parts else None,
            words=words or None,
        )

    def to_json(self) -> dict[str, Any]:
        """As it is stored."""
        weeks = [[week.day.isoformat(), week.sick, week.limited] for week in self.weeks]
        return {
            "name": self.name,
            "made_at": self.made_at.isoformat(),
            "timezone": self.timezone,
            "since": self.since.isoformat() if self.since else None,
            "status": self.status,
            "weeks": weeks,
            "limits": list(self.limits),
            "plan": self.plan,
            "words": self.words,
        }

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> WorkPage:
        """As it was stored."""
        since = stored["since"]
        return cls(
            stored["name"],
            datetime.fromisoformat(stored["made_at"]),
            stored["timezone"],
            date.fromisoformat(since) if since else None,
            stored["status"],
            tuple(Week(date.fromisoformat(d), sick, lim) for d, sick, lim in stored["weeks"]),
            tuple(stored["limits"]),
            stored["plan"],
            stored["words"],
        )


def draft(timeline: Sequence[Entry], person: Person, now: datetime) -> WorkPage:
    """Everything that could go onto the page, as it is known now."""
    found = readings(in_order(timeline))
    summary = summarise(timeline, person, now, None)
    work, zone = summary.work, ZoneInfo(person.timezone)
    started = person.started_at.astimezone(zone).date() if person.started_at else None
    return WorkPage(
        name=person.name,
        made_at=now,
        timezone=person.timezone,
        since=started,
        status=work.code if work and work.state == "answer" else None,
        weeks=_weeks(found, zone, started),
        limits=_limits(found),
        plan=summary.plan.text if summary.plan else None,
    )


def _weeks(found: Sequence[Reading], zone: ZoneInfo, started: date | None) -> tuple[Week, ...]:
    days: dict[date, dict[str, int]] = {}
    for reading in found:
        item, value = reading.first.item, reading.value
        day = reading.at.astimezone(zone).date()
        if item in (_SICK, _LIMITED) and value is not None and (not started or day >= started):
            days.setdefault(day, {})[item] = round(value)
    return tuple(
        Week(day, told.get(_SICK), told.get(_LIMITED)) for day, told in sorted(days.items())
    )


def _limits(found: Sequence[Reading]) -> tuple[str, ...]:
    """Those that the newest sitting of the ODI names."""
    newest = {reading.first.item: reading.value for reading in found if reading.first.flow == _ODI}
    return tuple(
        each for each in LIMITS if (value := newest.get(each)) is not None and value >= LIMITED_FROM
    )
