"""Choices as typed text: what SMS and the terminal share."""

from __future__ import annotations

from bot.messages import Layout, Message
from templates.catalogue import Catalogue


def typed(message: Message, words: Catalogue) -> str:
    """The whole message for somebody who can only type."""
    if not message.choices:
        return message.text
    match message.layout:
        case Layout.IN_TEXT:
            return message.text
        case Layout.LETTERS:
            return f"{message.text}\n{message.choices.listed}"
        case Layout.YES_NO:
            yes, no = message.choices
            return f"{message.text} {yes.key}/{no.key}"
        case Layout.DIGITS:
            return f"{message.text} ({_scale(message, words)})"


def _scale(message: Message, words: Catalogue) -> str:
    low, high = message.choices[0].key, message.choices[-1].key
    if message.anchors is None:
        return f"{low}-{high}"
    lowest, highest = message.anchors
    return words.say("hint.anchors", low=low, lowest=lowest, high=high, highest=highest)
