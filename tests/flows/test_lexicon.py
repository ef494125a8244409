from __future__ import annotations

import pytest

from flows.errors import DefinitionError
from flows.lexicon import Lexicon, Sense, lexicons
from flows.reading import Understood, read
from tests.flows.samples import FLOWS, NUMB, PAIN, languages


def test_every_shipped_language_knows_all_senses_and_the_numbers_to_31() -> None:
    assert sorted(languages()) == ["da", "en"]
    for file in (FLOWS / "languages").glob("*.yaml"):
        own = Lexicon.read(file.read_text(encoding="utf-8"), file.name)
        numbers = {m.value for m in own.phrases.values() if Sense.NUMBER in m.senses}
        assert numbers >= set(range(32))
        senses = {sense for meaning in own.phrases.values() for sense in meaning.senses}
        assert senses | {Sense.ARTICLE} == set(Sense)


def test_a_new_language_is_data_only() -> None:
    swedish = 'language: sv\nnumbers: {"7": [sju]}\nhedges: [ungefär]\n"yes": [ja]\n'
    lexicon = Lexicon.read(swedish, "sv.yaml")
    assert read(PAIN, "ungefär sju", lexicon) == Understood(7)
    assert read(NUMB, "ja", lexicon) == Understood(None, "yes")


def test_a_patient_may_switch_languages() -> None:
    for lexicon in languages().values():
        assert read(PAIN, "about syv tak", lexicon) == Understood(7)


def test_a_number_word_of_another_language_gives_way() -> None:
    files = {
        "en.yaml": 'language: en\nnumbers: {"4": [four]}',
        "da.yaml": 'language: da\nnumbers: {"4": [fire]}',
    }
    english, danish = lexicons(files)["en"], lexicons(files)["da"]
    assert [token.weak for token in english.tokens("four fire")] == [False, True]
    assert [token.weak for token in danish.tokens("four fire")] == [True, False]


def test_the_longest_phrase_wins() -> None:
    (token,) = languages()["en"].tokens("Every-single   DAY")
    assert token.text == "every single day"
    assert token.means(Sense.EVERY_DAY)


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("hedges: [about]", 1, "'language' is missing"),
        ("language: en\nhedges: about", 2, "list"),
        ("language: en\nhedgehogs: [about]", 2, "hedgehogs"),
        ("language: en\nnumbers: {seven: [seven]}", 2, "seven"),
        ('language: en\nnumbers: {"-1": [minus]}', 2, "-1"),
        ('language: en\n"yes": ["..."]', 2, "no word"),
        ("language: en\nhedges: [[", 2, "not YAML"),
    ],
)
def test_a_wrong_language_file_is_refused_with_its_line(text: str, line: int, reason: str) -> None:
    with pytest.raises(DefinitionError, match=reason) as refused:
        Lexicon.read(text, "en.yaml")
    assert (refused.value.file, refused.value.line) == ("en.yaml", line)
