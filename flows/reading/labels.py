"""The words that a definition itself has for an answer: labels of options, ends of a scale."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from flows.lexicon import Lexicon, Sense, Token

Words = tuple[str, ...]

SHORTEST_TELLING_WORD = 5
"""A shorter word stands in too many sentences to name a statement all by itself."""
FEWEST_DEGREES = 3
"""So many statements that differ by a word of degree only are a scale of degrees."""
_TURNS = (Sense.TURN, Sense.NEGATION, Sense.WEAK_NEGATION, Sense.NO, Sense.NONE)
_FRAME = (*_TURNS, Sense.CONNECTOR, Sense.OUT_OF, Sense.EXCEPT, Sense.HALF)
_DEGREES = (Sense.WEAK_YES, Sense.STRONG, Sense.VAGUE)
_MAY_TELL = frozenset({Sense.UNIT, Sense.SUBJECT, Sense.TAKEN_BACK})


class Label(NamedTuple):
    """One wording of an answer, whole, and as `content` without padding such as "I have".

    `head` is how many words of the content come before the first comma. `turns` are the words of
    this part that turn the others round: "less" in "I go out less often"; `all_turns` those of
    the whole. `tail` is the padding behind the content: "well" in "I sleep well".
    """

    answer: str
    whole: Words
    content: Words
    head: int
    turns: frozenset[str]
    all_turns: frozenset[str]
    tail: frozenset[str]
    shortened: bool = False
    """Whether this is the wording without the "I" or "it" that it begins with."""


def label(answer: str, text: str, lexicon: Lexicon, shortened: bool = False) -> Label:
    """This wording of an answer as replies are compared with it."""
    tokens = lexicon.tokens(text)
    said = content(tokens)
    first = lexicon.tokens(text.partition(", ")[0])
    if all(token.means(Sense.YES, Sense.NO) for token in first):
        first = tokens
    return Label(
        answer=answer,
        whole=_keys(tokens),
        content=_keys(said),
        head=len(content(first)),
        turns=_turns(first),
        all_turns=_turns(tokens),
        tail=frozenset(_keys(_tail(tokens))),
        shortened=shortened,
    )


def _turns(tokens: Sequence[Token]) -> frozenset[str]:
    """The words that turn the others round; a hedge in front does not: "Only with a stick"."""
    return frozenset(
        token.key
        for at, token in enumerate(tokens)
        if token.means(*_TURNS) and (at > 0 or not token.means(Sense.HEDGE))
    )


def _tail(tokens: Sequence[Token]) -> Sequence[Token]:
    """The padding behind the last word of the content, unless it only stresses that."""
    at = len(tokens)
    while at and tokens[at - 1].means(Sense.HEDGE):
        at -= 1
    return [token for token in tokens[at:] if at and not token.means(Sense.EMPHASIS)]


def content(tokens: Sequence[Token]) -> tuple[Token, ...]:
    """The tokens that are not mere politeness or padding."""
    return tuple(token for token in tokens if Sense.HEDGE not in token.meaning.senses)


def said_exactly(tokens: Sequence[Token], labels: Sequence[Label]) -> list[str]:
    """The answers whose label is said word for word."""
    whole = _keys(tokens)
    return [
        label.answer for label in labels if whole and label.whole == whole and not label.shortened
    ]


def said_whole(tokens: Sequence[Token], labels: Sequence[Label]) -> list[str]:
    """The answers that are said in full, give or take padding, and with nothing else.

    Where padding of the label is missing, other labels with the same words may be meant.
    """
    exact = said_exactly(tokens, labels)
    words = _keys(content(tokens))
    if exact or not words:
        return exact
    keys = set(_keys(tokens))
    same = [each for each in labels if each.content == words and keys.issuperset(each.tail)]
    if not same or any(_is_full(each) and keys.issuperset(each.whole) for each in same):
        return [label.answer for label in same]
    return [label.answer for label in labels if _in_order(words, label)]


def _is_full(label: Label) -> bool:
    return not label.shortened or len(label.whole) > 1


class Told(NamedTuple):
    """The answers that a part of a label may stand for; not `sure` where the rest matters."""

    answers: list[str]
    sure: bool


def told(tokens: Sequence[Token], labels: Sequence[Label]) -> Told:
    """The answers that are named by a part of their label.

    Two words in a row, three with others between them, or one telling word, from before the
    first comma. Where other labels have the same words in this order, they may be meant as
    well: "with help" begins "with help for most of it", but "with a little help" may be meant.
    """
    said = content(tokens)
    words = _keys(said)
    named = [label for label in labels if words and _is_part(words, label)]
    answers = list(dict.fromkeys(each.answer for each in labels if _in_order(words, each)))
    if not named or _is_frame(said):
        return Told([], sure=False)
    keys = set(_keys(tokens))
    sure = all(keys.issuperset(_needed(words, label)) for label in named)
    if len(words) > 1 or _is_phrase(said[0]):
        return Told(answers, sure)
    sure &= len(answers) == 1 and all(keys.issuperset(label.tail) for label in named)
    return _told_by_one(said[0], named[0], labels) if sure else Told([], sure=False)


def _is_frame(said: Sequence[Token]) -> bool:
    """Whether these are words that statements are built with: "cannot" names none of them."""
    built = _FRAME if len(said) == 1 else (*_FRAME, Sense.STRONG)
    return all(token.means(*built) for token in said)


def _is_phrase(token: Token) -> bool:
    return " " in token.text and not token.means(Sense.NUMBER, Sense.HALF, *_DEGREES)


def _told_by_one(token: Token, named: Label, labels: Sequence[Label]) -> Told:
    """One word is enough where a label begins with it, or on a scale of degrees ("terribly")."""
    long = len(token.text) >= SHORTEST_TELLING_WORD and token.meaning.senses <= _MAY_TELL
    if not long and not token.means(*_DEGREES):
        return Told([], sure=False)
    rest = tuple(word for word in named.content if word != token.key)
    degrees = {each.answer for each in labels if _in_order(rest, each)}
    begins = long and named.content[0] == token.key
    sure = begins or len(degrees) >= FEWEST_DEGREES
    return Told([named.answer] if sure or long else [], sure)


def _is_part(words: Words, label: Label) -> bool:
    if any(start < label.head for start in _places(label.content, words)):
        return True
    return len(words) > 2 and words[0] in label.content[: label.head] and _in_order(words, label)


def _needed(words: Words, label: Label) -> frozenset[str]:
    """The words of the label that must not be missing beside these."""
    in_a_row = next(_places(label.content, words), None) is not None
    return label.turns if in_a_row else label.all_turns


def mentioned(tokens: Sequence[Token], labels: Sequence[Label]) -> list[str]:
    """The answers said in full among other words; a longer label hides one inside it."""
    said = content(tokens)
    keys = _keys(said)
    found: list[tuple[int, int, str]] = []
    for label in sorted(labels, key=lambda label: len(label.content), reverse=True):
        for start in _places(keys, label.content):
            end = start + len(label.content)
            if not any(start < right and left < end for left, right, _ in found):
                found.append((start, end, label.answer))
    return [answer for start, end, answer in sorted(found) if not _turned(said, start, end)]


def _in_order(words: Words, label: Label) -> bool:
    rest = iter(label.content)
    return all(word in rest for word in words)


def _places(among: Words, words: Words) -> Iterator[int]:
    for start in range(len(among) - len(words) + 1) if words else ():
        if among[start] == words[0] and among[start : start + len(words)] == words:
            yield start


def _turned(said: Sequence[Token], start: int, end: int) -> bool:
    """Whether a word before denies it, or the next compares: "a little better"."""
    denied = any(word.means(Sense.NEGATION, Sense.WEAK_NEGATION) for word in said[:start])
    return denied or (end < len(said) and said[end].means(Sense.COMPARISON))


def _keys(tokens: Sequence[Token]) -> Words:
    return tuple(token.key for token in tokens)
