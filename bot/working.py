"""The two loops of a process: one sends what is ready, one ticks what is due."""

from __future__ import annotations

import threading
from collections.abc import Callable

import structlog
from apscheduler.schedulers.background import BackgroundScheduler

from trajectory.database import Unavailable

POLL_SECONDS = 0.25
"""How long a message that nobody woke the sender for waits at most."""
TICK_SECONDS = 1

_log = structlog.get_logger(__name__)


class Sender:
    """Calls `send` until nothing is left, when woken and at every poll."""

    def __init__(self, send: Callable[[], int]) -> None:
        self._send = send
        self._woken = threading.Event()
        self.closing = False
        self._thread = threading.Thread(target=self._work, name="sender", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """Something was committed; from any thread."""
        self._woken.set()

    def close(self) -> None:
        """Finish the batch that is being sent, then stop."""
        self.closing = True
        self._woken.set()
        self._thread.join()

    def _work(self) -> None:
        while not self.closing:
            _until_nothing_is_left(self._unless_closing)
            self._woken.wait(POLL_SECONDS)
            self._woken.clear()

    def _unless_closing(self) -> int:
        return 0 if self.closing else self._send()


class Ticker:
    """Calls `dispatch` each second until nothing is due; APScheduler only ticks.

    Nothing is lost by a tick that comes late or not at all: what is due stands in the
    database. A tick never overlaps the one before.
    """

    def __init__(self, dispatch: Callable[[], int]) -> None:
        self.closing = False
        self._dispatch = dispatch
        self._scheduler = BackgroundScheduler(timezone="UTC")
        self._scheduler.add_job(
            lambda: _until_nothing_is_left(self._unless_closing),
            "interval",
            seconds=TICK_SECONDS,
            max_instances=1,
            coalesce=True,
            misfire_grace_time=None,
        )
        self._scheduler.start()

    def close(self) -> None:
        """Finish the batch under way, then stop."""
        self.closing = True
        self._scheduler.shutdown(wait=True)

    def _unless_closing(self) -> int:
        return 0 if self.closing else self._dispatch()


def _until_nothing_is_left(work: Callable[[], int]) -> None:
    try:
        while work():
            pass
    except Unavailable as error:
        # Nothing is lost: what was ready or due still is when the database is back.
        _log.warning("database unavailable", error=type(error).__name__)
    except Exception as error:  # noqa: BLE001 - the loop's edge: it must go on
        _log.error("mistake in a loop", error=type(error).__name__)
