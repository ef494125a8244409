"""SMS: everything is typed, and every segment costs."""

from __future__ import annotations

from functools import cache

from bot.channels.plain import typed
from bot.messages import Message, Rendered
from bot.segments import folded, is_gsm7
from templates.catalogue import Catalogue, load_catalogues


def render(message: Message, words: Catalogue) -> Rendered:
    """The message as plain text; options are lettered lines.

    Signs that would double the price become those of the GSM alphabet. Letters do so only where
    the language itself fits that alphabet: Polish without its accents would not be Polish.
    """
    return Rendered(folded(typed(message, words), letters=_fits(words.language)))


@cache
def _fits(language: str) -> bool:
    catalogue = load_catalogues("messages").get(language)
    return catalogue is not None and all(map(is_gsm7, catalogue.messages.values()))
