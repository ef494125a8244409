"""The plain rules, over all items of a flow: sum, mean and percent, with subscales."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from flows.model import Flow, Item, Subscale
from flows.scores import TOO_FEW, Answers, Score, answered, blank, extremes, first_band
from flows.session import Given


def sum_of(flow: Flow, given: Mapping[str, Given]) -> Score:
    """The sum of all answers."""
    return _plain(flow, given, lambda answers: (sum(answers.values()), 1))


def mean_of(flow: Flow, given: Mapping[str, Given]) -> Score:
    """The mean of all answers."""
    return _plain(flow, given, lambda answers: (sum(answers.values()), len(answers)))


def percent_of(flow: Flow, given: Mapping[str, Given]) -> Score:
    """The sum in percent of what the answered items could give."""

    def of_the_highest(answers: Answers) -> tuple[int, int]:
        highest = sum(extremes(flow.item(item))[1] for item in answers)
        return 100 * sum(answers.values()), highest

    return _plain(flow, given, of_the_highest)


def _plain(
    flow: Flow, given: Mapping[str, Given], fraction: Callable[[Answers], tuple[int, int]]
) -> Score:
    """A rule over all items of the flow; all must be answered unless the flow says fewer."""
    items = tuple(item.id for item in flow.items)
    answers = answered(items, given)
    result = _with_subscales(blank(flow.scoring or "", items, answers), flow, answers)
    needed = len(items) if flow.minimum_answered is None else flow.minimum_answered
    if len(answers) < max(needed, 1):
        return result._replace(reason=TOO_FEW)
    numerator, denominator = fraction(answers)
    bands = [(band.id, band.highest) for band in flow.bands]
    band = first_band(bands, numerator, denominator)
    return result._replace(numerator=numerator, denominator=denominator, band=band)


def _with_subscales(result: Score, flow: Flow, answers: Answers) -> Score:
    if not flow.subscales:
        return result
    return result._replace(
        subscales={each.id: _subscale(each, answers) for each in flow.subscales},
        positive=tuple(each.id for each in flow.subscales if _is_positive(flow, each, answers)),
    )


def _subscale(subscale: Subscale, answers: Answers) -> int | None:
    complete = all(item in answers for item in subscale.items)
    return sum(answers[item] for item in subscale.items) if complete else None


def _is_positive(flow: Flow, subscale: Subscale, answers: Answers) -> bool:
    """Whether the threshold is reached even with the lowest answer to all that is missing."""
    if subscale.positive_from is None:
        return False
    lowest = [answers.get(item, extremes(flow.item(item))[0]) for item in subscale.items]
    return sum(lowest) >= subscale.positive_from


def sum_extent(items: Sequence[Item]) -> tuple[int, int]:
    """Lowest and highest sum."""
    ends = [extremes(item) for item in items]
    return sum(low for low, _ in ends), sum(high for _, high in ends)


def mean_extent(items: Sequence[Item]) -> tuple[int, int]:
    """Lowest and highest mean."""
    ends = [extremes(item) for item in items]
    return min(low for low, _ in ends), max(high for _, high in ends)


def percent_extent(_items: Sequence[Item]) -> tuple[int, int]:
    """Lowest and highest percentage."""
    return 0, 100
