"""The course of one measure: where it began, its best, where it stood, where it stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from trajectory.entries import ENTERED
from trajectory.measures import Change, Measure, Measures, change
from trajectory.readings import Reading


@dataclass(frozen=True, slots=True)
class Point:
    """One value of a measure. `earlier` holds what it was before it was corrected."""

    at: datetime
    value: float
    earlier: tuple[float, ...] = ()
    late: bool = False
    """Corrected more than a day after it was given."""
    band: str | None = None
    answered: int | None = None
    of: int | None = None
    author: str = "patient"
    parts: tuple[tuple[str, int | None], ...] = ()
    """Subscales by id with their sums, None where an item is missing."""
    positive: tuple[str, ...] = ()
    """Subscales whose threshold is reached."""
    variant: str | None = None
    """Which of an instrument's lengths was asked."""
    named: tuple[str, ...] = ()
    """What the patient named in own words, where the score is about that."""
    mode: str = ""
    """How it was answered where not in a chat: one of `trajectory.entries.ENTERED`."""

    @property
    def corrected(self) -> bool:
        """Whether the patient gave another value first."""
        return bool(self.earlier)

    @property
    def incomplete(self) -> bool:
        """Whether items of the instrument were left out."""
        return self.answered is not None and self.of is not None and self.answered < self.of


@dataclass(frozen=True, slots=True)
class Corrected:
    """A value that was another one when it was looked at; `now` None: no longer a value."""

    at: datetime
    seen: float
    now: float | None


@dataclass(frozen=True, slots=True)
class Course:
    """One measure over time. There is at least one point.

    `then` is the newest point that could be seen at the last look, with its value as it
    counts now; what has changed in it meanwhile is told in `corrected`. `since_look` is None
    when there was no look, nothing to see then, or nothing new since.
    """

    measure: Measure
    points: tuple[Point, ...]
    start: Point
    best: Point
    then: Point | None
    now: Point
    since_start: Change | None
    since_look: Change | None
    corrected: tuple[Corrected, ...] = ()


def courses(
    found: Sequence[Reading], measures: Measures, since: datetime | None
) -> tuple[Course, ...]:
    """The course of every measure that has a value, in the order people read them."""
    drawn = (
        _course(measure, _of(measure, found), _named(measure, found), since)
        for measure in measures.all
    )
    return tuple(course for course in drawn if course is not None)


def _of(measure: Measure, found: Sequence[Reading]) -> list[Reading]:
    if measure.scored:
        return [r for r in found if r.first.kind == "score" and r.first.flow == measure.id]
    return [r for r in found if r.first.kind != "score" and r.first.item == measure.id]


def _named(measure: Measure, found: Sequence[Reading]) -> dict[int | None, tuple[str, ...]]:
    """By session what the patient named there, for a measure that is about that."""
    named: dict[int | None, tuple[str, ...]] = {}
    for reading in found if measure.named else ():
        told = reading.first.flow == measure.id and reading.first.item in measure.named
        if told and reading.state == "answer" and reading.last.text:
            session = reading.first.session_id
            named[session] = (*named.get(session, ()), " ".join(reading.last.text.split()))
    return named


def _course(
    measure: Measure,
    found: list[Reading],
    named: Mapping[int | None, tuple[str, ...]],
    since: datetime | None,
) -> Course | None:
    pairs = [
        (reading, _point(reading, reading.value, named.get(reading.first.session_id, ())))
        for reading in found
        if reading.value is not None
    ]
    if not pairs:
        return None
    points = tuple(point for _, point in pairs)
    start, now = points[0], points[-1]
    seen = [] if since is None else [point for reading, point in pairs if reading.known(since)]
    then = seen[-1] if seen else None
    return Course(
        measure,
        points,
        start,
        _best(measure, points),
        then,
        now,
        _change(measure, start, now, start),
        _change(measure, then, now, start),
        () if since is None else _corrected(found, since),
    )


def _point(reading: Reading, value: float, named: tuple[str, ...]) -> Point:
    detail = reading.last.detail or {}
    subscale = detail.get("subscale")
    return Point(
        reading.at,
        value,
        reading.earlier,
        reading.is_late,
        detail.get("band"),
        detail.get("answered"),
        detail.get("of"),
        reading.last.author,
        tuple(subscale.items()) if isinstance(subscale, dict) else (),
        tuple(detail.get("positive") or ()),
        detail.get("variant"),
        named,
        reading.last.channel if reading.last.channel in ENTERED else "",
    )


def _best(measure: Measure, points: tuple[Point, ...]) -> Point:
    if measure.higher_is_better:
        return max(points, key=lambda point: point.value)
    return min(points, key=lambda point: point.value)


def _change(measure: Measure, before: Point | None, now: Point, start: Point) -> Change | None:
    if before is None or before is now or not _comparable(before, now):
        return None
    return change(measure, before.value, now.value, start.value)


def _comparable(one: Point, other: Point) -> bool:
    """Whether both ask the same: one length of an instrument, and about the same things."""
    named = [[words.casefold() for words in point.named] for point in (one, other)]
    return one.variant == other.variant and named[0] == named[1]


def _corrected(found: list[Reading], since: datetime) -> tuple[Corrected, ...]:
    then = [(reading, reading.known(since)) for reading in found]
    return tuple(
        Corrected(reading.at, known.value, reading.value)
        for reading, known in then
        if known is not None and known.value is not None and known.value != reading.value
    )
