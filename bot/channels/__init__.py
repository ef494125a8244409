"""Channels: one file each, with a pure `render`, and where it is on one `send`."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from bot.messages import Priority, Rendered


class Trouble(StrEnum):
    """The closed set of things that go wrong when sending."""

    GONE = "gone"
    """The address will never work again."""
    DOUBTFUL = "doubtful"
    """The address may not work: gone at the second time in a row."""
    CONFIGURATION = "configuration"
    """Ours to mend; sending again changes nothing."""
    RETRY = "retry"
    """Again later."""
    UNKNOWN = "unknown"
    """It may have been delivered."""
    CONTENT = "content"
    """The provider refuses this very text."""


LOOKED_UP = frozenset({"sms", "whatsapp"})
"""Channels that ask their provider what came of an attempt before they repeat it."""


class NotSent(Exception):
    """A channel could not send; the message names the class only, never the content."""

    def __init__(self, trouble: Trouble, code: str = "", wait: timedelta | None = None) -> None:
        super().__init__(f"{trouble.value} {code}".strip())
        self.trouble = trouble
        self.code = code
        self.wait = wait


class AlreadyThere(Exception):
    """The provider has it from an attempt before, under this id: this one has sent nothing."""

    def __init__(self, provider_id: str) -> None:
        super().__init__(provider_id)
        self.provider_id = provider_id


@dataclass(frozen=True, slots=True)
class Others:
    """What a provider may hold for an address besides a message whose end nobody knows."""

    ids: Collection[str] = ()
    """Those of its ids that stand under another message of ours."""
    unnamed: int = 0
    """So many more at most, from attempts at other messages whose end nobody knew either."""


def nobody(ids: Collection[str]) -> Others:
    """Nothing else goes to this address."""
    return Others()


@dataclass(frozen=True, slots=True)
class Parcel:
    """A rendered message on its way; `outbox_id` makes a repeat recognisable."""

    outbox_id: int
    patient_id: int | None
    address: str
    rendered: Rendered
    created_at: datetime | None = None
    """When it was queued; None for what never was."""
    repeated: bool = False
    """An attempt was made that nobody knows the end of: it may have arrived already."""
    language: str = ""
    """The patient's; empty where none is known."""
    heard_at: datetime | None = None
    """When this address last wrote, where the channel's rules ask for it."""
    priority: Priority = Priority.REPLY
    others: Callable[[Collection[str]], Others] = nobody
    """Of a repeat: whose these ids of the provider are. To be asked once the provider has told
    them: a message that goes out meanwhile would be missing."""


class Channel(Protocol):
    """What every channel that is on can do."""

    name: str

    def send(self, parcel: Parcel) -> str | None:
        """Send, and return the provider's id if it gives one.

        Raises:
            NotSent: with the class of what went wrong.
            AlreadyThere: it need not be sent again.
        """
        ...
