"""Where the lines, dots and bars of a chart go. Pure: the same points give the same picture.

The SVG templates beside this module (`charts/line.svg`, `charts/bars.svg`) only write down
what is computed here. All coordinates are in units of the picture, rounded to a tenth.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Protocol
from zoneinfo import ZoneInfo

WIDTH, HEIGHT = 340.0, 190.0
LEFT, TOP, BOTTOM = 26.0, 14.0, 22.0
RIGHT, RIGHT_OF_BANDS = 14.0, 70.0
MARGIN = 8.0
"""Room between the frame and the first and last value."""
LABEL_ROOM = 22.0
"""Values closer together than this would be printed over each other."""
STEPS = (1, 2, 7, 14, 28, 56, 91, 182, 364)
MOST_DATES = 5

Band = tuple[str, float]
"""Name of a band and its upper end; the bands begin at zero."""


class Plotted(Protocol):
    """A value at a time, as the summary has them."""

    @property
    def at(self) -> datetime:
        """When."""

    @property
    def value(self) -> float:
        """How much."""

    @property
    def corrected(self) -> bool:
        """Whether it was another value before."""


@dataclass(frozen=True, slots=True)
class Span:
    """The days that a chart shows, from the first to the last, in the patient's zone."""

    first: datetime
    last: datetime
    zone: str

    @property
    def days(self) -> float:
        """Length in days, a week at least."""
        return max(7.0, (self.last - self.first) / timedelta(days=1))


@dataclass(frozen=True, slots=True)
class Strip:
    """One band as a rectangle."""

    name: str
    y: float
    height: float
    shade: int
    """Counts from 0, the lightest."""


@dataclass(frozen=True, slots=True)
class Dot:
    """One value; `label` says whether the number stands beside it, `label_y` where."""

    x: float
    y: float
    at: datetime
    value: float
    corrected: bool
    label: bool
    label_y: float


@dataclass(frozen=True, slots=True)
class Bar:
    """One value from the ground up; zero keeps a thin bar, so that it is not taken for none."""

    x: float
    y: float
    width: float
    height: float
    at: datetime
    value: float
    corrected: bool


@dataclass(frozen=True, slots=True)
class Tick:
    """A place on the axis of values."""

    y: float
    value: float


@dataclass(frozen=True, slots=True)
class DateTick:
    """A date on the axis of time; `anchor` as in SVG."""

    x: float
    day: date
    anchor: str


@dataclass(frozen=True, slots=True)
class Axes:
    """The frame of a chart and what is written along it."""

    right: float
    dates: tuple[DateTick, ...]
    values: tuple[Tick, ...]
    width: float = WIDTH
    height: float = HEIGHT
    left: float = LEFT
    top: float = TOP
    bottom: float = HEIGHT - BOTTOM


@dataclass(frozen=True, slots=True)
class Chart:
    """Everything that a chart's template writes down."""

    axes: Axes
    strips: tuple[Strip, ...] = ()
    path: str = ""
    dots: tuple[Dot, ...] = ()
    bars: tuple[Bar, ...] = ()
    flags: tuple[float, ...] = ()
    """Where warning signs were reported, left to right."""
    look: float | None = None
    """Where the reader last looked."""


@dataclass(frozen=True, slots=True)
class _Frame:
    span: Span
    maximum: float
    right: float

    def x(self, moment: datetime) -> float:
        share = (moment - self.span.first) / timedelta(days=1) / self.span.days
        width = self.right - LEFT - 2 * MARGIN
        return round(LEFT + MARGIN + min(1.0, max(0.0, share)) * width, 1)

    def y(self, value: float) -> float:
        share = min(1.0, max(0.0, value / self.maximum))
        return round(HEIGHT - BOTTOM - share * (HEIGHT - BOTTOM - TOP), 1)


