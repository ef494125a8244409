"""What this process has put into the outbox, for the senders that it wakes after the commit."""

from __future__ import annotations

import threading
from collections.abc import Mapping

from bot.messages import Priority


class Posted:
    """By channel how urgent the most urgent message is that was noted since the last look.

    From any thread. What is noted and then rolled back only makes a sender look in vain.
    """

    def __init__(self) -> None:
        self._gate = threading.Lock()
        self._most: dict[str, Priority] = {}

    def note(self, channel: str, priority: Priority) -> None:
        """A message is being put into the outbox, or may go out from now on."""
        with self._gate:
            self._most[channel] = min(priority, self._most.get(channel, priority))

    def taken(self) -> Mapping[str, Priority]:
        """What was noted; from now on it is known."""
        with self._gate:
            taken, self._most = self._most, {}
        return taken
