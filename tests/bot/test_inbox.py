"""The inbox gathers what waits, tells every caller what came of it, and cannot be stopped."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import UTC, datetime

import pytest

from bot.inbound import Inbound, InboundKind
from bot.inbox import LARGEST_BATCH, Inbox
from trajectory.database import Unavailable

SOON = 30
POISON = "poison"
ANSWER = "answer"
Receive = Callable[[Sequence[Inbound]], Sequence[bool]]


def message(text: str = "4", id: str = "1") -> Inbound:
    now = datetime(2026, 11, 24, 9, tzinfo=UTC)
    return Inbound("telegram", "birgit", id, InboundKind.TEXT, now, text)


class Desk:
    """Stands behind the inbox; with `open` cleared everything that comes in waits."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.commits = 0
        self.open = threading.Event()
        self.busy = threading.Event()
        self.open.set()
        self.inbox = Inbox(self.receive, self.commit)

    def receive(self, batch: Sequence[Inbound]) -> list[bool]:
        self.busy.set()
        assert self.open.wait(SOON)
        texts = [each.text for each in batch]
        if "lost" in texts:
            raise Unavailable("The database cannot be reached.")
        if POISON in texts:
            raise ValueError
        self.batches.append(texts)
        return [text == ANSWER for text in texts]

    def commit(self) -> None:
        self.commits += 1

    def keep_busy(self) -> None:
        """The next batch hangs, and everything behind it gathers."""
        self.open.clear()
        self.inbox.put(message("first"))
        assert self.busy.wait(SOON)


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_one_message_is_a_batch_of_one_and_does_not_linger(desk: Desk) -> None:
    desk.inbox.put(message()).result(SOON)
    assert desk.batches == [["4"]]
    assert desk.commits == 1
    desk.inbox.close()


def test_whoever_waits_is_told_whether_a_question_was_answered(desk: Desk) -> None:
    texts = ["hello", ANSWER, "thanks"]
    desk.keep_busy()
    waiting = [desk.inbox.put(message(text)) for text in texts]
    desk.open.set()
    assert [each.result(SOON) for each in waiting] == [False, True, False]

    async def take() -> list[bool]:
        return await asyncio.gather(*(desk.inbox.take(message(text)) for text in texts))

    assert asyncio.run(take()) == [False, True, False]
    desk.inbox.close()


def test_what_waits_is_handed_over_together_in_order(desk: Desk) -> None:
    desk.keep_busy()
    waiting = [desk.inbox.put(message(str(n))) for n in range(5)]
    desk.open.set()
    wait(waiting, SOON)
    assert desk.batches == [["first"], ["0", "1", "2", "3", "4"]]
    desk.inbox.close()


def test_no_batch_is_larger_than_the_largest(desk: Desk) -> None:
    desk.keep_busy()
    waiting = [desk.inbox.put(message(str(n))) for n in range(LARGEST_BATCH + 1)]
    desk.open.set()
    wait(waiting, SOON)
    assert [len(batch) for batch in desk.batches] == [1, LARGEST_BATCH, 1]
    desk.inbox.close()


def test_under_load_it_batches_by_itself() -> None:
    sizes: list[int] = []

    def receive(batch: Sequence[Inbound]) -> list[bool]:
        sizes.append(len(batch))
        return [False] * len(batch)

    inbox = Inbox(receive, lambda: None)
    with ThreadPoolExecutor(64) as patients:
        done = patients.map(lambda n: inbox.put(message(id=f"{n}")).result(SOON), range(2000))
        assert len(list(done)) == 2000
    inbox.close()
    assert sum(sizes) == 2000
    assert 2000 / len(sizes) > 1


def test_a_lost_database_reaches_every_caller_of_the_batch_and_the_next_goes_through(
    desk: Desk,
) -> None:
    desk.keep_busy()
    lost = [desk.inbox.put(message(text)) for text in ("a", "lost", "b")]
    desk.open.set()
    assert [type(each.exception(SOON)) for each in lost] == [Unavailable] * 3
    assert desk.batches == [["first"]]
    desk.inbox.put(message("c")).result(SOON)
    assert (desk.batches[-1], desk.commits) == (["c"], 2)
    desk.inbox.close()


