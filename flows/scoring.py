"""Scores, each with how complete it is. Zero is an answer; absence is not.

One function for each published rule, with its source; and three plain rules (`sum`, `mean`,
`percent`) so that a further instrument needs only a definition file. Skipped questions and
those that do not apply are not answers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from types import MappingProxyType
from typing import NamedTuple

from flows.model import Flow, Item
from flows.session import ANSWER, Given

Answers = Mapping[str, int]
"""Item id to the number that was answered, in the order of the instrument."""

TOO_FEW = "too-few-answers"
UNDECIDED = "group-depends-on-missing"

ODI_ITEMS = (
    "pain-intensity",
    "personal-care",
    "lifting",
    "walking",
    "sitting",
    "standing",
    "sleeping",
    "sex-life",
    "social-life",
    "travelling",
)
ODI_BANDS = (
    ("minimal", 20),
    ("moderate", 40),
    ("severe", 60),
    ("very severe", 80),
    ("extreme", 100),
)
START_BACK_PHYSICAL = ("leg-pain", "shoulder-neck-pain", "short-walks", "slow-dressing")
START_BACK_PSYCHOSOCIAL = (
    "activity-unsafe",
    "worry",
    "catastrophising",
    "low-enjoyment",
    "bothersomeness",
)
START_BACK_ITEMS = START_BACK_PHYSICAL + START_BACK_PSYCHOSOCIAL


class Score(NamedTuple):
    """A score as numerator over denominator, with its completeness.

    `band` or `group` is a stable id (`severe`, `medium`); `reason` says why there is no
    value (`too-few-answers`) or no group (`group-depends-on-missing`). `numerator` is None
    where there is no value.
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

    @property
    def value(self) -> Decimal | None:
        """The score to two decimals, half up; None when it could not be scored."""
        if self.numerator is None:
            return None
        exact = Decimal(self.numerator) / Decimal(self.denominator)
        return exact.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class Rule:
    """How an instrument is scored, and what its definition must look like for it.

    `scores` fixes item ids and the score of each option, `bands` the ids and upper ends of
    the bands; None leaves either to the definition. `extent` gives the lowest and highest
    possible score. `whole` scores have no fractions, so the next band begins one above.
    """

    score: Callable[[Flow, Mapping[str, Given]], Score]
    extent: Callable[[Sequence[Item]], tuple[int, int]]
    whole: bool
    scores: Mapping[str, Mapping[str, int]] | None = None
    bands: tuple[tuple[str, int], ...] | None = None


def score(flow: Flow, given: Mapping[str, Given]) -> Score | None:
    """The score of an instrument by its own rule; None where the flow is not scored."""
    return None if flow.scoring is None else RULES[flow.scoring].score(flow, given)


def odi(given: Mapping[str, Given], minimum_answered: int = 8) -> Score:
    """Oswestry Disability Index, 0-100: 100 x sum / (5 x sections answered).

    Not scored below `minimum_answered` sections (by default 8; sources disagree, this is
    the practice that Fairbank and the Mapi scoring manual describe). Bands hold their upper
    end and are decided on the exact fraction, never on a rounded score.

    Source: Fairbank & Pynsent, Spine 2000;25:2940-2953. Band names are neutral ones of our
    own, for the original labels of the two highest offend.
    """
    answers = _answers(ODI_ITEMS, given)
    result = _blank("odi", ODI_ITEMS, answers)
    if len(answers) < max(minimum_answered, 1):
        return result._replace(reason=TOO_FEW)
    numerator, denominator = 100 * sum(answers.values()), 5 * len(answers)
    band = _first_band(ODI_BANDS, numerator, denominator)
    return result._replace(numerator=numerator, denominator=denominator, band=band)


def start_back(given: Mapping[str, Given]) -> Score:
    """STarT Back screening tool: total 0-9, psychosocial subscale 0-5, and the risk group.

    No rule for missing items is published: the group is given only where the lowest and the
    highest possible completion agree. A more severe answer never lowers the group, so the
    completions between these two agree as well.

    Source: Hill et al., Arthritis Rheum 2008;59:632-641; Keele University; LOINC 91352-5.
    """
    answers = _answers(START_BACK_ITEMS, given)
    result = _blank("start-back", START_BACK_ITEMS, answers)
    if answers:
        result = result._replace(numerator=sum(answers.values()))
    psychosocial = [answers[item] for item in START_BACK_PSYCHOSOCIAL if item in answers]
    if psychosocial:
        result = result._replace(subscale=sum(psychosocial))
    lowest = _start_back_group(answers, missing=0)
    if lowest == _start_back_group(answers, missing=1):
        return result._replace(group=lowest)
    return result._replace(reason=UNDECIDED)


