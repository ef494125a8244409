"""How a process ends: once asked it finishes what it has begun, twice asked it ends at once."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from types import FrameType

import structlog

PATIENCE = 25.0
"""Seconds for what has been begun; supervisors give 30 and more, if they are told so."""
SIGNALS = (signal.SIGTERM, signal.SIGINT)

_log = structlog.get_logger(__name__)


def on_signal(stop: Callable[[], None], patience: float = PATIENCE) -> None:
    """Call `stop` at the first signal, which must not wait; end at once at a second one.

    What has not come to its end in time is left: messages that nobody answered for come again
    from their provider, and what was leased to be sent goes out after its lease.
    """
    asked = threading.Event()

    def handle(number: int, _frame: FrameType | None) -> None:
        if asked.is_set():
            os._exit(128 + number)
        asked.set()
        watchdog = threading.Timer(patience, _give_up)
        watchdog.daemon = True
        watchdog.start()
        stop()

    for each in SIGNALS:
        signal.signal(each, handle)


def _give_up() -> None:
    _log.warning("stopped in the middle of something, which is taken up again by whoever starts")
    os._exit(0)
