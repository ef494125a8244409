"""Reading the answer to a scale or a count."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from flows.events import Why
from flows.lexicon import NO_TOKEN, Lexicon, Meaning, Sense, Token
from flows.model import Item, ItemKind
from flows.reading.labels import said_whole
from flows.reading.outcome import Ambiguous, NotAReply, Reading, Understood, ambiguous
from flows.reading.question import COUNTED, WORKDAY, Question, question

Amount = tuple[int, ...]
"""The whole numbers that a word may stand for: one, the two beside a half, or none."""

_WORKING_WEEK = 5
_PHRASES = (Sense.EVERY_DAY, Sense.WHOLE_WEEK, Sense.NONE)


def read_number(item: Item, tokens: Sequence[Token], lexicon: Lexicon) -> Reading:
    """A whole number in range, in digits or words; anything else is asked back or refused."""
    asked = question(item, lexicon)
    if any(token.text in asked.end_words for token in tokens):
        end = _end(asked, tokens)
        if end is not None:
            return Understood(end)
    words = _without_padding(asked, tokens)
    if len(words) == 1 and words[0].means(Sense.NUMBER):
        return _just(item, words[0].meaning.value)
    if words and all(word.means(Sense.NO, Sense.NONE) for word in words):
        return _no_number(asked, words, _is_none_of_it(asked, tokens))
    return _judge(asked, _without_scale(item, words))


def _just(item: Item, number: int) -> Reading:
    fits = item.minimum <= number <= item.maximum
    return Understood(number) if fits else NotAReply(Why.OUT_OF_RANGE)


def _end(asked: Question, tokens: Sequence[Token]) -> int | None:
    """The end of the scale that is named, alone or behind its own number: "0, no pain"."""
    ends = set(said_whole(tokens, asked.ends))
    if not ends:
        named = [token for token in tokens if not token.means(*COUNTED)]
        ends = set(said_whole(named, asked.ends))
    if not ends and tokens and tokens[0].means(Sense.NUMBER):
        ends = set(said_whole(tokens[1:], asked.ends)) & {str(tokens[0].meaning.value)}
    return int(ends.pop()) if len(ends) == 1 else None


def _is_none_of_it(asked: Question, tokens: Sequence[Token]) -> bool:
    """Whether a "no" stands before what is asked for: "no sick days"."""
    return any(
        one.means(Sense.NO) and other.means(*COUNTED) and asked.asks_for(other)
        for one, other in pairwise(tokens)
    )


def _no_number(asked: Question, words: Sequence[Token], none_of_it: bool) -> Reading:
    """Asked how many, "none" is 0, and "no" is probably 0; but it answers another question."""
    item = asked.item
    none = none_of_it or all(word.means(Sense.NONE) for word in words)
    if item.kind is not ItemKind.COUNT:
        denied = any(word.means(Sense.NO, Sense.NEGATION) for word in words) and not none_of_it
        if asked.none_is_lowest and none and not denied:
            return Understood(item.minimum)
        return NotAReply(Why.NOT_A_REPLY)
    if item.minimum > 0:
        return NotAReply(Why.NOT_A_REPLY)
    return Understood(0) if none else Ambiguous(("0",), Why.UNCERTAIN)


def _without_padding(asked: Question, tokens: Sequence[Token]) -> list[Token]:
    counted = [_as_counted(asked, at, tokens) for at in range(len(tokens))]
    said = list(_decimals(counted))
    return [
        _as_other_word(token) if _is_other_word(at, said) else token
        for at, token in enumerate(said)
        if not _is_padding(asked, token, at == 0 and len(said) > 1)
    ]


def _as_counted(asked: Question, at: int, tokens: Sequence[Token]) -> Token:
    """The token, or a word like any other where it tells which one, not how many: "day 3"."""
    token, (before, after) = tokens[at], _beside(at, tokens)
    singular = token.text in (asked.item.unit_one or {}).values()
    if singular and after.means(Sense.NUMBER) and not before.means(Sense.NUMBER, Sense.ARTICLE):
        return token._replace(meaning=NO_TOKEN.meaning)
    return token


def _is_padding(asked: Question, token: Token, opens: bool) -> bool:
    """Whether it changes no number; a yes in front does not: "yes, 6"."""
    if token.means(Sense.WINDOW):
        return asked.fits(token)
    if asked.item.kind is ItemKind.SCALE and token.means(Sense.EVERY_DAY, Sense.WHOLE_WEEK):
        return True
    if token.means(Sense.HEDGE, Sense.LETTER_PREFIX) or (opens and token.means(Sense.YES)):
        return True
    return token.means(*COUNTED) and asked.asks_for(token)


def _is_other_word(at: int, said: Sequence[Token]) -> bool:
    """Whether a number word of another language is a word of this one: "I have to"."""
    token = said[at]
    if not token.meaning.weak or token.means(Sense.VAGUE):
        return token.meaning.weak
    if len(said) == 1 or not token.means(Sense.CONNECTOR):
        return False
    return not any(beside.means(Sense.NUMBER, Sense.CONNECTOR) for beside in _beside(at, said))


def _as_other_word(token: Token) -> Token:
    senses = token.meaning.senses - {Sense.NUMBER}
    return token._replace(meaning=token.meaning._replace(senses=senses))


def _decimals(tokens: Sequence[Token]) -> Iterator[Token]:
    """The tokens with "six point five" as one number with a half."""
    at = 0
    while at < len(tokens):
        token = tokens[at]
        if _is_decimal(tokens[at : at + 3]):
            sense = Sense.HALF if tokens[at + 2].meaning.value else Sense.NUMBER
            meaning = Meaning(frozenset({sense}), token.meaning.value)
            token = Token(f"{token.text}.{tokens[at + 2].text}", meaning)
            at += 2
        yield token
        at += 1


def _is_decimal(words: Sequence[Token]) -> bool:
    return (
        len(words) == 3
        and words[1].means(Sense.DECIMAL)
        and words[0].means(Sense.NUMBER)
        and words[2].means(Sense.NUMBER)
    )


def _without_scale(item: Item, words: list[Token]) -> list[Token]:
    """Drop "out of 10" and "on a scale of 0 to 10" where it is this item's own scale."""
    for at, word in enumerate(words):
        if word.means(Sense.OUT_OF):
            length = _scale_length(item, words[at + 1 : at + 4])
            if length == 3 or (length and at > 0):
                return words[:at] + words[at + 1 + length :]
    return words


