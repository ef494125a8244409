"""What the chat page posts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl

from bot.inbound import InboundKind

LONGEST = 4000
"""Characters of one message."""
LONGEST_DATA = 64
"""Bytes of a button's data, as Telegram allows them."""

_CLIENT_ID = re.compile(r"[A-Za-z0-9_-]{8,64}", re.ASCII)
_SEPARATOR = "\t"


class Unreadable(ValueError):
    """Not a form that our page makes."""


@dataclass(frozen=True, slots=True)
class Written:
    """One message or press. `client_id` is made by the page, so that a repeat is a no-op."""

    client_id: str
    text: str
    choice: str = ""
    kind: InboundKind = InboundKind.TEXT

    @property
    def too_long(self) -> bool:
        """Whether there is more text than we take."""
        return len(self.text) > LONGEST


def parse(body: bytes) -> Written:
    """Read an urlencoded form; the text is trimmed and has plain line ends.

    Raises:
        Unreadable: no usable id, bytes that are no text, or a button that we never made.
    """
    try:
        fields = dict(parse_qsl(body.decode(), keep_blank_values=True, errors="strict"))
    except ValueError:
        raise Unreadable("not a form") from None
    client_id = fields.get("id", "")
    if not _CLIENT_ID.fullmatch(client_id):
        raise Unreadable("no id")
    if "choice" in fields:
        return _press(client_id, fields["choice"])
    return Written(client_id, _tidy(fields.get("text", "")))


def button_value(data: str, label: str) -> str:
    """What a button of the page sends: its data and its label."""
    return f"{data}{_SEPARATOR}{label}"


def _press(client_id: str, value: str) -> Written:
    data, separator, label = value.partition(_SEPARATOR)
    if not separator or not data or len(data.encode()) > LONGEST_DATA:
        raise Unreadable("no button of ours")
    return Written(client_id, _tidy(label), data, InboundKind.CHOICE)


def _tidy(text: str) -> str:
    # Neither database keeps a NUL in JSON text everywhere, and nobody means to write one.
    return text.replace("\r\n", "\n").replace("\x00", "").strip()
