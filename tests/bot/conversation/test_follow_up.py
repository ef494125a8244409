"""After an emergency: what patients say of it before and after they are asked."""

from __future__ import annotations

import pytest

from bot.segments import segments
from tests.bot.house import House
from trajectory import cases
from trajectory.cases import Kind

SIGNS = {"en": "I cant feel when I pee", "da": "jeg kan ikke mærke når jeg tisser"}
ASKED = {"en": "Has a doctor looked at it?", "da": "Har en læge set på det?"}
SEEN = [
    ("en", "I am in hospital now"), ("en", "I have been admitted"),
    ("en", "the doctor says it is fine"), ("da", "jeg er indlagt"),
    ("da", "jeg er på hospitalet nu"), ("da", "lægen siger det er fint"),
]  # fmt: skip
MISTAKEN = [
    ("en", "it was a mistake"), ("en", "I wrote it wrong"), ("en", "sorry, that was a typo"),
    ("da", "jeg skrev forkert"), ("da", "det var en fejl"),
]  # fmt: skip
RANG = [
    ("en", "I did ring them"), ("en", "I've called 112"), ("da", "jeg har ringet"),
    ("da", "jeg har ringet til lægevagten"),
]  # fmt: skip


def after_an_emergency(house: House, language: str, said: str, *, hours: float = 0) -> list[str]:
    """What this is answered with, so long after the sign."""
    house.enrol(language=language)
    house.write(SIGNS[language])
    house.settle()
    if hours:
        house.wait(hours=hours)
    before = len(house.telegram.sent)
    house.write(said)
    house.settle()
    return house.telegram.texts()[before:]


@pytest.mark.parametrize(("language", "said"), SEEN + MISTAKEN)
def test_whoever_says_how_it_stands_is_asked_at_once(
    light_house: House, language: str, said: str
) -> None:
    (told,) = after_an_emergency(light_house, language, said)
    assert told.startswith(ASKED[language])
    labels = [each.label for each in light_house.telegram.sent[-1].parcel.rendered.buttons]
    assert len(labels) == 3


@pytest.mark.parametrize(
    ("language", "said", "answer"),
    [(*each, "seen") for each in SEEN] + [(*each, "mistake") for each in MISTAKEN],
)
def test_the_same_words_answer_the_question(
    light_house: House, language: str, said: str, answer: str
) -> None:
    (told,) = after_an_emergency(light_house, language, said, hours=3.1)
    assert ("mistake" in told or "fejl" in told) is (answer == "mistake")
    with light_house.database.read() as connection:
        assert [case.kind for case in cases.listed(connection)] == []


@pytest.mark.parametrize(("language", "said"), RANG)
def test_whoever_rang_is_not_told_once_more_to_ring(
    light_house: House, language: str, said: str
) -> None:
    (told,) = after_an_emergency(light_house, language, said)
    assert told.startswith(("Good that you rang", "Godt, at du har ringet"))
    assert segments(told) == 1


@pytest.mark.parametrize(("language", "said"), RANG)
def test_whoever_rang_is_still_asked_whether_a_doctor_has_looked(
    light_house: House, language: str, said: str
) -> None:
    (told,) = after_an_emergency(light_house, language, said, hours=3.1)
    assert told.splitlines()[0] in ("Good that you rang.", "Godt, at du har ringet.")
    assert ASKED[language] in told


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "they are taking me to hospital"), ("en", "the nurse says it is fine"),
        ("da", "jeg er på vej på hospitalet"), ("en", "was it a mistake to wait?"),
        ("en", "I did not ring them"), ("da", "jeg har ikke ringet"),
    ],
)  # fmt: skip
def test_less_than_that_is_told_again_what_to_do(
    light_house: House, language: str, said: str
) -> None:
    (told,) = after_an_emergency(light_house, language, said)
    assert told.startswith(("Call 112 NOW", "Ring 112 NU"))


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "I'd rather talk to a real person"), ("en", "call me"), ("da", "ring mig op"),
        ("da", "jeg vil hellere tale med et rigtigt menneske"),
    ],
)  # fmt: skip
def test_a_person_is_to_be_had_in_that_state(light_house: House, language: str, said: str) -> None:
    (told,) = after_an_emergency(light_house, language, said)
    assert "Klinik Nord" in told
    with light_house.database.read() as connection:
        assert Kind.PERSON in [case.kind for case in cases.listed(connection)]
