"""The small language that commands are written in, and what a pattern of it matches.

`[x]` may be left out, `(x|y)` is either, both may hold any pattern; `<name>` stands for a
group that the language file names once under `phrases`; `{slot}` takes any words, `{code}` a
code with a digit in it, `{number}` a telephone number, `{nth}` a place on a list, `{place}` a
known city or country, `{word}` one word. Between words stand blanks or
punctuation; an apostrophe may be missing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_TOKEN = re.compile(r"[\[\]()|]|\{[a-z]+\}|<[a-z-]+>|[^\s\[\](){}<>|]+")
GAP = r"[\s.,;:!-]+"
"""What stands between two words of a message."""
_SLOTS = {
    "code": r"(?:(?=\w*\d)\w{4,16}|(?=\w*[ -]?\w*\d)\w{4}[ -]\w{4})",
    "nth": r"\d{1,2}",
    "word": r"\w+",
    "number": r"\+?(?:[\s().-]*\d){5,15}",
}
_ANYTHING = ".+?"


class BadPattern(ValueError):
    """A pattern that is not one; says which and why."""


@dataclass(frozen=True, slots=True)
class Word:
    """One word as it is."""

    text: str


@dataclass(frozen=True, slots=True)
class Slot:
    """Words of the patient's own."""

    name: str


@dataclass(frozen=True, slots=True)
class Group:
    """One of several sequences; `optional`: or none of them."""

    choices: tuple[Sequence, ...]
    optional: bool


Node = Word | Slot | Group
Sequence = tuple[Node, ...]


def parse(pattern: str, phrases: Mapping[str, str]) -> Sequence:
    """Read one pattern. Raises BadPattern."""
    tokens = _TOKEN.findall(pattern)
    nodes, rest = _sequence(tokens, phrases, pattern)
    if rest or not nodes:
        raise BadPattern(f"{pattern!r}: a bracket is missing, or there is no word")
    return nodes


def _sequence(
    tokens: list[str], phrases: Mapping[str, str], pattern: str
) -> tuple[Sequence, list[str]]:
    nodes: list[Node] = []
    while tokens and tokens[0] not in ("]", ")", "|"):
        mark, tokens = tokens[0], tokens[1:]
        if mark in ("[", "("):
            group, tokens = _group(tokens, phrases, pattern, "]" if mark == "[" else ")")
            nodes.append(group)
        elif mark.startswith("{"):
            nodes.append(Slot(mark[1:-1]))
        elif mark.startswith("<"):
            nodes.append(_named(mark[1:-1], phrases, pattern))
        else:
            nodes.append(Word(mark.casefold()))
    return tuple(nodes), tokens


def _group(
    tokens: list[str], phrases: Mapping[str, str], pattern: str, closing: str
) -> tuple[Group, list[str]]:
    choices = []
    while True:
        nodes, tokens = _sequence(tokens, phrases, pattern)
        choices.append(nodes)
        if not tokens or not all(choices):
            raise BadPattern(f"{pattern!r}: a bracket is missing, or a choice is empty")
        mark, tokens = tokens[0], tokens[1:]
        if mark == closing:
            return Group(tuple(choices), optional=closing == "]"), tokens
        if mark != "|":
            raise BadPattern(f"{pattern!r}: {mark!r} closes another bracket")


def _named(name: str, phrases: Mapping[str, str], pattern: str) -> Group:
    if name not in phrases:
        raise BadPattern(f"{pattern!r}: there is no phrase {name!r}")
    inner, rest = _group([*_TOKEN.findall(phrases[name]), ")"], phrases, pattern, ")")
    if rest:
        raise BadPattern(f"{pattern!r}: phrase {name!r} has a bracket too many")
    return inner


def expression(nodes: Sequence, gap: str = GAP) -> str:
    """A regular expression that the message, with a blank before it, fits as a whole."""
    return "".join(_expression(node, gap) for node in nodes)


def _expression(node: Node, gap: str) -> str:
    match node:
        case Word(text):
            return gap + re.escape(text).replace("'", "'?")
        case Slot(name):
            return f"{gap}(?P<{name}>{_SLOTS.get(name, _ANYTHING)})"
        case Group(choices, optional):
            either = "|".join(expression(choice, gap) for choice in choices)
            return f"(?:{either})" + ("?" if optional else "")


def openings(nodes: Sequence) -> Iterator[str]:
    """The words that a message of this pattern can begin with."""
    for node in nodes:
        match node:
            case Word(text):
                yield _plain(text)
                return
            case Slot():
                return
            case Group(choices, optional):
                for choice in choices:
                    yield from openings(choice)
                if not optional:
                    return


def begins_freely(nodes: Sequence) -> bool:
    """Whether a message of this pattern can begin with any word: a slot comes first."""
    for node in nodes:
        match node:
            case Word():
                return False
            case Slot():
                return True
            case Group(choices, optional):
                free = any(begins_freely(choice) for choice in choices)
                if free or not optional:
                    return free
    return False


def _plain(word: str) -> str:
    return word.replace("'", "")


def words(nodes: Sequence) -> Iterator[str]:
    """Every fixed word of the pattern."""
    for node in nodes:
        if isinstance(node, Word):
            yield node.text
        elif isinstance(node, Group):
            for choice in node.choices:
                yield from words(choice)


def slots(nodes: Sequence) -> Iterator[str]:
    """The names of the pattern's slots."""
    for node in nodes:
        if isinstance(node, Slot):
            yield node.name
        elif isinstance(node, Group):
            for choice in node.choices:
                yield from slots(choice)