def _start_back_group(answers: Answers, missing: int) -> str:
    """The group if every missing item were answered with this score."""
    total = sum(answers.get(item, missing) for item in START_BACK_ITEMS)
    subscale = sum(answers.get(item, missing) for item in START_BACK_PSYCHOSOCIAL)
    if subscale >= 4:
        return "high"
    return "medium" if total >= 4 else "low"


def _odi(flow: Flow, given: Mapping[str, Given]) -> Score:
    if flow.minimum_answered is None:
        return odi(given)
    return odi(given, flow.minimum_answered)


def _start_back(_flow: Flow, given: Mapping[str, Given]) -> Score:
    return start_back(given)


def _sum(flow: Flow, given: Mapping[str, Given]) -> Score:
    return _plain(flow, given, lambda answers: (sum(answers.values()), 1))


def _mean(flow: Flow, given: Mapping[str, Given]) -> Score:
    return _plain(flow, given, lambda answers: (sum(answers.values()), len(answers)))


def _percent(flow: Flow, given: Mapping[str, Given]) -> Score:
    def of_the_highest(answers: Answers) -> tuple[int, int]:
        highest = sum(_extremes(flow.item(item))[1] for item in answers)
        return 100 * sum(answers.values()), highest

    return _plain(flow, given, of_the_highest)


def _plain(
    flow: Flow, given: Mapping[str, Given], fraction: Callable[[Answers], tuple[int, int]]
) -> Score:
    """A rule over all items of the flow; all must be answered unless the flow says fewer."""
    items = tuple(item.id for item in flow.items)
    answers = _answers(items, given)
    result = _blank(flow.scoring or "", items, answers)
    needed = len(items) if flow.minimum_answered is None else flow.minimum_answered
    if len(answers) < max(needed, 1):
        return result._replace(reason=TOO_FEW)
    numerator, denominator = fraction(answers)
    bands = [(band.id, band.highest) for band in flow.bands]
    band = _first_band(bands, numerator, denominator)
    return result._replace(numerator=numerator, denominator=denominator, band=band)


def _answers(items: Sequence[str], given: Mapping[str, Given]) -> dict[str, int]:
    answers = {}
    for item in items:
        answer = given.get(item)
        if answer and answer.kind is ANSWER and answer.value is not None:
            answers[item] = answer.value
    return answers


def _blank(scoring: str, items: Sequence[str], answers: Answers) -> Score:
    missing = tuple(item for item in items if item not in answers)
    return Score(scoring, answered=len(answers), of=len(items), missing=missing)


def _first_band(bands: Sequence[tuple[str, int]], numerator: int, denominator: int) -> str | None:
    return next((band for band, highest in bands if numerator <= highest * denominator), None)


def _extremes(item: Item) -> tuple[int, int]:
    """The lowest and the highest number that an answer to this item can have."""
    scores = [option.score for option in item.options if option.score is not None]
    return (min(scores), max(scores)) if scores else (item.minimum, item.maximum)


def _sum_extent(items: Sequence[Item]) -> tuple[int, int]:
    extremes = [_extremes(item) for item in items]
    return sum(low for low, _ in extremes), sum(high for _, high in extremes)


def _mean_extent(items: Sequence[Item]) -> tuple[int, int]:
    extremes = [_extremes(item) for item in items]
    return min(low for low, _ in extremes), max(high for _, high in extremes)


def _percent_extent(_items: Sequence[Item]) -> tuple[int, int]:
    return 0, 100


_STATEMENTS = {letter: points for points, letter in enumerate("abcdef")}
_AGREE = {"agree": 1, "disagree": 0}
_BOTHERED = {"not-at-all": 0, "slightly": 0, "moderately": 0, "very-much": 1, "extremely": 1}

RULES: Mapping[str, Rule] = MappingProxyType(
    {
        "odi": Rule(
            score=_odi,
            extent=_percent_extent,
            whole=False,
            scores=dict.fromkeys(ODI_ITEMS, _STATEMENTS),
            bands=ODI_BANDS,
        ),
        "start-back": Rule(
            score=_start_back,
            extent=_sum_extent,
            whole=True,
            scores=dict.fromkeys(START_BACK_ITEMS, _AGREE) | {"bothersomeness": _BOTHERED},
            bands=(),
        ),
        "sum": Rule(score=_sum, extent=_sum_extent, whole=True),
        "mean": Rule(score=_mean, extent=_mean_extent, whole=False),
        "percent": Rule(score=_percent, extent=_percent_extent, whole=False),
    }
)
"""Scoring rules by the name that a definition gives."""