def test_who_came_while_the_database_was_lost_does_not_wait_for_the_next_attempt(
    desk: Desk,
) -> None:
    desk.keep_busy()
    lost = [desk.inbox.put(message("lost", str(n))) for n in range(LARGEST_BATCH)]
    behind = desk.inbox.put(message("behind"))
    desk.open.set()
    assert isinstance(behind.exception(SOON), Unavailable)
    assert isinstance(lost[-1].exception(SOON), Unavailable)
    assert desk.batches == [["first"]]
    desk.inbox.put(message("later")).result(SOON)
    desk.inbox.close()


def test_one_that_spoils_its_batch_fails_alone(desk: Desk) -> None:
    desk.keep_busy()
    good, bad, last = (desk.inbox.put(message(text)) for text in ("a", POISON, "b"))
    desk.open.set()
    assert not good.result(SOON)
    assert not last.result(SOON)
    assert isinstance(bad.exception(SOON), ValueError)
    assert desk.batches == [["first"], ["a"], ["b"]]
    desk.inbox.close()


def test_an_error_of_all_reaches_all() -> None:
    def receive(batch: Sequence[Inbound]) -> list[bool]:
        raise KeyError

    inbox = Inbox(receive, lambda: None)
    failed = [inbox.put(message(str(n))) for n in range(10)]
    assert [type(each.exception(SOON)) for each in failed] == [KeyError] * 10
    inbox.close()


def test_nobody_can_take_back_what_was_handed_in(desk: Desk) -> None:
    desk.keep_busy()
    waiting = desk.inbox.put(message("waiting"))
    assert not waiting.cancel()
    desk.open.set()
    waiting.result(SOON)
    assert desk.batches[-1] == ["waiting"]
    desk.inbox.close()


async def _taken(desk: Desk, texts: Sequence[str]) -> list[type[BaseException] | None]:
    """What each of these messages comes to on an event loop, while the desk is busy."""
    waiting = [asyncio.ensure_future(desk.inbox.take(message(text))) for text in texts]
    await asyncio.sleep(0)
    desk.open.set()
    done = await asyncio.wait_for(asyncio.gather(*waiting, return_exceptions=True), SOON)
    return [type(each) if isinstance(each, BaseException) else None for each in done]


def test_an_event_loop_waits_for_the_commit(desk: Desk) -> None:
    desk.keep_busy()
    assert asyncio.run(_taken(desk, ["a", "b"])) == [None, None]
    desk.inbox.close()
    assert desk.batches[-1] == ["a", "b"]
    assert desk.commits == 2


def test_an_event_loop_is_told_of_a_lost_database_and_of_the_end(desk: Desk) -> None:
    desk.keep_busy()
    assert asyncio.run(_taken(desk, ["a", "lost"])) == [Unavailable, Unavailable]
    desk.inbox.close()
    assert asyncio.run(_taken(desk, ["late"])) == [Unavailable]


