"""The words of a language by what they mean in an answer; the words themselves are data.

A patient may switch languages in mid-sentence, so a lexicon also knows the words of the
others (`alongside`). A number word of another language is weak: "to" is two in Danish, but
"from 4 to 5" in English names two numbers only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from flows.source import Block, Source, parse
from flows.words import HALF, Piece, pieces


class Sense(StrEnum):
    """What a phrase does to an answer; the values are keys of the language files."""

    HEDGE = "hedges"
    ABOUT = "approximations"
    UNSURE = "unsure"
    EMPHASIS = "emphasis"
    WINDOW = "windows"
    SIGN_OFF = "sign-offs"
    CLOSING = "closings"
    AS_IN = "as-in"
    SAME = "same"
    NUMBER = "numbers"
    ARTICLE = "articles"
    OCCASION = "occasions"
    SUFFIX = "suffixes"
    HALF = "halves"
    UNIT = "units"
    SUBJECT = "subjects"
    LITTLE_WORD = "little-words"
    EVERY_DAY = "every-day"
    WHOLE_WEEK = "whole-week"
    NONE = "none"
    NONE_OF = "none-of"
    EXCEPT = "exceptions"
    OUT_OF = "out-of"
    DECIMAL = "decimals"
    MINUS = "minus"
    CONNECTOR = "connectors"
    COMPARISON = "comparisons"
    TURN = "turns"
    LETTER_PREFIX = "letter-prefixes"
    NEGATION = "negations"
    WEAK_NEGATION = "weak-negations"
    YES = "yes"
    NO = "no"
    WEAK_YES = "weak-yes"
    DOUBT = "doubts"
    TAKEN_BACK = "taken-back"
    PRESENCE = "presence"
    AGREE = "agree"
    DISAGREE = "disagree"
    STRONG = "strong"
    CONFIRM = "confirm"
    DENY = "deny"
    QUESTION = "questions"
    VAGUE = "vague"

    # Enum's own is a Python function, and every look-up in a set of senses would call it.
    __hash__ = str.__hash__


class Meaning(NamedTuple):
    """What a phrase can mean.

    `value` is that of a number or half; `unit` names what is counted, a window of time, or the
    word that this one is the same as.
    """

    senses: frozenset[Sense]
    value: int = 0
    weak: bool = False
    unit: str | None = None


class Token(NamedTuple):
    """A phrase of a message with what it can mean; no senses: a word like any other."""

    text: str
    meaning: Meaning
    marked: bool = False

    def means(self, *senses: Sense) -> bool:
        """Whether it can mean any of these."""
        return not self.meaning.senses.isdisjoint(senses)

    @property
    def key(self) -> str:
        """The same for words that say the same: "m" and "metres", "four" and "4"."""
        senses, value, _, unit = self.meaning
        if unit is not None and Sense.SUBJECT not in senses:
            return f"={unit}"
        if Sense.NUMBER in senses and not self.weak:
            return str(value)
        if Sense.HALF in senses:
            digits = self.text[0].isdecimal()
            return self.text.replace(",", ".") if digits else f"{value}.5"
        return self.text

    @property
    def weak(self) -> bool:
        """Whether this number is one only where no other number stands beside it."""
        return self.meaning.weak or Sense.ARTICLE in self.meaning.senses


Phrase = tuple[str, ...]

_NOTHING = Meaning(frozenset())
NO_TOKEN = Token("", _NOTHING)
"""What stands beside the first and the last token."""

_NUMBER = frozenset({Sense.NUMBER})
_HALF = frozenset({Sense.HALF})
_DASH = Meaning(frozenset({Sense.CONNECTOR, Sense.MINUS}))
_SIGNS = {
    HALF: Meaning(_HALF),
    "/": Meaning(frozenset({Sense.OUT_OF, Sense.CONNECTOR})),
    "-": _DASH,
    "–": _DASH,
    "—": _DASH,
    "?": Meaning(frozenset({Sense.DOUBT})),
}
_WITH_VALUE = (Sense.NUMBER, Sense.OCCASION, Sense.HALF)
_HEDGES = (Sense.ABOUT, Sense.UNSURE, Sense.EMPHASIS, Sense.WINDOW)
"""Hedges of a kind: padding as well, unless the kind matters to the question."""
_MAY_STICK = frozenset({Sense.UNIT, Sense.SUFFIX})
_WITH_NAME = (Sense.UNIT, Sense.SUBJECT, Sense.WINDOW, Sense.SAME)


@dataclass(eq=False, slots=True)
class _Node:
    """The words that may come next in a phrase; `meaning` where one ends here."""

    meaning: Meaning | None = None
    after: dict[str, _Node] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Lexicon:
    """The phrases of one language, and perhaps of others, ready for looking up."""

    language: str
    phrases: Mapping[Phrase, Meaning]
    spellings: Mapping[str, str]
    """Words that are another way to write the same word, and what they are evened out to."""
    _root: _Node

    @classmethod
    def read(cls, text: str, file: str) -> Lexicon:
        """Read one language file (YAML); `file` names it in errors.

        Raises:
            DefinitionError: the file is wrong; it names every mistake that was found.
        """
        source = Source(file)
        block = parse(source, text, "language")
        block.allow(("language",), ("spellings", *Sense))
        spellings = dict(_spellings(block))
        phrases: dict[Phrase, Meaning] = {}
        for words, meaning in _entries(block):
            phrase = tuple(spellings.get(word, word) for word in words)
            known = phrases.get(phrase)
            phrases[phrase] = _both(known, meaning) if known else meaning
        source.finish()
        return cls._of(block.identifier("language"), phrases, spellings)

    def alongside(self, *others: Lexicon) -> Lexicon:
        """This language with the words of others, whose number words are weak."""
        phrases = dict(self.phrases)
        spellings = dict(self.spellings)
        for other in others:
            spellings = {**other.spellings, **spellings}
            for phrase, meaning in other.phrases.items():
                known = phrases.get(phrase)
                weak = meaning._replace(weak=Sense.NUMBER in meaning.senses)
                phrases[phrase] = _both(known, weak) if known else weak
        return self._of(self.language, phrases, spellings)

    @classmethod
    def _of(
        cls, language: str, phrases: Mapping[Phrase, Meaning], spellings: Mapping[str, str]
    ) -> Lexicon:
        root = _Node()
        for phrase, meaning in phrases.items():
            node = root
            for word in phrase:
                node = node.after.setdefault(word, _Node())
            node.meaning = meaning
        return cls(language, phrases, spellings, root)

    def tokens(self, text: str) -> tuple[Token, ...]:
        """A message as phrases with their meanings, the longest known phrase first."""
        found = pieces(text)
        spellings = self.spellings
        words = [spellings.get(piece.text, piece.text) for piece in found]
        tokens = []
        at = 0
        while at < len(found):
            token, length = self._token(found[at], words, at)
            tokens.append(token)
            at += length
        return tuple(tokens)

    def _token(self, piece: Piece, words: list[str], at: int) -> tuple[Token, int]:
        meaning, length = self._longest(words, at)
        if meaning is not None and not (piece.glued and meaning.senses.isdisjoint(_MAY_STICK)):
            text = words[at] if length == 1 else " ".join(words[at : at + length])
            return Token(text, meaning, piece.marked), length
        if piece.number is not None:
            senses = _HALF if piece.half else _NUMBER
            return Token(piece.text, Meaning(senses, piece.number)), 1
        meaning = _NOTHING if piece.glued else _SIGNS.get(piece.text, _NOTHING)
        return Token(words[at], meaning, piece.marked), 1

    def _longest(self, words: list[str], at: int) -> tuple[Meaning | None, int]:
        """What the longest phrase from here on means, and how many words it has."""
        found: tuple[Meaning | None, int] = (None, 0)
        node = self._root
        for end in range(at, len(words)):
            following = node.after.get(words[end])
            if following is None:
                break
            node = following
            if node.meaning is not None:
                found = (node.meaning, end + 1 - at)
        return found


def lexicons(files: Mapping[str, str]) -> dict[str, Lexicon]:
    """Read every language (file name to text): by code, each alongside all the others.

    Raises:
        DefinitionError: a file is wrong.
    """
    read = [Lexicon.read(text, file) for file, text in sorted(files.items())]
    return {
        own.language: own.alongside(*(other for other in read if other is not own)) for own in read
    }


def _both(one: Meaning, other: Meaning) -> Meaning:
    """Either meaning; value and unit are those of the first that has one."""
    first = one if not one.senses.isdisjoint(_WITH_VALUE) else other
    return first._replace(senses=one.senses | other.senses, unit=one.unit or other.unit)


def _spellings(block: Block) -> Iterator[tuple[str, str]]:
    spellings = block.block("spellings")
    if spellings is not None:
        for word in spellings:
            for (written,) in _phrases(spellings, word):
                yield written, word


def _entries(block: Block) -> Iterator[tuple[Phrase, Meaning]]:
    for sense in Sense:
        if sense in _WITH_NAME:
            yield from _named(block, sense)
        elif sense in _WITH_VALUE:
            yield from _numbered(block, sense)
        else:
            yield from _listed(block, sense)


def _listed(block: Block, sense: Sense) -> Iterator[tuple[Phrase, Meaning]]:
    for phrase in _phrases(block, sense):
        yield phrase, Meaning(_senses(sense))


def _senses(sense: Sense) -> frozenset[Sense]:
    return frozenset({sense, Sense.HEDGE}) if sense in _HEDGES else frozenset({sense})


def _named(block: Block, sense: Sense) -> Iterator[tuple[Phrase, Meaning]]:
    names = block.block(sense)
    if names is not None:
        for name in names:
            for phrase in _phrases(names, name):
                yield phrase, Meaning(_senses(sense), unit=name)


def _numbered(block: Block, sense: Sense) -> Iterator[tuple[Phrase, Meaning]]:
    numbers = block.block(sense)
    if numbers is not None:
        for key in numbers:
            yield from _number(numbers, sense, key)


def _number(numbers: Block, sense: Sense, key: str) -> Iterator[tuple[Phrase, Meaning]]:
    if not (key.isascii() and key.isdecimal() and len(key) <= 3):
        numbers.refuse(key, f"'{key}' is not a small number; write digits, such as \"7\"")
        return
    for phrase in _phrases(numbers, key):
        yield phrase, Meaning(frozenset({sense}), int(key))


def _phrases(block: Block, key: str) -> Iterator[Phrase]:
    for words in block.words(key):
        phrase = tuple(piece.text for piece in pieces(words))
        if phrase:
            yield phrase
        else:
            block.refuse(key, f"an entry of '{key}' has no word in it; remove it")
