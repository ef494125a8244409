from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from itertools import product
from math import floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backtrace.definitions import shipped_library
from flows.loader import load_flow
from flows.model import Flow
from flows.scoring import ODI_ITEMS, START_BACK_ITEMS, odi, score, start_back
from flows.session import Given, GivenKind
from tests.flows.answering import answers, not_applicable, said, skipped


def some(items: tuple[str, ...], highest: int) -> st.SearchStrategy[dict[str, Given]]:
    """Any way to deal with an instrument: answered, skipped, not applicable, not reached."""
    can = st.one_of(
        st.integers(0, highest).map(said),
        st.sampled_from([skipped(), not_applicable()]),
        st.none(),
    )
    drawn = st.tuples(*(can for _ in items))
    return drawn.map(lambda all: {i: g for i, g in zip(items, all, strict=True) if g})


def numbers(dealt: dict[str, Given]) -> dict[str, int]:
    return {item: g.value for item, g in dealt.items() if g.value is not None}


@pytest.mark.parametrize(
    ("values", "value", "band"),
    [
        ("2 1 2 1 2 2 1 2 3 2", "36", "moderate"),  # PACIO
        ("1 1 2 1 2 2 1 2 2 2", "32", "moderate"),  # PACIO
        ("2 1 2 1 2 2 1 2 2 2", "34", "moderate"),  # PACIO
        ("1 5 4 4 3 0 1 5 3 4", "60", "severe"),
        ("5 5 3 3 0 0 0 0 0 n", "35.56", "moderate"),  # awell
        ("5 5 3 3 0 0 0 0 0 s", "35.56", "moderate"),
        ("5 5 3 3 0 0 0 0 0 -", "35.56", "moderate"),
        ("1 1 1 1 1 1 1 1 n s", "20", "minimal"),  # 8/40
        ("0 0 0 0 0 0 0 0 0 0", "0", "minimal"),
        ("5 5 5 5 5 5 5 5 5 5", "100", "extreme"),
        ("4 4 4 4 4 4 4 4 4 4", "80", "very severe"),
        ("4 4 4 4 4 4 4 4 4 5", "82", "extreme"),
    ],
)
def test_odi_scores_as_published(values: str, value: str, band: str) -> None:
    result = odi(answers(ODI_ITEMS, values))

    assert (result.value, result.band) == (Decimal(value), band)


@pytest.mark.parametrize(
    ("values", "minimum", "value", "band"),
    [
        ("2 2 2 2 2 2 2 - - -", 7, "40", "moderate"),  # 14/35
        ("3 3 3 3 3 3 - - - -", 6, "60", "severe"),  # 18/30
    ],
)
def test_a_deployment_may_score_the_odi_with_fewer_answers(
    values: str, minimum: int, value: str, band: str
) -> None:
    dealt = answers(ODI_ITEMS, values)

    assert odi(dealt, minimum_answered=minimum).value == Decimal(value)
    assert odi(dealt, minimum_answered=minimum).band == band
    assert odi(dealt).value is None


def test_seven_answers_are_too_few_for_the_odi_and_it_says_so() -> None:
    result = odi(answers(ODI_ITEMS, "5 5 5 5 5 5 5 n s -"))

    assert (result.value, result.band, result.reason) == (None, None, "too-few-answers")
    assert (result.answered, result.of) == (7, 10)
    assert result.missing == ("sex-life", "social-life", "travelling")


def test_no_answer_at_all_is_no_score_however_few_are_required() -> None:
    assert odi({}, minimum_answered=0).reason == "too-few-answers"


@given(some(ODI_ITEMS, 5), st.integers(1, 10))
def test_odi_is_the_share_of_the_points_that_the_answered_sections_could_give(
    dealt: dict[str, Given], minimum: int
) -> None:
    result = odi(dealt, minimum)
    points = numbers(dealt)

    assert result.answered == len(points)
    assert result.of == 10
    assert {*result.missing, *points} == {*ODI_ITEMS}
    if len(points) < minimum:
        assert (result.value, result.band, result.reason) == (None, None, "too-few-answers")
        return
    share = Fraction(sum(points.values()), 5 * len(points)) * 100
    assert result.value == Decimal(floor(share * 100 + Fraction(1, 2))) / 100
    reached = [name for name, above in BANDS_FROM_ABOVE if share > above]
    assert result.band == (reached or ["minimal"])[0]
    assert result.reason is None


