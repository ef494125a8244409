"""A lean Telegram on loopback that takes its time over each message and notes when it came.

with telegram_counter(latency=0.05) as telegram:
    ... BACKTRACE_TELEGRAM_API_URL=telegram.url ...
    assert most_within(telegram.arrivals(), seconds=1) <= 30
"""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import NamedTuple
from urllib.parse import parse_qs


class Taken(NamedTuple):
    """One message: when its request had arrived, and when the answer went out."""

    began: float
    ended: float
    chat: int
    number: int
    """What Telegram calls it: our provider id."""


@dataclass
class TelegramCounter:
    """What was sent through it."""

    latency: float
    url: str = ""
    taken: list[Taken] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._numbers = count(1)

    def arrivals(self) -> list[float]:
        """When each message came, in order."""
        return sorted(each.began for each in self.taken)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection."""
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                began = time.monotonic()
                body = await reader.readexactly(_length(head))
                content = json.dumps({"ok": True, "result": await self._do(head, body, began)})
                answer = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: "
                writer.write(f"{answer}{len(content)}\r\n\r\n{content}".encode())
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def _do(self, head: bytes, body: bytes, began: float) -> object:
        if not head.split(b" ", 2)[1].endswith(b"/sendMessage"):
            return True
        chat, number = int(parse_qs(body.decode())["chat_id"][0]), next(self._numbers)
        await asyncio.sleep(self.latency)
        self.taken.append(Taken(began, time.monotonic(), chat, number))
        return {
            "message_id": number,
            "date": 1795526000,
            "chat": {"id": chat, "type": "private"},
        }


def most_within(moments: Sequence[float], seconds: float) -> int:
    """The most of these moments, which are in order, that any window of this length holds."""
    first = most = 0
    for last, moment in enumerate(moments):
        while moments[first] <= moment - seconds:
            first += 1
        most = max(most, last - first + 1)
    return most


def _length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.split(b":")[1])
    return 0


@contextmanager
def telegram_counter(latency: float = 0.05) -> Iterator[TelegramCounter]:
    """Telegram on a port of its own, in a thread of its own."""
    telegram = TelegramCounter(latency)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="telegram-counter", daemon=True)
    thread.start()

    async def listen() -> asyncio.Server:
        return await asyncio.start_server(telegram.serve, "127.0.0.1", 0, backlog=200)

    async def shut() -> None:
        server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    server = asyncio.run_coroutine_threadsafe(listen(), loop).result()
    telegram.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield telegram
    finally:
        asyncio.run_coroutine_threadsafe(shut(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
