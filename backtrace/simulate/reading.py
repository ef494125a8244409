"""What a message asks, read as a patient does: from its words and buttons."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from bot.messages import Button, Rendered
from bot.segments import folded
from flows.model import Flow, Item, ItemKind

_LETTERED = re.compile(r"^([A-J]): ", re.MULTILINE)
_YES_NO = re.compile(r"\b(Y/N|J/N)\b")
_RANGE = re.compile(r"\b0\s?(?:-|–|to|til)\s?\d+\b")


@dataclass(frozen=True, slots=True)
class Question:
    """What wants an answer. Without any of these it is some question of the assistant's own."""

    item: Item | None = None
    together: tuple[Item, ...] = ()
    """Several items that are asked in one message."""
    buttons: tuple[Button, ...] = ()
    letters: tuple[str, ...] = ()
    """What can be typed for a lettered line."""


class Reader:
    """Knows every question of these flows by its words, in one language."""

    def __init__(self, flows: Iterable[Flow], language: str) -> None:
        items = {item.text[language]: item for flow in flows for item in flow.items}
        self._items = {**{folded(text): item for text, item in items.items()}, **items}
        self._briefs = {folded(item.brief[language]): item for item in items.values() if item.brief}

    def read(self, message: Rendered, before: Question | None) -> Question | None:
        """What the message asks, or None; `before`: what was asked last, for a mere hint."""
        text, buttons = message.text, message.buttons
        item = self._item(text)
        if buttons:
            return Question(item or (before.item if before else None), buttons=buttons)
        if item is not None:
            return Question(item)
        places = {text.find(brief): item for brief, item in self._briefs.items() if brief in text}
        if len(places) > 1:
            return Question(together=tuple(places[place] for place in sorted(places)))
        return _unnamed(text, before)

    def _item(self, text: str) -> Item | None:
        for words, item in self._items.items():
            if words in text:
                return item
        return None


def _unnamed(text: str, before: Question | None) -> Question | None:
    """A question that is none of the library's, or only a hint to the one before."""
    letters = tuple(_LETTERED.findall(text))
    if letters or _YES_NO.search(text):
        return Question(_same(before, letters), letters=letters)
    return before if before is not None and _is_hint(text, before.item) else None


def _same(before: Question | None, letters: tuple[str, ...]) -> Item | None:
    """The item of before, where as many letters stand for its options."""
    item = before.item if before else None
    return item if item is not None and len(item.options) == len(letters) else None


def _is_hint(text: str, item: Item | None) -> bool:
    counts = item is not None and item.kind in (ItemKind.SCALE, ItemKind.COUNT)
    return counts and (_RANGE.search(text) is not None or text.endswith("?"))
