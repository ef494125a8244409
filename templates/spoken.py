"""Short plain words to be said aloud and written down by the person who hears them."""

from __future__ import annotations

from functools import cache
from importlib.resources import files


@cache
def spoken_words(language: str) -> tuple[str, ...]:
    """The words of a language, each unlike the others."""
    text = (files("templates") / "spoken" / f"{language}.txt").read_text("utf-8")
    return tuple(text.split())
