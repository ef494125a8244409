"""WhatsApp: choices are typed; after a day of silence only an approved template may go out."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from bot.channels.plain import typed
from bot.messages import Message, Rendered
from templates.catalogue import Catalogue

WINDOW = timedelta(hours=24)
"""How long after the patient's last message free text may be sent."""
SPARE = timedelta(minutes=2)
"""So much before its end the window counts as closed: sending takes its time."""
NO_TEMPLATE = "63016"
"""Twilio's code for text that only a template may carry: it waits for the patient, or for one."""
_BLANKS = re.compile(r"\s+")


def render(message: Message, words: Catalogue) -> Rendered:
    """The message as plain text; no segments are counted here, so no letter is replaced."""
    return Rendered(typed(message, words))


def may_write_freely(heard_at: datetime | None, now: datetime) -> bool:
    """Whether the patient has written so lately that any text may be sent."""
    return heard_at is not None and now < heard_at + WINDOW - SPARE


def one_line(text: str) -> str:
    """The text as a template's variable may hold it: without line breaks, tabs or wide gaps."""
    return _BLANKS.sub(" ", text).strip()
