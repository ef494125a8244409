"""Mail that goes nowhere: the demo shows the outbox's own rows as the professional's inbox."""

from __future__ import annotations

from bot.channels import Parcel


class ShownMail:
    """Takes mail as sent; `bot.mailbox` reads it back, and the demo's page says so."""

    name = "email"

    def send(self, parcel: Parcel) -> str | None:
        """Nothing to do: what was committed is what is shown."""
        return None
