"""Questions that quote what the patient has named: `{activity-1}` in the text of an item."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import zip_longest
from unicodedata import category

from rapidfuzz.distance import OSA

from flows.lexicon import Lexicon, Sense
from flows.model import Flow, Item, ItemKind, Operator
from flows.session import Given
from flows.source import Source
from flows.spelling import advice, listed

LONGEST_QUOTED = 60
"""Characters of somebody's own words that go into a question."""
UNKNOWN = "..."
"""Stands where nothing has been named, as in a preview."""

_NO_NAMES = (Sense.YES, Sense.NO, Sense.CONFIRM, Sense.DENY, Sense.NUMBER, Sense.NONE)

_NAMED = re.compile(r"\{([^{}]*)\}")
_WORD = re.compile(r"\w+|[^\w\s]")
_REPEATED = re.compile(r"(\w)\1+")
_LONG_ENOUGH = 5
"""Letters of the shortest word that may have been misspelt: "dog" and "dig" are two words."""


def named_in(text: str) -> frozenset[str]:
    """Ids of the items that a text quotes."""
    return frozenset(_NAMED.findall(text))


def in_own_words(text: str, given: Mapping[str, Given]) -> str:
    """The text with what was answered in place of each `{item}`, on one line and cut if long."""
    return _NAMED.sub(lambda found: _quoted(given.get(found[1])), text)


def _quoted(given: Given | None) -> str:
    words = " ".join((given.text or "").split()).rstrip("?!. ") if given else ""
    if len(words) > LONGEST_QUOTED:
        words = words[: LONGEST_QUOTED - 3].rstrip() + "..."
    return words or UNKNOWN


def is_quoted(flow: Flow, item: Item) -> bool:
    """Whether a question of this flow quotes what is answered here."""
    return item.kind is ItemKind.TEXT and any(
        item.id in named_in(text) for each in flow.items for text in each.text.values()
    )


def quoting(flow: Flow, item_id: str) -> tuple[Item, ...]:
    """The questions that quote what is answered there."""
    return tuple(
        item for item in flow.items if any(item_id in named_in(text) for text in item.text.values())
    )


def names_the_same(words: str, others: str) -> bool:
    """Whether it is the same thing, spelt or written another way at most.

    Words are added or exchanged only where another thing may be meant: "walking the dog" is not
    "walking the cat", and 200 m are not 100 m. A picture is a word.
    """
    pairs = zip_longest(_words(words), _words(others), fillvalue="")
    return all(one == other or _is_misspelt(one, other) for one, other in pairs)


def _words(text: str) -> list[str]:
    found = _WORD.findall(text.casefold())
    return [each for each in found if each[0].isalnum() or category(each[0]).startswith("S")]


def _is_misspelt(one: str, other: str) -> bool:
    """Whether letters are doubled, or two neighbours swapped, at most.

    Another letter in one place makes another word: "lægge" is not "ligge".
    """
    if min(len(one), len(other)) < _LONG_ENOUGH or one[0] != other[0]:
        return False
    if any(c.isdigit() for c in one + other):
        return False
    return _single(one) == _single(other) or _is_swapped(one, other)


def _single(word: str) -> str:
    return _REPEATED.sub(r"\1", word)


def _is_swapped(one: str, other: str) -> bool:
    return sorted(one) == sorted(other) and OSA.distance(one, other) == 1


def names_nothing(text: str, lexicon: Lexicon) -> bool:
    """Whether these words are nothing but a yes or no, a number or a letter."""
    tokens = lexicon.tokens(text)
    return bool(tokens) and all(len(t.text) == 1 or t.means(*_NO_NAMES) for t in tokens)


def check_own_words(flow: Flow, source: Source) -> None:
    """Note a text that quotes what is no text, comes later, or may not have been answered."""
    texts = [item.id for item in flow.items if item.kind is ItemKind.TEXT]
    for place, item in enumerate(flow.items):
        each = {language: named_in(text) for language, text in item.text.items()}
        quoted = frozenset().union(*each.values())
        earlier = {before.id for before in flow.items[:place]}
        if any(names != quoted for names in each.values()):
            _refuse(item, source, f"quotes {listed(sorted(quoted))} not in every language; add it")
        for name in sorted(quoted):
            if name not in texts or name not in earlier:
                reason = f"quotes '{name}', which is no earlier text item; "
                _refuse(item, source, reason + advice(name, earlier & {*texts}))
            elif not _needs(item, name):
                reason = f"quotes '{name}', which may have been skipped; add an 'enable-when' with"
                _refuse(item, source, f"{reason} 'exists' under 'all'")


def _refuse(item: Item, source: Source, reason: str) -> None:
    source.refuse(source.lines["item", item.id], f"item '{item.id}': the text {reason}")


def _needs(item: Item, name: str) -> bool:
    when = item.enable_when
    return (
        when is not None
        and (when.behavior == "all" or len(when.tests) == 1)
        and any(
            test.question == name and test.operator is Operator.EXISTS and test.answer is True
            for test in when.tests
        )
    )
