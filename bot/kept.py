"""What the inbox keeps of a message, sealed for its row."""

from __future__ import annotations

from dataclasses import replace

from bot.inbound import Inbound
from trajectory.keys import Sealer

BODY = "inbox.body"
MASKED = "****"
"""What is kept of a message that held the patient's own code."""


def sealed(sealer: Sealer, row_id: int, message: Inbound) -> bytes:
    """The message for the column `body` of its row."""
    body = {"text": message.text, "choice": message.choice, "address": message.address}
    return sealer.seal_json(BODY, row_id, body)


def masked(message: Inbound) -> Inbound:
    """The same without its words: whoever looks later does not see the patient's own code."""
    return replace(message, text=MASKED)
