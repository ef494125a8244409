"""Sends one channel's messages with several hands: a provider takes its time over each.

What order demands is kept in the database, where one message to an address is leased at a
time; so hands need not know of each other.
"""

from __future__ import annotations

import queue
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import structlog

from bot import delivering, leases, taking
from bot.deployment import Deployment
from bot.messages import Priority
from bot.outcomes import Outcome
from bot.rates import Dry
from bot.sending import SLICE, record, send
from bot.taking import Leased
from trajectory.database import Unavailable

HANDS = 16
"""Messages of one channel that are under way in one process."""
KEPT_FREE = 4
"""Hands that bulk leaves for replies, where there are as many."""
POLL = 0.25
"""Seconds for which a message that nobody woke us for waits at most."""
BREATH = 0.1
"""Seconds between two looks for tokens at least, unless the bucket is full before."""

_log = structlog.get_logger(__name__)


class Crew:
    """The hands for one channel. `turn` and `close` belong to one thread.

    `wake` is called from any thread when another turn is worth while; `tell` comes from any
    thread, too. `least` is the least urgent that this process sends.
    """

    def __init__(
        self,
        deployment: Deployment,
        channel: str,
        wake: Callable[[], None],
        hands: int = HANDS,
        least: Priority = Priority.BULK,
    ) -> None:
        self._deployment, self._channel, self._wake = deployment, channel, wake
        self._hands, self._least = hands, least
        self._pool = ThreadPoolExecutor(hands, thread_name_prefix=f"send-{channel}")
        self._ended: queue.SimpleQueue[tuple[Leased, Outcome | None]] = queue.SimpleQueue()
        self._busy = 0
        self._unrecorded: list[Outcome] = []
        self._somebody_waits = False
        self._recorded_at = deployment.clock.now()
        self._dry: Dry | None = None
        self._next_look = self._recorded_at
        self._told = True

    def tell(self, most: Priority) -> None:
        """Messages were committed, so urgent at most."""
        if most <= self._least and not self._is_dry(most):
            self._told = True
            self._wake()

    def turn(self) -> float:
        """Record what has been sent and begin what can be; the seconds until it is due again.

        Raises:
            trajectory.database.Unavailable: what was sent is recorded at a later turn.
        """
        self._collect()
        if self._should_record():
            self._record()
        free = self._hands - self._busy
        if free and (self._told or not self._is_dry(Priority.REPLY)):
            knows = self._told or self._dry is not None
            self._told = False
            self._dry = self._begin(free) if knows or self._finds() else None
            self._next_look = self._looks_again()
        return self._rest()

    def close(self) -> None:
        """Begin nothing more, wait for what is under way, and record it."""
        self._pool.shutdown()
        self._collect()
        try:
            self._record()
        except Unavailable:
            # Another process looks into it when the leases have ended.
            _log.warning("database unavailable", unrecorded=len(self._unrecorded))

    def _collect(self) -> None:
        while not self._ended.empty():
            message, outcome = self._ended.get()
            self._busy -= 1
            if outcome is not None:
                self._unrecorded.append(outcome)
                self._somebody_waits |= message.tried.priority < Priority.BULK
                # A second one to the same patient has waited for it, and for no tokens.
                self._told |= message.tried.priority is Priority.SAFETY

    def _should_record(self) -> bool:
        """At once where a patient's next message waits for nothing else, or a slice at a time."""
        # Less than nothing has passed where the clock was set back.
        if not timedelta() <= self._deployment.clock.now() - self._recorded_at < SLICE:
            return True
        waits = self._told or not self._is_dry(Priority.REPLY)
        return waits and (self._somebody_waits or not self._busy)

    def _record(self) -> None:
        if not self._unrecorded:
            return
        record(self._deployment, self._unrecorded)
        self._unrecorded, self._somebody_waits = [], False
        self._recorded_at = self._deployment.clock.now()
        if self._channel in delivering.CHANNELS:
            delivering.catch_up(self._deployment)

    def _is_dry(self, most: Priority) -> bool:
        """Whether a look for so urgent a message would find no tokens.

        For no longer than a poll: others put messages there, too, and a clock may be set back.
        """
        dry = self._dry
        if dry is None or most < dry.most:
            return False
        rest = self._next_look - self._deployment.clock.now()
        return timedelta() < rest <= timedelta(seconds=POLL)

    def _looks_again(self) -> datetime:
        """When a look is worth while again: once there are tokens for several messages.

        What is as urgent as what waits goes behind that anyway; what is more urgent wakes us.
        """
        now = self._deployment.clock.now()
        if self._dry is None:
            return now
        return max(self._dry.until, min(now + timedelta(seconds=BREATH), self._dry.full_at))

    def _finds(self) -> bool:
        """Whether anything waits that nobody has told us of; a look that only reads."""
        rate, now = self._deployment.rates.get(self._channel), self._deployment.clock.now()
        calmly = rate is not None and rate.calm_chats
        with self._deployment.database.read() as connection:
            return leases.waits(connection, now, [self._channel], self._least, calmly=calmly)

    def _begin(self, free: int) -> Dry | None:
        """Send as much as there are hands and tokens for; what has to wait."""
        now = self._deployment.clock.now()
        if self._deployment.states.is_paused(self._channel, now):
            return None
        most_bulk = max(free - min(KEPT_FREE, self._hands // 2), 0)
        batch = taking.take(self._deployment, [self._channel], free, self._least, most_bulk)
        for message in batch.leased:
            self._busy += 1
            self._pool.submit(self._send, message)
        return batch.dry

    def _send(self, message: Leased) -> None:
        outcome = None
        try:
            outcome = send(self._deployment, message)
        finally:
            self._ended.put((message, outcome))
            if message.tried.priority < Priority.BULK or self._ended.qsize() >= self._busy:
                self._wake()

    def _rest(self) -> float:
        longest = SLICE.total_seconds() if self._busy or self._unrecorded else POLL
        if self._dry is None:
            return longest
        rest = max(self._next_look - self._deployment.clock.now(), timedelta()).total_seconds()
        return min(rest, longest)