def _scale_length(item: Item, words: Sequence[Token]) -> int:
    """How many of these words name the item's scale: both its ends, or its maximum."""
    numbers = [word.meaning.value if word.means(Sense.NUMBER) else None for word in words]
    joined = len(words) == 3 and words[1].means(Sense.CONNECTOR)
    if joined and numbers[0] in (item.minimum, 1) and numbers[2] == item.maximum:
        return 3
    return 1 if numbers and numbers[0] == item.maximum else 0


class _Counted(NamedTuple):
    """What a word counts; `form` tells digits, number words and phrases apart."""

    at: int
    amount: Amount
    form: object


def _judge(asked: Question, words: Sequence[Token]) -> Reading:
    item = asked.item
    counted, leftover = _count(asked, words)
    if leftover:
        counted = [each for each in counted if _may_be_meant(each, words)]
    amounts = [each.amount for each in counted]
    numbers = [number for amount in amounts for number in amount]
    within = [str(number) for number in numbers if item.minimum <= number <= item.maximum]
    if not within:
        return NotAReply(Why.OUT_OF_RANGE if numbers else Why.NOT_A_REPLY)
    if len(set(amounts)) > 1:
        return ambiguous(within, Why.SEVERAL)
    if len(amounts[0]) > 1:
        half = amounts[0][1] - amounts[0][0] == 1
        return ambiguous(within, Why.HALF if half else Why.SEVERAL)
    if _amid(counted, leftover):
        return NotAReply(Why.NOT_A_REPLY)
    if leftover or not _said_once(counted):
        return ambiguous(within, Why.UNCERTAIN)
    return Understood(numbers[0])


def _may_be_meant(counted: _Counted, words: Sequence[Token]) -> bool:
    """Among other words, "none" and "every day" count only in front of them.

    In "every day except Sunday" and "I did all of it every day" they are no answer.
    """
    if counted.form not in _PHRASES:
        return True
    return counted.at == 0 and not any(word.means(Sense.EXCEPT) for word in words)


