"""Six digits of an authenticator (TOTP, RFC 6238): a new code every half minute.

No time step is good twice, so that a code seen over somebody's shoulder opens nothing: the
caller keeps the newest step that was used.
"""

from __future__ import annotations

import hmac
from datetime import datetime
from random import Random

import pyotp

STEP = 30
"""Seconds."""
APART = 1
"""So many steps may the clocks of server and telephone be apart."""
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_LENGTH = 32
"""Characters of base 32: 160 bits, as RFC 4226 asks."""


def new_secret(random: Random) -> str:
    """What server and telephone count with."""
    return "".join(random.choices(_ALPHABET, k=_LENGTH))


def setup_uri(secret: str, email: str, clinic: str) -> str:
    """What the QR code holds."""
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=clinic)


def step_of(secret: str, typed: str, now: datetime, last: int | None = None) -> int | None:
    """The time step that this code is of; None where it is wrong, too old, or was used before.

    Every step that comes into question is compared, so that the time tells nothing.
    """
    here = int(now.timestamp()) // STEP
    counted = pyotp.HOTP(secret)
    given = "".join(typed.split()).encode()
    found = [
        step
        for step in range(here - APART, here + APART + 1)
        if hmac.compare_digest(counted.at(step).encode(), given)
    ]
    unused = [step for step in found if last is None or step > last]
    return max(unused, default=None)
