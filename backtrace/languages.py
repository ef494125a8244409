"""The lexicons that come with the assistant."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from flows.lexicon import Lexicon, lexicons


@cache
def shipped_lexicons() -> Mapping[str, Lexicon]:
    """A lexicon for each language file of the package, by language code."""
    folder = files("flows") / "languages"
    texts = {
        entry.name: entry.read_text("utf-8")
        for entry in sorted(folder.iterdir(), key=lambda entry: entry.name)
        if entry.name.endswith(".yaml")
    }
    return lexicons(texts)
