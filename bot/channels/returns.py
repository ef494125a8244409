"""The address that a mail comes back to: it names the mail, and nobody can make it up.

An envelope sender of its own for each mail (VERP); a bounce is believed only when it comes to
such an address.
"""

from __future__ import annotations

import hmac
import re
from base64 import b32encode

from trajectory.keys import Ring

LOCAL = "bounce"
"""The mailbox; what follows a + in an address belongs to the same one (RFC 5233)."""
_PURPOSE = "bounce"
_CHECK_BYTES = 10
_ADDRESS = re.compile(r"bounce\+(\d{1,19})-([a-z2-7]{16})@[^@]+", re.IGNORECASE)


class Returns:
    """Makes and reads the return addresses of one domain."""

    def __init__(self, ring: Ring, domain: str) -> None:
        self._ring = ring
        self._domain = domain

    def address(self, outbox_id: int) -> str:
        """Where this mail comes back to."""
        _, digest = self._ring.find_hash(_PURPOSE, str(outbox_id))
        return f"{LOCAL}+{outbox_id}-{_check(digest)}@{self._domain}"

    def outbox_id(self, address: str) -> int | None:
        """The mail that this address was made for; None: it was not made here."""
        found = _ADDRESS.fullmatch(address)
        if found is None:
            return None
        number, said = found[1], found[2].lower()
        right = any(
            hmac.compare_digest(_check(digest), said)
            for _, digest in self._ring.find_hashes(_PURPOSE, number)
        )
        return int(number) if right else None


def _check(digest: bytes) -> str:
    """80 bits, in letters that survive a server which changes their case."""
    return b32encode(digest[:_CHECK_BYTES]).decode().lower()
