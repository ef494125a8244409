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
        self._loop = _Loop(send)
        self._woken = threading.Event()
        self._closing = False
        self._thread = threading.Thread(target=self._work, name="sender", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """Something was committed; from any thread."""
        self._woken.set()

    def close(self) -> None:
        """Finish what is being sent, then stop."""
        self._closing = True
        self._woken.set()
        self._thread.join()

    def _work(self) -> None:
        while not self._closing:
            self._loop()
            self._woken.wait(POLL_SECONDS)
            self._woken.clear()


class Ticker:
    """Calls `dispatch` each second until nothing is due; APScheduler only ticks.

    Nothing is lost by a tick that comes late or not at all: what is due stands in the
    database. A tick never overlaps the one before.
    """

    def __init__(self, dispatch: Callable[[], int]) -> None:
        self._scheduler = BackgroundScheduler(timezone="UTC")
        self._scheduler.add_job(
            _Loop(dispatch),
            "interval",
            seconds=TICK_SECONDS,
            max_instances=1,
            coalesce=True,
            misfire_grace_time=None,
        )
        self._scheduler.start()

    def close(self) -> None:
        """Finish the tick under way, then stop."""
        self._scheduler.shutdown(wait=True)


class _Loop:
    """Does its work until nothing is left, each time that it is called."""

    def __init__(self, work: Callable[[], int]) -> None:
        self._work = work
        self._is_lost = False

    def __call__(self) -> None:
        try:
            while self._work():
                pass
        except Unavailable as error:
            # Nothing is lost: what was ready or due still is when the database is back.
            self._lose(error)
        except Exception as error:  # noqa: BLE001 - the loop's edge: it must go on
            _log.error("mistake in a loop", error=type(error).__name__)
        else:
            self._find()

    def _lose(self, error: Unavailable) -> None:
        """Tell it once: a loop tries several times a second."""
        if not self._is_lost:
            _log.warning("database unavailable", error=type(error).__name__)
        self._is_lost = True

    def _find(self) -> None:
        if self._is_lost:
            _log.info("database available again")
        self._is_lost = False
