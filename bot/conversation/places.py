"""How a question is named by its place on the list: "the first question", "number 2"."""

from __future__ import annotations

from collections.abc import Sequence

from templates.phrase_words import load_places


def split(text: str) -> list[str]:
    """The words, even; the sign before a number is a word as well."""
    return text.casefold().replace(":", " ").replace("#", " # ").split()


def is_place(words: str) -> bool:
    """Whether this is a place on the list: "the first question"."""
    return place_of(split(words)) is not None


def place_of(said: Sequence[str]) -> int | None:
    """The place, 1 the first and -1 the last; a number is one beside the word "question"."""
    places = load_places()
    rest = [word for word in said if word not in places.padding]
    if len(rest) != 1:
        return None
    asks = not places.questions.isdisjoint(said)
    if rest[0].isdecimal() and asks:
        return int(rest[0]) or None
    return places.ordinals.get(rest[0])
