"""The bot that the patients of these benchmarks write to, and the far end of its API."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

import uvloop

from benchmarks.turns.wire import ANSWERS, TOKEN

SECRET = "a-secret-of-the-benchmark"
LATENCY = 0.05
"""Seconds until the API answers: a provider is not on the same machine."""


@contextmanager
def provider() -> Iterator[str]:
    """The address of an API that takes everything, in a process of its own."""
    fork = multiprocessing.get_context("fork")
    here, there = fork.Pipe(duplex=False)
    process = fork.Process(target=_serve, args=(there,), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{here.recv()}"
    finally:
        process.terminate()
        process.join()


def settings(database_url: str, keys: str, api_url: str) -> dict[str, str]:
    """The environment of a deployment with this bot, and nothing of anybody else's."""
    others = {k: v for k, v in os.environ.items() if not k.startswith("BACKTRACE_")}
    return others | {
        "BACKTRACE_DATABASE_URL": database_url,
        "BACKTRACE_KEYS": keys,
        "BACKTRACE_TELEGRAM_TOKEN": TOKEN,
        "BACKTRACE_TELEGRAM_API_URL": api_url,
        "BACKTRACE_TELEGRAM_WEBHOOK_SECRET": SECRET,
    }


def _serve(there: object) -> None:
    async def run() -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(_Api, "127.0.0.1", 0)
        there.send(server.sockets[0].getsockname()[1])  # type: ignore[attr-defined]
        await server.serve_forever()

    uvloop.run(run())


class _Api(asyncio.Protocol):
    def __init__(self) -> None:
        self._heard = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are no subclass of asyncio's.
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._heard += data
        while (request := self._whole()) is not None:
            method = request.split(b" ", 2)[1].rsplit(b"/", 1)[-1].decode()
            body = ANSWERS.get(method, ANSWERS["answerCallbackQuery"])
            head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: "
            answer = f"{head}{len(body)}\r\n\r\n".encode() + body
            asyncio.get_running_loop().call_later(LATENCY, self._answer, answer)

    def _answer(self, answer: bytes) -> None:
        # The caller may have been told to stop meanwhile.
        if not self._transport.is_closing():
            self._transport.write(answer)

    def _whole(self) -> bytes | None:
        head, end, rest = self._heard.partition(b"\r\n\r\n")
        if not end:
            return None
        lengths = [
            int(line.partition(b":")[2])
            for line in head.lower().splitlines()
            if line.startswith(b"content-length:")
        ]
        length = lengths[0] if lengths else 0
        if len(rest) < length:
            return None
        self._heard = rest[length:]
        return head
