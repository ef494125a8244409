"""Who of a professional's patients needs a look, and why: one stated rule, pure.

The rule is told in docs/digests.md. Nobody is in the list without a reason, and what a person
has seen is a reason no more; a warning sign stays one until a clinician has written about it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from trajectory.courses import Course
from trajectory.entries import Entry
from trajectory.flags import HANDLED
from trajectory.measures import Change, Direction, Measure, Verdict
from trajectory.readings import in_order
from trajectory.summary import Summary

VISIT_WITHIN = timedelta(days=2)
SILENT_CHECK_INS = 2
KINDS = frozenset(
    {
        "answer",
        "skip",
        "not-applicable",
        "correction",
        "score",
        "red-flag",
        "flag-follow-up",
        HANDLED,
        "note",
        "question",
        "visit",
        "missed",
    }
)
"""What of the trajectory the rule looks at."""
_GIVEN = frozenset({"answer", "skip", "not-applicable", "correction", "score"})
_TOLD = _GIVEN | {"red-flag", "flag-follow-up", "question", "visit"}
"""What a patient does that is news."""


class Why(StrEnum):
    """Why to look, the most pressing first."""

    FLAG = "flag"
    """A warning sign about which no clinician has written."""
    BEYOND = "beyond"
    """Worse beyond measurement error."""
    VISIT = "visit"
    """A visit within two days, with questions."""
    SILENT = "silent"
    """Two check-ins in a row without an answer."""
    WORSE = "worse"
    """An important change for the worse."""
    FIRST = "first"
    """Shared, and not looked at yet."""


class Rest(StrEnum):
    """How those do who need no look; each patient is in one group, the first that fits."""

    PAUSED = "paused"
    """Has paused or stopped, or the course has ended."""
    BETTER = "better"
    UNCHANGED = "unchanged"
    EARLY = "early"
    """Nothing to compare with yet."""


@dataclass(frozen=True, slots=True)
class Move:
    """How a measure has changed since this person's last look, else since the start."""

    measure: Measure
    before: float
    after: float
    change: Change


@dataclass(frozen=True, slots=True)
class Standing:
    """Where one patient stands for one professional.

    `why` holds every reason, the most pressing first, and is empty where there is none; `at` is
    when the first came up (of a visit: when it is). `news_at` is when something was last heard.
    """

    why: tuple[Why, ...]
    at: datetime
    rest: Rest
    moves: tuple[Move, ...]
    questions: int
    """So many wait for the next visit."""
    news_at: datetime | None
    unseen: bool
    """Whether something was heard since this person's last look."""
    silent_since: datetime | None
    """When the second check-in in a row stayed without an answer."""
    visit_at: datetime | None


def standing(
    summary: Summary, rows: Sequence[Entry], given_at: datetime, *, paused: bool
) -> Standing:
    """Where a patient stands; `rows` are those of `KINDS`, `given_at` is when it was shared."""
    rows, since = in_order(rows), summary.since
    found = dict(_reasons(summary, rows, given_at, paused=paused))
    why = tuple(each for each in Why if each in found)
    news = max((row.recorded_at for row in rows if row.kind in _TOLD), default=None)
    return Standing(
        why,
        found[why[0]] if why else news or given_at,
        _rest(summary, paused=paused),
        _moves(summary),
        len(summary.questions),
        news,
        news is not None and (since is None or news > since),
        None if paused else _silent_since(rows),
        summary.visit.at if summary.visit is not None else None,
    )


def pressing(each: Standing) -> tuple[int, datetime]:
    """Sorts by the rule: by reason, then whoever has waited longest (of visits: the soonest)."""
    order = list(Why)
    return (order.index(each.why[0]) if each.why else len(order), each.at)


def _reasons(
    summary: Summary, rows: Sequence[Entry], given_at: datetime, *, paused: bool
) -> Iterable[tuple[Why, datetime]]:
    opened = [flag.at for flag in summary.flags if flag.is_open]
    if opened:
        yield Why.FLAG, min(opened)
    worse = [pair for pair in _changes(summary) if pair[1].direction is Direction.WORSE]
    beyond = [course.now.at for course, change in worse if change.beyond_measurement_error]
    if beyond:
        yield Why.BEYOND, min(beyond)
    visit = summary.visit
    if visit is not None and summary.questions and visit.at <= summary.now + VISIT_WITHIN:
        yield Why.VISIT, visit.at
    since, silent = summary.since, None if paused else _silent_since(rows)
    if silent is not None and (since is None or silent > since):
        yield Why.SILENT, silent
    important = [course.now.at for course, change in worse if change.important]
    if important and not beyond:
        yield Why.WORSE, min(important)
    if since is None:
        yield Why.FIRST, given_at


def _silent_since(rows: Sequence[Entry]) -> datetime | None:
    """When the second check-in in a row stayed without an answer, or None."""
    missed: list[datetime] = []
    for row in rows:
        if row.kind in _GIVEN:
            missed.clear()
        elif row.kind == "missed":
            missed.append(row.recorded_at)
    return missed[SILENT_CHECK_INS - 1] if len(missed) >= SILENT_CHECK_INS else None


def _rest(summary: Summary, *, paused: bool) -> Rest:
    if paused:
        return Rest.PAUSED
    if summary.since is not None and summary.courses and summary.since_look is None:
        return Rest.UNCHANGED
    verdict = summary.since_look or summary.since_start
    if verdict is None:
        return Rest.EARLY
    return Rest.BETTER if verdict is Verdict.BETTER else Rest.UNCHANGED


def _moves(summary: Summary) -> tuple[Move, ...]:
    """What has changed, worse and important first."""
    moves = []
    for course, change in _changes(summary):
        before = course.then if summary.since is not None else course.start
        if before is not None and change.by:
            moves.append(Move(course.measure, before.value, course.now.value, change))
    return tuple(sorted(moves, key=lambda move: _weight(move.change)))


def _weight(change: Change) -> tuple[bool, bool, bool]:
    return (
        not change.beyond_measurement_error,
        not change.important,
        change.direction is not Direction.WORSE,
    )


def _changes(summary: Summary) -> list[tuple[Course, Change]]:
    pairs = [(course, _change(summary, course)) for course in summary.courses]
    return [(course, change) for course, change in pairs if change is not None]


def _change(summary: Summary, course: Course) -> Change | None:
    return course.since_start if summary.since is None else course.since_look
