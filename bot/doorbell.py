"""Wakes the open chat pages of a patient when something new may be there.

A ring carries nothing: whoever hears it looks into the database. One that is missed costs a
poll's delay, never a message.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

LISTENERS = 8
"""Pages of one patient that may listen at a time."""


class TooMany(Exception):
    """The patient has as many pages open as may listen."""


class Bell:
    """One listener's bell; belongs to the event loop that made it."""

    def __init__(self, doorbell: Doorbell) -> None:
        self._doorbell = doorbell
        self._loop = asyncio.get_running_loop()
        self._rung = asyncio.Event()

    @property
    def closed(self) -> bool:
        """Whether the process is about to stop and nobody should listen on."""
        return self._doorbell.closed

    async def wait(self, timeout: float) -> bool:
        """Wait so many seconds for a ring, or for one since the last wait; whether it rang."""
        try:
            async with asyncio.timeout(timeout):
                await self._rung.wait()
        except TimeoutError:
            return False
        self._rung.clear()
        return True

    def ring(self) -> None:
        """Ring from any thread."""
        try:
            self._loop.call_soon_threadsafe(self._rung.set)
        except RuntimeError:
            # The loop closed between the ring and here: nobody is left to hear it.
            return


class Doorbell:
    """The bells of everybody who listens in this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._bells: dict[int, set[Bell]] = {}
        self._closed = False

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._closed

    def ring(self, patient_id: int) -> None:
        """Wake the listeners of this patient; from any thread, and never waits."""
        with self._lock:
            bells = tuple(self._bells.get(patient_id, ()))
        for bell in bells:
            bell.ring()

    def close(self) -> None:
        """Wake everybody for the last time: the process stops."""
        self._closed = True
        with self._lock:
            bells = [bell for each in self._bells.values() for bell in each]
        for bell in bells:
            bell.ring()

    @contextmanager
    def listen(self, patient_id: int) -> Iterator[Bell]:
        """Hear every ring for this patient from here on, also those between two waits.

        Raises:
            TooMany: LISTENERS pages listen already.
        """
        bell = Bell(self)
        with self._lock:
            bells = self._bells.setdefault(patient_id, set())
            if len(bells) >= LISTENERS:
                raise TooMany
            bells.add(bell)
        try:
            yield bell
        finally:
            self._leave(patient_id, bell)

    def _leave(self, patient_id: int, bell: Bell) -> None:
        with self._lock:
            bells = self._bells[patient_id]
            bells.discard(bell)
            if not bells:
                del self._bells[patient_id]
