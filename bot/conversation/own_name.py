"""Whether a name in a message is the patient's own."""

from __future__ import annotations

from collections.abc import Set

from bot.conversation.step import Step
from bot.phrases import Phrase


def is_about_the_patient(step: Step, phrase: Phrase) -> bool:
    """Whether a name that is said, if one is, is the patient's: "Birgit's daughter"."""
    return "name" not in phrase.slots or is_own_name(step, phrase.slots["name"])


def is_own_name(step: Step, words: str) -> bool:
    """Whether each of these words is a part of the patient's name."""
    known = set(step.person.name.casefold().split())
    return all(_is_one_of(known, word) for word in words.casefold().split())


def _is_one_of(known: Set[str], word: str) -> bool:
    """Also as somebody's own: "Birgit's", and in Danish "Birgits"."""
    endings = ("", "s", "'s", "\N{RIGHT SINGLE QUOTATION MARK}s", "'")
    return any(word.endswith(each) and word.removesuffix(each) in known for each in endings)
