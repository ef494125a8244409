"""A score with how complete it is, and what every scoring rule is made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from types import MappingProxyType
from typing import NamedTuple

from flows.model import Item
from flows.session import ANSWER, Given

Answers = Mapping[str, int]
"""Item id to the number that was answered, in the order of the instrument."""

TOO_FEW = "too-few-answers"
UNDECIDED = "group-depends-on-missing"
_NONE: Mapping[str, int | None] = MappingProxyType({})


class Score(NamedTuple):
    """A score as numerator over denominator, with its completeness.

    `band` or `group` is a stable id (`severe`, `medium`); `reason` says why there is no
    value (`too-few-answers`) or no group (`group-depends-on-missing`). `numerator` is None
    where there is no value. `subscales` are sums by id, None where an item is missing;
    `positive` are those at or above their threshold whatever is missing. `variant` says which
    of an instrument's lengths was asked; scores of others cannot be compared with it. `share`,
    in percent of the answered items' points, stands in for a value that is missing, and is
    never mixed with one.
    """

    scoring: str
    answered: int
    of: int
    numerator: int | None = None
    denominator: int = 1
    band: str | None = None
    group: str | None = None
    subscale: int | None = None
    reason: str | None = None
    missing: tuple[str, ...] = ()
    subscales: Mapping[str, int | None] = _NONE
    positive: tuple[str, ...] = ()
    variant: str | None = None
    share: Decimal | None = None

    @property
    def value(self) -> Decimal | None:
        """The score to two decimals, half up; None when it could not be scored."""
        if self.numerator is None:
            return None
        exact = Decimal(self.numerator) / Decimal(self.denominator)
        return exact.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)


def answered(items: Sequence[str], given: Mapping[str, Given]) -> dict[str, int]:
    """The numbers that were answered to these items, in their order."""
    answers = {}
    for item in items:
        answer = given.get(item)
        if answer and answer.kind is ANSWER and answer.value is not None:
            answers[item] = answer.value
    return answers


def blank(scoring: str, items: Sequence[str], answers: Answers) -> Score:
    """A score without a value yet: how many are answered, and which are missing."""
    missing = tuple(item for item in items if item not in answers)
    return Score(scoring, answered=len(answers), of=len(items), missing=missing)


def first_band(bands: Sequence[tuple[str, int]], numerator: int, denominator: int) -> str | None:
    """The first band whose upper end the fraction does not exceed."""
    return next((band for band, highest in bands if numerator <= highest * denominator), None)


def extremes(item: Item) -> tuple[int, int]:
    """The lowest and the highest number that an answer to this item can have."""
    scores = [option.score for option in item.options if option.score is not None]
    return (min(scores), max(scores)) if scores else (item.minimum, item.maximum)
