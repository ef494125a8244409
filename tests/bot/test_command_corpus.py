"""Messages in patients' words, each with the command that it is: tests/corpus/commands.

About every third is held, chosen by its checksum: whoever writes patterns looks at the others
only. Both halves are measured.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

import pytest

from bot.commands import STOP, recognise
from bot.guessing import guess
from flows import yaml_text

CORPUS = Path(__file__).parent.parent / "corpus"
LANGUAGES = ("da", "en")
NONE = "none"


@dataclass(frozen=True)
class Example:
    """One message; `misspelt`: the command may only be asked about."""

    language: str
    say: str
    means: str
    misspelt: bool
    held: bool


def examples(language: str) -> list[Example]:
    """The corpus of a language, in its order."""
    data = yaml_text.load((CORPUS / "commands" / f"{language}.yaml").read_text("utf-8"))
    found = [(say, NONE, False) for say in data.pop(NONE)]
    for name, kinds in data.items():
        found += [(say, name, False) for say in kinds["plain"]]
        found += [(say, name, True) for say in kinds["misspelt"]]
    return [Example(language, *each, held=crc32(each[0].encode()) % 3 == 0) for each in found]


def meant(example: Example) -> str:
    """What is done with the message, or asked about; of a misspelt one nothing may be done."""
    command = recognise(example.say, example.language)
    if command is not None:
        return command.name
    supposed = guess(example.say, example.language)
    if supposed is None:
        return NONE
    return supposed.command.name if example.misspelt else f"{supposed.command.name}?"


EXAMPLES = [example for language in LANGUAGES for example in examples(language)]
HALVES = [(language, held) for language in LANGUAGES for held in (False, True)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_corpus_is_large_enough_to_measure_with(language: str) -> None:
    own = [example for example in EXAMPLES if example.language == language]

    assert len(own) >= 150
    assert len({example.say for example in own}) == len(own)
    assert sum(example.means == NONE for example in own) >= 50


@pytest.mark.parametrize(("language", "held"), HALVES)
def test_nothing_that_only_looks_like_a_command_is_taken_or_supposed_one(
    language: str, held: bool
) -> None:
    own = [e for e in EXAMPLES if (e.language, e.held, e.means) == (language, held, NONE)]

    assert own
    assert [(e.say, meant(e)) for e in own if meant(e) != NONE] == []


@pytest.mark.parametrize(("language", "held"), HALVES)
def test_every_wish_to_stop_is_heard(language: str, held: bool) -> None:
    own = [e for e in EXAMPLES if (e.language, e.held, e.means) == (language, held, STOP)]

    assert own
    assert [(e.say, meant(e)) for e in own if meant(e) != STOP] == []


@pytest.mark.parametrize(("language", "held"), HALVES)
def test_at_least_95_of_100_commands_are_understood_and_none_as_another(
    language: str, held: bool
) -> None:
    own = [e for e in EXAMPLES if (e.language, e.held) == (language, held) and e.means != NONE]
    wrong = [(e.say, meant(e)) for e in own if meant(e) != e.means]

    assert [each for each in wrong if each[1] != NONE] == []
    assert len(wrong) <= len(own) // 20, wrong


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_misspelt_command_is_never_simply_done(language: str) -> None:
    misspelt = [e for e in EXAMPLES if e.language == language and e.misspelt]

    assert [e.say for e in misspelt if recognise(e.say, language) is not None] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_wish_to_stop_beside_a_warning_sign_is_heard(language: str) -> None:
    texts = yaml_text.load((CORPUS / "red-flags" / f"{language}.yaml").read_text("utf-8"))
    stopping = [text["say"] for text in texts if text.get("stop")]

    commands = [recognise(say, language) for say in stopping]

    assert stopping
    assert [c is not None and c.name == STOP for c in commands] == [True] * len(stopping)
