"""Reading the answer to a scale or a count."""

from __future__ import annotations

from collections.abc import Sequence

from flows.events import Why
from flows.lexicon import NO_TOKEN, Lexicon, Sense, Token
from flows.model import Item, ItemKind
from flows.reading.labels import anchor_labels, content, said_whole, unit_of
from flows.reading.outcome import Ambiguous, NotAReply, Reading, Understood, ambiguous

Amount = tuple[int, ...]
"""The whole numbers that a word may stand for: one, the two beside a half, or none."""


def read_number(item: Item, tokens: Sequence[Token], lexicon: Lexicon) -> Reading:
    """A whole number in range, in digits or words; anything else is asked back or refused."""
    ends = set(said_whole(tokens, anchor_labels(item, lexicon)))
    if len(ends) == 1:
        return Understood(int(ends.pop()))
    words = _without_padding(item, tokens, lexicon)
    if item.kind is ItemKind.COUNT and words and all(word.means(Sense.NO) for word in words):
        return _no_to_a_count(item, words)
    return _judge(item, _without_scale(item, words))


def _no_to_a_count(item: Item, words: Sequence[Token]) -> Reading:
    """Asked how many days, "no" is probably 0; but it answers another question."""
    if item.minimum > 0:
        return NotAReply(Why.NOT_A_REPLY)
    if all(word.means(Sense.NONE) for word in words):
        return Understood(0)
    return Ambiguous(("0",), Why.UNCERTAIN)


def _without_padding(item: Item, tokens: Sequence[Token], lexicon: Lexicon) -> list[Token]:
    units = unit_of(item, lexicon)
    return [
        token
        for token in content(tokens)
        if token.meaning.unit not in units and not token.means(Sense.LETTER_PREFIX)
    ]


def _without_scale(item: Item, words: list[Token]) -> list[Token]:
    """Drop "out of 10" and "on a scale of 0 to 10" where it is this item's own scale."""
    for at, word in enumerate(words):
        if at > 0 and word.means(Sense.OUT_OF):
            length = _scale_length(item, words[at + 1 : at + 4])
            if length:
                return words[:at] + words[at + 1 + length :]
    return words


def _scale_length(item: Item, words: Sequence[Token]) -> int:
    """How many of these words name the item's scale: both its ends, or its maximum."""
    numbers = [word.meaning.value if word.means(Sense.NUMBER) else None for word in words]
    joined = len(words) == 3 and words[1].means(Sense.CONNECTOR)
    if joined and numbers[0] in (item.minimum, 1) and numbers[2] == item.maximum:
        return 3
    return 1 if numbers and numbers[0] == item.maximum else 0


def _judge(item: Item, words: Sequence[Token]) -> Reading:
    amounts, leftover = _amounts(item, words)
    numbers = [number for amount in amounts for number in amount]
    within = [str(number) for number in numbers if item.minimum <= number <= item.maximum]
    if not within:
        return NotAReply(Why.OUT_OF_RANGE if numbers else Why.NOT_A_REPLY)
    if len(set(amounts)) > 1:
        return ambiguous(within, Why.SEVERAL)
    if len(amounts[0]) > 1:
        return ambiguous(within, Why.HALF)
    if leftover or len(amounts) > 1:
        return ambiguous(within, Why.UNCERTAIN)
    return Understood(numbers[0])


def _amounts(item: Item, words: Sequence[Token]) -> tuple[list[Amount], bool]:
    """What is counted, in order, and whether other words are left over."""
    said = [_amount(item, word) for word in words]
    counted = _counted(said, words)
    amounts: list[Amount] = []
    leftover = False
    for at, amount in enumerate(counted):
        if not amount:
            leftover |= not (said[at] and at + 1 < len(words) and counted[at + 1])
        elif at > 0 and _adds_a_half(words[at]) and len(counted[at - 1]) == 1:
            amounts[-1] = (amounts[-1][0], amounts[-1][0] + 1)
        else:
            amounts.append(amount)
    return amounts, leftover


def _amount(item: Item, word: Token) -> Amount:
    value = word.meaning.value
    if word.means(Sense.NUMBER):
        return (value,)
    if word.means(Sense.HALF):
        return (value, value + 1)
    if item.kind is not ItemKind.COUNT:
        return ()
    if word.means(Sense.EVERY_DAY):
        return (item.maximum,)
    return (0,) if word.means(Sense.NONE) and item.minimum == 0 else ()


def _counted(said: Sequence[Amount], words: Sequence[Token]) -> list[Amount]:
    """The same without articles ("en 7'er"), joining words ("4 to 5") and what is denied."""
    strong = any(word.means(Sense.NUMBER) and not word.weak for word in words)
    return [
        amount if amount and _counts(at, said, words, strong) else ()
        for at, amount in enumerate(said)
    ]


def _counts(at: int, said: Sequence[Amount], words: Sequence[Token], strong: bool) -> bool:
    word = words[at]
    before = words[at - 1] if at > 0 else NO_TOKEN
    after = words[at + 1] if at + 1 < len(words) else NO_TOKEN
    if before.means(Sense.NEGATION, Sense.WEAK_NEGATION):
        return False
    if word.means(Sense.CONNECTOR) and 0 < at < len(words) - 1 and said[at - 1] and said[at + 1]:
        return False
    joined = before.means(Sense.CONNECTOR) or after.means(Sense.CONNECTOR)
    return joined or not (strong and word.weak)


def _adds_a_half(word: Token) -> bool:
    return word.means(Sense.HALF) and word.meaning.value == 0
