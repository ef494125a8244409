"""A text of consent does not change without its version: what was agreed to stays known."""

from __future__ import annotations

import re

import pytest

from templates.catalogue import load_catalogues
from templates.consents import hash_of, load_consents

LANGUAGES = ("da", "en")


@pytest.mark.parametrize("question", load_consents())
def test_the_text_is_the_one_that_its_version_names(question: str) -> None:
    text = load_consents()[question]
    assert {each: hash_of(text, each) for each in LANGUAGES} == text.hashes, (
        "the words have changed: raise `version` in templates/consents.yaml if they say something "
        "new, and write these hashes there"
    )
    assert re.fullmatch(r"20\d\d-\d\d(-\d\d)?", text.version)


def test_research_is_asked_by_itself() -> None:
    (question,) = [each for each in load_consents().values() if "research" in each.purposes]
    assert question.purposes == ("research",)


def test_every_purpose_is_asked_and_has_a_name_in_every_language() -> None:
    asked = [purpose for each in load_consents().values() for purpose in each.purposes]
    assert sorted(set(asked)) == ["alert", "remind", "research", "share", "store"]
    for language in LANGUAGES:
        words = load_catalogues("messages")[language]
        assert all(words.has(f"consent.purpose.{purpose}") for purpose in asked)
