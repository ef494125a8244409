"""Enrolling by conversation: an hour and a day in the words of whoever is asked."""

from __future__ import annotations

from datetime import time

import pytest

from tests.bot.house import House
from trajectory import patients


@pytest.mark.parametrize(
    ("hour", "day", "chosen"),
    [
        ("klokken ni", "Wednesday please", (time(9), 2)),
        ("19:00 please", "onsdag", (time(19), 2)),
        ("nine", "ons", (time(9), 2)),
        ("B", "G", (time(12), 6)),
    ],
)
def test_an_hour_and_a_day_are_read_in_words_and_in_either_language(
    house: House, hour: str, day: str, chosen: tuple[time, int]
) -> None:
    ref = house.enrol(consented=False, name="")
    for words in ("english", "yes", "Birgit", hour, day):
        house.write(words)
    assert schedule(house, ref.patient_id) == chosen


def schedule(house: House, patient_id: int) -> tuple[time, int]:
    """The hour and the weekday that stand in the patient's profile."""
    with house.database.read() as connection:
        (row,) = patients.read(connection, {patient_id})
    profile = house.sealer(patient_id).open_json(patients.PROFILE, patient_id, row.profile)
    return time.fromisoformat(profile["hour"]), profile["weekday"]


@pytest.mark.parametrize("day", ["someday", "tirsdag kl 19", "2"])
def test_what_names_no_day_alone_is_asked_again(house: House, day: str) -> None:
    house.enrol(consented=False, name="")
    for words in ("english", "yes", "Birgit", "A", day):
        house.write(words)
    assert "choose a day" in house.said(house.outbox()[-1])


@pytest.mark.parametrize(
    ("language", "person"),
    [("english", "TALK TO A PERSON"), ("dansk", "TAL MED ET MENNESKE")],
)
def test_the_third_try_offers_a_person_once_and_the_question_stands(
    house: House, language: str, person: str
) -> None:
    ref = house.enrol(consented=False, name="")
    told = say(house, language, "yes", "Birgit", *["purple"] * 5)[3:]

    assert [person in text for text in told] == [False, False, True, True, True]
    assert len(told[2]) > len(told[3])
    assert all("19:30" in text for text in told)

    on_the_list = say(house, person.lower())[0]
    assert "Klinik Nord" in on_the_list
    say(house, "19", "G")
    assert schedule(house, ref.patient_id) == (time(19), 6)


def test_each_question_has_its_own_tries(house: House) -> None:
    house.enrol(consented=False, name="")
    told = say(house, "english", "yes", "Birgit", "purple", "purple", "19", "someday")

    assert "TALK TO A PERSON" not in "".join(told)


def test_who_names_no_language_is_offered_a_person_in_all(house: House) -> None:
    house.enrol(consented=False, name="")
    *_, third = say(house, "suomi", "suomi", "suomi")

    assert "TALK TO A PERSON" in third
    assert "TAL MED ET MENNESKE" in third


def say(house: House, *lines: str) -> list[str]:
    """What is answered to each of these messages."""
    answers = []
    for line in lines:
        house.write(line)
        house.settle()
        answers.append(house.telegram.sent[-1].text)
    return answers
