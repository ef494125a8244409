"""How ids and lengths of time are written, and what was meant by a word that is unknown."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from datetime import timedelta

LONGEST_IDENTIFIER = 40
"""Ids travel in a Telegram button, which holds 64 bytes in all."""

_IDENTIFIER = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_DURATION = re.compile(
    r"P(?:(?P<weeks>[0-9]+)W)?(?:(?P<days>[0-9]+)D)?"
    r"(?:T(?:(?P<hours>[0-9]+)H)?(?:(?P<minutes>[0-9]+)M)?)?"
)


def parse_duration(word: str) -> timedelta | None:
    """An ISO 8601 duration in weeks, days, hours and minutes; None when it is none, or zero."""
    match = _DURATION.fullmatch(word)
    if match is None or word.endswith("T"):
        return None
    parts = {unit: int(number) for unit, number in match.groupdict().items() if number}
    try:
        return timedelta(**parts) or None
    except OverflowError:
        return None


def is_identifier(word: str) -> bool:
    """Whether this may name a flow, an item or an option."""
    return len(word) <= LONGEST_IDENTIFIER and _IDENTIFIER.fullmatch(word) is not None


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that was probably meant, or None."""
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return near[0] if near else None


def advice(word: str, known: Iterable[str]) -> str:
    """What to write instead of a word that is not known."""
    words = sorted(known)
    if not words:
        return "there is none to choose from"
    guess = nearest(word, words)
    choice = f"it can be {listed(words)}"
    return choice if guess is None else f"did you mean '{guess}'? I{choice[1:]}"


def listed(words: Iterable[str]) -> str:
    """Words in quotes, with commas between them."""
    return ", ".join(f"'{word}'" for word in words)
