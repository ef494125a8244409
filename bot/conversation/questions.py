"""An item of a questionnaire as a message."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

from bot.messages import Choice, Choices, Layout, Message
from flows.model import Flow, Item, ItemKind
from flows.own_words import in_own_words
from flows.reading import Understood
from flows.session import Given
from templates.catalogue import Catalogue

LONGEST_ECHO = 15
"""Characters of an answer that are repeated; a longer one is named by its letter."""
_NOTHING: Mapping[str, Given] = {}
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def question(
    item: Item,
    language: str,
    words: Catalogue,
    *,
    place: tuple[int, int],
    session_id: int,
    turn: int,
    only: tuple[str, ...] = (),
    given: Mapping[str, Given] = _NOTHING,
) -> Message:
    """The item's text with its place (`3/10`) and its choices, or `only` some of them.

    `given` are the answers of the session, which the text may quote.
    """
    position, total = place
    text, choices, how, anchors = _wording(item, language, words)
    if "{" in text:
        text = in_own_words(text, given)
    return Message(
        f"{position}/{total} {text}" if total > 1 else text,
        Choices(choice for choice in choices if choice.data in only) if only else choices,
        how,
        anchors,
        session_id,
        turn,
        f"q.{session_id}.{turn}.",
    )


class _Wording(NamedTuple):
    """All of a question that is the same for everybody who is asked in one language."""

    text: str
    choices: Choices
    layout: Layout
    anchors: tuple[str, str] | None


@cache
def _wording(item: Item, language: str, words: Catalogue) -> _Wording:
    return _Wording(
        item.text[language],
        Choices(_choices(item, language, words)),
        layout(item),
        _anchors(item, language),
    )


def layout(item: Item) -> Layout:
    """How this item's choices are typed."""
    match item.kind:
        case ItemKind.SCALE | ItemKind.COUNT:
            return Layout.DIGITS
        case ItemKind.YES_NO:
            return Layout.YES_NO
        case _:
            return Layout.LETTERS


def label(item: Item, code: str | None, value: int | None, language: str) -> str:
    """An answer as it is echoed: `4 days`, `Agree`, or `C` for a whole statement."""
    if code is None:
        return _counted(item, value, language)
    option = item.option(code)
    assert option is not None
    words = option.text[language]
    return words if len(words) <= LONGEST_ECHO else letter(item, code)


def _counted(item: Item, value: int | None, language: str) -> str:
    unit = (item.unit_one if value == 1 else None) or item.unit
    return f"{value} {unit[language]}" if unit else str(value)


def said_as(item: Item, reading: Understood, language: str) -> str:
    """An answer before it is taken, in full: `4 days`, `Agree`, `B: It hurts a little`."""
    option = item.option(reading.code or "")
    if option is None:
        return _counted(item, reading.value, language) if reading.text is None else reading.text
    words = option.text[language]
    return words if len(words) <= LONGEST_ECHO else f"{letter(item, option.id)}: {words}"


def title(flow: Flow, item: Item, language: str) -> str:
    """A short name of the item, or that of its flow."""
    return (item.title or flow.title)[language]


def short_answer(item: Item, given: Given, language: str) -> str:
    """An answer with what it is about: `Pain: 6`."""
    said = str(given.value) if given.code is None else label(item, given.code, None, language)
    return f"{item.title[language]}: {said}" if item.title else said


def question_key(item: Item, code: str, words: Catalogue) -> str:
    """What is typed for an option: Y or N, or its letter."""
    return words.say(f"key.{code}") if item.kind is ItemKind.YES_NO else letter(item, code)


def letter(item: Item, code: str) -> str:
    """The letter that an option is typed by."""
    return _letters(item)[code]


@cache
def _letters(item: Item) -> Mapping[str, str]:
    return {option.id: key for option, key in zip(item.options, _LETTERS, strict=False)}


def _choices(item: Item, language: str, words: Catalogue) -> list[Choice]:
    if item.kind in (ItemKind.SCALE, ItemKind.COUNT):
        return [Choice(n, n, n) for n in map(str, range(item.minimum, item.maximum + 1))]
    return [
        Choice(question_key(item, option.id, words), option.text[language], option.id)
        for option in item.options
    ]


def _anchors(item: Item, language: str) -> tuple[str, str] | None:
    if item.anchors is None:
        return None
    lowest, highest = item.anchors
    return lowest[language], highest[language]
