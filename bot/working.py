"""The two loops of a process: one sends what is ready, one ticks what is due."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

import structlog
from apscheduler.schedulers.background import BackgroundScheduler

from trajectory.database import Unavailable

TICK_SECONDS = 1
AFTER_TROUBLE_SECONDS = 0.25

_Result = TypeVar("_Result")

_log = structlog.get_logger(__name__)


class Sender:
    """Takes one turn after the other: when woken, and when the one before has said so."""

    def __init__(self, turn: Callable[[], float]) -> None:
        self._turn = turn
        self._woken = threading.Event()
        self.closing = False
        self._thread = threading.Thread(target=self._work, name="sender", daemon=True)

    def start(self) -> None:
        """Begin to take turns."""
        self._thread.start()

    def wake(self) -> None:
        """Something was committed or sent; from any thread."""
        self._woken.set()

    def close(self) -> None:
        """Finish the turn under way, then stop."""
        self.closing = True
        self._woken.set()
        self._thread.join()

    def _work(self) -> None:
        while not self.closing:
            rest = _guarded(self._turn)
            self._woken.wait(AFTER_TROUBLE_SECONDS if rest is None else rest)
            self._woken.clear()


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
    while _guarded(work):
        pass


def _guarded(work: Callable[[], _Result]) -> _Result | None:
    """What it returned; None: it could not be done, and the log says why."""
    try:
        return work()
    except Unavailable as error:
        # Nothing is lost: what was ready or due still is when the database is back.
        _log.warning("database unavailable", error=type(error).__name__)
    except Exception as error:  # noqa: BLE001 - the loop's edge: it must go on
        _log.error("mistake in a loop", error=type(error).__name__)
    return None
