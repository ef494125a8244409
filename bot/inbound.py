"""What reaches us from a channel, in one shape."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

_WRITTEN = ("address", "external_id", "text", "choice", "edit_of")


class InboundKind(StrEnum):
    """What the patient did."""

    TEXT = "text"
    CHOICE = "choice"
    EDIT = "edit"
    OTHER = "other"
    """Something we cannot read: a voice message, a picture, a sticker."""
    GROUP = "group"
    """Anything that was written where others read along."""
    BLOCKED = "blocked"
    """The patient has blocked us there: nothing arrives any more."""
    UNBLOCKED = "unblocked"
    """We may write there again."""


class Handled(StrEnum):
    """What the provider has dealt with and answered itself (Twilio's OptOutType)."""

    STOP = "stop"
    START = "start"
    HELP = "help"


TEXT, CHOICE, EDIT, OTHER, GROUP, BLOCKED, UNBLOCKED = InboundKind
STOP, START, HELP = Handled
"""The members by themselves: through its class Python 3.11 is slow to find one."""


# Not frozen: that costs a call for each field of every message.
@dataclass(slots=True)
class Inbound:
    """One message, press or edit; (`channel`, `external_id`) is unique for ever.

    `choice` is a pressed button's data, as `bot.messages.Choice.data` wrote it; `text` is
    then the button's label. `edit_of` is the external id of the message that was edited.

    Half of a character, as JSON may carry it, can be neither stored nor sent: it becomes a
    question mark.
    """

    channel: str
    address: str
    external_id: str
    kind: InboundKind
    at: datetime
    text: str = ""
    choice: str = ""
    edit_of: str = ""
    handled: Handled | None = None

    def __post_init__(self) -> None:
        written = f"{self.address}{self.external_id}{self.text}{self.choice}{self.edit_of}"
        if not written.isascii():
            self._mend()

    def _mend(self) -> None:
        for name in _WRITTEN:
            mended = getattr(self, name).encode(errors="replace").decode()
            setattr(self, name, mended)
