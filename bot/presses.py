"""What a pressed button shows after its commit: the waiting circle ends, the question is answered.

Best effort and beside everything else: what is lost here costs no answer.
"""

from __future__ import annotations

import threading
from concurrent.futures import CancelledError, ThreadPoolExecutor

import structlog
from sqlalchemy import select
from telegram.error import TelegramError

from bot.channels.telegram import NAME, Request, Update, answer_press
from bot.channels.telegram_api import BotApi
from bot.channels.telegram_errors import is_done, trouble_of
from bot.channels.telegram_presses import pressed, show_answer
from bot.inbound import Inbound
from trajectory import tables
from trajectory.database import Database, Unavailable

MOST_AT_ONCE = 2
"""Telegram counts these calls, too: under load they must not use up what it takes of replies."""
MOST_WAITING = 200
"""Telegram shows the circle of a press for seconds only: more than this is not caught up with."""

_log = structlog.get_logger(__name__)
_inbox = tables.core(tables.Inbox)


class Presses:
    """Answers presses on threads of its own."""

    def __init__(self, database: Database, api: BotApi) -> None:
        self._database = database
        self._api = api
        self.bot = api.bot
        """The number of the bot whose presses these are."""
        self._room = threading.BoundedSemaphore(MOST_WAITING)
        self._threads = ThreadPoolExecutor(MOST_AT_ONCE, "press")

    def put(self, message: Inbound, update: Update, *, ended: bool = False) -> None:
        """A press has been committed. From any thread; returns at once.

        `ended`: Telegram was told to end the waiting circle already.
        """
        if not self._room.acquire(blocking=False):
            return
        try:
            self._threads.submit(self._show, message, update, ended)
        except RuntimeError:  # closed meanwhile
            self._room.release()

    def give_up_waiting(self) -> None:
        """Take no more, and begin nothing of what waits."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def close(self) -> None:
        """Give up what waits, and wait for what is under way."""
        self._threads.shutdown(cancel_futures=True)

    def _show(self, message: Inbound, update: Update, ended: bool) -> None:
        try:
            if not ended:
                self._call(answer_press(message))
            press = pressed(update)
            edit = None if press is None else show_answer(press)
            if edit is not None and self._was_answer(message):
                self._call(edit)
        except (TelegramError, CancelledError) as error:
            code = trouble_of(error).code if isinstance(error, TelegramError) else "stopping"
            _log.info("press not shown", code=code)
        except Unavailable:
            _log.info("press not shown", code="database")
        finally:
            self._room.release()

    def _call(self, request: Request) -> None:
        try:
            self._api.call(request)
        except TelegramError as error:
            if not is_done(error):
                raise

    def _was_answer(self, message: Inbound) -> bool:
        with self._database.read() as connection:
            session_id = connection.execute(
                select(_inbox.c.session_id).where(
                    _inbox.c.channel == NAME, _inbox.c.external_id == message.external_id
                )
            ).scalar()
        return session_id is not None
