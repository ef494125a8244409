from __future__ import annotations

import pytest

from bot.phrases import Says, phrases
from templates.phrase_words import load_phrases

ANSWERS = [
    ("en", "I meant 4", Says.CORRECTION_OR_ANSWER, {"answer": "4"}),
    ("en", "no, 4", Says.CORRECTION_OR_ANSWER, {"answer": "4"}),
    ("en", "no more than 4", Says.NO_CORRECTION, {"words": "than 4"}),
    ("en", "no, more than 4", Says.CORRECTION_OR_ANSWER, {"answer": "more than 4"}),
    ("da", "nej hvor irriterende, 4", Says.NO_CORRECTION, {"words": "irriterende 4"}),
    ("da", "nej, hvor irriterende, 4", Says.CORRECTION_OR_ANSWER, {"answer": "hvor irriterende 4"}),
    ("en", "sorry I meant D", Says.CORRECTION, {"answer": "D"}),
    ("en", "make that 5", Says.CORRECTION_OR_ANSWER, {"answer": "5"}),
    ("en", "I said 6", Says.CORRECTION_OR_ANSWER, {"answer": "6"}),
    ("da", "jeg sagde 6", Says.CORRECTION_OR_ANSWER, {"answer": "6"}),
    ("da", "gør det til 5", Says.CORRECTION_OR_ANSWER, {"answer": "5"}),
    ("en", "it should be 4 not 6", Says.CORRECTION, {"answer": "4", "other": "6"}),
    ("en", "4 instead of 6", Says.CORRECTION, {"answer": "4", "other": "6"}),
    ("en", "change it to 4", Says.CORRECTION, {"answer": "4"}),
    ("da", "jeg mente 4", Says.CORRECTION_OR_ANSWER, {"answer": "4"}),
    ("da", "undskyld, D mente jeg", Says.CORRECTION, {"answer": "D"}),
    ("da", "4 i stedet for 6", Says.CORRECTION, {"answer": "4", "other": "6"}),
    ("da", "det skulle være 4", Says.CORRECTION, {"answer": "4"}),
    ("en", "jeg mente 4", Says.CORRECTION_OR_ANSWER, {"answer": "4"}),
    ("en", "she says 6", Says.HELPER, {"answer": "6"}),
    ("en", "Mum says B", Says.HELPER, {"answer": "B"}),
    ("en", "my wife: 6", Says.HELPER_NAMES, {"answer": "6"}),
    ("en", "her pain is 6", Says.HELPER, {"answer": "6"}),
    ("en", "this is her daughter, 6", Says.HELPER, {"answer": "6"}),
    ("en", "i am his wife. he has 6", Says.HELPER, {"answer": "6"}),
    ("en", "mum's pain is 6", Says.HELPER, {"answer": "6"}),
    ("en", "6 says mum", Says.HELPER, {"answer": "6"}),
    ("da", "hendes smerte er 6", Says.HELPER, {"answer": "6"}),
    ("da", "6 siger mor", Says.HELPER, {"answer": "6"}),
    ("da", "hun siger 6", Says.HELPER, {"answer": "6"}),
    ("da", "mor siger 6", Says.HELPER, {"answer": "6"}),
    ("da", "svarer for mor: 4", Says.HELPER, {"answer": "4"}),
]
OTHERS = [
    ("en", "not me", Says.NOT_ME),
    ("en", "Wrong number!", Says.NOT_ME),
    ("en", "you have the wrong number", Says.NOT_ME),
    ("en", "it's not me", Says.NOT_ME),
    ("da", "forkert nummer", Says.NOT_ME),
    ("da", "det er ikke mig", Says.NOT_ME),
    ("da", "du har forkert nummer", Says.NOT_ME),
    ("en", "mother has died", Says.DIED),
    ("en", "my husband died yesterday", Says.DIED),
    ("en", "Birgit is dead", Says.DIED),
    ("en", "Birgit died on monday", Says.DIED),
    ("en", "Birgit Hansen has passed away", Says.DIED),
    ("en", "my mum passed away on monday", Says.DIED),
    ("en", "the patient is deceased", Says.DIED),
    ("en", "we buried her yesterday", Says.DIED),
    ("en", "who is birgit?", Says.NOT_ME),
    ("da", "Birgit døde i mandags", Says.DIED),
    ("da", "patienten er afgået ved døden", Says.DIED),
    ("da", "vi begravede hende i går", Says.DIED),
    ("da", "hvem er birgit?", Says.NOT_ME),
    ("da", "mor er død", Says.DIED),
    ("en", "it is me", Says.ME),
    ("da", "det er mig", Says.ME),
    ("da", "min mand er gået bort", Says.DIED),
]
NEITHER = [
    "6", "C", "yes", "wrong", "me", "nej", "my back", "my leg is numb",
    "jeg har ondt", "7ish, can i run", "",
]  # fmt: skip


@pytest.mark.parametrize(("language", "text", "says", "slots"), ANSWERS)
def test_what_is_said_about_an_answer(
    language: str, text: str, says: Says, slots: dict[str, str]
) -> None:
    first = next(phrases(text, language))

    assert (first.says, dict(first.slots)) == (says, slots)


@pytest.mark.parametrize(("language", "text", "says"), OTHERS)
def test_what_is_said_about_who_writes(language: str, text: str, says: Says) -> None:
    assert says in [phrase.says for phrase in phrases(text, language)]


@pytest.mark.parametrize("text", NEITHER)
def test_what_is_an_answer_or_a_remark(text: str) -> None:
    assert list(phrases(text, "en")) == []


def test_a_long_message_is_more_than_a_phrase() -> None:
    assert list(phrases("I meant " + "4 " * 100, "en")) == []


def test_every_language_says_the_same_things() -> None:
    assert {language: set(found) for language, found in load_phrases().items()} == {
        language: set(Says) for language in load_phrases()
    }
