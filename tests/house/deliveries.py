"""What a provider's fake has brought to a phone."""

from __future__ import annotations

from typing import NamedTuple


class Delivery(NamedTuple):
    """A message at a phone. `told`: whoever sent it was answered so."""

    address: str
    text: str
    at: float
    """By the monotonic clock."""
    told: bool
