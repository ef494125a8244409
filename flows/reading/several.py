"""Several answers in one message: where one ends and the next begins, if that is certain.

The rule, with its reasons, is docs/adr/0012.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial
from itertools import pairwise

from flows.lexicon import Lexicon, Sense, Token
from flows.model import Item, ItemKind
from flows.reading.answer import NUMBERS, read
from flows.reading.outcome import NotAReply, Reading, Understood

_ANY = re.compile(r"[\s,;]+")
_COMMA = re.compile(r"\s*,\s*")
_LINE = re.compile(r"\s*[\n;]+\s*")
_DOTTED = re.compile(r"[^\W_]{1,4}(?:\.[^\W_]{1,4}){2,}(?:\s+[^\W_]{1,4})*\.?")
_DECIMAL = re.compile(r"\d,\d")
LONGEST_PART = 3
"""Words of a part that stands between commas, such as "4 days"; a longer one is a sentence."""
_BARE = (Sense.NUMBER, Sense.YES, Sense.NO, Sense.AGREE, Sense.DISAGREE)
_DOUBTFUL = (Sense.HEDGE, Sense.HALF, Sense.NEGATION, Sense.WEAK_NEGATION, Sense.CONNECTOR)

Part = tuple[str, Reading]
"""What the patient wrote for one question, and what it says."""


def may_be_several(text: str) -> bool:
    """Whether there is anything between which answers could stand; most messages have none."""
    return _ANY.search(text.strip()) is not None or _DOTTED.fullmatch(text.strip()) is not None


def are_bare(text: str, lexicon: Lexicon) -> bool:
    """Whether it is two answers or more and nothing else, be it certain whose they are or not."""
    parts = [part for part in _ANY.split(text.strip()) if part]
    return len(parts) > 1 and all(_is_plain(lexicon.tokens(part)) for part in parts)


def undotted(text: str) -> str:
    """`6.4.2.n` and "6.4.2 n" as "6 4 2 n"; a lone dot is that of a decimal, and stays."""
    return text.replace(".", " ") if _DOTTED.fullmatch(text.strip()) else text


def is_decimal(text: str) -> bool:
    """Whether the one comma of a message may be that of a decimal: "6,4"."""
    return text.count(",") == 1 and _DECIMAL.search(text) is not None


def read_several(items: Sequence[Item], text: str, lexicon: Lexicon) -> tuple[Part, ...]:
    """The answers to the first of these questions, two or more, where there is no doubt at all.

    `items` are all that are still to be answered, in order. Empty: it is, or may be, one answer.
    """
    for parts, parted in _ways(text):
        read_parts = _read(items, parts, lexicon)
        if read_parts and _is_certain(items, read_parts, parts, parted, lexicon):
            return read_parts
    return ()


def read_all(items: Sequence[Item], text: str, lexicon: Lexicon) -> tuple[Part, ...]:
    """An answer to each of these questions, asked in one message; at most half in doubt.

    Empty where the number of parts is another, or a yes or no stands in a number's place: then
    nobody knows which answer is whose.
    """
    for parts, _ in _ways(text):
        found = _read(items, parts, lexicon)
        if any(_is_out_of_place(*each, lexicon) for each in zip(items, found, strict=False)):
            return ()
        certain = sum(
            isinstance(reading, Understood) and _is_plain(lexicon.tokens(part))
            for part, reading in found
        )
        doubtful = len(found) - sum(isinstance(reading, Understood) for _, reading in found)
        if len(found) == len(items) and certain + doubtful == len(found) and certain >= doubtful:
            return found
    return ()


def _ways(text: str) -> list[tuple[list[str], bool]]:
    """How a message can be cut up; True where no answer has such a sign inside."""
    text = text.strip().strip(",;.")
    ways = []
    if _LINE.search(text):
        ways.append((_LINE.split(text), True))
    elif text.count(",") > 1 or ("," in text and not _DECIMAL.search(text)):
        ways.append((_COMMA.split(text), False))
    if not is_decimal(text):
        ways.append((_ANY.split(text), False))
    return ways


def _read(items: Sequence[Item], parts: Sequence[str], lexicon: Lexicon) -> tuple[Part, ...]:
    if not 2 <= len(parts) <= len(items) or not all(parts):
        return ()
    asked = items[: len(parts)]
    if any(item.kind is ItemKind.TEXT for item in asked):
        return ()
    return tuple((part, read(item, part, lexicon)) for item, part in zip(asked, parts, strict=True))


def _is_certain(
    items: Sequence[Item],
    found: Sequence[Part],
    parts: Sequence[str],
    parted: bool,
    lexicon: Lexicon,
) -> bool:
    if not all(isinstance(reading, Understood) for _, reading in found):
        return False
    if not all(_is_plain(lexicon.tokens(part)) for part in parts):
        return False
    if parted:
        return True
    if any(map(partial(_may_take_back, lexicon), items, parts)):
        return False
    kinds = [item.kind in NUMBERS for item in items[: len(found)]]
    if len(found) == 2:
        # "4, 5" and "B C" may be one answer in doubt; "2 no" to the last two questions is not.
        return len(items) == 2 and kinds[0] is not kinds[1]
    return len(found) == len(items) or not (all(kinds) and _is_a_row(found))


def _is_out_of_place(item: Item, part: Part, lexicon: Lexicon) -> bool:
    """Whether a bare yes or no stands where a number is asked: it may take something back."""
    words, reading = part
    tokens = lexicon.tokens(words)
    bare = len(tokens) == 1 and tokens[0].means(Sense.YES, Sense.NO)
    return bare and item.kind in NUMBERS and isinstance(reading, NotAReply)


def _may_take_back(lexicon: Lexicon, item: Item, part: str) -> bool:
    """Whether a no stands for a lettered answer: "A no B" may be one answer, taken back."""
    (first, *_) = lexicon.tokens(part)
    return item.kind is ItemKind.CHOICE and first.means(Sense.NO)


def _is_plain(tokens: Sequence[Token]) -> bool:
    """Whether a part is an answer and nothing else: no hedge, no "not", no sentence."""
    if len(tokens) == 1:
        token = tokens[0]
        return len(token.text) == 1 or (token.means(*_BARE) and not token.weak)
    short = 1 < len(tokens) <= LONGEST_PART
    return short and not any(token.means(*_DOUBTFUL) for token in tokens)


def _is_a_row(found: Sequence[Part]) -> bool:
    """Whether the numbers follow each other, as in "5 6 7": that may be one answer in doubt."""
    values = [reading.value for _, reading in found if isinstance(reading, Understood)]
    numbers = [value for value in values if value is not None]
    steps = {after - before for before, after in pairwise(numbers)}
    return steps in ({1}, {-1})
