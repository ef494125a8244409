"""What a whole message says about an answer, or about who writes (`templates/phrases`)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache

from bot.command_patterns import begins_freely, expression, openings, parse
from bot.commands import tidy, without_politeness
from templates.phrase_words import Phrases, load_phrases

LONGEST = 120
"""Characters of a message that is still nothing but such a phrase."""
_PAUSE = re.compile(r"[,;.!]+ ")
_GAP = r"[\s:,]+"
"""What stands between two words; a minus belongs to the number behind it."""
_BOUND = re.compile(r"\w+ ")
"""A first word that the next one belongs to: no pause stands between them."""
_ANY = ""
"""Where patterns stand that begin with any words."""


class Says(StrEnum):
    """What a phrase says; the values are keys of the language files."""

    CORRECTION_OF = "correction-of"
    BACK_TO = "back-to"
    CORRECTION = "correction"
    NO_CORRECTION = "no-correction"
    CORRECTION_OR_ANSWER = "correction-or-answer"
    HELPER = "helper"
    HELPER_NAMES = "helper-names"
    HELPER_WRITES = "helper-writes"
    ME_AGAIN = "me-again"
    NOT_ME = "not-me"
    ME = "me"
    DIED = "died"
    RELATIVE = "relative"
    OTHER_DIED = "other-died"
    NOT_MET = "not-met"
    NOTHING = "nothing"
    DOCTOR_LOOKED = "doctor-looked"
    PUZZLED = "puzzled"
    MISTAKEN = "mistaken"
    RANG = "rang"
    ME_TOO = "me-too"
    CONSENTS = "consents"
    DECLINES = "declines"


_GREETED = frozenset({Says.DIED, Says.NOT_ME, Says.NOT_MET})
"""What is also heard behind a greeting: "Hi, my husband has died"."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """What is said, with the words in its slots as they were written."""

    says: Says
    slots: Mapping[str, str] = field(default_factory=dict)


def phrases(text: str, language: str) -> Iterator[Phrase]:
    """Everything that this whole message may say, the likeliest first.

    The patient's own language comes first, then the others, since patients switch.
    """
    if len(text) > LONGEST:
        return
    said = _PAUSE.sub(" ", tidy(text))
    bound = _BOUND.match(tidy(text)) is not None
    fitting = _fitting(said, language)
    yield from (each for each in fitting if bound or each.says is not Says.NO_CORRECTION)
    bare = _PAUSE.sub(" ", without_politeness(text))
    if bare != said:
        yield from (each for each in _fitting(bare, language) if each.says in _GREETED)


def _fitting(said: str, language: str) -> Iterator[Phrase]:
    if " " not in said:
        return
    opening = said.partition(" ")[0].rstrip(":,").casefold().replace("'", "")
    for patterns in _by_language(language):
        fitting = (*patterns.get(opening, ()), *patterns.get(_ANY, ()))
        for _, says, pattern in sorted(fitting, key=lambda each: each[0]):
            found = pattern.fullmatch(" " + said)
            if found is not None:
                yield Phrase(says, dict(_slots(found)))


def _slots(found: re.Match[str]) -> Iterator[tuple[str, str]]:
    """What the slots hold: a place is an item, and one word an answer, as any words would be."""
    for key, words in found.groupdict().items():
        if words and key == "nth":
            yield "item", f"#{words}"
        elif words:
            yield "answer" if key == "word" else key, tidy(words)


_Patterns = Mapping[str, Sequence[tuple[int, Says, re.Pattern[str]]]]


def _by_language(first: str) -> Iterator[_Patterns]:
    compiled = _compiled()
    yield from (patterns for language, patterns in compiled.items() if language == first)
    yield from (patterns for language, patterns in compiled.items() if language != first)


@cache
def _compiled() -> Mapping[str, _Patterns]:
    return {language: _indexed(found) for language, found in load_phrases().items()}


def _indexed(found: Phrases) -> _Patterns:
    """Patterns by the word that a message begins with, each with its place in the file."""
    index: dict[str, list[tuple[int, Says, re.Pattern[str]]]] = {}
    every = [(says, pattern) for says, patterns in found.items() for pattern in patterns]
    for at, (says, pattern) in enumerate(every):
        nodes = parse(pattern, {})
        compiled = re.compile(expression(nodes, _GAP), re.IGNORECASE)
        free = [_ANY] if begins_freely(nodes) else []
        for opening in dict.fromkeys([*free, *openings(nodes)]):
            index.setdefault(opening, []).append((at, Says(says), compiled))
    return index
