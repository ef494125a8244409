"""A helper says that they write, and the patient takes the phone back."""

from __future__ import annotations

import pytest

from bot.segments import segments
from tests.backtrace.replay.playing import Line, Script, entries, texts

THANKS = {"en": "Thank you for helping.", "da": "Tak, fordi du hjælper."}
AGAIN = {"en": "Good, it is you again.", "da": "Godt, så er det dig igen."}
MUM = {"en": "my mum has a fever", "da": "min mor har feber"}
DAUGHTER = {"en": "it is her daughter writing", "da": "det er hendes datter, der skriver"}
HELPERS = [
    ("en", "it is her daughter writing"),
    ("en", "This is Birgit's son"),
    ("en", "daughter here"),
    ("en", "I am writing for my mum"),
    ("en", "my husband is typing for me"),
    ("da", "det er hendes datter, der skriver"),
    ("da", "det er Birgits søn"),
    ("da", "datteren her"),
    ("da", "jeg skriver for min mor"),
    ("da", "min mand skriver for mig"),
]
PATIENTS = [
    ("en", "I am the patient again"),
    ("en", "it's me again, Birgit"),
    ("en", "it's me"),
    ("en", "me again"),
    ("en", "no, it's me"),
    ("da", "nej, det er mig"),
    ("da", "mig igen"),
    ("en", "this is Birgit again"),
    ("en", "I'm writing myself again"),
    ("en", "ok now I'm writing myself"),
    ("en", "it's Birgit"),
    ("en", "I'm Birgit"),
    ("en", "hi, Birgit here"),
    ("da", "det er Birgit"),
    ("da", "nu er det Birgit"),
    ("da", "hej, Birgit her igen"),
    ("da", "ok så skriver jeg selv"),
    ("da", "det er mig selv igen"),
    ("da", "det er mig igen, Birgit"),
    ("da", "nu er det mig igen"),
    ("da", "det er Birgit selv"),
    ("da", "nu skriver jeg selv"),
]


def check_in(language: str, *said: str) -> Script:
    return Script().enrol(language=language).start("weekly-check-in").say(*said)


def authors(lines: list[Line]) -> list[str]:
    return [each.get("author", "patient") for each in entries(lines, "answer")]


@pytest.mark.parametrize(("language", "said"), HELPERS)
def test_what_a_helper_answers_who_said_so_is_marked(language: str, said: str) -> None:
    script = check_in(language, said)
    told = texts(script.play())[-1]
    assert told.startswith(THANKS[language])
    assert "1/4" in told
    assert authors(script.say("6", "4").play()) == ["helper", "helper"]


@pytest.mark.parametrize(("hours", "author"), [(3, "helper"), (25, "patient")])
def test_what_is_asked_later_is_the_helpers_for_a_day(hours: int, author: str) -> None:
    script = Script().enrol().say(DAUGHTER["en"]).wait(hours=hours).start("weekly-check-in")
    assert authors(script.say("6").play()) == [author]


def test_what_is_asked_after_the_patient_is_back_is_their_own() -> None:
    script = Script().enrol().say(DAUGHTER["en"], "it's me again").start("weekly-check-in")
    assert authors(script.say("6").play()) == ["patient"]


@pytest.mark.parametrize(("language", "said"), PATIENTS)
def test_the_patient_takes_the_phone_back(language: str, said: str) -> None:
    script = check_in(language, DAUGHTER[language], "6", said)
    told = texts(script.play())[-1]
    assert told.startswith(AGAIN[language])
    assert "2/4" in told
    lines = script.say("4", MUM[language]).play()
    assert authors(lines) == ["helper", "patient"]
    assert entries(lines, "red-flag") == []


@pytest.mark.parametrize(("language", "said"), PATIENTS)
def test_a_relative_is_somebody_else_again_where_no_questionnaire_is_open(
    language: str, said: str
) -> None:
    script = Script().enrol(language=language).say(DAUGHTER[language], said, MUM[language])
    assert entries(script.play(), "red-flag") == []


@pytest.mark.parametrize("language", ["en", "da"])
def test_as_long_as_the_patient_is_not_back_the_relative_is_the_patient(language: str) -> None:
    script = Script().enrol(language=language).say(DAUGHTER[language], MUM[language])
    (flag,) = entries(script.play(), "red-flag")
    assert (flag["item"], flag.get("author")) == ("fever-unwell", "helper")


@pytest.mark.parametrize("said", ["it's me again, 6", "it is me and my leg has become weak"])
def test_what_else_the_patient_says_is_taken_as_usual(said: str) -> None:
    script = check_in("en", DAUGHTER["en"], said)
    told = texts(script.play())[-1]
    assert not told.startswith(AGAIN["en"])
    if "weak" in said:
        assert [each.get("author", "patient") for each in entries(script.play(), "red-flag")] == [
            "patient"
        ]
    else:
        assert authors(script.say("yes").play()) == ["patient"]


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "it is me, her husband"),
        ("en", "it's me again, Birgit's daughter"),
        ("en", "it's me who writes for her"),
        ("da", "det er mig, hendes mand"),
        ("da", "det er mig, datteren"),
        ("da", "det er mig igen, Birgits søn"),
        ("da", "det er mig, der skriver for hende"),
    ],
)
def test_me_may_be_the_helper_still(language: str, said: str) -> None:
    script = check_in(language, DAUGHTER[language], "6", said)
    assert texts(script.play())[-1].startswith(THANKS[language])
    assert authors(script.say("4").play()) == ["helper", "helper"]


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "it's her daughter, 6"),
        ("en", "This is Birgit's carer, 6"),
        ("en", "hi, it is her neighbour, she says 6"),
        ("da", "det er hendes svigerdatter, 6"),
        ("da", "det er Birgits nabo, 6"),
    ],
)
def test_an_answer_behind_who_writes_is_the_helpers(language: str, said: str) -> None:
    script = check_in(language, said)
    assert authors(script.play()) == []
    yes = {"en": "yes", "da": "ja"}[language]
    assert authors(script.say(yes).play()) == ["helper"]


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "it's Anna"), ("en", "it is bad"), ("en", "I'm tired"), ("da", "det er Anna"),
     ("da", "jeg er træt")],
)  # fmt: skip
def test_another_name_leaves_the_helper_writing(language: str, said: str) -> None:
    script = check_in(language, DAUGHTER[language], "6", said)
    assert not texts(script.play())[-1].startswith(AGAIN[language])
    assert authors(script.say("4").play()) == ["helper", "helper"]


@pytest.mark.parametrize("said", ["it is Anna's daughter", "this is Anna again", "it's me again"])
def test_without_a_helper_or_with_another_name_it_is_no_change(said: str) -> None:
    told = texts(check_in("en", said).play())[-1]
    assert not told.startswith((AGAIN["en"], THANKS["en"]))


def test_asked_whether_a_helper_answers_it_is_the_answer() -> None:
    script = check_in("en", "she says 6", "I am the patient again")
    assert authors(script.play()) == []
    script = check_in("en", "she says 6", "I am writing for her")
    assert authors(script.play()) == ["helper"]
    assert "2/4" in texts(check_in("en", "she says 6", "it is 7").play())[-1]


def test_in_an_emergency_nothing_stands_before_what_to_do() -> None:
    script = Script().enrol().say("daughter here, mum can't pee", "it is her daughter writing")
    assert texts(script.play())[-1].startswith("Call 112 NOW")


@pytest.mark.parametrize("language", ["en", "da"])
def test_each_is_short(language: str) -> None:
    script = Script().enrol(language=language).say(DAUGHTER[language])
    assert segments(texts(script.play())[-1]) == 1
