"""What we say, before a channel gives it its form."""

from __future__ import annotations

from enum import IntEnum, StrEnum
from functools import cached_property
from typing import NamedTuple


class Priority(IntEnum):
    """What overtakes what in the outbox."""

    SAFETY = 0
    REPLY = 1
    BULK = 5


class Layout(StrEnum):
    """How choices are named where they have to be typed."""

    LETTERS = "letters"
    """A, B, C: statements, labels and everything the assistant offers."""
    DIGITS = "digits"
    """0 to 10: scales and counts."""
    YES_NO = "yes-no"
    """Y/N (J/N)."""
    IN_TEXT = "in-text"
    """The text names them already."""


LONGEST_DATA = 64
"""Bytes that a button of Telegram gives back."""


def press_data(*parts: str | int) -> str:
    """What a button gives back, such as `q.12.3.yes`.

    Raises:
        ValueError: it is longer than any channel's button holds.
    """
    data = ".".join(map(str, parts))
    if len(data.encode()) > LONGEST_DATA:
        raise ValueError(f"a button holds {LONGEST_DATA} bytes")
    return data


class Choice(NamedTuple):
    """One thing that can be pressed or typed.

    `key` is what is typed (A, 7, Y); `words` is what it means; `data`, behind the message's
    `place`, names session, turn and option (or the task's turn and option) in at most 64 bytes.
    """

    key: str
    words: str
    data: str


class Choices(tuple[Choice, ...]):
    """All that can be pressed or typed under one message.

    What is made of them is kept with them and goes when they go: a question's are the same for
    everybody, and others hold people's names.
    """

    @cached_property
    def listed(self) -> str:
        """One lettered line each."""
        return "\n".join([f"{key}: {words}" for key, words, _ in self])

    @cached_property
    def longest(self) -> int:
        """Characters of the longest words."""
        return max([len(choice.words) for choice in self], default=0)

    @cached_property
    def keyed(self) -> tuple[Button, ...]:
        """Buttons that show what is typed."""
        return tuple(Button(key, data) for key, _, data in self)

    @cached_property
    def worded(self) -> tuple[Button, ...]:
        """Buttons that show what is meant."""
        return tuple(Button(words, data) for _, words, data in self)


class Message(NamedTuple):
    """One message to a patient. `text` never lists the choices: the channel does.

    `place` is what the data of all choices begins with, so that a question's choices are the
    same for everybody.
    """

    text: str
    choices: Choices = Choices()
    layout: Layout = Layout.LETTERS
    anchors: tuple[str, str] | None = None
    session_id: int | None = None
    turn: int | None = None
    place: str = ""
    priority: Priority = Priority.REPLY
    picture: str = ""
    """An SVG that goes with the text, on channels that show pictures."""
    plain: str = ""
    """What of the text says nothing about health; known where the channel carries a link only."""
    entry_id: int | None = None
    """The entry whose words these are, where a person wrote them."""


class Button(NamedTuple):
    """A pressable label as the channel shows it, and the data that comes back."""

    label: str
    data: str


class Rendered(NamedTuple):
    """A message in a channel's own form; `subject` is for mail only.

    `place` is what comes back before the data of each button, as in `Message`.
    """

    text: str
    buttons: tuple[Button, ...] = ()
    subject: str = ""
    picture: str = ""
    """An SVG; the channel makes of it what its provider takes."""
    place: str = ""
