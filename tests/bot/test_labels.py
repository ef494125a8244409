"""The pages call questions and answers what the definitions call them."""

from __future__ import annotations

import pytest

from bot.labels import labels
from tests.bot.practice import LIBRARY


@pytest.mark.parametrize("language", ["en", "da"])
def test_every_option_can_be_named(language: str) -> None:
    words = labels(LIBRARY, language)
    for flow in LIBRARY.flows.values():
        assert words[flow.id] == flow.title[language]
        for item in flow.items:
            for option in item.options:
                assert words[f"{flow.id}/{item.id}/{option.id}"] == option.text[language]


def test_a_language_without_words_has_no_labels() -> None:
    assert labels(LIBRARY, "xx") == {}
