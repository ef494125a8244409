"""The published vectors, answered by patients in their own ways, through the whole pipeline."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backtrace.definitions import shipped_library
from flows.model import Item
from tests.backtrace.replay.playing import Line, Script, entries

ODI = shipped_library().flow("odi")
START_BACK = shipped_library().flow("start-back")
SKIPPED, NOT_APPLICABLE = "s", "n"
SAID = {
    "en": {SKIPPED: "skip", NOT_APPLICABLE: "does not apply"},
    "da": {SKIPPED: "spring over", NOT_APPLICABLE: "ikke relevant"},
}
CHANNELS = ("sms", "telegram", "web")
WAYS = ("letters", "labels", "taps")

Answers = Sequence[int | str]
"""Places of options from 0, or a skip, or "does not apply"."""


class Crowd:
    """Many patients who answer one questionnaire in one transcript."""

    def __init__(self) -> None:
        self._script = Script()
        self._names: list[str] = []

    def answer(self, flow_id: str, answers: Answers, language: str, channel: str, way: str) -> None:
        """Let one more patient answer, by `letters`, `labels` or `taps`."""
        name = f"p{len(self._names)}"
        self._names.append(name)
        script = self._script
        script.enrol(name, channel=channel, language=language).start(flow_id, name)
        for item, answer in zip(shipped_library().flow(flow_id).items, answers, strict=True):
            if isinstance(answer, str):
                script.say(SAID[language][answer], patient=name)
            elif way == "taps" and channel != "sms":
                script.tap(_button(item, answer, language, channel), patient=name)
            else:
                script.say(_typed(item, answer, language, way), patient=name)
        script.now = Script().now

    def scores(self) -> list[Line]:
        """The score of each patient, in their order."""
        self._script.steps.sort(key=lambda step: step["at"])
        lines = self._script.play()
        found: dict[str, list[Line]] = {name: [] for name in self._names}
        for line in lines:
            if "entry" in line and line["entry"]["kind"] == "score":
                found[line["patient"]].append(line["entry"])
        assert {len(each) for each in found.values()} == {1}
        return [found[name][0] for name in self._names]


def _typed(item: Item, answer: int, language: str, way: str) -> str:
    label = item.options[answer].text[language]
    return "ABCDEF"[answer] if way == "letters" else label


def _button(item: Item, answer: int, language: str, channel: str) -> str:
    words = [option.text[language] for option in item.options]
    if channel == "web":
        return f"{'ABCDEF'[answer]}: {words[answer]}"
    return words[answer] if max(map(len, words)) <= 20 else "ABCDEF"[answer]


PACIO = (2, 1, 2, 1, 2, 2, 1, 2, 3, 2)
ODI_VECTORS: list[tuple[Answers, float | None, int, str | None]] = [
    (PACIO, 36, 10, "moderate"),
    ((1, 1, 2, 1, 2, 2, 1, 2, 2, 2), 32, 10, "moderate"),
    ((2, 1, 2, 1, 2, 2, 1, 2, 2, 2), 34, 10, "moderate"),
    ((1, 5, 4, 4, 3, 0, 1, 5, 3, 4), 60, 10, "severe"),
    ((5, 5, 3, 3, 0, 0, 0, 0, 0, "s"), 35.56, 9, "moderate"),
    ((1, 1, 1, 1, 1, 1, 1, "n", 1, "s"), 20, 8, "minimal"),
    ((3, 2, 2, 2, 1, 2, 2, "n", "s", "s"), None, 7, None),
    (("s",) * 10, None, 0, None),
    ((0,) * 10, 0, 10, "minimal"),
    ((5,) * 10, 100, 10, "extreme"),
    ((4, 4, 4, 4, 4, 4, 4, 4, 4, 4), 80, 10, "very severe"),
    ((4, 4, 4, 4, 4, 4, 4, 4, 4, 5), 82, 10, "extreme"),
]
START_BACK_VECTORS: list[tuple[Answers, int | None, int | None, str | None]] = [
    ((1, 1, 1, 1, 0, 0, 0, 0, 0), 4, 0, "medium"),
    ((1, 0, 1, 0, 0, 1, 0, 0, 4), 4, 2, "medium"),
    ((1, 1, 1, 0, 0, 0, 0, 0, 2), 3, 0, "low"),
    ((0, 0, 0, 0, 1, 1, 1, 1, 2), 4, 4, "high"),
    ((0, 0, 0, 0, 0, 1, 1, 1, 3), 4, 4, "high"),
    (("s", 1, 0, 0, 1, 1, 1, 1, 0), 5, 4, "high"),
    (("s", 0, 0, 0, 0, 0, 0, 0, 0), 0, 0, "low"),
    ((1, 1, 1, "s", 0, 0, 0, 0, 0), 3, 0, None),
    ((1, 1, 1, 1, 1, 1, 1, 0, "s"), 7, 3, None),
    (("s",) * 9, None, None, None),
]
EVERYWHERE = list(product(("en", "da"), CHANNELS, WAYS))


def agreeing(answers: Answers) -> Answers:
    """Published items 1-8 are 1 for agree, which is the first of the two options."""
    first = [each if isinstance(each, str) else 1 - each for each in answers[:8]]
    return [*first, answers[8]]


@pytest.mark.parametrize("way", WAYS)
def test_the_published_odi_scores_come_out_on_every_channel_in_both_languages(way: str) -> None:
    crowd, expected = Crowd(), []
    for language, channel in product(("en", "da"), CHANNELS):
        for answers, value, answered, band in ODI_VECTORS:
            crowd.answer("odi", answers, language, channel, way)
            expected.append((value, answered, 10, band, None if band else "too-few-answers"))

    scores = crowd.scores()

    keys = ("value", "answered", "of", "band", "reason")
    assert [tuple(score[key] for key in keys) for score in scores] == expected


@pytest.mark.parametrize("way", WAYS)
def test_the_published_start_back_groups_come_out_on_every_channel_in_both_languages(
    way: str,
) -> None:
    crowd, expected = Crowd(), []
    for language, channel in product(("en", "da"), CHANNELS):
        for answers, total, subscale, group in START_BACK_VECTORS:
            crowd.answer("start-back", agreeing(answers), language, channel, way)
            reason = None if group else "group-depends-on-missing"
            expected.append((total, subscale, group, reason, 9 - list(answers).count("s")))

    scores = crowd.scores()

    keys = ("value", "subscale", "group", "reason", "answered")
    assert [tuple(score[key] for key in keys) for score in scores] == expected


def test_every_answer_stands_under_its_item_with_its_option_and_the_raw_words() -> None:
    script = Script().enrol(language="da").start("odi")
    script.say(
        "c", "Som altid, men det gør ondt", "spring over", *"BBBB", "ikke relevant", "A", "f"
    )

    recorded = entries(script.play())

    assert [(e["kind"], e["item"], e["value"], e.get("code"), e["raw"]) for e in recorded[1:4]] == [
        ("answer", "pain-intensity", 2, "c", "c"),
        ("answer", "personal-care", 1, "b", "Som altid, men det gør ondt"),
        ("skip", "lifting", None, None, "spring over"),
    ]
    assert [e["item"] for e in recorded[1:-1]] == [item.id for item in ODI.items]
    assert recorded[8]["kind"] == "not-applicable"
    assert recorded[-1]["kind"] == "score"


def test_what_may_not_be_left_out_as_irrelevant_is_skipped() -> None:
    script = Script().enrol().start("odi").say("does not apply")

    assert entries(script.play())[-1]["kind"] == "skip"


def odi_by_hand(answers: Answers) -> tuple[float | None, int, str | None, str | None]:
    """Value, answered, band and reason, counted another way than the product does."""
    points = [each for each in answers if isinstance(each, int)]
    if len(points) < 8:
        return None, len(points), None, "too-few-answers"
    percent = Decimal(sum(points)) * 20 / len(points)
    limits = {"minimal": 20, "moderate": 40, "severe": 60, "very severe": 80, "extreme": 100}
    band = next(name for name, limit in limits.items() if sum(points) * 20 <= limit * len(points))
    return float(percent.quantize(Decimal("0.01"), ROUND_HALF_UP)), len(points), band, None


def start_back_by_hand(answers: Answers) -> tuple[int | None, int | None, str | None, str | None]:
    """Value, subscale, group and reason: every completion is tried out."""
    worth = [_points(place, each) for place, each in enumerate(answers)]
    known = [each for each in worth if each is not None]
    psychosocial = [each for each in worth[4:] if each is not None]
    groups = {_group(full) for full in product(*((0, 1) if w is None else (w,) for w in worth))}
    return (
        sum(known) if known else None,
        sum(psychosocial) if psychosocial else None,
        groups.pop() if len(groups) == 1 else None,
        None if not groups else "group-depends-on-missing",
    )


def _points(place: int, answer: int | str) -> int | None:
    if isinstance(answer, str):
        return None
    return int(answer >= 3) if place == 8 else 1 - answer


def _group(worth: Sequence[int]) -> str:
    if sum(worth[4:]) >= 4:
        return "high"
    return "low" if sum(worth) <= 3 else "medium"


LEFT_OUT = st.sampled_from([SKIPPED, NOT_APPLICABLE])
SOMEWHERE = st.sampled_from(EVERYWHERE)


def answered(lists: Sequence[int]) -> st.SearchStrategy[Answers]:
    """Answers to items with so many options each; about one in five is left out."""
    return st.tuples(*(st.one_of(*[st.integers(0, count - 1)] * 4, LEFT_OUT) for count in lists))


@settings(max_examples=3)
@given(st.lists(st.tuples(answered([6] * 10), SOMEWHERE), min_size=40, max_size=60))
def test_any_odi_is_scored_as_by_hand(patients: list[tuple[Answers, tuple[str, str, str]]]) -> None:
    crowd = Crowd()
    for answers, where in patients:
        crowd.answer("odi", answers, *where)

    scores = [(s["value"], s["answered"], s["band"], s["reason"]) for s in crowd.scores()]

    assert scores == [odi_by_hand(answers) for answers, _ in patients]


@settings(max_examples=3)
@given(st.lists(st.tuples(answered([2] * 8 + [5]), SOMEWHERE), min_size=40, max_size=60))
def test_any_start_back_is_grouped_as_by_hand(
    patients: list[tuple[Answers, tuple[str, str, str]]],
) -> None:
    crowd = Crowd()
    for answers, where in patients:
        crowd.answer("start-back", answers, *where)

    scores = [(s["value"], s["subscale"], s["group"], s["reason"]) for s in crowd.scores()]

    assert scores == [start_back_by_hand(answers) for answers, _ in patients]