class Slow:
    """Stands behind the inbox; each batch waits until it is let through."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.come = threading.Semaphore(0)
        self.through = threading.Semaphore(0)
        self.inbox = Inbox(self.receive, lambda: None)

    def receive(self, batch: Sequence[Inbound]) -> list[bool]:
        self.batches.append([each.text for each in batch])
        self.come.release()
        assert self.through.acquire(timeout=SOON)
        return [False] * len(batch)

    async def has_come(self) -> None:
        """The next batch is here, and waits."""
        assert await asyncio.to_thread(self.come.acquire, timeout=SOON)

    async def holds_two(self) -> Sequence[asyncio.Future[bool]]:
        """Two messages of this loop wait in one batch to be let through."""
        self.inbox.put(message("first"))
        await self.has_come()
        two = [asyncio.ensure_future(self.inbox.take(message(text))) for text in ("a", "b")]
        await asyncio.sleep(0)
        self.through.release()
        await self.has_come()
        return two


def test_who_writes_again_at_once_goes_into_the_batch_that_is_about_to_begin(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("bot.inbox.PATIENCE", SOON)
    slow = Slow()

    async def writes_again(answered: asyncio.Future[bool], text: str) -> None:
        await answered
        await slow.inbox.take(message(text))

    async def write() -> None:
        two = await slow.holds_two()
        again = [
            asyncio.ensure_future(writes_again(answered, f"{text} again"))
            for answered, text in zip(two, "ab", strict=True)
        ]
        others = [asyncio.ensure_future(slow.inbox.take(message(text))) for text in ("c", "d")]
        await asyncio.sleep(0)
        slow.through.release(2)
        await asyncio.wait_for(asyncio.gather(*again, *others), SOON)

    asyncio.run(write())
    slow.inbox.close()
    assert slow.batches == [["first"], ["a", "b"], ["c", "d", "a again", "b again"]]


def test_an_event_loop_that_is_kept_busy_holds_no_batch_up() -> None:
    slow = Slow()

    async def keep_the_loop_busy() -> None:
        await slow.holds_two()
        waiting = slow.inbox.put(message("c"))
        slow.through.release(2)
        waiting.result(SOON)

    asyncio.run(keep_the_loop_busy())
    slow.inbox.close()
    assert slow.batches == [["first"], ["a", "b"], ["c"]]


def test_a_request_that_is_given_up_keeps_its_message(desk: Desk) -> None:
    async def give_up() -> None:
        waiting = asyncio.ensure_future(desk.inbox.take(message("left")))
        stayed = asyncio.ensure_future(desk.inbox.take(message("stayed")))
        await asyncio.sleep(0)
        waiting.cancel()
        desk.open.set()
        await asyncio.wait_for(stayed, SOON)

    desk.keep_busy()
    asyncio.run(give_up())
    assert desk.batches[-1] == ["left", "stayed"]
    desk.inbox.put(message("later")).result(SOON)
    desk.inbox.close()


def test_a_loop_that_has_ended_stops_no_batch(desk: Desk) -> None:
    async def leave() -> None:
        waiting = asyncio.ensure_future(desk.inbox.take(message("left")))
        await asyncio.sleep(0)
        waiting.cancel()

    desk.keep_busy()
    asyncio.run(leave())
    stayed = desk.inbox.put(message("stayed"))
    desk.open.set()
    stayed.result(SOON)
    assert desk.batches[-1] == ["left", "stayed"]
    desk.inbox.close()


def test_closing_finishes_what_was_handed_over(desk: Desk) -> None:
    desk.keep_busy()
    handed_over = [desk.inbox.put(message(str(n))) for n in range(LARGEST_BATCH * 2)]
    closing = threading.Thread(target=desk.inbox.close)
    closing.start()
    desk.open.set()
    closing.join(SOON)
    assert not closing.is_alive()
    assert all(each.done() and each.exception() is None for each in handed_over)


def test_nobody_waits_for_an_inbox_that_has_closed(desk: Desk) -> None:
    desk.inbox.close()
    desk.inbox.close()
    assert isinstance(desk.inbox.put(message()).exception(SOON), Unavailable)
    assert desk.batches == []


def test_whoever_comes_while_it_closes_is_stored_or_told() -> None:
    stored: list[str] = []

    def receive(batch: Sequence[Inbound]) -> list[bool]:
        stored.extend(each.external_id for each in batch)
        return [False] * len(batch)

    inbox = Inbox(receive, lambda: None)
    gate = threading.Barrier(9)

    def write(name: int) -> list[str]:
        gate.wait(SOON)
        told = [(f"{name}.{n}", inbox.put(message(id=f"{name}.{n}"))) for n in range(50)]
        return [id for id, done in told if done.exception(SOON) is None]

    with ThreadPoolExecutor(8) as patients:
        written = [patients.submit(write, name) for name in range(8)]
        gate.wait(SOON)
        inbox.close()
        acknowledged = [id for each in written for id in each.result(SOON)]
    assert sorted(acknowledged) == sorted(stored)
