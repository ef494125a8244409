"""What is followed over time, and when a change in it counts, as the definitions say.

Nothing is called important without a published rule: days out of seven have none here, so
their changes are told as numbers only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache

from flows.following import followed
from flows.library import Library
from flows.model import Flow, FlowKind, Follow, Item, ItemKind, Texts
from flows.scoring import extent


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
    """When a change counts, in points of the measure; the numbers stand in the definitions.

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
    name: Texts
    plain_name: Texts | None
    """What the patient reads; None: the patient is not told of it."""
    maximum: int
    rule: Rule | None = None
    scored: bool = False
    higher_is_better: bool = False
    counts: bool = False
    """Whether it counts something, such as days; other numbers are points."""
    bands: tuple[tuple[str, int], ...] = ()
    """Ids and upper ends of the bands of a score; they begin at zero."""
    named: tuple[str, ...] = ()
    """Items in which the patient names what the score is about, in own words."""
    part_names: Mapping[str, Texts] = field(default_factory=dict)
    """What bands and subscales are called, by their ids."""

    def called(self, language: str) -> str:
        """Its name for professionals."""
        return _in(self.name, language)

    def plainly(self, language: str) -> str:
        """Its name for the patient."""
        return _in(self.plain_name or self.name, language)

    def part(self, id: str, language: str) -> str:
        """What a band or a subscale is called; one of an older definition by its id."""
        return _in(self.part_names[id], language) if id in self.part_names else id


@dataclass(frozen=True, slots=True)
class Measures:
    """What is followed of a patient, in the order in which people read it."""

    all: tuple[Measure, ...] = ()
    curves: tuple[str, ...] = ()
    """Ids of those that are drawn for professionals."""
    told: tuple[str, ...] = ()
    """Ids of those that the patient is told of, and in this order."""
    counted: str = ""
    """The item by which check-ins are counted: the first number that each asks for."""


@dataclass(frozen=True, slots=True)
class Change:
    """From one value to a later one. None where no rule has been published."""

    by: float
    direction: Direction
    important: bool | None = None
    beyond_measurement_error: bool | None = None


@lru_cache(maxsize=64)
def measures_of(library: Library, pathway_id: str | None) -> Measures:
    """What is followed of a patient on this pathway, or on none.

    What the pathway names comes first, then what else its steps follow, and at last what any
    other flow does: a patient may be asked outside the pathway, too.
    """
    pathway = library.pathways.get(pathway_id) if pathway_id else None
    own = [library.flow(step.flow) for step in pathway.steps] if pathway else []
    found: dict[str, Measure] = {}
    for flow in (*own, *library.flows.values()):
        for id, item in followed(flow):
            found.setdefault(id, _of_score(flow) if item is None else _of_item(item))
    first = pathway.measures if pathway else ()
    ordered = {id: found[id] for id in (*first, *found)}
    return Measures(
        tuple(ordered.values()),
        (pathway.curves if pathway else ()) or tuple(ordered),
        (pathway.told if pathway else ())
        or tuple(id for id, each in ordered.items() if each.plain_name is not None),
        next((id for flow in own if flow.kind is FlowKind.CHECK_IN for id, _ in followed(flow)), "")
        or next((id for id, each in ordered.items() if not each.scored), ""),
    )


def _of_score(flow: Flow) -> Measure:
    assert flow.follow is not None
    return Measure(
        flow.id,
        flow.follow.name or flow.title,
        flow.follow.plain_name,
        extent(flow)[1],
        _rule(flow.follow),
        scored=True,
        higher_is_better=flow.follow.higher_is_better,
        bands=tuple((band.id, band.highest) for band in flow.bands),
        named=tuple(item.id for item in flow.items if item.kind is ItemKind.TEXT),
        part_names={
            **{band.id: band.text for band in flow.bands},
            **{subscale.id: subscale.text for subscale in flow.subscales},
        },
    )


def _of_item(item: Item) -> Measure:
    assert item.follow is not None
    title = item.title or item.text
    return Measure(
        item.id,
        item.follow.name or title,
        item.follow.plain_name,
        item.maximum,
        _rule(item.follow),
        higher_is_better=item.follow.higher_is_better,
        counts=item.kind is ItemKind.COUNT,
    )


def _rule(follow: Follow) -> Rule | None:
    if follow.important is None:
        return None
    share = None if follow.share is None else Decimal(follow.share) / 100
    return Rule(follow.important, share, follow.error_better, follow.error_worse)


def _in(texts: Texts, language: str) -> str:
    return texts.get(language) or next(iter(texts.values()))


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
