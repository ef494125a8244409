"""What the assistant knows of languages: how answers are read, and warning signs found."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from flows.lexicon import Lexicon, lexicons
from flows.signs import Scanner


@cache
def shipped_lexicons() -> Mapping[str, Lexicon]:
    """A lexicon for each language file of the package, by language code."""
    return lexicons(_texts(files("flows") / "languages"))


@cache
def shipped_scanner() -> Scanner:
    """The scanner for warning signs, with the words of every language file of the package."""
    folder = files("flows") / "signs"
    grammar = (folder / "grammar.yaml").read_text("utf-8")
    return Scanner.read(grammar, _texts(folder / "words"))


def _texts(folder: Traversable) -> Mapping[str, str]:
    return {
        entry.name: entry.read_text("utf-8")
        for entry in sorted(folder.iterdir(), key=lambda entry: entry.name)
        if entry.name.endswith(".yaml")
    }
