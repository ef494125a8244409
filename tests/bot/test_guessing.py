from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.commands import recognise
from bot.guessing import guess
from templates.command_words import load_command_words

LANGUAGES = sorted(load_command_words())


@pytest.mark.parametrize(
    ("language", "text", "name", "words"),
    [
        ("en", "send my sumary to my physio", "send", "send my summary to my physio"),
        ("en", "ask me latter", "later", "ask me later"),
        ("en", "sumary!", "progress", "summary"),
        ("da", "vis mine restultater", "progress", "vis mine resultater"),
        ("da", "hjæpl", "help", "hjælp"),
        ("da", "slet mine oplysniger", "delete", "slet mine oplysninger"),
    ],
)
def test_a_misspelt_command_is_supposed_in_its_right_words(
    language: str, text: str, name: str, words: str
) -> None:
    supposed = guess(text, language)

    assert supposed is not None
    assert (supposed.command.name, supposed.words) == (name, words)


def test_only_the_misspelt_word_is_mended_and_the_rest_stays_as_written() -> None:
    supposed = guess("send my sumary to Anne Brg until June", "en")

    assert supposed is not None
    assert dict(supposed.command.slots) == {"whom": "Anne Brg", "until": "until June"}


@pytest.mark.parametrize(
    "text",
    ["hej", "nej", "hey", "stat", "top", "shop", "hlep", "sned my summary", "bakc", "yse", "stpp"],
)
def test_words_of_four_letters_must_be_right(text: str) -> None:
    assert guess(text, "en") is None


@pytest.mark.parametrize("text", ["water", "where", "sharp", "starts", "latest", "pauser"])
def test_words_of_their_own_are_no_misspelt_command(text: str) -> None:
    assert guess(text, "en") is None


@pytest.mark.parametrize("text", ["", " ", "?", "👍", "7", "1" * 500, "sumary " * 50])
def test_what_cannot_be_a_command_is_not_supposed_one(text: str) -> None:
    assert guess(text, "en") is None


@given(st.text(max_size=60), st.sampled_from(LANGUAGES))
def test_what_is_supposed_is_a_command_in_its_mended_words(text: str, language: str) -> None:
    supposed = guess(text, language)

    assert supposed is None or recognise(supposed.words, language) == supposed.command
