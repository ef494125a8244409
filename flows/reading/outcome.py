"""What a message can be read as."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from flows.events import Why
from flows.model import Item

MOST_CANDIDATES = 4
"""More than this is no choice to offer on a small screen or in one SMS."""


class Understood(NamedTuple):
    """One answer without doubt: a number or an option's score, an option id, or own words."""

    value: int | None = None
    code: str | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """One doubtful answer or several; candidates are option ids, or digits."""

    candidates: tuple[str, ...]
    why: Why


@dataclass(frozen=True, slots=True)
class NotAReply:
    """Nothing in it answers the question."""

    why: Why


Reading = Understood | Ambiguous | NotAReply


def ambiguous(candidates: Iterable[str], why: Why) -> Ambiguous | NotAReply:
    """Ask back with these, each once; too many of them are no answer at all."""
    once = tuple(dict.fromkeys(candidates))
    return Ambiguous(once, why) if len(once) <= MOST_CANDIDATES else NotAReply(why)


def understood(item: Item, option_id: str) -> Understood:
    """The answer that this option is."""
    option = item.option(option_id)
    return Understood(None if option is None else option.score, option_id)
