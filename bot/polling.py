"""Fetches Telegram's updates where nothing can be posted to us.

Telegram forgets an update once a later one is asked for, so the offset only moves past what has
been committed. What cannot be stored holds it; what comes behind that is stored meanwhile.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto

import orjson
import structlog
from telegram.error import TelegramError

from bot.channels import NotSent
from bot.channels.telegram import ASKED_FOR, Request, Update, understood
from bot.channels.telegram_api import BotApi, Line
from bot.channels.telegram_errors import trouble_of
from bot.channels.telegram_setup import delete_webhook, webhook_info
from bot.inbound import Inbound, InboundKind
from trajectory.database import Unavailable
from trajectory.sole import Sole

MOST = 100
"""Updates that Telegram gives at a time."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds."""

    long_poll: int = 25
    """How long Telegram holds a call that has nothing to tell."""
    first_wait: float = 1.0
    longest_wait: float = 60.0
    """Between them the wait doubles while nothing works."""
    elsewhere: float = 5.0
    """How often to look whether the process that polls is gone."""


class Fate(Enum):
    """What has become of an update."""

    STORED = auto()
    WAITS = auto()
    """The database cannot be reached."""
    REFUSED = auto()
    """A mistake keeps it from being stored."""


class Poller:
    """One thread that polls while it holds `sole`, and hands updates to `put`.

    `put` is `bot.inbox.Inbox.put`; `pressed` is told of presses after their commit, and `beat`
    after each call what went wrong with it, in a word; empty: nothing did.
    """

    def __init__(
        self,
        api: BotApi,
        sole: Sole,
        put: Callable[[Inbound], Future[bool]],
        pressed: Callable[[Inbound, Update, bool], None],
        now: Callable[[], datetime],
        pace: Pace | None = None,
        beat: Callable[[str], None] = lambda _code: None,
    ) -> None:
        self._bot = api.bot
        self._line = Line(api)
        self._sole = sole
        self._put = put
        self._pressed = pressed
        self._now = now
        self._pace = pace or Pace()
        self._beat = beat
        self._ready = False
        self._offset = 0
        self._stored: set[int] = set()
        """Updates behind the one that holds the offset."""
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name="poller", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Give up the call under way, finish what is being stored, then stop."""
        self._stop.set()
        self._line.cut()
        self._thread.join()
        self._sole.close()

    def _work(self) -> None:
        wait = self._pace.first_wait
        while not self._stop.is_set():
            if not self._sole.held():
                self._ready = False
                self._stop.wait(self._pace.elsewhere)
                continue
            asked = self._attempt()
            if asked == 0:
                wait = self._pace.first_wait
            else:
                self._stop.wait(asked or wait)
                wait = min(wait * 2, self._pace.longest_wait)

    def _attempt(self) -> float | None:
        """Poll once: 0 when all went well, else how long to wait, None where nobody says.

        The broad catch is the loop's edge: it must go on.
        """
        try:
            if not self._ready:
                self._end_webhook()
                self._ready = True
            stored = self._poll()
            self._beat("" if stored else "not-stored")
            return 0 if stored else None
        except TelegramError as error:
            return self._failed(trouble_of(error))
        except CancelledError:
            return 0
        except Exception as error:  # noqa: BLE001
            _log.error("mistake in a loop", error=type(error).__name__)
            self._beat(type(error).__name__)
            return None

    def _failed(self, trouble: NotSent) -> float | None:
        self._ready = False
        if not self._stop.is_set():
            self._beat(trouble.code)
        _log.warning("telegram not polled", trouble=trouble.trouble.value, code=trouble.code)
        return trouble.wait.total_seconds() if trouble.wait is not None else None

    def _end_webhook(self) -> None:
        """Telegram posts or is polled, never both; what waits there is kept."""
        if self._line.call(webhook_info()).get("url"):
            self._line.call(delete_webhook())
            _log.warning("the bot had a webhook, and is polled now; it has been deleted")
        self._offset, self._stored = 0, set()

    def _poll(self) -> bool:
        """Fetch and store; whether everything was stored."""
        body = {
            "offset": self._offset,
            "limit": MOST,
            "timeout": self._pace.long_poll,
            "allowed_updates": list(ASKED_FOR),
        }
        request = Request("getUpdates", orjson.dumps(body))
        return self._store(self._line.call(request, self._pace.long_poll))

    def _store(self, updates: Sequence[Update]) -> bool:
        fresh = [update for update in updates if update["update_id"] not in self._stored]
        under_way = [(update, self._hand_over(update)) for update in fresh]
        held: dict[int, Fate] = {}
        for update, stored in under_way:
            number, fate = update["update_id"], stored()
            if fate is Fate.STORED:
                self._stored.add(number)
            else:
                held[number] = fate
        first = next(iter(held), None)
        if first is not None and len(updates) == MOST and held[first] is Fate.REFUSED:
            # It would hide for ever whatever comes behind these hundred.
            _log.error("update given up", update_id=first)
            self._stored.add(first)
            del held[first]
        self._move(updates, next(iter(held), None))
        return not held

    def _move(self, updates: Sequence[Update], held: int | None) -> None:
        if held is not None:
            self._offset = held
        else:
            # Without an offset where nothing came: after a quiet week the numbers begin anew.
            self._offset = updates[-1]["update_id"] + 1 if updates else 0
        self._stored = {number for number in self._stored if number >= self._offset}

    def _hand_over(self, update: Update) -> Callable[[], Fate]:
        """Begin to store an update; what is returned waits for its fate."""
        try:
            message = understood(update, self._bot, self._now())
        except ValueError:
            _log.error("update not understood", update_id=update["update_id"])
            return lambda: Fate.STORED
        if message is None:
            return lambda: Fate.STORED
        committed = self._put(message)
        return lambda: self._fate(committed, message, update)

    def _fate(self, committed: Future[bool], message: Inbound, update: Update) -> Fate:
        try:
            answered = committed.result()
        except Unavailable:
            return Fate.WAITS
        except Exception as error:  # noqa: BLE001 - whatever keeps it from being stored
            number = update["update_id"]
            _log.error("update not stored", update_id=number, error=type(error).__name__)
            return Fate.REFUSED
        if message.kind is InboundKind.CHOICE:
            self._pressed(message, update, answered)
        return Fate.STORED