BANDS_FROM_ABOVE = [("extreme", 80), ("very severe", 60), ("severe", 40), ("moderate", 20)]


@pytest.mark.parametrize(
    ("values", "total", "subscale", "group"),
    [
        ("1 1 1 1 0 0 0 0 0", 4, 0, "medium"),
        ("1 0 1 0 0 1 0 0 1", 4, 2, "medium"),  # item 9 extremely
        ("1 1 1 0 0 0 0 0 0", 3, 0, "low"),  # item 9 moderately
        ("0 0 0 0 1 1 1 1 0", 4, 4, "high"),
        ("0 0 0 0 0 1 1 1 1", 4, 4, "high"),  # item 9 very much
    ],
)
def test_start_back_groups_as_published(values: str, total: int, subscale: int, group: str) -> None:
    result = start_back(answers(START_BACK_ITEMS, values))

    assert (result.numerator, result.subscale, result.group) == (total, subscale, group)
    assert (result.answered, result.of, result.missing) == (9, 9, ())


@pytest.mark.parametrize(
    ("values", "total", "subscale", "group"),
    [
        ("0 0 0 0 0 0 0 0 s", 0, 0, "low"),
        ("s s s s 1 1 1 1 0", 4, 4, "high"),
        ("1 1 1 1 s 1 0 0 0", 5, 1, "medium"),
        ("1 1 1 - 0 0 0 0 0", 3, 0, None),
        ("1 1 1 1 s s s s s", 4, None, None),
        ("s s s s s s s s s", None, None, None),
    ],
)
def test_start_back_gives_a_group_only_where_what_is_missing_could_not_change_it(
    values: str, total: int | None, subscale: int | None, group: str | None
) -> None:
    result = start_back(answers(START_BACK_ITEMS, values))

    assert (result.numerator, result.subscale, result.group) == (total, subscale, group)
    assert result.reason == (None if group else "group-depends-on-missing")
    missing = [i for i, v in zip(START_BACK_ITEMS, values.split(), strict=True) if v in "s-"]
    assert list(result.missing) == missing


@given(some(START_BACK_ITEMS, 1))
def test_start_back_agrees_with_every_way_to_complete_it(dealt: dict[str, Given]) -> None:
    points = numbers(dealt)
    unknown = [item for item in START_BACK_ITEMS if item not in points]
    possible = {
        published_group(points | dict(zip(unknown, rest, strict=True)))
        for rest in product((0, 1), repeat=len(unknown))
    }

    group = start_back(dealt).group

    assert group == (possible.pop() if len(possible) == 1 else None)


def published_group(points: dict[str, int]) -> str:
    total = sum(points.values())
    subscale = sum(points[item] for item in START_BACK_ITEMS[4:])
    if total <= 3:
        return "low"
    return "medium" if subscale <= 3 else "high"


def flow_scored_by(rule: str) -> Flow:
    """Two questions 0-10, for the plain rules that need no Python of their own."""
    bands = {"sum": (8, 9, 20), "mean": (4, 4, 10), "percent": (40, 40, 100)}[rule]
    return load_flow(
        f"""
        id: two
        kind: instrument
        title: {{en: Two, da: To}}
        scoring: {rule}
        bands:
          - {{id: low, from: 0, to: {bands[0]}, text: {{en: low, da: lav}}}}
          - {{id: high, from: {bands[1]}, to: {bands[2]}, text: {{en: high, da: høj}}}}
        items:
          - id: one
            kind: scale
            text: {{en: "One?", da: "Et?"}}
            minimum: 0
            maximum: 10
          - id: other
            kind: scale
            text: {{en: "Other?", da: "Andet?"}}
            minimum: 0
            maximum: 10
        """,
        "two.yaml",
    )


