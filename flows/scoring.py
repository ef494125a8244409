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

from flows.conditions import holds
from flows.model import Flow, Item, ItemKind
from flows.plain_scoring import (
    mean_extent,
    mean_of,
    percent_extent,
    percent_of,
    sum_extent,
    sum_of,
)
from flows.scores import TOO_FEW, UNDECIDED, Answers, Score, answered, blank, first_band
from flows.session import NOT_APPLICABLE, Given

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
    plain: bool = False
    """Whether it is one over all items, which may have subscales of their own."""
    unscored: frozenset[ItemKind] = frozenset()
    """Kinds of items that the rule passes over."""
    options: Mapping[str, int] | None = None
    """What the options of every item must be, whichever items there are."""
    scores: Mapping[str, Mapping[str, int]] | None = None
    bands: tuple[tuple[str, int], ...] | None = None
    higher_of_two: bool = False
    """Whether the higher of two statements marked on paper counts, as has been published."""


def score(flow: Flow, given: Mapping[str, Given]) -> Score | None:
    """The score of an instrument by its own rule; None where the flow is not scored."""
    return None if flow.scoring is None else RULES[flow.scoring].score(flow, given)


def extent(flow: Flow) -> tuple[int, int]:
    """The lowest and the highest score of a scored flow.

    Raises:
        KeyError: the flow is not scored, or by no rule that there is.
    """
    return RULES[flow.scoring or ""].extent(flow.items)


def odi(given: Mapping[str, Given], minimum_answered: int = 8) -> Score:
    """Oswestry Disability Index, 0-100: 100 x sum / (5 x sections answered).

    Not scored below `minimum_answered` sections (by default 8; sources disagree, this is
    the practice that Fairbank and the Mapi scoring manual describe). Bands hold their upper
    end and are decided on the exact fraction, never on a rounded score.

    Source: Fairbank & Pynsent, Spine 2000;25:2940-2953. Band names are neutral ones of our
    own, for the original labels of the two highest offend.
    """
    answers = answered(ODI_ITEMS, given)
    result = blank("odi", ODI_ITEMS, answers)
    if len(answers) < max(minimum_answered, 1):
        return result._replace(reason=TOO_FEW)
    numerator, denominator = 100 * sum(answers.values()), 5 * len(answers)
    band = first_band(ODI_BANDS, numerator, denominator)
    return result._replace(numerator=numerator, denominator=denominator, band=band)


def start_back(given: Mapping[str, Given]) -> Score:
    """STarT Back screening tool: total 0-9, psychosocial subscale 0-5, and the risk group.

    No rule for missing items is published: the group is given only where the lowest and the
    highest possible completion agree. A more severe answer never lowers the group, so the
    completions between these two agree as well.

    Source: Hill et al., Arthritis Rheum 2008;59:632-641; Keele University; LOINC 91352-5.
    """
    answers = answered(START_BACK_ITEMS, given)
    result = blank("start-back", START_BACK_ITEMS, answers)
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


def _rmdq(flow: Flow, given: Mapping[str, Given]) -> Score:
    """Roland-Morris Disability Questionnaire: how many statements are marked.

    A statement that does not apply is not marked. With any missing there is no count, which
    would only look like a lower one, but a share of those answered, to be shown apart and
    flagged (Kent & Lauridsen 2011). Danish studies often use 23 statements, so the variant is
    kept with the score.
    """
    items = tuple(item.id for item in flow.items)
    marked = answered(items, given)
    unmarked = {item: 0 for item in items if _does_not_apply(given.get(item))}
    answers = {**marked, **unmarked}
    result = blank("rmdq", items, answers)._replace(variant=f"rmdq-{len(items)}")
    if result.missing:
        return result._replace(reason=TOO_FEW, share=_share(answers))
    return result._replace(numerator=sum(answers.values()))


def _does_not_apply(given: Given | None) -> bool:
    return given is not None and given.kind is NOT_APPLICABLE


def _share(answers: Answers) -> Decimal | None:
    """The points of those that could be had, in percent to two decimals; None without any."""
    if not answers:
        return None
    exact = Decimal(100 * sum(answers.values())) / len(answers)
    return exact.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)


def _psfs(flow: Flow, given: Mapping[str, Given]) -> Score:
    """Patient-Specific Functional Scale: the mean over the activities that the patient named.

    All of those must be rated: a mean over some of them is not the mean of the others.
    """
    rated = tuple(item.id for item in flow.items if _is_asked(item, given))
    answers = answered(rated, given)
    result = blank("psfs", rated, answers)
    if not answers or result.missing:
        return result._replace(reason=TOO_FEW)
    return result._replace(numerator=sum(answers.values()), denominator=len(answers))


def _is_asked(item: Item, given: Mapping[str, Given]) -> bool:
    enabled = item.enable_when is None or holds(item.enable_when, given, {})
    return item.kind is ItemKind.SCALE and enabled


def _psfs_extent(items: Sequence[Item]) -> tuple[int, int]:
    return mean_extent([item for item in items if item.kind is ItemKind.SCALE])


_STATEMENTS = {letter: points for points, letter in enumerate("abcdef")}
_AGREE = {"agree": 1, "disagree": 0}
_BOTHERED = {"not-at-all": 0, "slightly": 0, "moderately": 0, "very-much": 1, "extremely": 1}

RULES: Mapping[str, Rule] = MappingProxyType(
    {
        "odi": Rule(
            score=_odi,
            extent=percent_extent,
            whole=False,
            scores=dict.fromkeys(ODI_ITEMS, _STATEMENTS),
            bands=ODI_BANDS,
            # Fairbank & Pynsent, Spine 2000;25:2940-2953; Mapi scoring manual.
            higher_of_two=True,
        ),
        "start-back": Rule(
            score=_start_back,
            extent=sum_extent,
            whole=True,
            scores=dict.fromkeys(START_BACK_ITEMS, _AGREE) | {"bothersomeness": _BOTHERED},
            bands=(),
        ),
        "rmdq": Rule(
            score=_rmdq, extent=sum_extent, whole=True, options={"yes": 1, "no": 0}, bands=()
        ),
        "psfs": Rule(
            score=_psfs,
            extent=_psfs_extent,
            whole=False,
            unscored=frozenset({ItemKind.TEXT, ItemKind.YES_NO}),
            bands=(),
        ),
        "sum": Rule(score=sum_of, extent=sum_extent, whole=True, plain=True),
        "mean": Rule(score=mean_of, extent=mean_extent, whole=False, plain=True),
        "percent": Rule(score=percent_of, extent=percent_extent, whole=False, plain=True),
    }
)
"""Scoring rules by the name that a definition gives."""
