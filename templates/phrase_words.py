"""What people say about an answer, or about who they are: patterns by language, as data."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from flows import yaml_text

Phrases = Mapping[str, tuple[str, ...]]
"""Patterns by what they say."""


class Places(NamedTuple):
    """How a question is named by its place, in all languages: patients switch."""

    ordinals: Mapping[str, int]
    """Places by word, 1 the first and -1 the last."""
    questions: frozenset[str]
    padding: frozenset[str]
    """Words that name nothing, among them those for a question."""


@cache
def load_phrases() -> Mapping[str, Phrases]:
    """Every language that the package has a file for, in alphabetical order."""
    return {
        language: {says: tuple(map(str, each)) for says, each in data["phrases"].items()}
        for language, data in _files().items()
    }


@cache
def load_places() -> Places:
    """The words for places."""
    parts = [data["places"] for data in _files().values()]
    questions = frozenset(word for part in parts for word in part["questions"])
    return Places(
        {
            word: place
            for part in parts
            for place, words in part["ordinals"].items()
            for word in words
        },
        questions,
        questions.union(*(part["padding"] for part in parts)),
    )


@cache
def _files() -> Mapping[str, Any]:
    folder = files("templates") / "phrases"
    found = sorted(
        (file for file in folder.iterdir() if file.name.endswith(".yaml")),
        key=lambda file: file.name,
    )
    return {
        file.name.removesuffix(".yaml"): yaml_text.load(file.read_text("utf-8")) for file in found
    }
