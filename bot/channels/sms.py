"""SMS: everything is typed, and every segment costs."""

from __future__ import annotations

from bot.channels.plain import typed
from bot.messages import Message, Rendered
from templates.catalogue import Catalogue


def render(message: Message, words: Catalogue) -> Rendered:
    """The message as plain text; options are lettered lines."""
    return Rendered(typed(message, words))
