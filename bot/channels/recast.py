"""A message that was rendered for one channel, as another one shows it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.messages import Rendered

TYPED = ("sms", "whatsapp", "console")
"""Channels without buttons: whatever can be answered stands in the text."""


def recast(rendered: Rendered, channel: str) -> Rendered:
    """The same message on this channel.

    Buttons go along where there are any: their data means the same everywhere. Where there are
    none, the text names what they said. What was typed stays typed.
    """
    if channel not in TYPED:
        return rendered
    text = _named([button.label for button in rendered.buttons], rendered.text)
    return Rendered(text, subject=rendered.subject)


def _named(labels: Sequence[str], text: str) -> str:
    """The text, with the labels that it does not name itself: a scale by its ends."""
    if all(_is_said(label, text) for label in labels):
        return text
    if all(label.isdigit() for label in labels):
        ends = labels[0], labels[-1]
        return text if all(_is_said(end, text) for end in ends) else f"{text} ({'-'.join(ends)})"
    return "\n".join([text, *labels])


def _is_said(label: str, text: str) -> bool:
    """A short key as a word of its own; words anywhere."""
    return re.search(rf"(?<!\w){re.escape(label)}(?!\w)", text) is not None
