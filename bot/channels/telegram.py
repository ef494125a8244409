"""Telegram: short buttons under the text, long statements lettered inside it."""

from __future__ import annotations

from bot.channels.plain import listed
from bot.messages import Button, Layout, Message, Rendered
from templates.catalogue import Catalogue

LONGEST_LABEL = 20
"""Characters that a button shows on a narrow phone; longer words go into the text."""


def render(message: Message, words: Catalogue) -> Rendered:
    """The message as one Telegram text with an inline keyboard."""
    if message.layout is Layout.IN_TEXT or _short(message):
        text = message.text
        labels = [_label(message, c.key, c.words) for c in message.choices]
    else:
        text = f"{message.text}\n\n{listed(message)}"
        labels = [c.key for c in message.choices]
    buttons = tuple(
        Button(label, choice.data) for label, choice in zip(labels, message.choices, strict=True)
    )
    return Rendered(_with_anchors(text, message, words), buttons)


def _short(message: Message) -> bool:
    return all(len(choice.words) <= LONGEST_LABEL for choice in message.choices)


def _label(message: Message, key: str, words: str) -> str:
    return key if message.layout in (Layout.DIGITS, Layout.IN_TEXT) else words


def _with_anchors(text: str, message: Message, words: Catalogue) -> str:
    if message.anchors is None:
        return text
    low, high = message.anchors
    return f"{text}\n" + words.say(
        "hint.anchors", low=message.choices[0].key, lowest=low, high=message.choices[-1].key,
        highest=high,
    )  # fmt: skip
