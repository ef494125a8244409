"""Calls of Telegram's Bot API from any thread, through python-telegram-bot."""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from collections.abc import Coroutine
from concurrent.futures import CancelledError, Future
from typing import Any

import orjson
import telegram
import uvloop
from telegram.error import NetworkError

from bot.channels.telegram import Request
from bot.channels.telegram_http import AiohttpRequest, Timeouts

# How long Telegram asks us to wait is a timedelta from the library's next version on; without
# this, it warns each time that a message is to wait.
os.environ.setdefault("PTB_TIMEDELTA", "true")
# It quotes what a server answers, and which address was called: ours hold the token.
logging.getLogger("telegram").setLevel(logging.CRITICAL)


class BotApi:
    """The Bot API for one bot. The connections live on an event loop in a thread of its own.

    Nothing connects, and no thread runs, before the first call.
    """

    def __init__(self, token: str, api_url: str, timeouts: Timeouts | None = None) -> None:
        timeouts = timeouts or Timeouts()
        self.bot = token.partition(":")[0]
        """The bot's number, which its token begins with."""
        self._read = timeouts.read
        self._requests = (AiohttpRequest(api_url, timeouts), AiohttpRequest(api_url, timeouts))
        self._bot = _Bot(
            token,
            base_url=f"{api_url}/bot",
            get_updates_request=self._requests[0],
            request=self._requests[1],
        )
        self._gate = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._open = True

    def call(self, request: Request, patience: float = 0) -> Any:
        """Make a call and return its result as the Bot API wrote it.

        `patience`: seconds more than usual that the answer may take.

        Raises:
            telegram.error.TelegramError: of the class that says what went wrong.
        """
        return self.start(request, patience).result()

    def start(self, request: Request, patience: float = 0) -> Future[Any]:
        """As `call`, without waiting; the future may be cancelled."""
        with self._gate:
            if not self._open:
                raise NetworkError("this process is stopping")
            call = self._bot.call(request, self._read + patience)
            return asyncio.run_coroutine_threadsafe(call, self._running())

    def close(self) -> None:
        """Give up what is under way, and close the connections."""
        with self._gate:
            self._open = False
            loop, self._loop = self._loop, None
            thread = self._thread
        if loop is None or thread is None:
            return
        asyncio.run_coroutine_threadsafe(self._shut(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()

    def _running(self) -> asyncio.AbstractEventLoop:
        if self._loop is None:
            self._loop = uvloop.new_event_loop()
            self._thread = threading.Thread(
                target=self._loop.run_forever, name="telegram", daemon=True
            )
            self._thread.start()
        return self._loop

    async def _shut(self) -> None:
        under_way = asyncio.all_tasks() - {asyncio.current_task()}
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)
        await asyncio.gather(*(request.shutdown() for request in self._requests))


class Line:
    """The calls of one thread, one at a time, which another thread can cut off."""

    def __init__(self, api: BotApi) -> None:
        self._api = api
        self._gate = threading.Lock()
        self._open = True
        self._call: Future[Any] | None = None

    def call(self, request: Request, patience: float = 0) -> Any:
        """As `BotApi.call`.

        Raises:
            concurrent.futures.CancelledError: cut off.
        """
        with self._gate:
            if not self._open:
                raise CancelledError
            self._call = self._api.start(request, patience)
        return self._call.result()

    def cut(self) -> None:
        """End the call under way; there will be no other."""
        with self._gate:
            self._open = False
            if self._call is not None:
                self._call.cancel()


class _Bot(telegram.Bot):
    """Posts what we have written ourselves; updates come back as the Bot API wrote them."""

    def call(self, request: Request, read_timeout: float) -> Coroutine[Any, Any, Any]:
        data = orjson.loads(request.body)
        if request.photo:
            data["photo"] = telegram.InputFile(request.photo, "picture.png")
        return self._post(request.method, data, read_timeout=read_timeout)
