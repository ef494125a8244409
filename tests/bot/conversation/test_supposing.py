"""A day or an hour that comes where an answer is awaited changes nothing unasked."""

from __future__ import annotations

import pytest

from tests.bot.house import House
from trajectory import cases
from trajectory.cases import Kind
from trajectory.patients import PatientRef


@pytest.fixture
def asked(house: House) -> PatientRef:
    """The first question of the check-in waits: pain, 0 to 10."""
    birgit = house.enrol()
    house.ask(birgit.patient_id)
    return birgit


def say(house: House, *lines: str) -> str:
    """The patient writes; the last thing that is answered."""
    for line in lines:
        house.write(line)
        house.settle()
    return house.telegram.sent[-1].text


def unclear(house: House) -> list[Kind]:
    with house.database.read() as connection:
        return [case.kind for case in cases.listed(connection)]


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("at night 8", "20:00"),
        ("kl 7", "19:00"),
        ("kl 18", "18:00"),
        ("mondays", "Monday"),
        ("mondays at 19", "Monday 19:00"),
    ],
)
def test_it_is_asked_about_where_a_question_waits(
    house: House, asked: PatientRef, text: str, meant: str
) -> None:
    answer = say(house, text)

    assert answer.startswith(f"Shall I change the time of my questions to: {meant}?")
    assert "I ask at" not in answer


def test_a_yes_changes_it_and_the_question_comes_again(house: House, asked: PatientRef) -> None:
    answer = say(house, "kl 7", "yes")

    assert answer.startswith("All right. I ask at 19:00")
    assert "1/4" in answer


def test_a_number_then_answers_the_question(house: House, asked: PatientRef) -> None:
    answer = say(house, "at night 8", "8")

    assert "2/4" in answer
    assert [value for _, value in house.answers(asked.patient_id)] == [8]


def test_a_no_leaves_the_time_and_says_what_would_be_an_answer(
    house: House, asked: PatientRef
) -> None:
    answer = say(house, "kl 7", "no")

    assert "I ask at" not in answer
    assert "10" in answer


@pytest.mark.parametrize(
    ("language", "misread", "no", "hint", "way_out"),
    [
        ("en", "send my sumary", "no", "Please answer with a whole number", "SKIP or LATER"),
        ("da", "vis mine restultater", "nej", "Svar med et helt tal", "SPRING OVER eller SENERE"),
    ],
)
def test_a_no_to_what_we_thought_was_meant_is_no_failed_try(
    house: House, language: str, misread: str, no: str, hint: str, way_out: str
) -> None:
    house.ask(house.enrol(language=language).patient_id)

    for _ in range(3):
        assert hint in say(house, misread, no)
    say(house, "hm hm", "hm hm")
    assert hint in say(house, misread, no)
    assert unclear(house) == []

    assert way_out in say(house, "hm hm")
    assert unclear(house) == [Kind.NOT_UNDERSTOOD]


@pytest.mark.parametrize("text", ["ask me at 19", "change time to 19", "spørg mig kl. 19"])
def test_a_sentence_that_says_so_is_done_at_once(
    house: House, asked: PatientRef, text: str
) -> None:
    assert say(house, text).startswith("All right. I ask at 19:00")


def test_a_task_that_waits_is_not_left_for_it(house: House) -> None:
    house.enrol()

    say(house, "send my summary to my physio", "Anne Berg", "anne@clinic.dk")

    assert "Shall I change" not in say(house, "at 9")
    assert house.telegram.sent[-1].text.startswith("Please choose one of these.")
