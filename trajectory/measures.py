"""What is followed over time, and when a change in it counts.

Nothing is called important without a published rule: days out of seven have none here, so
their changes are told as numbers only.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from flows.scoring import ODI_BANDS


class Direction(StrEnum):
    """Which way a change goes for the patient."""

    BETTER = "better"
    WORSE = "worse"
    UNCHANGED = "unchanged"


class Verdict(StrEnum):
    """What several changes say together, important ones only."""

    BETTER = "better"
    WORSE = "worse"
    MIXED = "mixed"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class Rule:
    """When a change counts, in points of the measure.

    `share` is a share of the baseline that counts as well. The errors are what measuring
    again may bring by itself: a change must be larger to be beyond it.
    """

    important: int
    share: Decimal | None = None
    error_better: int | None = None
    error_worse: int | None = None


@dataclass(frozen=True, slots=True)
class Measure:
    """Something followed over time: the score of the flow `id`, or the item `id` of any flow."""

    id: str
    maximum: int | None = None
    rule: Rule | None = None
    scored: bool = False
    higher_is_better: bool = False
    bands: tuple[tuple[str, int], ...] = ()
    """Ids and upper ends of the bands of a score; they begin at zero."""


@dataclass(frozen=True, slots=True)
class Change:
    """From one value to a later one. None where no rule has been published."""

    by: float
    direction: Direction
    important: bool | None = None
    beyond_measurement_error: bool | None = None


ODI = Measure(
    "odi",
    maximum=100,
    scored=True,
    # Ostelo 2008: 10 points or 30 % of baseline, shown only from 10 points on;
    # Lauridsen 2006 (Danish): improvement over 13, worsening over 12 is not measurement error.
    rule=Rule(important=10, error_better=13, error_worse=12),
    bands=ODI_BANDS,
)
PAIN = Measure(
    "pain",
    maximum=10,
    # Ostelo 2008: 2 points or 30 % of baseline.
    rule=Rule(important=2, share=Decimal("0.3")),
)
BOTHERSOME_DAYS = Measure("bothersome-days", maximum=7)
LIMITED_DAYS = Measure("activity-limited-days", maximum=7)
SICK_LEAVE_DAYS = Measure("sick-leave-days", maximum=7)

CHECK_IN = (PAIN, BOTHERSOME_DAYS, LIMITED_DAYS, SICK_LEAVE_DAYS)
"""Items of a check-in, by item id, whatever check-in asks them."""

INSTRUMENTS = (
    ODI,
    # Ostelo 2008: 5 points or 30 % of baseline.
    Measure("rmdq", maximum=24, scored=True, rule=Rule(important=5, share=Decimal("0.3"))),
    Measure("psfs", maximum=10, scored=True, rule=Rule(important=2), higher_is_better=True),
    # Vernon: 5 raw points of 50.
    Measure("ndi", maximum=50, scored=True, rule=Rule(important=5)),
    Measure("phq-4", maximum=12, scored=True),
)


def change(measure: Measure, before: float, after: float, baseline: float) -> Change:
    """The change between two values of a measure, judged by its rule."""
    by = _exact(after) - _exact(before)
    worse = -by if measure.higher_is_better else by
    direction = _direction(worse)
    if measure.rule is None:
        return Change(float(by), direction)
    return Change(
        float(by),
        direction,
        _is_important(measure.rule, abs(by), _exact(baseline)),
        _is_beyond_error(measure.rule, worse),
    )


def verdict(changes: Iterable[Change]) -> Verdict | None:
    """What the changes say together; None when no rule applies to any of them."""
    ruled = [change for change in changes if change.important is not None]
    if not ruled:
        return None
    ways = {change.direction for change in ruled if change.important}
    if not ways:
        return Verdict.UNCHANGED
    return Verdict.MIXED if len(ways) > 1 else Verdict(ways.pop())


def _exact(value: float) -> Decimal:
    return Decimal(str(value))


def _direction(worse: Decimal) -> Direction:
    if worse == 0:
        return Direction.UNCHANGED
    return Direction.WORSE if worse > 0 else Direction.BETTER


def _is_important(rule: Rule, size: Decimal, baseline: Decimal) -> bool:
    if size == 0:
        return False
    by_share = rule.share is not None and baseline > 0 and size >= rule.share * baseline
    return size >= rule.important or by_share


def _is_beyond_error(rule: Rule, worse: Decimal) -> bool | None:
    error = rule.error_worse if worse > 0 else rule.error_better
    return None if error is None else abs(worse) > error
