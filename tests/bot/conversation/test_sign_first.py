"""A yes to a warning sign among several answers is never lost, and never comes last."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.backtrace.replay.playing import Line, Script, entries, texts
from tests.backtrace.replay.screenplay import screenplay

CHECK_IN = "weekly-check-in"
GATE = {
    "en": "Is any of this new: numbness, weakness",
    "da": "Er noget af dette nyt: følelsesløshed, svaghed",
}
IS_YES = {"en": "Yes, is that right? Y/N", "da": "Ja, er det rigtigt? J/N"}
ONE_BY_ONE = {"en": "Let us take them one by one.", "da": "Lad os tage dem et ad gangen."}
YES = {"en": "yes", "da": "ja"}
NO = {"en": "no", "da": "nej"}


def answers(lines: list[Line]) -> list[tuple[str, object]]:
    return [(e["item"], e.get("code") or e["value"]) for e in entries(lines, "answer")]


def check_in(*said: str, language: str = "en", channel: str = "sms") -> Script:
    script = Script().enrol(channel=channel, language=language).start(CHECK_IN)
    return script.say(*said)


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "6 4 2 yes idiot"),
        ("en", "6, 4, 2, yes you stupid machine"),
        ("da", "6 4 2 ja idiot"),
        ("da", "6 4 2 ja, din dumme maskine"),
        ("en", "hi, 6 4 2 yes"),
        ("en", "Good morning 6 4 2 yes"),
        ("en", "6/10, 4 days, 2 days, yes sadly"),
        ("en", "hello there\n6/10\n4 days\n2 days\nyes unfortunately"),
        ("en", "6/10. 4 days. 2 days. yes sadly"),
        ("en", "6/10 4/7 2/7 yes"),
        ("da", "hej, 6 4 2 ja"),
        ("da", "god morgen 6 4 2 ja"),
        ("da", "6/10, 4 dage, 2 dage, ja desværre"),
        ("da", "6/10. 4 dage. 2 dage. ja desværre"),
    ],
)
def test_a_yes_in_more_words_behind_all_answers_opens_the_questions_about_signs(
    language: str, said: str
) -> None:
    lines = check_in(said, language=language).play()
    assert answers(lines) == [
        ("pain", 6),
        ("bothersome-days", 4),
        ("activity-limited-days", 2),
        ("new-symptoms", "yes"),
    ]
    assert "1/8" in texts(lines)[-1]


@pytest.mark.parametrize(
    ("language", "said"), [("en", "6 4 2 maybe yes"), ("da", "6 4 2 måske ja")]
)
def test_a_yes_in_doubt_behind_all_answers_is_all_that_is_asked_back(
    language: str, said: str
) -> None:
    script = check_in(said, language=language)
    lines = script.play()
    assert [item for item, _ in answers(lines)] == [
        "pain",
        "bothersome-days",
        "activity-limited-days",
    ]
    assert GATE[language] in texts(lines)[-1]
    assert texts(lines)[-1].endswith(IS_YES[language])
    assert "1/8" in texts(script.say(YES[language]).play())[-1]


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "6 4 yes"),
        ("en", "6 4 yes idiot"),
        ("en", "yes 6 4 2"),
        ("en", "12 4 2 yes idiot"),
        ("en", "6 4 2 1 maybe yes"),
        ("en", "7 7 yes"),
        ("en", "my back is bad, 6 4 2 yes"),
        ("en", "maybe 6, 4, 2 yes"),
        ("en", "6 for the pain, 4 days, 2 days, yes"),
        ("en", "about 6, 4-5 days, 2, yes sadly"),
        ("da", "6 4 ja"),
        ("da", "6 4 måske ja, idiot"),
        ("da", "ryggen er slem, 6 4 2 ja"),
        ("da", "6 for smerten, 4 dage, 2 dage, ja"),
    ],
)
def test_where_nobody_knows_whose_the_numbers_are_the_sign_is_asked_about_first(
    language: str, said: str
) -> None:
    script = check_in(said, language=language)
    lines = script.play()
    assert answers(lines) == []
    assert texts(lines)[-1].startswith(ONE_BY_ONE[language])
    assert GATE[language] in texts(lines)[-1]
    assert texts(lines)[-1].endswith(IS_YES[language])

    lines = script.say(YES[language]).play()
    assert answers(lines) == [("new-symptoms", "yes")]
    assert "1/8" in texts(lines)[-1]

    lines = script.say(*[NO[language]] * 8).play()
    assert "1/4" in texts(lines)[-1]


@pytest.mark.parametrize("language", ["en", "da"])
def test_a_no_to_that_is_a_no_and_the_first_question_follows(language: str) -> None:
    said = {"en": "6 4 yes idiot", "da": "6 4 ja idiot"}[language]
    script = check_in(said, NO[language], language=language)
    lines = script.play()
    assert answers(lines) == [("new-symptoms", "no")]
    assert "1/4" in texts(lines)[-1]
    lines = script.say("6 4 2").play()
    assert [item for item, _ in answers(lines)][1:] == [
        "pain",
        "bothersome-days",
        "activity-limited-days",
    ]


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "2 yes all week"), ("en", "2 yes idiot"), ("en", "2 yes that's right"),
     ("da", "2 ja hele ugen"), ("da", "2 måske ja")],
)  # fmt: skip
def test_one_number_and_a_yes_may_be_one_answer_and_the_sign_is_asked_next(
    language: str, said: str
) -> None:
    script = check_in("6", "4", said, language=language)
    assert len(answers(script.play())) == 2
    lines = script.say(YES[language]).play()
    assert answers(lines)[2] == ("activity-limited-days", 2)
    assert GATE[language] in texts(lines)[-1]


@pytest.mark.parametrize("said", ["no 4 2 yes idiot", "no, 4 2 yes"])
def test_a_no_in_front_that_may_take_something_back_does_not_hide_the_yes(said: str) -> None:
    lines = check_in("6", said).play()
    assert GATE["en"] in texts(lines)[-1]


def test_what_was_asked_back_before_does_not_hide_the_yes() -> None:
    lines = check_in("6 or 7", "6 4 2 yes idiot").play()
    assert answers(lines)[-1] == ("new-symptoms", "yes")
    assert "1/8" in texts(lines)[-1]


@pytest.mark.parametrize(
    "said",
    [
        "7 out of 10 yes idiot",
        "yes idiot",
        "7 yes i took 2 pills",
        "6 4 2 no idiot",
        "6 or 7",
        "yes 7 or 8",
        "7 or 8 yes",
        "7 or 8 out of 10, yes",
        "hi, 7 out of 10, yes",
        "7, yes i took 2 pills, 3 a day",
        "6 yes",
        "4 5",
        "7 today, 5 yesterday, yes a lot",
        "7 in the morning 5 at noon 3 at night, yes it varies",
        "7, since 3 weeks, yes",
    ],
)
def test_what_holds_no_yes_beside_several_answers_is_asked_about_as_ever(said: str) -> None:
    lines = check_in(said).play()
    assert answers(lines) == []
    assert GATE["en"] not in texts(lines)[-1]


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "6, 4, 2 good days, yes"), ("en", "6, 4, 2 and a half, yes"),
     ("da", "6 4 2 gode dage ja")],
)  # fmt: skip
def test_a_number_in_other_words_than_its_unit_is_not_taken(language: str, said: str) -> None:
    assert answers(check_in(said, language=language).play()) == []


def asked_in_one_message(said: str) -> Script:
    script = Path(__file__).parent / "scripts" / "en" / "one-message-check-in.txt"
    before, _, _ = script.read_text("utf-8").partition("6 4-5 2 0 n")
    return screenplay(before + said, "en")


def test_a_yes_with_an_outburst_is_taken_where_all_was_asked_in_one_message() -> None:
    lines = asked_in_one_message("6 4 2 0 yes idiot").play()
    assert answers(lines)[-1] == ("new-symptoms", "yes")
    assert "1/8" in texts(lines)[-1]


def test_with_another_number_the_sign_is_asked_about_before_the_rest() -> None:
    lines = asked_in_one_message("6 4 2 yes idiot").play()
    assert texts(lines)[-1].startswith(ONE_BY_ONE["en"])
    assert texts(lines)[-1].endswith(IS_YES["en"])


def test_a_no_before_the_numbers_is_not_taken_for_an_answer_and_nothing_is_kept() -> None:
    before = len(answers(asked_in_one_message("").play()))
    lines = asked_in_one_message("no 4 2 0 6").play()
    assert len(answers(lines)) == before
    assert texts(lines)[-1].startswith(ONE_BY_ONE["en"])


def test_one_answer_in_more_words_is_no_several() -> None:
    assert answers(check_in("yes 7 out of 10").play()) == [("pain", 7)]


# Edits


def edited(to: str, language: str = "en") -> Script:
    script = Script().enrol(channel="telegram", language=language).start(CHECK_IN)
    script.say(f"7 4 2 {NO[language]}", id="m1")
    return script.say(to, edits="m1")


@pytest.mark.parametrize(
    ("language", "to"), [("en", "7 4 2 yes idiot"), ("da", "7 4 2 ja for satan")]
)
def test_an_edit_to_a_yes_with_an_outburst_opens_the_questions_about_signs(
    language: str, to: str
) -> None:
    lines = edited(to, language).play()
    assert [e["code"] for e in entries(lines, "correction")] == ["yes"]
    assert "1/8" in texts(lines)[-1]


@pytest.mark.parametrize(
    ("language", "to"),
    [
        ("en", "7 4 2 maybe yes"),
        ("en", "7 4 maybe yes"),
        ("en", "7 4 yes"),
        ("da", "7 4 2 måske ja"),
        ("da", "7 4 ja"),
    ],
)
def test_an_edit_that_may_be_a_yes_asks_about_the_sign(language: str, to: str) -> None:
    script = edited(to, language)
    lines = script.play()
    assert entries(lines, "correction") == []
    assert GATE[language] in texts(lines)[-1]
    lines = script.say(YES[language]).play()
    assert [e["code"] for e in entries(lines, "correction")] == ["yes"]
    assert "1/8" in texts(lines)[-1]


@pytest.mark.parametrize(("language", "to"), [("en", "8 4 2 maybe yes"), ("da", "7 4 ja")])
def test_an_edit_that_comes_too_late_to_be_asked_about_is_said_to_be_unread(
    language: str, to: str
) -> None:
    script = Script().enrol(channel="telegram", language=language).start(CHECK_IN)
    script.say(f"7 4 2 {NO[language]}", id="m1").wait(hours=25).say(to, edits="m1")
    lines = script.play()
    assert entries(lines, "correction") == []
    unread = {"en": "I could not read the change.", "da": "Jeg kunne ikke læse rettelsen."}
    assert texts(lines)[-1].startswith(unread[language])


def test_the_other_answers_of_such_an_edit_are_corrected() -> None:
    lines = edited("7 5 2 maybe yes").play()
    assert [(e["item"], e["value"]) for e in entries(lines, "correction")] == [
        ("bothersome-days", 5)
    ]
    assert GATE["en"] in texts(lines)[-1]


def test_an_edit_that_may_be_a_yes_to_what_was_not_asked_yet_asks_about_the_sign() -> None:
    script = Script().enrol(channel="telegram").start(CHECK_IN).say("7", id="m1")
    lines = script.say("7 4 maybe yes", edits="m1").play()
    assert GATE["en"] in texts(lines)[-1]
    assert "1/8" in texts(script.say("yes").play())[-1]
