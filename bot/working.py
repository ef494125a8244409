"""The two loops of a process: one sends what is ready, one ticks what is due."""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable
from typing import Generic, TypeVar

import structlog
from apscheduler.schedulers.background import BackgroundScheduler

from trajectory.database import Unavailable

TICK_SECONDS = 1
AFTER_TROUBLE_SECONDS = 0.25

_Result = TypeVar("_Result")

_OURS = ("api", "backtrace", "bot", "flows", "templates", "trajectory")

_log = structlog.get_logger(__name__)


class Sender:
    """Takes one turn after the other: when woken, and when the one before has said so."""

    def __init__(self, turn: Callable[[], float], name: str) -> None:
        self._turn = _Guarded(turn, name)
        self._woken = threading.Event()
        self.closing = False
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)

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
            rest = self._turn()
            self._woken.wait(AFTER_TROUBLE_SECONDS if rest is None else rest)
            self._woken.clear()


class Ticker:
    """Calls `dispatch` each second until nothing is due; APScheduler only ticks.

    Nothing is lost by a tick that comes late or not at all: what is due stands in the
    database. A tick never overlaps the one before.
    """

    def __init__(self, dispatch: Callable[[], int], name: str) -> None:
        self.closing = False
        self._dispatch = _Guarded(dispatch, name)
        self._scheduler = BackgroundScheduler(timezone="UTC")
        self._scheduler.add_job(
            self._until_nothing_is_left,
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

    def _until_nothing_is_left(self) -> None:
        while not self.closing and self._dispatch():
            pass


class _Guarded(Generic[_Result]):
    """Work at a loop's edge: what goes wrong in it is told, and the loop goes on."""

    def __init__(self, work: Callable[[], _Result], name: str) -> None:
        self._work, self._name = work, name
        self._is_lost = False

    def __call__(self) -> _Result | None:
        """What it returned; None: it could not be done."""
        try:
            result = self._work()
        except Unavailable as error:
            # Nothing is lost: what was ready or due still is when the database is back.
            self._lose(error)
            return None
        except Exception as error:  # noqa: BLE001 - the loop's edge: it must go on
            _log.error(
                "mistake in a loop",
                loop=self._name,
                error=type(error).__name__,
                place=_place(error),
            )
            return None
        self._find()
        return result

    def _lose(self, error: Unavailable) -> None:
        """Tell it once: a loop tries several times a second."""
        if not self._is_lost:
            _log.warning("database unavailable", error=type(error).__name__)
        self._is_lost = True

    def _find(self) -> None:
        if self._is_lost:
            _log.info("database available again")
        self._is_lost = False


def _place(error: Exception) -> str:
    """File and line of the innermost call of ours; the message may quote a patient."""
    places = [
        f"{module.replace('.', '/')}.py:{line}"
        for frame, line in traceback.walk_tb(error.__traceback__)
        if (module := str(frame.f_globals.get("__name__"))).partition(".")[0] in _OURS
    ]
    return places[-1]
