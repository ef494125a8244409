"""The app on somebody's telephone."""

from __future__ import annotations

from datetime import datetime

import pyotp


def code_at(secret: str, moment: datetime) -> str:
    """What the telephone shows at this moment."""
    return pyotp.TOTP(secret).at(moment)