def line_chart(
    points: Sequence[Plotted],
    span: Span,
    maximum: float,
    *,
    bands: Sequence[Band] = (),
    flags: Sequence[datetime] = (),
    look: datetime | None = None,
) -> Chart:
    """A curve, on its bands where the measure has some."""
    frame = _Frame(span, maximum, WIDTH - (RIGHT_OF_BANDS if bands else RIGHT))
    dots = _dots(points, frame)
    ends = (0, *(end for _, end in bands)) if bands else _round_values(maximum)
    return Chart(
        _axes(frame, ends),
        strips=_strips(bands, frame),
        path=_path(dots),
        dots=dots,
        flags=tuple(sorted({frame.x(flag) for flag in flags if flag >= span.first})),
        look=None if look is None or look < span.first else frame.x(look),
    )


def bar_chart(points: Sequence[Plotted], span: Span, maximum: float) -> Chart:
    """A bar for each value."""
    frame = _Frame(span, maximum, WIDTH - RIGHT)
    return Chart(_axes(frame, _round_values(maximum)), bars=_bars(points, frame))


def _axes(frame: _Frame, values: Sequence[float]) -> Axes:
    ticks = tuple(Tick(frame.y(value), value) for value in values)
    return Axes(frame.right, _dates(frame), ticks)


def _round_values(maximum: float) -> tuple[float, ...]:
    return (0, maximum) if maximum % 2 else (0, maximum / 2, maximum)


def _dates(frame: _Frame) -> tuple[DateTick, ...]:
    zone = ZoneInfo(frame.span.zone)
    first = frame.span.first.astimezone(zone).date()
    step = next((s for s in STEPS if frame.span.days / s < MOST_DATES), STEPS[-1])
    days = [first + timedelta(days=n) for n in range(0, int(frame.span.days) + 1, step)]
    noons = [datetime(day.year, day.month, day.day, 12, tzinfo=zone) for day in days]
    return tuple(
        DateTick(frame.x(noon), day, "start" if day == first else "middle")
        for noon, day in zip(noons, days, strict=True)
    )


def _strips(bands: Sequence[Band], frame: _Frame) -> tuple[Strip, ...]:
    lower = (0.0, *(end for _, end in bands))
    return tuple(
        Strip(name, frame.y(end), round(frame.y(begin) - frame.y(end), 1), shade)
        for shade, (begin, (name, end)) in enumerate(zip(lower, bands, strict=False))
    )


def _dots(points: Sequence[Plotted], frame: _Frame) -> tuple[Dot, ...]:
    labelled = _labelled(points, frame)
    return tuple(
        Dot(
            frame.x(point.at),
            frame.y(point.value),
            point.at,
            point.value,
            point.corrected,
            index in labelled,
            _label_y(points, index, frame),
        )
        for index, point in enumerate(points)
    )


def _labelled(points: Sequence[Plotted], frame: _Frame) -> set[int]:
    """The last value always; of the others those that have room for their number."""
    if not points:
        return set()
    places = [frame.x(point.at) for point in points]
    roomy = min((b - a for a, b in pairwise(places)), default=WIDTH) >= LABEL_ROOM
    return set(range(len(points))) if roomy else {0, len(points) - 1}


def _label_y(points: Sequence[Plotted], index: int, frame: _Frame) -> float:
    """Above a dot, or below it where the curve comes down into it from both sides."""
    here = points[index].value
    around = [points[i].value for i in (index - 1, index + 1) if 0 <= i < len(points)]
    below = bool(around) and all(value > here for value in around)
    y = frame.y(here) + (15 if below else -7)
    return round(y if y < HEIGHT - BOTTOM else frame.y(here) - 7, 1)


def _path(dots: Sequence[Dot]) -> str:
    return " ".join(f"{'L' if i else 'M'}{dot.x:g},{dot.y:g}" for i, dot in enumerate(dots))


def _bars(points: Sequence[Plotted], frame: _Frame) -> tuple[Bar, ...]:
    week = (frame.right - LEFT - 2 * MARGIN) * 7 / frame.span.days
    width = round(min(16.0, max(1.5, week * 0.6)), 1)
    return tuple(_bar(point, frame, width) for point in points)


def _bar(point: Plotted, frame: _Frame, width: float) -> Bar:
    ground = HEIGHT - BOTTOM
    y = min(frame.y(point.value), ground - 1.5)
    x = min(max(frame.x(point.at) - width / 2, LEFT), frame.right - width)
    height = round(ground - y, 1)
    return Bar(round(x, 1), y, width, height, point.at, point.value, point.corrected)