def _amid(counted: Sequence[_Counted], leftover: Sequence[int]) -> bool:
    """Whether other words stand before and behind: "I took 2 tablets" is no answer.

    A question mark behind it is such a word, too: "can I lift 5?".
    """
    before = any(at < counted[0].at for at in leftover)
    return before and any(at > counted[-1].at for at in leftover)


def _said_once(counted: Sequence[_Counted]) -> bool:
    """Whether it is one amount, perhaps repeated in another form: "4 (four)"."""
    if len(counted) == 1:
        return True
    return len(counted) == 2 and counted[0].form != counted[1].form


def _count(asked: Question, words: Sequence[Token]) -> tuple[list[_Counted], list[int]]:
    """What is counted, in order, and the places of the words that are left over."""
    said = [_amount(asked, words, at) for at in range(len(words))]
    strong = any(word.means(Sense.NUMBER) and not word.weak for word in words)
    counts = [bool(said[at]) and _counts(at, said, words, strong) for at in range(len(words))]
    counted: list[_Counted] = []
    leftover: list[int] = []
    for at, word in enumerate(words):
        if not counts[at]:
            if not _is_article(at, counts, words):
                leftover.append(at)
        elif at > 0 and _adds_a_half(word) and counts[at - 1] and len(said[at - 1]) == 1:
            whole = counted.pop()
            counted.append(_Counted(whole.at, (whole.amount[0], whole.amount[0] + 1), Sense.HALF))
        else:
            counted.append(_Counted(at, said[at], _form(word)))
    return counted, leftover


def _form(word: Token) -> object:
    phrase = next((sense for sense in _PHRASES if word.means(sense)), None)
    return phrase or word.text[0].isdecimal()


def _amount(asked: Question, words: Sequence[Token], at: int) -> Amount:
    word, item = words[at], asked.item
    value = word.meaning.value
    if word.means(Sense.NUMBER, Sense.HALF):
        if _counts_something_else(at, words):
            return ()
        if word.means(Sense.HALF):
            return (value, value + 1)
        return (-value,) if _is_negative(at, words) else (value,)
    if item.kind is not ItemKind.COUNT:
        return ()
    if word.means(Sense.OCCASION):
        return (value,)
    if word.means(Sense.WHOLE_WEEK) and WORKDAY in asked.units:
        return (_WORKING_WEEK, item.maximum)
    if word.means(Sense.EVERY_DAY, Sense.WHOLE_WEEK):
        return (item.maximum,)
    return (0,) if word.means(Sense.NONE) and item.minimum == 0 else ()


def _counts_something_else(at: int, words: Sequence[Token]) -> bool:
    """Whether a unit that is not asked for stands beside the number: "6 weeks", "kl. 6"."""
    before, after = _beside(at, words)
    return before.means(*COUNTED) or after.means(*COUNTED)


def _is_negative(at: int, words: Sequence[Token]) -> bool:
    minus = at > 0 and words[at - 1].means(Sense.MINUS)
    return minus and not (at > 1 and words[at - 2].means(Sense.NUMBER))


def _beside(at: int, words: Sequence[Token]) -> tuple[Token, Token]:
    before = words[at - 1] if at > 0 else NO_TOKEN
    return before, words[at + 1] if at + 1 < len(words) else NO_TOKEN


def _counts(at: int, said: Sequence[Amount], words: Sequence[Token], strong: bool) -> bool:
    """Whether it is not an article ("en 7'er"), a joining word ("4 to 5") or denied."""
    word = words[at]
    before, after = _beside(at, words)
    if before.means(Sense.NEGATION, Sense.WEAK_NEGATION):
        return False
    if word.means(Sense.CONNECTOR) and 0 < at < len(words) - 1 and said[at - 1] and said[at + 1]:
        return False
    joined = before.means(Sense.CONNECTOR) or after.means(Sense.CONNECTOR)
    return joined or not (strong and word.weak)


def _is_article(at: int, counts: Sequence[bool], words: Sequence[Token]) -> bool:
    return words[at].means(Sense.ARTICLE) and at + 1 < len(words) and counts[at + 1]


def _adds_a_half(word: Token) -> bool:
    return word.means(Sense.HALF) and word.meaning.value == 0
