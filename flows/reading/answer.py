"""Reading a message as the answer to one question, by the kind of the question."""

from __future__ import annotations

from collections.abc import Sequence

from flows.events import Why
from flows.lexicon import Lexicon, Token
from flows.model import Item, ItemKind
from flows.reading.numbers import read_number
from flows.reading.options import read_option
from flows.reading.outcome import NotAReply, Reading, Understood

NUMBERS = (ItemKind.SCALE, ItemKind.COUNT)


def read(item: Item, text: str, lexicon: Lexicon) -> Reading:
    """Read a message as the answer to this item; `lexicon` is that of the patient's language."""
    if item.kind is ItemKind.TEXT:
        words = text.strip()
        return Understood(text=words) if words else NotAReply(Why.NOT_A_REPLY)
    return read_tokens(item, lexicon.tokens(text), lexicon)


def read_tokens(item: Item, tokens: Sequence[Token], lexicon: Lexicon) -> Reading:
    """As `read`, for a question that is answered by a number or an option."""
    if item.kind in NUMBERS:
        return read_number(item, tokens, lexicon)
    return read_option(item, tokens, lexicon)
