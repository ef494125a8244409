"""What is said to a reply that is no answer: the question that it is about is named."""

from __future__ import annotations

import pytest

from tests.bot.house import House


def begin(house: House, flow: str, *answers: str, language: str = "en") -> list[str]:
    """The patient is in the midst of it; what was said to each answer."""
    ref = house.enrol(language=language)
    house.ask(ref.patient_id, flow)
    told = []
    for answer in answers:
        house.write(answer)
        house.settle()
        told.append(house.telegram.sent[-1].text)
    return told


@pytest.mark.parametrize(
    ("language", "no", "correction", "question"),
    [
        ("en", "no", "question 2 should be agree", "numb around the genitals"),
        ("en", "no", "I meant A for question 2", "numb around the genitals"),
        ("en", "no", "change question 1 to maybe", "hardly control or feel it"),
        ("da", "nej", "spørgsmål 2 skulle være enig", "følelsesløs omkring kønsdelene"),
    ],
)
def test_a_correction_that_cannot_be_read_shows_the_question_that_it_leads_to(
    light_house: House, language: str, no: str, correction: str, question: str
) -> None:
    told = begin(light_house, "red-flags", no, no, no, correction, language=language)
    assert question in told[-1]


def test_what_is_asked_back_about_an_earlier_answer_names_it(light_house: House) -> None:
    told = begin(light_house, "start-back", "agree", "disagree", "question 2 should be yes and no")
    assert told[-1].startswith("Shoulder or neck.")


@pytest.mark.parametrize("letter", ["A", "a", "A)", "sorry, A i meant", "question 1 should be A"])
def test_a_letter_never_raises_a_flag(light_house: House, letter: str) -> None:
    told = begin(light_house, "red-flags", "no", letter)
    assert "112" not in told[-1]


@pytest.mark.parametrize(
    ("language", "asked"),
    [
        ("en", "what is this for?"),
        ("en", "What's this about?"),
        ("en", "why do you ask?"),
        ("da", "hvorfor spørger du?"),
        ("da", "hvad er det her til?"),
        ("da", "hvad handler det om?"),
    ],
)
@pytest.mark.parametrize("flow", ["weekly-check-in", "safety-gate"])
def test_who_asks_what_it_is_about_is_not_told_that_nobody_understands(
    light_house: House, language: str, asked: str, flow: str
) -> None:
    told = begin(light_house, flow, "kjh", asked, language=language)
    kept = {"en": "I cannot answer that, but it is kept", "da": "Det kan jeg ikke svare på, men"}
    assert told[-1].startswith(kept[language])
