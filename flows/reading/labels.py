"""The words that a definition itself has for an answer: labels of options, ends of a scale."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from flows.lexicon import Lexicon, Sense, Token
from flows.model import Item, Option

Words = tuple[str, ...]


class Label(NamedTuple):
    """One wording of an answer, whole, and as `content` without padding such as "I have"."""

    answer: str
    whole: Words
    content: Words


def content(tokens: Sequence[Token]) -> tuple[Token, ...]:
    """The tokens that are not mere politeness or padding."""
    return tuple(token for token in tokens if Sense.HEDGE not in token.meaning.senses)


def option_labels(item: Item, lexicon: Lexicon) -> list[Label]:
    """Every wording of every option, in every language."""
    return [
        Label(option.id, *_words(text, lexicon))
        for option in item.options
        for text in _wordings(option)
    ]


def anchor_labels(item: Item, lexicon: Lexicon) -> list[Label]:
    """Every wording of the two ends of a scale."""
    ends = zip((item.minimum, item.maximum), item.anchors or (), strict=False)
    return [
        Label(str(number), *_words(text, lexicon))
        for number, anchor in ends
        for text in anchor.values()
    ]


def unit_of(item: Item, lexicon: Lexicon) -> frozenset[str]:
    """The names of the units that this item counts, as the language files call them."""
    texts = item.unit.values() if item.unit else ()
    return frozenset(unit for text in texts for unit in _units(text, lexicon))


def said_whole(tokens: Sequence[Token], labels: Sequence[Label]) -> list[str]:
    """The answers that are said in full and with nothing else."""
    whole = _texts(tokens)
    exact = [label.answer for label in labels if whole and label.whole == whole]
    words = _texts(content(tokens))
    return exact or [label.answer for label in labels if words and label.content == words]


def begun(tokens: Sequence[Token], labels: Sequence[Label]) -> list[str]:
    """The answers whose label begins with what is said, if that is two words or more.

    Then also those that have the same words in this order: "with help" begins "with help for
    most of it", but "with a little help" may be meant.
    """
    words = _texts(content(tokens))
    if len(words) < 2 or not any(label.content[: len(words)] == words for label in labels):
        return []
    return [label.answer for label in labels if _in_order(words, label.content)]


def mentioned(tokens: Sequence[Token], labels: Sequence[Label]) -> list[str]:
    """The answers said in full among other words; a longer label hides one inside it."""
    said = content(tokens)
    found: list[tuple[int, int, str]] = []
    for label in sorted(labels, key=lambda label: len(label.content), reverse=True):
        for start in _places(said, label.content):
            end = start + len(label.content)
            if not any(start < right and left < end for left, right, _ in found):
                found.append((start, end, label.answer))
    return [answer for start, _, answer in sorted(found) if not _denied(said, start)]


def _places(said: Sequence[Token], words: Words) -> Iterator[int]:
    texts = _texts(said)
    for start in range(len(texts) - len(words) + 1) if words else ():
        if texts[start] == words[0] and texts[start : start + len(words)] == words:
            yield start


def _in_order(words: Words, among: Words) -> bool:
    rest = iter(among)
    return all(word in rest for word in words)


def _denied(said: Sequence[Token], start: int) -> bool:
    return start > 0 and said[start - 1].means(Sense.NEGATION, Sense.WEAK_NEGATION)


def _wordings(option: Option) -> Iterator[str]:
    yield from option.text.values()
    for words in (option.also or {}).values():
        yield from words


def _texts(tokens: Sequence[Token]) -> Words:
    return tuple(token.text for token in tokens)


# Only texts that we show come here, never a patient's words.
@lru_cache(maxsize=4096)
def _words(text: str, lexicon: Lexicon) -> tuple[Words, Words]:
    tokens = lexicon.tokens(text)
    return _texts(tokens), _texts(content(tokens))


@lru_cache(maxsize=256)
def _units(text: str, lexicon: Lexicon) -> frozenset[str]:
    return frozenset(token.meaning.unit for token in lexicon.tokens(text) if token.meaning.unit)
