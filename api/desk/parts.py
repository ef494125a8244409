"""What the sections of the desk share: numbers in addresses and in fields, and how long ago."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, NamedTuple

from fastapi import Form, Path

LARGEST = 2**63 - 1
_DIGITS = len(str(LARGEST)) - 1
_UNITS: Mapping[str, timedelta] = {
    "day": timedelta(days=1),
    "hour": timedelta(hours=1),
    "minute": timedelta(minutes=1),
}

Number = Annotated[int, Path(ge=0, le=LARGEST)]
"""In an address: that of a patient, or of something of theirs."""
Field = Annotated[str, Form()]
Fields = Annotated[list[str], Form()]


class Age(NamedTuple):
    """How long ago something was, to be said as `desk.age.<unit>`."""

    unit: str
    number: int


def age_of(then: datetime, now: datetime) -> Age:
    """In whole days, hours or minutes; less than a minute is now."""
    for unit, length in _UNITS.items():
        if now - then >= length:
            return Age(unit, (now - then) // length)
    return Age("now", 0)


def number_in(text: str) -> int:
    """0, which nothing has, for what is no number of ours."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= _DIGITS else 0
