"""What was told once is shown for a tap, within its time, and asked anew after it."""

from __future__ import annotations

import pytest

from tests.backtrace.replay.playing import Line, Script, entries, texts

TOLD = ("A", "Lifting", "never", "Rest", "Ibuprofen", "A", "Walk to the shop")


def told(channel: str = "sms", language: str = "en") -> Script:
    return Script().enrol(channel=channel, language=language).start("intake").say(*TOLD)


def last_answer(lines: list[Line]) -> Line:
    return entries(lines, "answer")[-1]


@pytest.mark.parametrize("channel", ["sms", "telegram", "web"])
def test_a_known_answer_is_confirmed_in_one_tap_or_word(channel: str) -> None:
    script = told(channel).wait(days=30).start("intake")
    assert "Work: I work as usual. Still right?" in texts(script.play())[-1]
    said = script.say("y") if channel == "sms" else script.tap("Yes")
    answer = last_answer(said.play())
    assert (answer["item"], answer["code"], answer["confirmed"]) == (
        "work-status", "working", True,
    )  # fmt: skip
    assert answer["raw"] == ("y" if channel == "sms" else "Yes")


def test_a_no_asks_the_question_and_the_new_answer_is_known_from_then_on() -> None:
    script = told().wait(days=30).start("intake").say("no")
    assert "How is it with work at present?" in texts(script.play())[-1]
    script.say("retired").wait(days=8).start("intake")
    assert "Work: I am retired. Still right?" in texts(script.play())[-1]


def test_a_new_answer_in_place_of_yes_or_no_is_taken() -> None:
    answer = last_answer(told().wait(days=30).start("intake").say("retired").play())
    assert (answer["code"], answer["raw"]) == ("retired", "retired")
    assert "confirmed" not in answer


def test_after_its_time_the_question_is_asked_anew() -> None:
    script = told().wait(days=59).say("help").wait(days=32).start("intake")
    assert "How is it with work at present?" in texts(script.play())[-1]


def test_how_it_began_is_asked_in_every_episode() -> None:
    script = told().wait(days=30).start("intake").say("yes")
    assert "When and how did your pain begin?" in texts(script.play())[-1]


def test_what_was_skipped_since_is_not_known() -> None:
    script = told().wait(days=30).start("intake").say("skip").wait(days=8).start("intake")
    assert "How is it with work at present?" in texts(script.play())[-1]


def test_long_words_are_asked_anew_and_not_cut() -> None:
    script = Script().enrol().start("intake").say(*TOLD[:4], "pills " * 30, *TOLD[5:])
    script.wait(days=30).start("intake").say("yes", "Lifting", "yes", "yes")
    assert "Which medicine do you take" in texts(script.play())[-1]


def test_a_confirmed_answer_can_be_taken_back() -> None:
    script = told(language="da").wait(days=30).start("intake").say("ja", "tilbage")
    assert "Hvordan ser det ud med arbejde" in texts(script.play())[-1]


def test_what_counts_for_others_follows_the_confirmation() -> None:
    script = told().wait(days=30).start("intake").say("C", *TOLD[1:]).start("weekly-check-in")
    assert "1/5" in texts(script.play())[-1], "sick days are asked where the patient works"


def test_a_goal_that_was_told_unasked_is_shown_and_not_asked_for() -> None:
    script = Script().enrol().say("my goal is to walk to the shop").start("intake").say(*TOLD[:-1])
    assert "Goal: to walk to the shop. Still right?" in texts(script.play())[-1]

    answer = last_answer(script.say("yes").play())
    assert (answer["item"], answer["raw"], answer["confirmed"]) == (
        "goal", "to walk to the shop", True,
    )  # fmt: skip


def test_what_is_known_lasts_into_a_new_episode() -> None:
    start = ("no", *["disagree"] * 8, "not at all")
    script = Script().enrol(pathway="low-back-pain").say(*start)
    for week in range(52):
        script.wait(days=7).say("note still here")
        if week == 48:
            script.start("intake").say(*TOLD)
    script.wait(days=20).say("start", *start).start("intake")

    told = texts(script.play())
    assert any(text.startswith("Welcome back. We begin anew") for text in told)
    assert "Work: I work as usual. Still right?" in told[-1]