@pytest.mark.parametrize(
    ("rule", "values", "value", "band"),
    [
        ("sum", "3 5", "8", "low"),
        ("sum", "4 5", "9", "high"),
        ("mean", "3 5", "4", "low"),
        ("mean", "4 5", "4.50", "high"),
        ("percent", "3 5", "40", "low"),
        ("percent", "4 5", "45", "high"),
    ],
)
def test_a_new_instrument_is_scored_by_a_plain_rule(
    rule: str, values: str, value: str, band: str
) -> None:
    result = score(flow_scored_by(rule), answers(("one", "other"), values))

    assert result is not None
    assert (result.scoring, result.value, result.band) == (rule, Decimal(value), band)


def test_a_plain_rule_needs_every_answer_unless_told_otherwise() -> None:
    result = score(flow_scored_by("sum"), answers(("one", "other"), "0 s"))

    assert result is not None
    assert (result.value, result.reason, result.missing) == (None, "too-few-answers", ("other",))


RMDQ = shipped_library().flow("rmdq")
RMDQ_ITEMS = tuple(item.id for item in RMDQ.items)
PHQ_4 = shipped_library().flow("phq-4")
PHQ_4_ITEMS = tuple(item.id for item in PHQ_4.items)
PSFS = shipped_library().flow("psfs")


@given(some(RMDQ_ITEMS, 1))
def test_rmdq_counts_marks_and_only_when_every_statement_was_dealt_with(
    dealt: dict[str, Given],
) -> None:
    result = score(RMDQ, dealt)
    marks = sum(numbers(dealt).values())
    known = [i for i in RMDQ_ITEMS if i in dealt and dealt[i].kind is not GivenKind.SKIP]

    assert result is not None
    assert (result.answered, result.of, result.variant) == (len(known), 24, "rmdq-24")
    assert (result.value is None) == (len(known) < 24)
    if result.value is not None:
        assert result.value == marks
        assert result.share is None
    elif known:
        exact = Fraction(100 * marks, len(known))
        assert result.share == Decimal(floor(exact * 100 + Fraction(1, 2))) / 100
    else:
        assert result.share is None


@given(some(PHQ_4_ITEMS, 3))
def test_phq_4_is_positive_exactly_where_no_missing_answer_could_change_it(
    dealt: dict[str, Given],
) -> None:
    result = score(PHQ_4, dealt)
    points = numbers(dealt)

    assert result is not None
    for id, items in (("anxiety", PHQ_4_ITEMS[:2]), ("depression", PHQ_4_ITEMS[2:])):
        known = [points[item] for item in items if item in points]
        assert result.subscales[id] == (sum(known) if len(known) == 2 else None)
        assert (id in result.positive) == (sum(known) >= 3)
    total = sum(points.values()) if len(points) == 4 else None
    assert result.value == total
    bands = ["none"] * 3 + ["mild"] * 3 + ["moderate"] * 3 + ["severe"] * 4
    assert result.band == (None if total is None else bands[total])


@given(st.lists(st.none() | st.integers(0, 10), min_size=1, max_size=3))
def test_psfs_is_the_mean_of_all_that_was_named_or_nothing(ratings: list[int | None]) -> None:
    dealt: dict[str, Given] = {}
    for number, rating in enumerate(ratings, start=1):
        dealt[f"activity-{number}"] = Given(GivenKind.ANSWER, "dance", 1, text="dance")
        dealt[f"rating-{number}"] = skipped() if rating is None else said(rating)
        dealt[f"more-{number}"] = said(code="yes" if number < len(ratings) else "no")
    result = score(PSFS, dealt)
    known = [rating for rating in ratings if rating is not None]

    assert result is not None
    assert (result.answered, result.of) == (len(known), len(ratings))
    if len(known) < len(ratings):
        assert (result.value, result.reason) == (None, "too-few-answers")
    else:
        exact = Fraction(sum(known), len(known))
        assert result.value == Decimal(floor(exact * 100 + Fraction(1, 2))) / 100
