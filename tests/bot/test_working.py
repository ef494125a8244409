"""The loops of a process: woken at once, and stopped by nothing but their end."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from functools import partial

import pytest
from structlog.testing import capture_logs

from bot import working
from bot.desk_hours import DeskHours
from bot.working import Sender, Ticker
from trajectory.database import Unavailable

SOON = 30
BIRGIT = "what Birgit wrote"


class Work:
    """What a loop calls: one result or error a call, then there is nothing to do."""

    def __init__(self, *results: int | Exception, then: int = 0) -> None:
        self.results = list(results)
        self.then = then
        self.calls = 0
        self.quiet = threading.Event()

    def __call__(self) -> int:
        self.calls += 1
        result = self.results.pop(0) if self.results else self.then
        if not self.results and result == self.then:
            self.quiet.set()
        if isinstance(result, Exception):
            raise result
        return result


def started(work: Work) -> Sender:
    sender = Sender(work, "send-sms")
    sender.start()
    return sender


def test_a_turn_says_when_the_next_one_is_due() -> None:
    work = Work(0, 0, 0, then=600)
    sender = started(work)
    assert work.quiet.wait(SOON)
    sender.close()
    assert work.calls == 4


def test_it_is_woken_before_that() -> None:
    work = Work(then=600)
    sender = started(work)
    assert work.quiet.wait(SOON)
    work.quiet.clear()
    sender.wake()
    assert work.quiet.wait(SOON)
    sender.close()


@pytest.mark.parametrize("error", [Unavailable(BIRGIT), KeyError(BIRGIT)])
@pytest.mark.parametrize("loop", [started, partial(Ticker, name="due")])
def test_an_error_does_not_end_a_loop_and_is_named_by_its_class(
    loop: Callable[[Work], Sender | Ticker], error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(working, "AFTER_TROUBLE_SECONDS", 0.01)
    monkeypatch.setattr(working, "TICK_SECONDS", 0.01)
    work = Work(error, 1)
    with capture_logs() as logs:
        running = loop(work)
        assert work.quiet.wait(SOON)
        running.close()
    assert [line["error"] for line in logs if "error" in line] == [type(error).__name__]
    assert BIRGIT not in str(logs)


def test_a_mistake_is_found_by_the_loops_name_and_the_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(working, "TICK_SECONDS", 0.01)
    tried = threading.Event()

    def mistaken() -> int:
        tried.set()
        return len(str(DeskHours.read(BIRGIT)))

    with capture_logs() as logs:
        running = Ticker(mistaken, "due")
        assert tried.wait(SOON)
        running.close()
    assert logs[0]["loop"] == "due"
    assert re.fullmatch(r"bot/desk_hours\.py:\d+", logs[0]["place"])
    assert BIRGIT not in str(logs)


def test_a_process_that_stops_leaves_the_rest_of_a_backlog(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(working, "TICK_SECONDS", 0.01)
    begun, let_go = threading.Event(), threading.Event()
    batches: list[int] = []

    def endless() -> int:
        batches.append(100)
        begun.set()
        assert let_go.wait(SOON)
        return 100

    running = Ticker(endless, "due")
    assert begun.wait(SOON)
    closing = threading.Thread(target=running.close)
    closing.start()
    while not running.closing:
        closing.join(0.001)
    let_go.set()
    closing.join(SOON)
    assert not closing.is_alive()
    assert batches == [100], "the batch under way is finished, and no other begun"


def test_a_lost_database_is_told_once_and_so_is_its_return(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(working, "AFTER_TROUBLE_SECONDS", 0.01)
    lost = Unavailable("gone")
    work = Work(lost, lost, lost, 0, lost, then=600)
    with capture_logs() as logs:
        sender = started(work)
        assert work.quiet.wait(SOON)
        sender.close()
    assert [line["event"] for line in logs][:3] == [
        "database unavailable",
        "database available again",
        "database unavailable",
    ]
