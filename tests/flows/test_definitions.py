"""What is shipped: ids as agreed, every language complete, short enough for SMS."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from backtrace.definitions import shipped_library
from bot.segments import is_gsm7, segments
from flows import yaml_text
from flows.conditions import enabled_items
from flows.model import Flow, FlowKind, Item, ItemKind, Texts, Urgency
from flows.session import Session

LIBRARY = shipped_library()
FLOWS = list(LIBRARY.flows.values())

SHIPPED = yaml_text.load((Path(__file__).parent / "shipped.yaml").read_text("utf-8"))


def texts_of(flow: Flow) -> Iterator[Texts]:
    """Every text that a patient of this flow may read."""
    yield from filter(None, (flow.title, flow.intro, flow.closing))
    for item in flow.items:
        yield from filter(None, (item.text, item.title, item.unit, *(item.anchors or ())))
        yield from (option.text for option in item.options)


def test_the_flows_and_items_are_those_agreed() -> None:
    items = {flow.id: " ".join(item.id for item in flow.items) for flow in FLOWS}

    assert items == {name: each["items"] for name, each in SHIPPED.items()}
    assert LIBRARY.languages == ("da", "en")


@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.id)
def test_every_text_is_there_in_every_language_and_in_gsm_7(flow: Flow) -> None:
    for texts in texts_of(flow):
        assert sorted(texts) == ["da", "en"]
        for text in texts.values():
            assert text.strip() == text != ""
            assert is_gsm7(text), text


@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.id)
@pytest.mark.parametrize("language", ["en", "da"])
def test_every_question_with_its_options_is_two_segments_at_most(flow: Flow, language: str) -> None:
    for item in flow.items:
        options = [f"X: {option.text[language]}" for option in item.options]
        assert segments("\n".join(["10/10", item.text[language], *options])) <= 2, item.id
        assert all(len(o.text[language]) <= 36 for o in item.options), item.id


@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.id)
@pytest.mark.parametrize("language", ["en", "da"])
def test_every_flow_says_how_long_it_takes_and_ends_in_one_segment(
    flow: Flow, language: str
) -> None:
    assert flow.intro is not None
    assert flow.closing is not None
    assert "minut" in flow.intro[language]
    # The echo of the last answer, just above the closing, has thanked already.
    assert not flow.closing[language].startswith({"en": "Thank", "da": "Tak"}[language])
    assert segments(flow.intro[language]) == segments(flow.closing[language]) == 1


@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.id)
def test_every_item_has_a_short_name_for_tables(flow: Flow) -> None:
    for item in flow.items:
        assert item.title is not None
        assert all(len(title) <= 32 for title in item.title.values())


def options(item: Item) -> dict[str, int | None]:
    return {option.id: option.score for option in item.options}


def test_odi_statements_score_0_to_5_and_sex_life_may_not_apply() -> None:
    odi = LIBRARY.flow("odi")

    for item in odi.items:
        assert options(item) == {"a": 0, "b": 1, "c": 2, "d": 3, "e": 4, "f": 5}
    assert [item.id for item in odi.items if item.may_not_apply] == ["sex-life"]
    assert (odi.loinc, odi.scoring, odi.minimum_answered) == ("97908-8", "odi", 8)
    assert odi.one_sitting
    assert [band.id for band in odi.bands] == [
        "minimal", "moderate", "severe", "very severe", "extreme",
    ]  # fmt: skip


def test_start_back_is_agreed_with_or_not_and_ends_with_five_degrees() -> None:
    *statements, bothersomeness = LIBRARY.flow("start-back").items

    assert all(options(item) == {"agree": 1, "disagree": 0} for item in statements)
    assert options(bothersomeness) == {
        "not-at-all": 0, "slightly": 0, "moderately": 0, "very-much": 1, "extremely": 1,
    }  # fmt: skip
    assert [item.loinc for item in statements][::7] == ["91340-0", "91347-5"]
    assert bothersomeness.loinc == "91348-3"


def test_the_licensed_instruments_are_marked_and_say_that_the_words_are_ours() -> None:
    licensed = {flow.id for flow in FLOWS if flow.licensed}

    assert licensed == {name for name, each in SHIPPED.items() if each.get("licensed")}
    assert {flow.wording for flow in FLOWS} == {"demonstration"}


@pytest.mark.parametrize(
    ("work", "asked"),
    [
        ("working", True),
        ("working-limited", True),
        ("sick-leave", True),
        ("unemployed", False),
        ("student", False),
        ("retired", False),
        ("other", False),
        (None, False),
    ],
)
def test_sick_days_are_asked_only_of_those_who_have_work(work: str | None, asked: bool) -> None:
    flow = LIBRARY.flow("weekly-check-in")
    facts = {} if work is None else {"intake/work-status": work}
    session = Session(flow.id, flow.definition, "en", facts=facts)

    enabled = [item.id for item in enabled_items(flow, session)]

    assert ("sick-leave-days" in enabled) is asked
    assert len(enabled) == 4 + asked


def test_the_check_in_measures_pain_0_to_10_and_days_0_to_7() -> None:
    pain, *days, gate = LIBRARY.flow("weekly-check-in").items

    assert (pain.kind, pain.minimum, pain.maximum) == (ItemKind.SCALE, 0, 10)
    assert pain.loinc == "72514-3"
    assert pain.anchors is not None
    for item in days:
        assert (item.kind, item.minimum, item.maximum) == (ItemKind.COUNT, 0, 7)
        assert item.unit == {"en": "days", "da": "dage"}
    assert gate.opens == {"yes": "red-flags"}


def test_the_gate_at_the_start_is_the_one_of_the_check_in() -> None:
    for pathway in LIBRARY.pathways.values():
        flows = [LIBRARY.flow(step.flow) for step in pathway.steps]
        check_ins = [flow for flow in flows if flow.kind is FlowKind.CHECK_IN]
        assert check_ins
        for check_in in check_ins:
            assert LIBRARY.flow("safety-gate").items == check_in.items[-1:]


def test_red_flags_have_their_urgency() -> None:
    flags = {item.id: item.flag for item in LIBRARY.flow("red-flags").items}

    assert flags == {
        "bladder-bowel": Urgency.EMERGENCY,
        "saddle-numbness": Urgency.EMERGENCY,
        "sexual-function": Urgency.EMERGENCY,
        "both-legs": Urgency.EMERGENCY,
        "leg-weakness": Urgency.SAME_DAY,
        "fever-unwell": Urgency.SAME_DAY,
        "fall-or-crash": Urgency.SAME_DAY,
        "cancer-weight-night": Urgency.SOON,
    }


def test_reminders_and_ends_are_those_agreed() -> None:
    day, hour = timedelta(days=1), timedelta(hours=1)
    for name in ("odi", "start-back", "intake"):
        assert LIBRARY.flow(name).reminders == (day, 3 * day)
        assert LIBRARY.flow(name).expires == 7 * day
    assert LIBRARY.flow("weekly-check-in").reminders == (20 * hour,)
    assert LIBRARY.flow("weekly-check-in").expires == 72 * hour


def test_what_is_most_urgent_comes_first() -> None:
    order = ["red-flags", "safety-gate", "start-back", "weekly-check-in", "odi", "intake"]
    priorities = [LIBRARY.flow(name).priority for name in order]

    assert priorities == sorted(set(priorities))


def test_the_pathway_asks_everything_once_and_follows_the_plan() -> None:
    steps = {step.key: step for step in LIBRARY.pathway("low-back-pain").steps}
    intake = [*(steps["intake"].items or ()), *(steps["intake-more"].items or ())]

    assert [s.flow for s in steps.values() if s.at_start] == ["safety-gate", "start-back"]
    assert (steps["odi-baseline"].day, steps["intake"].day, steps["intake-more"].day) == (1, 2, 8)
    assert sorted(intake) == sorted(item.id for item in LIBRARY.flow("intake").items)
    assert steps["weekly-check-in"].weekly_until == 12
    assert steps["weekly-check-in"].delay == timedelta(hours=72)
    assert steps["odi"].weeks == (6, 12, 26, 52)
