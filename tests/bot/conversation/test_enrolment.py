"""Enrolling by conversation: an hour and a day in the words of whoever is asked."""

from __future__ import annotations

from datetime import time

import pytest

from tests.bot.house import House
from trajectory import cases, patients
from trajectory.cases import Kind


@pytest.mark.parametrize(
    ("hour", "day", "chosen"),
    [
        ("klokken ni", "Wednesday please", (time(9), 2)),
        ("19:00 please", "onsdag", (time(19), 2)),
        ("nine", "ons", (time(9), 2)),
        ("B", "G", (time(12), 6)),
        ("klokken halv otte", "Mondays I suppose", (time(19, 30), 0)),
        ("around half past seven in the evening", "tirsdage tror jeg", (time(19, 30), 1)),
        ("around seven thirty in the evening", "Monday", (time(19, 30), 0)),
        ("about 7 pm", "i guess monday", (time(19), 0)),
        ("omkring kl 19", "A: Monday", (time(19), 0)),
        ("18 i suppose", "Mondays", (time(18), 0)),
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


@pytest.mark.parametrize(
    "said", ["my next visit is 31 April at 10 with Anne", "10:30", "407", "40711", "four"]
)
def test_a_sentence_with_digits_in_it_chooses_no_code(house: House, said: str) -> None:
    house.enrol(consented=False, name="")
    say(house, "english", "yes", "Birgit", "19", "monday")

    assert "exactly four digits" in say(house, said)[0]
    assert "You are set up" in say(house, "it's 40 71.")[0]


def test_who_names_no_language_is_offered_a_person_in_all(house: House) -> None:
    house.enrol(consented=False, name="")
    *_, third = say(house, "suomi", "suomi", "suomi")

    assert "TALK TO A PERSON" in third
    assert "TAL MED ET MENNESKE" in third


AGREED = {
    "english": [
        "A: Yes, I agree", "Yes, I agree", "I agree", "agree", "jeg er enig", "yes I do", "ok",
        "that's fine", "it is all right with me", "fine by me", "I accept", "yes you may",
        "det er i orden",
    ],
    "dansk": [
        "A: Ja, det er i orden", "det er i orden", "i orden", "jeg er enig", "enig", "I agree",
        "ja det må I gerne", "ja gerne", "det er fint", "jeg giver samtykke", "okay",
    ],
}  # fmt: skip
DECLINED = {
    "english": [
        "B: No, thank you", "I don't agree", "no I dont agree", "disagree", "that is not ok",
        "it's not all right with me", "det er ikke i orden",
    ],
    "dansk": ["B: Nej tak", "jeg er ikke enig", "uenig", "det er ikke i orden", "det må I ikke"],
}  # fmt: skip


def asked_for_consent(house: House, language: str, reply: str) -> list[str]:
    """The kinds of entries after this reply to the question of consent."""
    ref = house.enrol(consented=False, name="")
    say(house, language, reply)
    return [entry.kind for entry in house.timeline(ref.patient_id)]


@pytest.mark.parametrize(
    ("language", "reply"), [(language, each) for language in AGREED for each in AGREED[language]]
)
def test_consent_takes_its_own_label_and_other_words_for_it(
    light_house: House, language: str, reply: str
) -> None:
    assert asked_for_consent(light_house, language, reply) == ["consent"]


@pytest.mark.parametrize(
    ("language", "reply"),
    [(language, each) for language in DECLINED for each in DECLINED[language]],
)
def test_whoever_does_not_agree_is_asked_nothing(
    light_house: House, language: str, reply: str
) -> None:
    assert asked_for_consent(light_house, language, reply) == []
    assert "START" in light_house.telegram.sent[-1].text


@pytest.mark.parametrize("reply", ["maybe", "måske", "yes but who reads it?", "agree or not?"])
def test_consent_in_doubt_is_none(light_house: House, reply: str) -> None:
    assert asked_for_consent(light_house, "english", reply) == []
    assert "may I ask you short questions" in light_house.telegram.sent[-1].text


def test_whoever_cannot_say_yes_or_no_gets_a_person_at_the_third_try(light_house: House) -> None:
    light_house.enrol(consented=False, name="")
    *_, third = say(light_house, "english", "hm", "maybe", "perhaps")
    assert "TALK TO A PERSON" in third
    say(light_house, "talk to a person")
    with light_house.database.read() as connection:
        assert [case.kind for case in cases.listed(connection)] == [Kind.PERSON]


@pytest.mark.parametrize(
    ("reply", "asked"),
    [
        ("English", "Is that all right"), ("A: English", "Is that all right"),
        ("English please", "Is that all right"), ("in english", "Is that all right"),
        ("engelsk", "Is that all right"), ("B: Dansk", "Er det i orden"),
        ("dansk tak", "Er det i orden"), ("danish", "Er det i orden"),
        ("på dansk", "Er det i orden"),
    ],
)  # fmt: skip
def test_a_language_is_named_in_any_language(light_house: House, reply: str, asked: str) -> None:
    light_house.enrol(consented=False, name="")
    assert asked in say(light_house, reply)[0]


def say(house: House, *lines: str) -> list[str]:
    """What is answered to each of these messages."""
    answers = []
    for line in lines:
        house.write(line)
        house.settle()
        answers.append(house.telegram.sent[-1].text)
    return answers
