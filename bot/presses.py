"""What a pressed button shows after its commit: the waiting circle ends, the question is answered.

Best effort and beside everything else: what is lost here costs no answer.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import CancelledError, ThreadPoolExecutor
from time import monotonic

import structlog
from telegram.error import TelegramError

from bot import tokens
from bot.channels.telegram import NAME, Request, Update, answer_press
from bot.channels.telegram_api import BotApi
from bot.channels.telegram_errors import is_done, trouble_of
from bot.channels.telegram_presses import pressed, show_answer
from bot.deployment import Deployment
from bot.inbound import Inbound
from trajectory.database import Unavailable

CIRCLES_AT_ONCE = 2
MOST_WAITING = 50
"""Telegram shows the circle of a press for seconds only: more than this is not caught up with."""
PATIENCE = 3.0
"""Seconds after which nobody looks at the pressed question any more."""
SHORTEST = 0.2
"""Seconds between two looks for a token, at least."""

_log = structlog.get_logger(__name__)


class Presses:
    """Answers presses on threads of its own.

    Telegram counts an edit as a message: it takes a token, and waits while messages do. A pressed
    question that could not be edited in time stays as it is: its buttons correct the answer.
    """

    def __init__(self, deployment: Deployment, api: BotApi) -> None:
        self._deployment = deployment
        self._api = api
        self.bot = api.bot
        """The number of the bot whose presses these are."""
        self._closing = threading.Event()
        self._circles = _Hands("press-circle", CIRCLES_AT_ONCE)
        # One, so that of two presses of one question the later is shown at last.
        self._edits = _Hands("press-edit", 1)

    def put(self, message: Inbound, update: Update, answered: bool, *, ended: bool = False) -> None:
        """A press has been committed. From any thread; returns at once.

        `answered`: it was taken as an answer, which is shown. `ended`: Telegram was told to end
        the waiting circle already.
        """
        if not ended:
            self._circles.do(lambda: self._call(answer_press(message)))
        if answered:
            until = monotonic() + PATIENCE
            self._edits.do(lambda: self._show(update, until))

    def give_up_waiting(self) -> None:
        """Take no more, and begin nothing of what waits."""
        self._closing.set()
        for hands in (self._circles, self._edits):
            hands.close(wait=False)

    def close(self) -> None:
        """Give up what waits, and wait for what is under way."""
        self._closing.set()
        for hands in (self._circles, self._edits):
            hands.close(wait=True)

    def _show(self, update: Update, until: float) -> None:
        if monotonic() > until:
            return
        press = pressed(update)
        edit = None if press is None else show_answer(press)
        if edit is not None and self._is_granted(until):
            self._call(edit)

    def _call(self, request: Request) -> None:
        try:
            self._api.call(request)
        except TelegramError as error:
            if not is_done(error):
                raise

    def _is_granted(self, until: float) -> bool:
        """Wait for a token while no message does; whether there was one in time."""
        while (dry := tokens.take_spare(self._deployment, NAME)) is not None:
            wait = (dry.full_at - self._deployment.clock.now()).total_seconds()
            if monotonic() + wait > until or self._closing.wait(max(wait, SHORTEST)):
                return False
        return True


class _Hands:
    """Some threads that forget what they cannot get at soon."""

    def __init__(self, name: str, number: int) -> None:
        self._room = threading.BoundedSemaphore(MOST_WAITING)
        self._threads = ThreadPoolExecutor(number, name)

    def do(self, work: Callable[[], None]) -> None:
        if not self._room.acquire(blocking=False):
            return
        try:
            self._threads.submit(self._try, work)
        except RuntimeError:  # closed meanwhile
            self._room.release()

    def close(self, *, wait: bool) -> None:
        self._threads.shutdown(wait=wait, cancel_futures=True)

    def _try(self, work: Callable[[], None]) -> None:
        try:
            work()
        except (TelegramError, CancelledError) as error:
            code = trouble_of(error).code if isinstance(error, TelegramError) else "stopping"
            _log.info("press not shown", code=code)
        except Unavailable:
            _log.info("press not shown", code="database")
        finally:
            self._room.release()
