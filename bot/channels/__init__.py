"""Channels: one file each. A channel is one `render`, one `send` and one classed error."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Protocol

from bot.messages import Message, Rendered
from templates.catalogue import Catalogue


class Trouble(StrEnum):
    """The closed set of things that go wrong when sending."""

    GONE = "gone"
    """The address will never work again."""
    CONFIGURATION = "configuration"
    """Ours to mend; sending again changes nothing."""
    RETRY = "retry"
    """Again later."""
    UNKNOWN = "unknown"
    """It may have been delivered."""
    CONTENT = "content"
    """The provider refuses this very text."""


class NotSent(Exception):
    """A channel could not send; the message names the class only, never the content."""

    def __init__(self, trouble: Trouble, code: str = "", wait: timedelta | None = None) -> None:
        super().__init__(f"{trouble.value} {code}".strip())
        self.trouble = trouble
        self.code = code
        self.wait = wait


@dataclass(frozen=True, slots=True)
class Parcel:
    """A rendered message on its way; `outbox_id` makes a repeat recognisable."""

    outbox_id: int
    patient_id: int | None
    address: str
    rendered: Rendered


class Channel(Protocol):
    """What every channel can do."""

    name: str

    def render(self, message: Message, words: Catalogue) -> Rendered:
        """The message in this channel's form; pure."""
        ...

    def send(self, parcel: Parcel) -> str | None:
        """Send, and return the provider's id if it gives one.

        Raises:
            NotSent: with the class of what went wrong.
        """
        ...
