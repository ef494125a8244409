"""Several hands: slow providers, order, and what is under way when a process stops."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from bot import outcomes
from bot.channels import Parcel
from bot.crew import Crew
from bot.messages import Priority
from bot.rates import Rate
from tests.bot.house import House
from tests.bot.posting import Post
from trajectory.database import Unavailable

on_sqlite = pytest.mark.parametrize("migrated_database_url", ["sqlite"], indirect=True)
SOON = 20
BULK = Priority.BULK


class Gate:
    """A provider that takes every message and answers none until it is told to."""

    name = "telegram"

    def __init__(self) -> None:
        self.taken: list[str] = []
        self.changed = threading.Condition()
        self.open = False
        self.under_way = self.most = 0

    def send(self, parcel: Parcel) -> str | None:
        with self.changed:
            self.under_way += 1
            self.most = max(self.most, self.under_way)
            self.taken.append(f"{parcel.address} {parcel.rendered.text}")
            self.changed.notify_all()
            assert self.changed.wait_for(lambda: self.open, SOON)
            self.under_way -= 1
        return None

    def wait_for(self, count: int) -> None:
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.taken) >= count, SOON)

    def answers(self) -> None:
        with self.changed:
            self.open = True
            self.changed.notify_all()


@pytest.fixture
def gate(house: House) -> Gate:
    gate = Gate()
    house.deployment = replace(house.deployment, channels={"telegram": gate})
    return gate


@contextmanager
def crew(house: House, hands: int = 4, least: Priority = BULK) -> Iterator[Crew]:
    crew = Crew(house.deployment, "telegram", lambda: None, hands, least)
    yield crew
    crew.close()


def turn_until(crew: Crew, holds: Callable[[], bool]) -> None:
    pause = threading.Event()
    for _ in range(SOON * 100):
        crew.turn()
        if holds():
            return
        pause.wait(0.01)
    raise AssertionError("it never came to that")


def states(house: House) -> list[str]:
    return [row.status for row in house.outbox()]


def posts(house: House, count: int) -> list[Post]:
    return [Post(house, house.enrol(f"patient {n}")) for n in range(count)]


def test_slow_answers_are_waited_for_together(house: House, gate: Gate) -> None:
    for post in posts(house, 6):
        post("reply")
    with crew(house, hands=4) as hands:
        hands.turn()
        gate.wait_for(4)
        hands.turn()
        assert states(house) == ["sending"] * 4 + ["ready"] * 2, "there are four hands"
        gate.answers()
        turn_until(hands, lambda: states(house) == ["sent"] * 6)
    assert gate.most == 4


def test_a_patients_messages_are_sent_one_after_the_other(house: House, gate: Gate) -> None:
    (post,) = posts(house, 1)
    for text in ("a", "b", "c"):
        post(text)
    with crew(house) as hands:
        hands.turn()
        gate.wait_for(1)
        hands.turn()
        assert states(house) == ["sending", "ready", "ready"]
        gate.answers()
        turn_until(hands, lambda: states(house) == ["sent"] * 3)
    assert (gate.taken, gate.most) == (["patient 0 a", "patient 0 b", "patient 0 c"], 1)


@on_sqlite
def test_bulk_leaves_hands_for_a_reply(house: House, gate: Gate) -> None:
    house.deployment = replace(house.deployment, rates={"telegram": Rate("bot", 1000)})
    everybody = posts(house, 9)
    for post in everybody[:8]:
        post("bulk", BULK)
    with crew(house, hands=4) as hands:
        hands.turn()
        gate.wait_for(2)
        hands.turn()
        everybody[8]("reply")
        hands.turn()
        gate.wait_for(3)
        assert gate.taken[2:] == ["patient 8 reply"]
        gate.answers()


@on_sqlite
def test_a_process_that_only_answers_leaves_bulk_to_others(house: House, gate: Gate) -> None:
    first, second = posts(house, 2)
    first("bulk", BULK)
    second("reply")
    gate.answers()
    with crew(house, least=Priority.REPLY) as hands:
        turn_until(hands, lambda: "sent" in states(house))
        hands.turn()
    assert states(house) == ["ready", "sent"]


@on_sqlite
def test_whoever_stops_finishes_what_is_under_way_and_leaves_the_rest(
    house: House, gate: Gate
) -> None:
    for post in posts(house, 6):
        post("reply")
    hands = Crew(house.deployment, "telegram", lambda: None, 4)
    hands.turn()
    gate.wait_for(4)
    threading.Timer(0.05, gate.answers).start()
    hands.close()
    assert states(house) == ["sent"] * 4 + ["ready"] * 2


@on_sqlite
def test_what_was_sent_while_the_database_was_away_is_recorded_when_it_is_back(
    house: House, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    (post,) = posts(house, 1)
    post("a")
    gate.answers()

    def lose(*_: object) -> None:
        raise Unavailable("gone")

    with crew(house) as hands:
        hands.turn()
        gate.wait_for(1)
        with monkeypatch.context() as patch:
            patch.setattr(outcomes, "record", lose)
            with pytest.raises(Unavailable):
                turn_until(hands, lambda: False)
        turn_until(hands, lambda: states(house) == ["sent"])
    assert gate.taken == ["patient 0 a"]


@on_sqlite
def test_a_channels_worst_mistake_costs_no_hand(house: House, gate: Gate) -> None:
    """Not even one that ends threads; the message is looked after when its lease ends."""
    for post in posts(house, 3):
        post("a")
    tried = []

    def fail(parcel: Parcel) -> str | None:
        tried.append(parcel.outbox_id)
        raise SystemExit

    with crew(house, hands=1) as hands, pytest.MonkeyPatch.context() as patch:
        patch.setattr(gate, "send", fail)
        turn_until(hands, lambda: len(tried) == 3)
    assert states(house) == ["sending"] * 3


@pytest.mark.parametrize("provider_id", ["SM\ud800", "SM\0"])
def test_an_outcome_that_cannot_be_written_stops_nobody_and_is_sent_once(
    house: House, gate: Gate, provider_id: str
) -> None:
    everybody = posts(house, 4)
    answers = {"patient 1": provider_id}
    with (
        capture_logs() as logs,
        crew(house) as hands,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr(gate, "send", lambda parcel: answers.get(parcel.address, "SM1"))
        for post in everybody[:3]:
            post("a")
        turn_until(hands, lambda: states(house) == ["sent"] * 3)
        everybody[3]("a")
        turn_until(hands, lambda: states(house) == ["sent"] * 4)
    told = [line["outbox_id"] for line in logs if line["event"].startswith("outcome not")]
    assert told in ([], [house.outbox()[1].id])


@on_sqlite
def test_what_was_sent_is_recorded_soon_though_the_clock_is_set_back(
    house: House, gate: Gate
) -> None:
    first, second = posts(house, 2)
    first("bulk", BULK)
    second("bulk", BULK)
    slow = gate.send
    with crew(house) as hands, pytest.MonkeyPatch.context() as patch:
        patch.setattr(gate, "send", lambda p: slow(p) if p.address == "patient 1" else "SM1")
        hands.turn()
        gate.wait_for(1)
        house.clock.set(house.clock.now() - timedelta(hours=1))
        turn_until(hands, lambda: states(house) == ["sent", "sending"])
        gate.answers()


@on_sqlite
@pytest.mark.parametrize(
    ("waiting", "woken_by"),
    [
        # Replies have taken the last tokens: only safety messages have not to wait for more.
        (Priority.REPLY, [Priority.SAFETY]),
        # Bulk leaves tokens for replies.
        (BULK, [Priority.SAFETY, Priority.REPLY]),
    ],
)
def test_whoever_knows_of_no_tokens_is_woken_only_by_what_needs_none(
    house: House, gate: Gate, waiting: Priority, woken_by: list[Priority]
) -> None:
    house.deployment = replace(house.deployment, rates={"telegram": Rate("bot", 20)})
    for post in posts(house, 4):
        post("a", waiting)
    woken: list[Priority] = []
    told: list[Priority] = []
    hands = Crew(house.deployment, "telegram", lambda: woken.extend(told[-1:]), 4)
    hands.turn()
    for most in Priority:
        told.append(most)
        hands.tell(most)
    assert woken == woken_by
    house.clock.set(house.clock.now() + timedelta(seconds=1))
    told.append(waiting)
    hands.tell(waiting)
    assert woken[-1] is waiting, "tokens have come meanwhile"
    gate.answers()
    hands.close()


@on_sqlite
def test_who_waits_for_tokens_is_not_woken_for_each_of_them(house: House, gate: Gate) -> None:
    """They come one in 59 ms, and a look that brings one costs as much as one that brings two."""
    house.deployment = replace(house.deployment, rates={"telegram": Rate("bot", 20)})
    for post in posts(house, 4):
        post("a")
    woken: list[Priority] = []
    told: list[Priority] = []
    hands = Crew(house.deployment, "telegram", lambda: woken.extend(told[-1:]), 4)
    hands.turn()
    began = house.clock.now()
    for passed, most in ((70, Priority.REPLY), (70, Priority.SAFETY), (101, Priority.REPLY)):
        house.clock.set(began + timedelta(milliseconds=passed))
        told.append(most)
        hands.tell(most)
    assert woken == [Priority.SAFETY, Priority.REPLY]
    gate.answers()
    hands.close()


@on_sqlite
def test_a_look_for_tokens_is_not_put_off_by_a_clock_that_is_set_back(
    house: House, gate: Gate
) -> None:
    house.deployment = replace(house.deployment, rates={"telegram": Rate("bot", 20)})
    for post in posts(house, 4):
        post("a")
    woken: list[str] = []
    hands = Crew(house.deployment, "telegram", lambda: woken.append("woken"), 4)
    hands.turn()
    house.clock.set(house.clock.now() - timedelta(hours=1))
    woken.clear()
    hands.tell(Priority.REPLY)
    assert woken == ["woken"]
    gate.answers()
    hands.close()
