"""What waits is handed over as one batch, and nothing that goes wrong stops the next one."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from datetime import UTC, datetime

import pytest

from bot.inbound import Inbound, InboundKind
from bot.inbox import Inbox
from trajectory.database import Unavailable

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
SOON = 10.0
"""Seconds that a future may take before the test gives up."""


class Pipeline:
    """Stands where the database does; its gate keeps the first batch busy."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.committed = 0
        self.gate = threading.Event()
        self.gate.set()
        self.entered = threading.Event()
        self.trouble: Callable[[str], Exception | None] = lambda text: None

    def receive(self, batch: Sequence[Inbound]) -> None:
        self.entered.set()
        assert self.gate.wait(SOON)
        texts = [message.text for message in batch]
        self.batches.append(texts)
        for text in texts:
            error = self.trouble(text)
            if error is not None:
                raise error

    def commit(self) -> None:
        self.committed += 1


@pytest.fixture
def pipeline() -> Pipeline:
    return Pipeline()


@pytest.fixture
def inbox(pipeline: Pipeline) -> Iterator[Inbox]:
    inbox = Inbox(pipeline.receive, pipeline.commit)
    yield inbox
    pipeline.gate.set()
    inbox.close()


def message(text: str) -> Inbound:
    return Inbound("web", "demo:kim", text, InboundKind.TEXT, NOW, text=text)


def put_together(inbox: Inbox, pipeline: Pipeline, *texts: str) -> list[Future[None]]:
    """Let these wait while an earlier message keeps the inbox busy."""
    pipeline.gate.clear()
    pipeline.entered.clear()
    first = inbox.put(message("earlier"))
    assert pipeline.entered.wait(SOON)
    waiting = [inbox.put(message(text)) for text in texts]
    pipeline.gate.set()
    first.result(SOON)
    return waiting


def test_one_message_after_the_other_is_taken(inbox: Inbox, pipeline: Pipeline) -> None:
    for text in ("first", "second", "third"):
        inbox.put(message(text)).result(SOON)
    assert pipeline.batches == [["first"], ["second"], ["third"]]


def test_what_waits_goes_together_in_the_order_in_which_it_came(
    inbox: Inbox, pipeline: Pipeline
) -> None:
    for done in put_together(inbox, pipeline, "a", "b", "c"):
        done.result(SOON)
    assert pipeline.batches == [["earlier"], ["a", "b", "c"]]


def test_a_caller_who_gave_up_spoils_nothing(inbox: Inbox, pipeline: Pipeline) -> None:
    pipeline.gate.clear()
    first = inbox.put(message("first"))
    assert pipeline.entered.wait(SOON)
    assert inbox.put(message("given up")).cancel()
    kept = inbox.put(message("kept"))
    pipeline.gate.set()
    first.result(SOON)
    kept.result(SOON)
    assert pipeline.batches == [["first"], ["kept"]]


def test_a_lost_database_is_told_to_everybody_who_waited_and_the_next_goes_on(
    inbox: Inbox, pipeline: Pipeline
) -> None:
    pipeline.trouble = lambda text: Unavailable("lost") if text == "b" else None
    for done in put_together(inbox, pipeline, "a", "b"):
        with pytest.raises(Unavailable):
            done.result(SOON)
    inbox.put(message("after")).result(SOON)
    assert pipeline.batches[-1] == ["after"]


def test_one_that_cannot_be_digested_falls_alone(inbox: Inbox, pipeline: Pipeline) -> None:
    pipeline.trouble = lambda text: ValueError("undigested") if text == "b" else None
    a, b, c = put_together(inbox, pipeline, "a", "b", "c")
    with pytest.raises(ValueError, match="undigested"):
        b.result(SOON)
    a.result(SOON)
    c.result(SOON)
    inbox.put(message("after")).result(SOON)
    assert pipeline.batches[2:] == [["a"], ["b"], ["c"], ["after"]]


def test_what_waits_at_the_end_is_still_taken_and_what_comes_later_is_refused(
    inbox: Inbox, pipeline: Pipeline
) -> None:
    last = inbox.put(message("last"))
    inbox.close()
    last.result(SOON)
    assert pipeline.committed == 1
    with pytest.raises(Unavailable):
        inbox.put(message("too late")).result(SOON)
