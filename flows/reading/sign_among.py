"""A yes to a warning sign that stands among several answers, perhaps with more words than that.

Where several answers are not taken as they stand, such a yes comes before what is asked back:
docs/adr/0012.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import dropwhile, pairwise, takewhile

from flows.lexicon import Lexicon, Sense, Token
from flows.model import Item
from flows.reading.answer import NUMBERS, read
from flows.reading.outcome import Ambiguous, NotAReply, Reading, Understood
from flows.reading.several import LONGEST_PART, Part, is_decimal, read_several

_WORD = re.compile(r"[^\s,;]+")
_CLAUSE = re.compile(r"(?:[^,;.\n]|(?<=\d),(?=\d)|\.(?!\s))+")
_BARE = re.compile(r"\w+(?:/\w+)?[.:]?")
_BESIDE = (Sense.NUMBER, Sense.OUT_OF, Sense.UNIT, Sense.SUFFIX)
"""What stands in a part that is a number and nothing else: "6/10", "4 days"."""

_BEGINS = (Sense.YES, Sense.WEAK_YES, Sense.DOUBT, Sense.HEDGE, Sense.CONNECTOR)
"""What the words about a sign begin with, behind the numbers: "maybe yes", "and yes sadly"."""


def sign_among(items: Sequence[Item], text: str, lexicon: Lexicon) -> Item | None:
    """The warning sign that this message says yes to, or may, beside answers to others.

    `items` are all that are still to be answered, in order. None where the sign is the first of
    them, which the message is read for in any case.
    """
    sign = _sign_behind(items)
    if sign is None or not _are_several(items[: items.index(sign)], text, lexicon):
        return None
    return sign if may_be_yes(read(sign, text, lexicon)) else None


def _are_several(before: Sequence[Item], text: str, lexicon: Lexicon) -> bool:
    """Whether there is more than one answer: "7 7 yes", not "yes 7 out of 10" or "7 or 8, yes".

    Between commas there must be as many as there are questions before the sign: "7 today, 5
    yesterday, yes" may be one.
    """
    if isinstance(read(before[0], text, lexicon), Understood):
        return False
    numbers = [_has_number(word, lexicon) for word in _WORD.findall(text)]
    return (True, True) in pairwise(numbers) or _clauses(text, lexicon) == len(before) > 1


def _clauses(text: str, lexicon: Lexicon) -> int:
    """In how many clauses a number stands, before the first with a yes: "6/10, 4 days, yes"."""
    clauses = [lexicon.tokens(clause) for clause in _CLAUSE.findall(text)]
    before = takewhile(lambda tokens: not _any(tokens, Sense.YES), clauses)
    return sum(_any(tokens, Sense.NUMBER) for tokens in before)


def begins_with_several(text: str, lexicon: Lexicon) -> bool:
    """Whether the first words are numbers, and so answers: not "call me at 20 30, yes"."""
    first = _WORD.findall(text)[:2]
    return len(first) == 2 and all(_has_number(word, lexicon) for word in first)


def read_up_to_sign(items: Sequence[Item], text: str, lexicon: Lexicon) -> tuple[Part, ...]:
    """An answer to each question before a warning sign, and words behind them that may be its yes.

    Each is a number of one word, or stands between commas: "6/10, 4 days, 2 days, yes sadly".
    Empty where it is not certain whose answers they are, and behind one number: "7 yes, all week"
    may be that one in more words, and the sign is asked next in any case.
    """
    sign = _sign_behind(items)
    if sign is None:
        return ()
    before = items[: items.index(sign)]
    if len(before) < 2 or any(item.kind not in NUMBERS for item in before):
        return ()
    ways = (_CLAUSE,) if is_decimal(text) else (_CLAUSE, _WORD)
    cuts = (_cut(text, way, len(before), lexicon) for way in ways)
    read_cuts = (_read_cut(before, sign, cut, lexicon) for cut in cuts if cut)
    return next(filter(None, read_cuts), ())


def _cut(text: str, way: re.Pattern[str], count: int, lexicon: Lexicon) -> list[str]:
    """So many parts, the first with the greeting before it, and what stands behind them."""
    found = list(way.finditer(text))
    first = next((at for at, each in enumerate(found) if _has_number(each.group(), lexicon)), None)
    if first is None or len(found) <= first + count:
        return []
    parts = [each.group().strip() for each in found[first : first + count]]
    if way is _WORD and not all(_BARE.fullmatch(part) for part in parts):
        return []
    lead = text[: found[first].end()].strip()
    return [lead, *parts[1:], text[found[first + count].start() :].strip()]


def _read_cut(
    before: Sequence[Item], sign: Item, cut: Sequence[str], lexicon: Lexicon
) -> tuple[Part, ...]:
    *parts, rest = cut
    if not all(_is_number(part, lexicon) for part in parts) or not _begins_it(rest, lexicon):
        return ()
    answers = [(part, read(item, part, lexicon)) for item, part in zip(before, parts, strict=True)]
    said = read(sign, rest, lexicon)
    if not all(isinstance(each, Understood) for _, each in answers) or not may_be_yes(said):
        return ()
    return (*answers, (rest, said))


def _is_number(part: str, lexicon: Lexicon) -> bool:
    """Whether this is one number, perhaps with a greeting before it and its unit behind it."""
    tokens = list(dropwhile(lambda token: token.means(Sense.HEDGE), lexicon.tokens(part)))
    if not 1 <= len(tokens) <= LONGEST_PART or not tokens[0].means(Sense.NUMBER):
        return False
    numbers = sum(token.means(Sense.NUMBER) for token in tokens)
    scale = any(token.means(Sense.OUT_OF) for token in tokens)
    fits = all(token.means(*_BESIDE) and not token.weak for token in tokens)
    return fits and numbers == 1 + scale


def _begins_it(rest: str, lexicon: Lexicon) -> bool:
    """Whether words behind the numbers begin with what may be a yes, and hold no other number."""
    tokens = lexicon.tokens(rest)
    starts = bool(tokens) and tokens[0].means(*_BEGINS)
    return starts and not _any(tokens, Sense.NUMBER)


def doubt(item: Item, text: str, reading: Ambiguous) -> str | None:
    """Of words to a warning sign that are asked back, the side they are on: "yes", "no" or None.

    Whoever asks something ("yes or no?") says neither.
    """
    if not item.is_sign or "?" in text or len(reading.candidates) != 1:
        return None
    return reading.candidates[0]


def says_yes_to_sign(items: Sequence[Item], text: str, lexicon: Lexicon) -> Item | None:
    """The sign behind the first of these that several certain answers say yes to, or may."""
    sign = _sign_behind(items)
    if sign is None:
        return None
    taken = read_up_to_sign(items, text, lexicon) or read_several(items, text, lexicon)
    said = [each for item, (_, each) in zip(items, taken, strict=False) if item is sign]
    return sign if any(map(may_be_yes, said)) else None


def leaves_sign(items: Sequence[Item], parts: Sequence[Part]) -> bool:
    """Whether what is read as answers has something else than an answer in the sign's place."""
    sign = _sign_behind(items)
    found = zip(items, parts, strict=False)
    return any(item is sign and isinstance(reading, NotAReply) for item, (_, reading) in found)


def _sign_behind(items: Sequence[Item]) -> Item | None:
    """The first warning sign behind the question that waits."""
    return next((item for item in items[1:] if item.is_sign), None)


def _any(tokens: Sequence[Token], sense: Sense) -> bool:
    return any(token.means(sense) for token in tokens)


def _has_number(part: str, lexicon: Lexicon) -> bool:
    return _any(lexicon.tokens(part), Sense.NUMBER)


def may_be_yes(reading: Reading) -> bool:
    """Whether this is a yes to a warning sign, be it one that would be asked back."""
    if isinstance(reading, Understood):
        return reading.code == "yes"
    return isinstance(reading, Ambiguous) and "yes" in reading.candidates
