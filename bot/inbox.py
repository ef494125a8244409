"""Gathers what waits and hands it over as one batch: group commit.

Nobody waits for messages that may come. Under load, though, the event loop and this thread take
turns with one interpreter: there a batch first lets the loop hand in what is at its door
already, and one commit carries twice as much (docs/adr/0048).
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import groupby
from time import perf_counter
from typing import TypeAlias

from bot import metrics
from bot.inbound import Inbound
from trajectory.database import Unavailable

LARGEST_BATCH = 200
ROUNDS = 2
"""So often the event loop goes round without anything new before it counts as done."""
PATIENCE = 0.01
"""Seconds for which a batch waits for that at most."""

_Told: TypeAlias = "Future[bool] | asyncio.Future[bool]"


@dataclass(frozen=True, slots=True)
class _Waiting:
    message: Inbound
    done: _Told
    loop: asyncio.AbstractEventLoop | None = None
    """Where the caller waits; None: in a thread."""
    since: float = field(default_factory=perf_counter)


class Inbox:
    """One thread that calls `receive` with all that waits; `put` from any thread.

    What `receive` returns is true for each message that has answered a question.
    `committed` is called after each batch: the sender has something to do.
    """

    def __init__(
        self,
        receive: Callable[[Sequence[Inbound]], Sequence[bool]],
        committed: Callable[[], None],
    ) -> None:
        self._receive = receive
        self._committed = committed
        self._open = True
        self._gate = threading.Lock()
        self._queue: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="inbox", daemon=True)
        self._thread.start()

    def put(self, message: Inbound) -> Future[bool]:
        """Hand over a message; the future is done when it is committed.

        Its result: whether the message has answered a question. It raises what `receive`
        raised: trajectory.database.Unavailable when nothing could be stored, and after `close`.
        """
        done: Future[bool] = Future()
        # Nobody can cancel it: that would take a message out of its batch.
        done.set_running_or_notify_cancel()
        self._hand_in(_Waiting(message, done))
        return done

    async def take(self, message: Inbound) -> bool:
        """`put` on an event loop: returns when the message is committed, as the future would.

        Raises what the future of `put` does. Whoever gives up waiting stops nothing.
        """
        loop = asyncio.get_running_loop()
        done: asyncio.Future[bool] = loop.create_future()
        self._hand_in(_Waiting(message, done, loop))
        return await done

    def _hand_in(self, waiting: _Waiting) -> None:
        with self._gate:
            if self._open:
                self._queue.put(waiting)
                return
        _settle([waiting], Unavailable("This process is stopping. Try again."))

    def close(self) -> None:
        """Finish what was handed over, then stop."""
        with self._gate:
            if self._open:
                self._queue.put(None)
            self._open = False
        self._thread.join()

    def _work(self) -> None:
        busy: asyncio.AbstractEventLoop | None = None
        while (first := self._queue.get()) is not None:
            if busy is not None:
                self._let_arrive(busy)
            batch, closing = self._gather(first)
            self._hand_over(batch)
            if closing:
                return
            busy = batch[-1].loop if len(batch) > 1 else None

    def _let_arrive(self, loop: asyncio.AbstractEventLoop) -> None:
        """Wait until the loop, which was busy a moment ago, has handed in what it has."""
        done = threading.Event()
        # A loop that has closed meanwhile brings nothing more.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(self._go_round, loop, ROUNDS, 0, done)
            done.wait(PATIENCE)
        done.set()

    def _go_round(
        self, loop: asyncio.AbstractEventLoop, left: int, seen: int, done: threading.Event
    ) -> None:
        if done.is_set():
            return
        waiting = self._queue.qsize()
        if waiting > seen:
            left = ROUNDS
        if left and waiting < LARGEST_BATCH:
            loop.call_soon(self._go_round, loop, left - 1, waiting, done)
        else:
            done.set()

    def _gather(self, first: _Waiting) -> tuple[list[_Waiting], bool]:
        batch = [first]
        while len(batch) < LARGEST_BATCH:
            try:
                waiting = self._queue.get_nowait()
            except queue.Empty:
                return batch, False
            if waiting is None:
                return batch, True
            batch.append(waiting)
        return batch, False

    def _hand_over(self, batch: Sequence[_Waiting]) -> None:
        try:
            answered = self._receive([waiting.message for waiting in batch])
            if len(answered) != len(batch):
                raise ValueError("not each message was told of")
        except Unavailable as error:
            # Whoever came meanwhile is told as well: each would wait as long for the same.
            _settle([*batch, *self._left()], error)
        except Exception as error:  # noqa: BLE001 - the thread's edge: every caller is told
            self._hand_over_singly(batch, error)
        else:
            metrics.BATCH.observe(len(batch))
            _settle(batch, answered)
            self._committed()

    def _left(self) -> list[_Waiting]:
        """All that waits, without waiting for more."""
        left: list[_Waiting] = []
        while True:
            try:
                waiting = self._queue.get_nowait()
            except queue.Empty:
                return left
            if waiting is None:
                # The end of everything, which is for the thread's own loop.
                self._queue.put(None)
                return left
            left.append(waiting)

    def _hand_over_singly(self, batch: Sequence[_Waiting], error: Exception) -> None:
        """One message has spoilt the batch: the others must not fall with it."""
        if len(batch) == 1:
            _settle(batch, error)
            return
        for waiting in batch:
            self._hand_over([waiting])


def _settle(batch: Sequence[_Waiting], told: Sequence[bool] | Exception) -> None:
    """Tell whoever waits: an event loop is woken once, however many wait there."""
    now = perf_counter()
    error = told if isinstance(told, Exception) else None
    answered = [False] * len(batch) if isinstance(told, Exception) else told
    for each in batch:
        metrics.count_turn(each.message.channel, error, now - each.since)
    for loop, pairs in groupby(zip(batch, answered, strict=True), key=_loop_of):
        results = [(waiting.done, result) for waiting, result in pairs]
        if loop is None:
            _tell(results, error)
            continue
        # A loop that has closed meanwhile has nobody left who waits.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(_tell, results, error)


def _loop_of(pair: tuple[_Waiting, bool]) -> asyncio.AbstractEventLoop | None:
    return pair[0].loop


def _tell(results: Sequence[tuple[_Told, bool]], error: Exception | None) -> None:
    for done, answered in results:
        if done.cancelled():
            continue
        if error is None:
            done.set_result(answered)
        else:
            done.set_exception(error)
