"""Tells Telegram about the bot when a process starts; again for a while if it cannot be reached."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from concurrent.futures import CancelledError

import structlog
from telegram.error import TelegramError

from bot.channels import NotSent, Trouble
from bot.channels.telegram import Request
from bot.channels.telegram_api import BotApi, Line
from bot.channels.telegram_errors import trouble_of

WAITS = (5.0, 30.0, 120.0, 600.0)
"""Seconds before each new attempt."""

_PASSING = (Trouble.RETRY, Trouble.UNKNOWN)
_log = structlog.get_logger(__name__)


class Introduction:
    """Makes the calls one after the other on a thread of its own; nothing waits for it.

    A failure is logged: the bot answers without a menu too, and with the webhook that it had.
    """

    def __init__(
        self, api: BotApi, requests: Iterable[Request], waits: Iterable[float] = WAITS
    ) -> None:
        self._line = Line(api)
        self._requests = list(requests)
        self._waits = list(waits)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name="introduction", daemon=True)
        self._thread.start()

    def join(self) -> None:
        """Wait until all has been said or given up."""
        self._thread.join()

    def close(self) -> None:
        """Give up what has not been said."""
        self._stop.set()
        self._line.cut()
        self._thread.join()

    def _work(self) -> None:
        try:
            for request in self._requests:
                self._say(request)
        except CancelledError:
            return

    def _say(self, request: Request) -> None:
        for wait in [*self._waits, None]:
            trouble = self._trouble(request)
            if trouble is None:
                return
            _log.warning("telegram not told", method=request.method, code=trouble.code)
            if wait is None or trouble.trouble not in _PASSING:
                return
            self._stop.wait(trouble.wait.total_seconds() if trouble.wait else wait)

    def _trouble(self, request: Request) -> NotSent | None:
        try:
            self._line.call(request)
        except TelegramError as error:
            return trouble_of(error)
        return None
