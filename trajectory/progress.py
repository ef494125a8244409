"""How the patient is doing, as facts for the chat to put into kind words.

No risk group, no warning sign and no judgement goes in here: what the patient reported, then
and now, and whether the difference is one that counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from trajectory.courses import Course, Point
from trajectory.measures import Change, Measure, Verdict, verdict
from trajectory.summary import Summary


@dataclass(frozen=True, slots=True)
class Trend:
    """One measure from its start to now. `change` is None while there is one value only."""

    measure: Measure
    start: Point
    best: Point
    now: Point
    change: Change | None


@dataclass(frozen=True, slots=True)
class Progress:
    """What the patient may be told. Not `enough`: nothing has been answered twice yet."""

    enough: bool
    week: int | None
    since: datetime | None
    """When the first of the values was given."""
    trends: tuple[Trend, ...]
    overall: Verdict | None
    check_ins_answered: int
    check_ins_due: int


def how_am_i(summary: Summary) -> Progress:
    """The patient's own view of a summary."""
    told = summary.person.measures.told
    shown = [course for measure in told if (course := summary.course(measure))]
    trends = tuple(_trend(course) for course in shown)
    return Progress(
        enough=any(trend.change for trend in trends),
        week=summary.week,
        since=min((trend.start.at for trend in trends), default=None),
        trends=trends,
        overall=verdict(trend.change for trend in trends if trend.change),
        check_ins_answered=summary.completeness.check_ins_answered,
        check_ins_due=summary.completeness.check_ins_due,
    )


def _trend(course: Course) -> Trend:
    return Trend(
        course.measure,
        course.start,
        course.best,
        course.now,
        course.since_start,
    )
