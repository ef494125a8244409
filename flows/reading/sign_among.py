"""A yes to a warning sign that stands among several answers, perhaps with more words than that.

Where several answers are not taken as they stand, such a yes comes before what is asked back:
docs/adr/0012.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from flows.events import Why
from flows.lexicon import Lexicon, Sense
from flows.model import Item, ItemKind
from flows.reading.answer import NUMBERS, read
from flows.reading.outcome import Ambiguous, NotAReply, Reading, Understood
from flows.reading.several import Part, is_decimal, read_several

_PART = re.compile(r"[^\s,;]+")


def sign_among(items: Sequence[Item], text: str, lexicon: Lexicon) -> Item | None:
    """The warning sign that this message says yes to, or may, beside answers to others.

    `items` are all that are still to be answered, in order. None where the sign is the first of
    them, which the message is read for in any case.
    """
    sign = _sign_behind(items)
    if sign is None:
        return None
    parts = _PART.findall(text)
    if not parts or not _means(parts[0], lexicon, Sense.NUMBER, Sense.YES, Sense.NO):
        return None
    if not _are_several(items[0], parts, text, lexicon):
        return None
    return sign if may_be_yes(read(sign, text, lexicon)) else None


def _are_several(item: Item, parts: Sequence[str], text: str, lexicon: Lexicon) -> bool:
    """Whether there is more than one answer: "7 7 yes", not "yes 7 out of 10" or "7 or 8, yes"."""
    if isinstance(read(item, text, lexicon), Understood):
        return False
    numbers = [_means(part, lexicon, Sense.NUMBER) for part in parts]
    return (True, True) in pairwise(numbers)


def read_up_to_sign(items: Sequence[Item], text: str, lexicon: Lexicon) -> tuple[Part, ...]:
    """An answer to each question before a warning sign, and words behind them that may be its yes.

    Empty where it is not certain whose answers they are, and behind one number: "7 yes, all week"
    may be that one in more words, and the sign is asked next in any case.
    """
    sign = _sign_behind(items)
    if sign is None or is_decimal(text):
        return ()
    before = items[: items.index(sign)]
    found = list(_PART.finditer(text))
    if (
        len(before) < 2
        or len(found) <= len(before)
        or any(item.kind not in NUMBERS for item in before)
    ):
        return ()
    parts = [match.group() for match in found[: len(before)]]
    rest = text[found[len(before)].start() :].strip()
    if any(token.means(Sense.NUMBER) for token in lexicon.tokens(rest)):
        return ()
    if not all(_means(part, lexicon, Sense.NUMBER) for part in parts):
        return ()
    answers = [(part, read(item, part, lexicon)) for item, part in zip(before, parts, strict=True)]
    said = read(sign, rest, lexicon)
    if not all(isinstance(each, Understood) for _, each in answers) or not may_be_yes(said):
        return ()
    return (*answers, (rest, said))


def is_possible_sign(item: Item, reading: Ambiguous) -> bool:
    """Whether words that are asked back may tell of a warning sign: "maybe yes", "not normal"."""
    return is_sign(item) and ("yes" in reading.candidates or reading.why is Why.SEVERAL)


def says_yes_to_sign(items: Sequence[Item], text: str, lexicon: Lexicon) -> Item | None:
    """The warning sign behind the first of these that several answers say yes to, or may.

    Whose the others are need not be certain.
    """
    sign = _sign_behind(items)
    if sign is None:
        return None
    taken = read_up_to_sign(items, text, lexicon) or read_several(items, text, lexicon)
    said = [each for item, (_, each) in zip(items, taken, strict=False) if item is sign]
    if any(map(may_be_yes, said)):
        return sign
    return sign_among(items, text, lexicon)


def leaves_sign(items: Sequence[Item], parts: Sequence[Part]) -> bool:
    """Whether what is read as answers has something else than an answer in the sign's place."""
    sign = _sign_behind(items)
    found = zip(items, parts, strict=False)
    return any(item is sign and isinstance(reading, NotAReply) for item, (_, reading) in found)


def _sign_behind(items: Sequence[Item]) -> Item | None:
    """The first warning sign behind the question that waits."""
    return next((item for item in items[1:] if is_sign(item)), None)


def is_sign(item: Item) -> bool:
    """Whether a yes to this question tells of a warning sign, or asks for the questions on them."""
    opens = "yes" in (item.opens or {})
    return item.kind is ItemKind.YES_NO and (item.flag is not None or opens)


def _means(part: str, lexicon: Lexicon, *senses: Sense) -> bool:
    """Whether a part is one word of such a meaning."""
    tokens = lexicon.tokens(part)
    return len(tokens) == 1 and tokens[0].means(*senses) and not tokens[0].weak


def may_be_yes(reading: Reading) -> bool:
    """Whether this is a yes to a warning sign, be it one that would be asked back."""
    if isinstance(reading, Understood):
        return reading.code == "yes"
    return isinstance(reading, Ambiguous) and "yes" in reading.candidates
