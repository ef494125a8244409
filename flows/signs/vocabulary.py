"""The words of every language by concept, ready for looking up.

A phrase is one or more words; `word*` is any word that begins so, `*word` any that ends so,
`#` any number in digits, `(a|b)` either, `[a]` may be left out,
also at the end of a word. Every language is listened for at once: people mix them.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from flows.signs.text import Text, fold
from flows.source import Block, Source, parse

DEGREES = "fever-degrees"
"""A number that is a fever when it is a temperature."""
YEAR = "past"
"""A year that is named is long ago."""
IDIOM = "idiom"
"""A phrase that means something else than its words; nothing in it counts."""
MARKS = "marks"
"""Small words that show which language a text is in."""
UNSURE_SELF = "unsure-self"
"""Words for oneself that mean something else in another language, as "i" does in Danish."""
NUMBER = "#"
"""Stands in a phrase for any number in digits."""
LONGEST_KEPT = 20_000
"""How many different words are remembered with what they begin."""
_FUZZY_FROM = 6
"""Shorter words are taken as they stand: one edit turns "fewer" into "fever"."""

_PART = re.compile(r"\([^)]*\)|\[[^\]]*\]|\S+")
_ENDING = re.compile(r"(\w+)\[(\w+)\]")
_FEVER_FROM, _FEVER_TO = 37.8, 42.5


class Hit(NamedTuple):
    """A concept between two places; `inherent`: it is made by a negation of its own."""

    start: int
    end: int
    inherent: bool = False


class _Phrase(NamedTuple):
    concept: str
    rest: tuple[str, ...]


class _Beginning(NamedTuple):
    """What a word is by itself, and what it begins, by the second word where that is certain."""

    alone: tuple[str, ...]
    longer: Mapping[str, tuple[_Phrase, ...]]
    wide: tuple[_Phrase, ...]


_NOTHING = _Beginning((), {}, ())


class Vocabulary:
    """Phrases by the word that they begin with."""

    def __init__(self, concepts: Mapping[str, Iterable[str]]) -> None:
        self._exact: dict[str, list[_Phrase]] = {}
        self._prefix: dict[str, list[_Phrase]] = {}
        self._suffix: dict[str, list[_Phrase]] = {}
        self._starts: dict[str, _Beginning] = {}
        for concept, phrases in concepts.items():
            for phrase in phrases:
                for words in _expanded(phrase):
                    self._add(concept, words)
        self._near = _deletions(word for word in self._exact if len(word) >= _FUZZY_FROM)

    def _add(self, concept: str, words: tuple[str, ...]) -> None:
        first, rest = words[0], words[1:]
        kind = self._exact
        if first.endswith("*"):
            kind, first = self._prefix, first[:-1]
        elif first.startswith("*"):
            kind, first = self._suffix, first[1:]
        kind.setdefault(first, []).append(_Phrase(concept, rest))

    def find(self, text: Text) -> dict[str, list[Hit]]:
        """Every concept of the text with its places, in order."""
        found: dict[str, list[Hit]] = {}
        words = text.words
        idioms: list[Hit] = []
        starts = self._starts
        for at, word in enumerate(words):
            beginning = starts.get(word)
            if beginning is None:
                beginning = self._learn(word)
            if beginning is not _NOTHING and not (idioms and at < idioms[-1].end):
                _take(words, at, beginning, found, idioms)
        return _without(found, idioms) if idioms else found

    def _learn(self, word: str) -> _Beginning:
        if len(self._starts) >= LONGEST_KEPT:
            self._starts.clear()
        phrases = self._of_number(word) if word[0].isdigit() else self._of_word(word)
        return self._starts.setdefault(word, _beginning(phrases))

    def _of_number(self, word: str) -> list[_Phrase]:
        phrases = [*self._exact.get(word, ()), *self._exact.get(NUMBER, ())]
        value = float(word.replace(",", ".")) if len(word) < 8 else 0.0
        if _FEVER_FROM <= value <= _FEVER_TO:
            phrases.append(_Phrase(DEGREES, ()))
        if len(word) == 4 and 1900 <= value < 2100:
            phrases.append(_Phrase(YEAR, ()))
        return phrases

    def _of_word(self, word: str) -> list[_Phrase]:
        phrases = list(self._exact.get(word, ()))
        for length in range(1, len(word) + 1):
            phrases += self._prefix.get(word[:length], ())
            phrases += self._suffix.get(word[-length:], ())
        if not phrases and len(word) >= _FUZZY_FROM:
            for near in {word, *_without_one(word)}:
                for meant in self._near.get(near, ()):
                    phrases += self._exact[meant]
        return phrases


def _take(
    words: list[str],
    at: int,
    beginning: _Beginning,
    found: dict[str, list[Hit]],
    idioms: list[Hit],
) -> None:
    """Note what begins at this word; where an idiom does, nothing else."""
    ends = dict.fromkeys(beginning.alone, at + 1)
    following = words[at + 1] if at + 1 < len(words) else ""
    for phrases in (beginning.longer.get(following, ()), beginning.wide):
        for concept, rest in phrases:
            end = at + 1 + len(rest)
            if end > ends.get(concept, 0) and end <= len(words) and _fits(rest, words, at + 1):
                ends[concept] = end
    if IDIOM in ends:
        idioms.append(Hit(at, ends[IDIOM]))
        return
    for concept, end in ends.items():
        hits = found.setdefault(concept, [])
        if not hits or hits[-1].end < end:
            hits.append(Hit(at, end))


def _beginning(phrases: Iterable[_Phrase]) -> _Beginning:
    alone: dict[str, None] = {}
    longer: dict[str, dict[_Phrase, None]] = {}
    wide: dict[_Phrase, None] = {}
    for phrase in phrases:
        if not phrase.rest:
            alone[phrase.concept] = None
        elif "*" in phrase.rest[0] or phrase.rest[0] == NUMBER:
            wide[phrase] = None
        else:
            longer.setdefault(phrase.rest[0], {})[phrase] = None
    if not (alone or longer or wide):
        return _NOTHING
    by_second = {word: tuple(each) for word, each in longer.items()}
    return _Beginning(tuple(alone), by_second, tuple(wide))


def _without(found: Mapping[str, list[Hit]], idioms: Sequence[Hit]) -> dict[str, list[Hit]]:
    """What does not overlap an idiom."""
    kept = {
        concept: [
            hit
            for hit in hits
            if not any(idiom.start < hit.end and hit.start < idiom.end for idiom in idioms)
        ]
        for concept, hits in found.items()
    }
    return {concept: hits for concept, hits in kept.items() if hits}


def read_words(text: str, file: str) -> Mapping[str, tuple[str, ...]]:
    """One language's phrases by concept, from its file (YAML); `file` names it in errors.

    Raises:
        DefinitionError: the file is wrong; it names every mistake that was found.
    """
    source = Source(file)
    block = parse(source, text, "signs")
    language = block.identifier("language")
    concepts = {concept: block.words(concept) for concept in block if concept != "language"}
    for concept, phrases in concepts.items():
        _check(block, concept, phrases)
    source.finish()
    return {_named(concept, language): phrases for concept, phrases in concepts.items()}


def _named(concept: str, language: str) -> str:
    """Concepts that count only where their language prevails have it in their name."""
    return f"{concept}:{language}" if concept in (MARKS, UNSURE_SELF) else concept


def _check(block: Block, concept: str, phrases: Iterable[str]) -> None:
    for phrase in phrases:
        if not all(_expanded(phrase)):
            block.refuse(concept, f"an entry of '{concept}' has no word in it; remove it")


def _expanded(phrase: str) -> Iterator[tuple[str, ...]]:
    """Every wording of a phrase."""
    choices = []
    for part in _PART.findall(_ENDING.sub(r"(\1|\1\2)", fold(phrase))):
        ways = [way.strip() for way in part.strip("()[]").split("|")]
        choices.append([*ways, ""] if part.startswith("[") else ways)
    for chosen in itertools.product(*choices):
        yield tuple(word for way in chosen for word in way.split())


def _fits(rest: tuple[str, ...], words: list[str], at: int) -> bool:
    for place, wanted in enumerate(rest, at):
        word = words[place]
        if wanted == word or (wanted == NUMBER and word[0].isdigit()):
            continue
        if wanted[-1] == "*":
            if not word.startswith(wanted[:-1]):
                return False
        elif wanted[0] != "*" or not word.endswith(wanted[1:]):
            return False
    return True


def _without_one(word: str) -> Iterator[str]:
    """The word without each of its letters but the first, which people get right."""
    return (word[:at] + word[at + 1 :] for at in range(1, len(word)))


def _deletions(words: Iterable[str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, set[str]] = {}
    for word in words:
        for near in {word, *_without_one(word)}:
            found.setdefault(near, set()).add(word)
    return {near: tuple(sorted(meant)) for near, meant in found.items()}
