"""What Twilio tells of a patient's message, by webhook or in its list, as one of ours."""

from __future__ import annotations

import re
from datetime import datetime

from bot.inbound import Handled, Inbound, InboundKind

_WHATSAPP = "whatsapp:"
_SENDER = re.compile(rf"(?:{_WHATSAPP})?\+[1-9][0-9]{{6,14}}", re.ASCII)
_SID = re.compile(r"(?:SM|MM)[0-9a-fA-F]{32}", re.ASCII)


class NotAMessage(ValueError):
    """Lacks what makes a message; never repeats what it has."""


def is_sid(text: str) -> bool:
    """Whether this is the id of a message."""
    return _SID.fullmatch(text) is not None


def heard(
    *, sid: str, sender: str, text: str, at: datetime, opt_out: str = "", pressed: str = ""
) -> Inbound:
    """One message; `sender` is a number as +4512345678, on WhatsApp behind `whatsapp:`.

    Without text it is something that we cannot read. `pressed` is what a button says that
    came without a text.

    Raises:
        NotAMessage: the id or the sender is none.
    """
    if not is_sid(sid) or _SENDER.fullmatch(sender) is None:
        raise NotAMessage("the id or the sender is none")
    words = text if text.strip() else pressed
    return Inbound(
        channel="whatsapp" if sender.startswith(_WHATSAPP) else "sms",
        address=sender.removeprefix(_WHATSAPP),
        external_id=sid,
        kind=InboundKind.TEXT if words.strip() else InboundKind.OTHER,
        at=at,
        text=words,
        handled=_handled(opt_out),
    )


def _handled(opt_out: str) -> Handled | None:
    word = opt_out.lower()
    return Handled(word) if word in tuple(Handled) else None
