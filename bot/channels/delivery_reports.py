"""Mails about mails that were not delivered (RFC 3464), read without believing them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.errors import MessageError
from email.message import Message
from email.policy import compat32
from email.utils import getaddresses

_TO = ("Delivered-To", "X-Original-To", "Envelope-To", "To")
_STATUS = re.compile(r"\s*([245])\.\d{1,3}\.\d{1,3}")


class Unreadable(ValueError):
    """This is no delivery report."""


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """What a mail server says of a mail; `status` is empty unless it has failed for good."""

    recipients: tuple[str, ...]
    """Where the report was sent: our return address is among them."""
    status: str


def read(raw: bytes) -> DeliveryReport:
    """Read one mail. Raises Unreadable."""
    try:
        message = message_from_bytes(raw, policy=compat32)
        if message.get_content_type() != "multipart/report":
            raise Unreadable("not a delivery report")
        fields = list(_recipient_fields(message))
        to = [str(value) for name in _TO for value in message.get_all(name, [])]
    except (MessageError, ValueError, LookupError, RecursionError) as error:
        raise Unreadable("not a delivery report") from error
    if not fields:
        raise Unreadable("the report says nothing of a delivery")
    failed = [status for status in map(_failed, fields) if status]
    recipients = tuple(address for _, address in getaddresses(to) if address)
    return DeliveryReport(recipients, failed[0] if failed else "")


def _recipient_fields(message: Message) -> Iterator[Message]:
    """The blocks about recipients: those that say what was done."""
    for part in message.walk():
        if part.get_content_type() == "message/delivery-status" and part.is_multipart():
            blocks = part.get_payload()
            assert isinstance(blocks, list)
            yield from (block for block in blocks if isinstance(block, Message) and block["Action"])


def _failed(fields: Message) -> str:
    """The enhanced status (RFC 3463) of a failure for good, else nothing."""
    found = _STATUS.match(str(fields["Status"] or ""))
    final = str(fields["Action"]).strip().lower() == "failed"
    return found[0].strip() if final and found is not None and found[1] == "5" else ""
