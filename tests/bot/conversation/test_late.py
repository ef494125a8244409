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
        ("en", [], "6 4 yes idiot"),
        ("en", ["6"], "4 2 yes"),
        ("en", ["6", "4"], "2 yes"),
        ("en", ["6", "4"], "2 yes idiot"),
        ("en", ["6", "4"], "2 days, yes sadly"),
        ("en", ["6", "4", "2"], "yes"),
        ("en", ["6", "4", "2"], "maybe yes"),
        ("da", [], "6 4 2 ja"),
        ("da", [], "6 4 2 måske ja"),
        ("da", ["6", "4"], "2 ja"),
        ("da", ["6", "4"], "2 dage, ja desværre"),
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


@pytest.mark.parametrize(("language", "late"), [("en", "6 4 2 yes"), ("da", "6 4 2 ja")])
@pytest.mark.parametrize(("waits", "place"), [("odi", "1/10"), ("psfs", "")])
def test_the_late_yes_comes_before_another_questionnaire_which_goes_on_behind_it(
    language: str, late: str, waits: str, place: str
) -> None:
    script = ran_out(language=language).start(waits)
    asked = texts(script.play())[-1]
    lines = script.say(late).play()
    assert answers(lines) == []
    assert "1/8" in texts(lines)[-1]
    lines = script.say(*[NO[language]] * 8).play()
    assert place in texts(lines)[-1]
    assert texts(lines)[-1].splitlines()[-1] == asked.splitlines()[-1]


@pytest.mark.parametrize(("language", "late"), [("en", "2 yes"), ("da", "2 ja")])
def test_a_week_later_nobody_takes_them_for_that_check_in(language: str, late: str) -> None:
    lines = ran_out("6", "4", language=language).wait(days=7).say(late).play()
    assert "1/8" not in texts(lines)[-1]


@pytest.mark.parametrize(("language", "said"), [("en", "6 4 2 yes"), ("da", "6 4 2 ja")])
def test_answers_to_the_check_in_that_waits_are_kept(language: str, said: str) -> None:
    lines = ran_out(language=language).start(CHECK_IN).say(said).play()
    assert [value for _, value in answers(lines)] == [6, 4, 2, "yes"]
    assert "1/8" in texts(lines)[-1]
