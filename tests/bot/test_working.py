"""The loops of a process: woken at once, and stopped by nothing but their end."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from structlog.testing import capture_logs

from bot import working
from bot.working import Sender, Ticker
from trajectory.database import Unavailable

SOON = 5
BIRGIT = "what Birgit wrote"


class Work:
    """What a loop calls: one result or error a call, then nothing is left."""

    def __init__(self, *results: int | Exception) -> None:
        self.results = list(results)
        self.calls = 0
        self.quiet = threading.Event()

    def __call__(self) -> int:
        self.calls += 1
        result = self.results.pop(0) if self.results else 0
        if not self.results and result == 0:
            self.quiet.set()
        if isinstance(result, Exception):
            raise result
        return result


def test_it_sends_until_nothing_is_left() -> None:
    work = Work(100, 100, 7)
    sender = Sender(work)
    assert work.quiet.wait(SOON)
    sender.close()
    assert work.calls >= 4


def test_it_is_woken_without_waiting_for_the_poll(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(working, "POLL_SECONDS", 600)
    work = Work()
    sender = Sender(work)
    assert work.quiet.wait(SOON)
    work.quiet.clear()
    sender.wake()
    assert work.quiet.wait(SOON)
    sender.close()


@pytest.mark.parametrize("error", [Unavailable(BIRGIT), KeyError(BIRGIT)])
@pytest.mark.parametrize("loop", [Sender, Ticker])
def test_an_error_does_not_end_a_loop_and_is_named_by_its_class(
    loop: Callable[[Work], Sender | Ticker], error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(working, "POLL_SECONDS", 0.01)
    monkeypatch.setattr(working, "TICK_SECONDS", 0.01)
    work = Work(error, 1)
    with capture_logs() as logs:
        running = loop(work)
        assert work.quiet.wait(SOON)
        running.close()
    assert [line["error"] for line in logs if "error" in line] == [type(error).__name__]
    assert BIRGIT not in str(logs)


def test_a_lost_database_is_told_once_and_so_is_its_return(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(working, "POLL_SECONDS", 0.01)
    lost = Unavailable("gone")
    work = Work(lost, lost, lost, 1, 0, lost)
    with capture_logs() as logs:
        sender = Sender(work)
        assert work.quiet.wait(SOON)
        sender.close()
    assert [line["event"] for line in logs][:3] == [
        "database unavailable",
        "database available again",
        "database unavailable",
    ]
