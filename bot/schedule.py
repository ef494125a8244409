"""When things fall due, pure: local wall time in, UTC out.

A local time that the spring change skips is taken at the same distance after the gap; one
that the autumn change repeats is taken the first time. So each day has every hour once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from flows.model import Pathway, Step

QUIET_FROM = time(21)
QUIET_UNTIL = time(8)


@dataclass(frozen=True, slots=True)
class Rhythm:
    """What a patient chose, and when their pathway began."""

    start: datetime
    zone: ZoneInfo
    hour: time = time(18)
    weekday: int = 0
    """Monday 0."""
    delay: timedelta = timedelta(hours=72)
    """How long after the start the first check-in may come at the earliest."""
    every: int = 1
    """Weeks between two check-ins from week `since` on."""
    since: int = 0
    until: int | None = None
    """The last week of check-ins; None: the pathway's own `weekly_until`."""
    only: int | None = None
    """Nothing but this week's check-in and what belongs to it; 0: nothing any more."""
    week_one: date | None = None
    """The day on which week 1 begins, once it counts; None: as start, delay and hour have it."""

    def asks_in(self, week: int) -> bool:
        """Whether there is a check-in in this week, as far as the choice goes."""
        if self.only is not None:
            return week == self.only
        return week <= self.since or (week - self.since) % self.every == 0


def at_local(day: date, clock: time, zone: ZoneInfo) -> datetime:
    """This wall time on this day, in UTC."""
    return datetime.combine(day, clock, tzinfo=zone).astimezone(UTC)


# A batch asks for the same moment again and again.
@lru_cache(maxsize=1024)
def awake(moment: datetime, zone: ZoneInfo) -> datetime:
    """The moment itself, or the end of the quiet hours (21-08 local) that it falls into."""
    local = moment.astimezone(zone)
    if local.time() >= QUIET_FROM:
        return at_local(local.date() + timedelta(days=1), QUIET_UNTIL, zone)
    if local.time() < QUIET_UNTIL:
        return at_local(local.date(), QUIET_UNTIL, zone)
    return moment


def quiet_since(moment: datetime, zone: ZoneInfo) -> datetime:
    """The moment itself, or the beginning of the quiet hours (21-08 local) that it falls into."""
    local = moment.astimezone(zone)
    if local.time() >= QUIET_FROM:
        return at_local(local.date(), QUIET_FROM, zone)
    if local.time() < QUIET_UNTIL:
        return at_local(local.date() - timedelta(days=1), QUIET_FROM, zone)
    return moment


def follow_up_time(moment: datetime, zone: ZoneInfo) -> datetime:
    """The moment itself, or 07:30 when it falls between 22 and 07 local."""
    local = moment.astimezone(zone)
    if local.time() >= time(22):
        return at_local(local.date() + timedelta(days=1), time(7, 30), zone)
    if local.time() < time(7):
        return at_local(local.date(), time(7, 30), zone)
    return moment


def next_clock(moment: datetime, zone: ZoneInfo, clock: time) -> datetime:
    """The first time after `moment` that the patient's clock shows `clock`."""
    day = moment.astimezone(zone).date()
    today = at_local(day, clock, zone)
    return today if today > moment else at_local(day + timedelta(days=1), clock, zone)


def occurrence(step: Step, rhythm: Rhythm, number: int) -> datetime | None:
    """When a pathway's step happens for the `number`-th time (from 1), or None after the last.

    That of a weekly step is the week, whether there is a check-in in it (`Rhythm.asks_in`) or not.
    """
    if step.at_start:
        return rhythm.start if number == 1 else None
    first = rhythm.start.astimezone(rhythm.zone).date()
    if step.day is not None:
        day = first + timedelta(days=step.day)
        return at_local(day, rhythm.hour, rhythm.zone) if number == 1 else None
    if step.weekly_until is not None:
        if number > _last_week(step.weekly_until, rhythm):
            return None
        return _check_in(rhythm, week=number)
    if number > len(step.weeks):
        return None
    check_in = _check_in(rhythm, week=step.weeks[number - 1])
    day = check_in.astimezone(rhythm.zone).date() + timedelta(days=1)
    return at_local(day, rhythm.hour, rhythm.zone)


def _last_week(weekly_until: int, rhythm: Rhythm) -> int:
    if rhythm.only is not None:
        return rhythm.only
    return weekly_until if rhythm.until is None else rhythm.until


def _happens(step: Step, rhythm: Rhythm, number: int) -> bool:
    """Whether this occurrence is one that the patient's choice leaves in place."""
    if step.weekly_until is not None:
        return rhythm.asks_in(number)
    if rhythm.only is None:
        return True
    return bool(step.weeks) and step.weeks[number - 1] == rhythm.only


def week_one(rhythm: Rhythm) -> date:
    """The day on which week 1 begins: the first whose chosen hour is late enough for a check-in.

    Every week has seven days from there on, and one check-in, on the chosen weekday.
    """
    if rhythm.week_one is not None:
        return rhythm.week_one
    earliest = rhythm.start + rhythm.delay
    day = earliest.astimezone(rhythm.zone).date()
    too_early = at_local(day, rhythm.hour, rhythm.zone) < earliest
    return day + timedelta(days=1) if too_early else day


def _check_in(rhythm: Rhythm, week: int) -> datetime:
    day = week_one(rhythm) + timedelta(days=7 * (week - 1))
    day += timedelta(days=(rhythm.weekday - day.weekday()) % 7)
    return at_local(day, rhythm.hour, rhythm.zone)


def next_occurrence(
    step: Step, rhythm: Rhythm, after: datetime | None, number: int = 1
) -> tuple[datetime, int] | None:
    """The first occurrence later than `after`, counted on from `number`, with its number.

    None is before all time.
    """
    while (moment := occurrence(step, rhythm, number)) is not None:
        if (after is None or moment > after) and _happens(step, rhythm, number):
            return moment, number
        number += 1
    return None


def happened(step: Step, rhythm: Rhythm, now: datetime) -> int:
    """How often a step has happened until now, this moment included."""
    number = 0
    while (moment := occurrence(step, rhythm, number + 1)) is not None and moment <= now:
        number += 1
    return number


def reached(step: Step, number: int) -> int:
    """How far a step has come with its `number`-th time: the week, where it goes by weeks.

    Weeks stay what they are when a pathway is edited, and numbers do not.
    """
    return step.weeks[number - 1] if 0 < number <= len(step.weeks) else number


def number_after(step: Step, done: int) -> int:
    """The number of the first occurrence behind what was `reached`."""
    if step.weeks:
        return 1 + sum(week <= done for week in step.weeks)
    return done + 1


def week_of(rhythm: Rhythm, moment: datetime) -> int:
    """The number of the newest check-in week that has begun; 0 before the first."""
    days = (moment.astimezone(rhythm.zone).date() - _first_day(rhythm)).days
    begun = _check_in(rhythm, week=max(days // 7 + 1, 1)) <= moment
    return max(days // 7 + (1 if begun else 0), 0)


def _first_day(rhythm: Rhythm) -> date:
    return _check_in(rhythm, week=1).astimezone(rhythm.zone).date()


def check_in_delay(pathway: Pathway) -> timedelta:
    """How long after the start this pathway's weekly check-in begins at the earliest."""
    weekly = (step.delay for step in pathway.steps if step.weekly_until is not None)
    return next(weekly, timedelta(0))
