"""What comes in between is kept, what was half done is not dropped unsaid, STOP says it once."""

from __future__ import annotations

import pytest

from tests.backtrace.replay.playing import Script, entries, texts

GIVEN_WAY = "What you began is left as it was."


def test_a_question_while_two_candidates_wait_is_kept_and_they_still_wait() -> None:
    script = Script().enrol().start("weekly-check-in").say("6", "I meant 4", "can I run?")

    assert [entry["raw"] for entry in entries(script.play(), "question")] == ["can I run?"]
    assert "kept as a question" in texts(script.play())[-1]
    assert "Change Pain to 4" in texts(script.play())[-1]
    script.say("hm", "A")
    assert [entry["value"] for entry in entries(script.play(), "correction")] == [4]


def test_a_question_with_a_number_in_it_keeps_its_words() -> None:
    script = Script().enrol().start("weekly-check-in").say("is 7 a lot or should I say 8?")

    assert [entry["raw"] for entry in entries(script.play(), "question")] == [
        "is 7 a lot or should I say 8?"
    ]


@pytest.mark.parametrize("begun", ["delete my data", "share with my physio Anne Berg a@b.dk"])
def test_a_place_leaves_what_was_begun_and_says_so(begun: str) -> None:
    told = texts(Script().enrol().say(begun, "I am in New York").play())[-1]

    assert told.startswith(GIVEN_WAY)
    assert "where you are, right?" in told


def test_stop_is_confirmed_once_until_there_was_a_start() -> None:
    stopped = Script().enrol().say("stop", "stop", "please stop writing to me")
    assert [text[:8] for text in texts(stopped.play())] == ["Stopped."]

    again = texts(stopped.say("start", "stop").play())
    assert sum(text.startswith("Stopped.") for text in again) == 2


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "Hi, my husband has died"),
        ("en", "Hello, sorry, my wife passed away yesterday"),
        ("da", "Hej, min mand er død"),
    ],
)
def test_a_death_behind_a_greeting_is_asked_about(language: str, said: str) -> None:
    told = texts(Script().enrol(language=language).say(said).play())[-1]

    assert ("has died?" in told) or ("der er død?" in told)
