"""Bounded load: so many connections on loopback, each with one request under way at a time."""

from __future__ import annotations

import asyncio
import multiprocessing
from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import cast

import uvloop

from benchmarks.durable.bot import SECRET

PATH = "/telegram/webhook"
PATIENCE = 120.0
_END = b"\r\n\r\n"


@dataclass(frozen=True)
class Loaded:
    """What came of a load; `latencies` in seconds, in no order."""

    seconds: float
    latencies: list[float]

    @property
    def per_second(self) -> float:
        """Requests a second."""
        return len(self.latencies) / self.seconds


def load(ports: Sequence[int], lanes: Sequence[Sequence[bytes]], path: str = PATH) -> Loaded:
    """Post every body of every lane, the lanes beside each other; in a process of its own.

    The lanes take the ports in turn. An answer other than 200 ends the benchmark.
    """
    fork = multiprocessing.get_context("fork")
    here, there = fork.Pipe(duplex=False)
    client = fork.Process(target=_client, args=(there, ports, lanes, path))
    client.start()
    there.close()
    try:
        seconds, latencies = here.recv()
    except EOFError:
        raise SystemExit("the load's client has failed, see above") from None
    finally:
        client.join()
    return Loaded(seconds, latencies)


def _client(
    there: object, ports: Sequence[int], lanes: Sequence[Sequence[bytes]], path: str
) -> None:
    there.send(uvloop.run(_drive(ports, lanes, path)))  # type: ignore[attr-defined]


async def _drive(
    ports: Sequence[int], lanes: Sequence[Sequence[bytes]], path: str
) -> tuple[float, list[float]]:
    loop = asyncio.get_running_loop()
    connected = []
    for place, bodies in enumerate(lanes):
        port = ports[place % len(ports)]
        requests = [_request(port, path, body) for body in bodies]
        _, lane = await loop.create_connection(
            lambda requests=requests: _Lane(loop, requests),  # type: ignore[misc]
            "127.0.0.1",
            port,
        )
        connected.append(lane)
    began = perf_counter()
    for lane in connected:
        lane.begin()
    async with asyncio.timeout(PATIENCE):
        await asyncio.gather(*(lane.done for lane in connected))
    return perf_counter() - began, [each for lane in connected for each in lane.latencies]


def _request(port: int, path: str, body: bytes) -> bytes:
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n"
        f"X-Telegram-Bot-Api-Secret-Token: {SECRET}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def _is_whole(answer: bytes) -> bool:
    head, end, body = answer.partition(_END)
    if not end:
        return False
    length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
    return len(body) >= int(length)


class _Lane(asyncio.Protocol):
    def __init__(self, loop: asyncio.AbstractEventLoop, requests: Sequence[bytes]) -> None:
        self.done: asyncio.Future[None] = loop.create_future()
        self.latencies: list[float] = []
        self._requests = iter(requests)
        self._transport: asyncio.Transport | None = None
        self._answer = b""
        self._sent_at = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are no subclass of asyncio's.
        self._transport = cast(asyncio.Transport, transport)

    def begin(self) -> None:
        self._next()

    def data_received(self, data: bytes) -> None:
        self._answer += data
        if not _is_whole(self._answer):
            return
        if not self._answer.startswith(b"HTTP/1.1 200 "):
            self.done.set_exception(RuntimeError(self._answer[:80].decode("latin-1")))
            return
        self.latencies.append(perf_counter() - self._sent_at)
        self._next()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(error or ConnectionError("the server has hung up"))

    def _next(self) -> None:
        request = next(self._requests, None)
        assert self._transport is not None
        if request is None:
            self.done.set_result(None)
            self._transport.close()
            return
        self._answer = b""
        self._sent_at = perf_counter()
        self._transport.write(request)
