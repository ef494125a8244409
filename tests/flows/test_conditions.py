from __future__ import annotations

import operator
from collections.abc import Callable

import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

from flows.conditions import enabled_items, holds
from flows.loader import load_flow
from flows.model import Condition, Operator, Test
from flows.session import Given, GivenKind, Session
from tests.flows.answering import not_applicable, said, skipped

TEXT_ANSWER = Given(GivenKind.ANSWER, "since May", turn=1, text="since May")

COMPARED: dict[Operator, Callable[[int, int], bool]] = {
    Operator.EQUALS: operator.eq,
    Operator.NOT_EQUALS: operator.ne,
    Operator.GREATER: operator.gt,
    Operator.LESS: operator.lt,
    Operator.GREATER_OR_EQUAL: operator.ge,
    Operator.LESS_OR_EQUAL: operator.le,
}


def one(question: str, test: Operator, answer: str | int | bool) -> Condition:
    return Condition((Test(question, test, answer),))


@drawn(st.sampled_from(sorted(COMPARED)), st.integers(0, 10), st.integers(0, 10))
def test_numbers_are_compared_as_written(test: Operator, answer: int, limit: int) -> None:
    condition = one("pain", test, limit)

    assert holds(condition, {"pain": said(answer)}, {}) is COMPARED[test](answer, limit)


@pytest.mark.parametrize("test", sorted(COMPARED))
@pytest.mark.parametrize("given", [{}, {"pain": skipped()}, {"pain": not_applicable()}])
def test_a_question_without_an_answer_fails_every_comparison(
    test: Operator, given: dict[str, Given]
) -> None:
    assert not holds(one("pain", test, 0), given, {})
    assert not holds(one("pain", test, "a"), given, {})


@pytest.mark.parametrize("given", [{}, {"onset": skipped()}, {"onset": not_applicable()}])
def test_exists_false_holds_where_nothing_was_answered(given: dict[str, Given]) -> None:
    assert holds(one("onset", Operator.EXISTS, False), given, {})
    assert not holds(one("onset", Operator.EXISTS, True), given, {})


@pytest.mark.parametrize("answer", [TEXT_ANSWER, said(0), said(code="none")])
def test_exists_true_holds_for_every_answer_zero_and_own_words_too(answer: Given) -> None:
    assert holds(one("onset", Operator.EXISTS, True), {"onset": answer}, {})
    assert not holds(one("onset", Operator.EXISTS, False), {"onset": answer}, {})


def test_options_are_compared_by_id_and_scored_ones_by_score_too() -> None:
    given = {"lifting": said(3, code="d")}

    assert holds(one("lifting", Operator.EQUALS, "d"), given, {})
    assert not holds(one("lifting", Operator.EQUALS, "c"), given, {})
    assert holds(one("lifting", Operator.NOT_EQUALS, "c"), given, {})
    assert holds(one("lifting", Operator.GREATER, 2), given, {})


def test_what_is_known_from_another_flow_decides_too() -> None:
    condition = one("intake/work-status", Operator.EQUALS, "working")

    assert holds(condition, {}, {"intake/work-status": "working"})
    assert not holds(condition, {}, {"intake/work-status": "retired"})
    assert not holds(condition, {}, {})
    assert holds(one("intake/work-status", Operator.EXISTS, False), {}, {})


def test_all_needs_every_test_and_any_needs_one() -> None:
    tests = (Test("pain", Operator.GREATER, 5), Test("days", Operator.GREATER, 5))
    given = {"pain": said(6), "days": said(2)}

    assert not holds(Condition(tests, "all"), given, {})
    assert holds(Condition(tests, "any"), given, {})


FLOW = load_flow(
    """
    id: walk
    kind: check-in
    title: {en: Walks, da: Gåture}
    items:
      - id: walked
        kind: yes-no
        text: {en: "Did you walk?", da: "Gik du?"}
        options:
          - {id: yes, text: {en: "Yes", da: "Ja"}}
          - {id: no, text: {en: "No", da: "Nej"}}
      - id: times
        kind: count
        text: {en: "How often?", da: "Hvor tit?"}
        minimum: 0
        maximum: 7
        unit: {en: times, da: gange}
        enable-when:
          all:
            - {question: walked, operator: "=", answer: yes}
      - id: dog
        kind: text
        text: {en: "With whom?", da: "Med hvem?"}
        enable-when:
          all:
            - {question: times, operator: ">", answer: 3}
    """,
    "walk.yaml",
)


def asked(**given: Given) -> list[str]:
    session = Session("walk", FLOW.definition, "en", given=given)
    return [item.id for item in enabled_items(FLOW, session)]


def test_the_next_question_follows_from_the_answers() -> None:
    assert asked() == ["walked"]
    assert asked(walked=said(code="no")) == ["walked"]
    assert asked(walked=said(code="yes")) == ["walked", "times"]
    assert asked(walked=said(code="yes"), times=said(4)) == ["walked", "times", "dog"]


def test_an_answer_whose_question_no_longer_applies_enables_nothing() -> None:
    assert asked(walked=said(code="no"), times=said(4)) == ["walked"]


def test_a_session_for_some_items_asks_only_those() -> None:
    session = Session("walk", FLOW.definition, "en", items=("walked",))
    given = Session("walk", FLOW.definition, "en", items=("times", "dog"))

    assert [item.id for item in enabled_items(FLOW, session)] == ["walked"]
    assert enabled_items(FLOW, given) == ()
