"""A yes to a warning sign is never too late: also not among answers to a check-in that ran out."""

from __future__ import annotations

import pytest

from tests.backtrace.replay.playing import Line, Script, entries, texts

CHECK_IN = "weekly-check-in"
LET_US_LOOK = {
    "en": "Thank you for telling me. Let us look at that now.",
    "da": "Godt, du siger det. Lad os se på det nu.",
}
NOTHING_WAITS = {
    "en": "There is no question waiting just now.",
    "da": "Der venter ikke noget spørgsmål lige nu.",
}
NO = {"en": "no", "da": "nej"}


def ran_out(*said: str, language: str = "en") -> Script:
    """A check-in of which this was answered in time."""
    script = Script().enrol(language=language).start(CHECK_IN)
    return script.say(*said).wait(days=4)


def answers(lines: list[Line]) -> list[tuple[str, object]]:
    return [(e["item"], e.get("code") or e["value"]) for e in entries(lines, "answer")]


@pytest.mark.parametrize(
    ("language", "in_time", "late"),
    [
        ("en", [], "6 4 2 yes"),
        ("en", [], "6, 4, 2, yes"),
        ("en", [], "6 4 2 maybe yes"),
        ("en", ["6"], "4 2 yes"),
        ("en", ["6", "4"], "2 yes"),
        ("en", ["6", "4", "2"], "yes"),
        ("en", ["6", "4", "2"], "maybe yes"),
        ("da", [], "6 4 2 ja"),
        ("da", [], "6 4 2 måske ja"),
        ("da", ["6", "4"], "2 ja"),
        ("da", ["6", "4", "2"], "måske ja"),
    ],
)
def test_a_late_yes_to_the_sign_asks_about_the_signs_and_keeps_none_of_the_answers(
    language: str, in_time: list[str], late: str
) -> None:
    lines = ran_out(*in_time, language=language).say(late).play()
    assert len(answers(lines)) == len(in_time)
    assert texts(lines)[-1].startswith(LET_US_LOOK[language])
    assert "1/8" in texts(lines)[-1]


@pytest.mark.parametrize(("language", "late"), [("en", "2 no"), ("da", "2 nej, ingenting")])
def test_a_late_no_to_the_sign_asks_nothing(language: str, late: str) -> None:
    lines = ran_out("6", "4", language=language).say(late).play()
    assert len(answers(lines)) == 2
    assert "1/8" not in texts(lines)[-1]


@pytest.mark.parametrize(("language", "late"), [("en", "6 4 2 no"), ("da", "6 4 2 nej")])
def test_late_answers_without_a_yes_are_answers_to_nothing(language: str, late: str) -> None:
    lines = ran_out(language=language).say(late).play()
    assert answers(lines) == []
    assert texts(lines)[-1].endswith(NOTHING_WAITS[language])


@pytest.mark.parametrize(
    ("waits", "said"),
    [
        ("phq-4", "sometimes"),
        ("phq-4", "yes and no"),
        ("odi", "a bit"),
        ("psfs", "walking 3 4 km, yes"),
    ],
)
def test_what_may_be_an_answer_to_the_questionnaire_that_waits_is_not_late(
    waits: str, said: str
) -> None:
    lines = ran_out("6", "4", "2").start(waits).say(said).play()
    assert LET_US_LOOK["en"] not in texts(lines)[-1]


def test_own_words_to_the_questionnaire_that_waits_are_kept() -> None:
    lines = ran_out().start("psfs").say("walking 3 4 km, yes").play()
    assert [e["raw"] for e in entries(lines, "answer")] == ["walking 3 4 km, yes"]


@pytest.mark.parametrize(
    ("in_time", "said"),
    [
        ([], "call me at 20 30 40 50 yes"),
        ([], "at 3, 4 or 5, yes thanks"),
        ([], "see you 3 4 2026 yes"),
        (["6", "4", "2"], "1 or 2"),
        (["6", "4", "2"], "yes/no"),
        (["6", "4", "2"], "yes or no?"),
    ],
)
def test_words_that_are_no_answers_are_not_late_ones(in_time: list[str], said: str) -> None:
    lines = ran_out(*in_time).say(said).play()
    assert LET_US_LOOK["en"] not in texts(lines)[-1]


@pytest.mark.parametrize(("language", "late"), [("en", "2 yes"), ("da", "2 ja")])
def test_a_week_later_nobody_takes_them_for_that_check_in(language: str, late: str) -> None:
    lines = ran_out("6", "4", language=language).wait(days=7).say(late).play()
    assert "1/8" not in texts(lines)[-1]


@pytest.mark.parametrize(("language", "said"), [("en", "6 4 2 yes"), ("da", "6 4 2 ja")])
def test_answers_to_the_check_in_that_waits_are_kept(language: str, said: str) -> None:
    lines = ran_out(language=language).start(CHECK_IN).say(said).play()
    assert [value for _, value in answers(lines)] == [6, 4, 2, "yes"]
    assert "1/8" in texts(lines)[-1]
