"""The terminal: the conversation as it would be by text, printed as it comes."""

from __future__ import annotations

from collections.abc import Callable

from bot.channels import Parcel
from bot.channels.plain import typed
from bot.messages import Message, Rendered
from templates.catalogue import Catalogue


def render(message: Message, words: Catalogue) -> Rendered:
    """Plain text with the choices listed."""
    return Rendered(typed(message, words))


class Console:
    """Prints each message through `show`."""

    name = "console"

    def __init__(self, show: Callable[[str], None]) -> None:
        self._show = show

    def send(self, parcel: Parcel) -> str | None:
        """Print it; a terminal does not fail."""
        self._show(parcel.rendered.text)
        return None
