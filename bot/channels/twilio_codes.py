"""Twilio's error codes, by what they mean for a message and its address."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from bot.channels import Trouble

_CODES: Mapping[Trouble, tuple[int, ...]] = {
    # 21610: the patient has said stop to Twilio or to the carrier.
    Trouble.GONE: (21211, 21214, 21217, 21610, 21614, 63024),
    Trouble.DOUBTFUL: (21612, 30004, 30005, 30006),
    Trouble.CONFIGURATION: (
        *(20003, 20404, 21212, 21408, 21606, 21608, 21609, 21617, 21703),
        *(30002, 30024, 30032, 30034, 63016),
    ),
    Trouble.RETRY: (14107, 20429, 21611, 30001, 30003, 30008, 30022, 30036, 63018, 63038),
    Trouble.UNKNOWN: (20500, 20503, 30410),
    Trouble.CONTENT: (30007,),
}
TROUBLES: Mapping[int, Trouble] = {
    code: trouble for trouble, codes in _CODES.items() for code in codes
}
WAITS: Mapping[int, timedelta] = {63038: timedelta(days=1)}
"""How long Twilio itself says to wait; 63038 is a limit of the day."""


def trouble_of(code: str) -> Trouble:
    """What a code says of a message that Twilio had taken and could not deliver.

    A code that we do not know, or none, is as 30008, "unknown error": again later.
    """
    return TROUBLES.get(int(code), Trouble.RETRY) if code.isdecimal() else Trouble.RETRY


def refusal(status: int, code: int | None) -> Trouble:
    """What it means that Twilio's API answered with this HTTP status and code of its own."""
    if code is not None and code in TROUBLES:
        return TROUBLES[code]
    if status in (408, 429):
        return Trouble.RETRY
    return Trouble.UNKNOWN if status >= 500 else Trouble.CONFIGURATION
