"""Gathers what waits and hands it over as one batch: group commit, without lingering."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from time import perf_counter

from bot import metrics
from bot.inbound import Inbound
from trajectory.database import Unavailable

LARGEST_BATCH = 200


@dataclass(frozen=True, slots=True)
class _Waiting:
    message: Inbound
    done: Future[None] = field(default_factory=Future)
    since: float = field(default_factory=perf_counter)

    def claim(self) -> bool:
        """Whether anybody still waits; from here on nobody can cancel."""
        # A cancelled future would refuse its result, and that would end the thread.
        return self.done.set_running_or_notify_cancel()

    def settle(self, error: Exception | None = None) -> None:
        """Tell the caller."""
        metrics.count_turn(self.message.channel, error, perf_counter() - self.since)
        if error is None:
            self.done.set_result(None)
        else:
            self.done.set_exception(error)


class Inbox:
    """One thread that calls `receive` with all that waits; `put` from any thread.

    `committed` is called after each batch: the sender has something to do.
    """

    def __init__(
        self, receive: Callable[[Sequence[Inbound]], None], committed: Callable[[], None]
    ) -> None:
        self._receive = receive
        self._committed = committed
        self._open = True
        self._gate = threading.Lock()
        self._queue: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="inbox", daemon=True)
        self._thread.start()

    def put(self, message: Inbound) -> Future[None]:
        """Hand over a message; the future is done when it is committed.

        The future raises what `receive` raised: trajectory.database.Unavailable when
        nothing could be stored, and after `close`.
        """
        waiting = _Waiting(message)
        with self._gate:
            if self._open:
                self._queue.put(waiting)
                return waiting.done
        waiting.settle(Unavailable("This process is stopping. Try again."))
        return waiting.done

    def close(self) -> None:
        """Finish what was handed over, then stop."""
        with self._gate:
            if self._open:
                self._queue.put(None)
            self._open = False
        self._thread.join()

    def _work(self) -> None:
        while (first := self._queue.get()) is not None:
            batch, closing = self._gather(first)
            self._hand_over([waiting for waiting in batch if waiting.claim()])
            if closing:
                return

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
            self._receive([waiting.message for waiting in batch])
        except Unavailable as error:
            _settle(batch, error)
        except Exception as error:  # noqa: BLE001 - the thread's edge: every caller is told
            self._hand_over_singly(batch, error)
        else:
            metrics.BATCH.observe(len(batch))
            _settle(batch)
            self._committed()

    def _hand_over_singly(self, batch: Sequence[_Waiting], error: Exception) -> None:
        """One message has spoilt the batch: the others must not fall with it."""
        if len(batch) == 1:
            _settle(batch, error)
            return
        for waiting in batch:
            self._hand_over([waiting])


def _settle(batch: Sequence[_Waiting], error: Exception | None = None) -> None:
    for waiting in batch:
        waiting.settle(error)
