"""How fast a channel sends: for all processes together, replies first, and no faster."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import Connection

from bot import leases, taking, tokens
from bot.channels import NotSent, Trouble
from bot.crew import BREATH
from bot.deployment import Deployment
from bot.messages import Priority
from bot.rates import SKEW, Granted, Rate, Wanted, filled, grant
from tests.bot.house import MORNING, House
from tests.bot.posting import Post
from tests.house.telegram_counter import most_within
from trajectory.database import Database, Unavailable
from trajectory.send_rates import Level

pytestmark = pytest.mark.both_databases

on_postgresql = pytest.mark.parametrize("migrated_database_url", ["postgresql"], indirect=True)
on_sqlite = pytest.mark.parametrize("migrated_database_url", ["sqlite"], indirect=True)
SAFETY, REPLY, BULK = Priority.SAFETY, Priority.REPLY, Priority.BULK
TELEGRAM = Rate("bot", 30)
SLOW = Rate("bot", 10)
SECOND = timedelta(seconds=1)


def limited(house: House, **rates: Rate) -> House:
    house.deployment = replace(house.deployment, rates=rates)
    return house


@pytest.fixture
def other_process(house: House, migrated_database_url: str) -> Iterator[House]:
    """Another process at the same database, which sends as the same bot."""
    database = Database(migrated_database_url, durable=False)
    yield limited(House(database, house.deployment.ring, house.clock), telegram=SLOW)
    database.close()


@pytest.fixture
def crowd(house: House) -> list[Post]:
    return [Post(house, house.enrol(f"patient {n}")) for n in range(12)]


# Tokens


def test_tokens_flow_in_and_no_more_gather_than_the_burst() -> None:
    rate = Rate("bot", 100)
    assert filled(rate, 0, MORNING, MORNING + SECOND / 10)[0] == pytest.approx(8.5)
    assert filled(rate, 0, MORNING, MORNING + timedelta(days=1))[0] == rate.burst == 10
    assert rate.burst + rate.inflow < 100, "no second brings more than the rate"


def test_a_clock_that_was_set_back_adds_nothing_and_does_not_stop_the_flow() -> None:
    back = MORNING - timedelta(hours=1)
    tokens, at = filled(TELEGRAM, 1, MORNING, back)
    assert (tokens, at) == (1, back)
    assert filled(TELEGRAM, tokens, at, back + SECOND)[0] > 1


def test_two_machines_whose_clocks_differ_a_little_count_no_second_twice() -> None:
    tokens, at = 0.0, MORNING
    for turn in range(100):
        ahead = timedelta() if turn % 2 else SKEW - SECOND
        tokens, at = filled(Rate("bot", 1000), tokens, at, MORNING + ahead)
        tokens = 0.0 if turn == 0 else tokens
    assert tokens == 0


@pytest.mark.parametrize(
    ("tokens", "wanted", "count"),
    [
        (4.5, Wanted(replies=9), 4),
        (4.5, Wanted(bulk=9), 3),
        (4.5, Wanted(replies=1, bulk=9), 3),
        (4.5, Wanted(replies=3, bulk=9), 3),
        (1.75, Wanted(bulk=9), 0),
        (0.5, Wanted(replies=1), 0),
        (0.0, Wanted(safety=2), 2),
        (-3.0, Wanted(safety=1, replies=1), 1),
    ],
)
def test_bulk_leaves_a_reserve_for_replies_and_safety_waits_for_nothing(
    tokens: float, wanted: Wanted, count: int
) -> None:
    assert grant(TELEGRAM, tokens, wanted, MORNING).count == count


@pytest.mark.parametrize("wanted", [Wanted(replies=9), Wanted(bulk=9), Wanted(2, 2, 2)])
def test_it_is_known_when_the_next_token_comes(wanted: Wanted) -> None:
    first = grant(TELEGRAM, 1.0, wanted, MORNING)
    assert first.dry is not None
    left, until = 1.0 - first.count, first.dry.until
    for moment, more in ((until - SECOND / 1000, 0), (until + SECOND / 1000, 1)):
        tokens, _ = filled(TELEGRAM, left, MORNING, moment)
        rest = Wanted(0, wanted.replies - (wanted.replies and first.count), wanted.bulk)
        rest = replace(rest, replies=max(rest.replies, 0))
        if wanted.safety:
            rest = Wanted(replies=2, bulk=2)
        assert min(grant(TELEGRAM, tokens, rest, moment).count, 1) == more


def test_all_that_may_go_goes_at_once() -> None:
    assert grant(TELEGRAM, 4.5, Wanted(replies=2), MORNING) == Granted(2)


# Messages


@on_sqlite
def test_what_exceeds_the_rate_stays_ready_and_goes_when_tokens_come(
    house: House, crowd: list[Post]
) -> None:
    limited(house, telegram=SLOW)
    for post in crowd:
        post("bulk", BULK)
    sent = house.send()
    assert 0 < sent < SLOW.burst
    assert house.send() == 0
    assert sum(row.status == "ready" for row in house.outbox()) == len(crowd) - sent
    house.clock.set(MORNING + SECOND / 5)
    assert house.send() > 0


def test_two_processes_together_are_no_faster_than_one(
    house: House, crowd: list[Post], other_process: House
) -> None:
    limited(house, telegram=SLOW)
    for post in crowd:
        post("bulk", BULK)
    random, moments = Random(4), list[float]()
    for step in range(200):
        house.clock.set(MORNING + step * SECOND / 100)
        for each in random.sample((house, other_process), 2):
            moments += [step / 100] * each.send()
    assert len(moments) == len(crowd)
    assert most_within(moments, 1) <= SLOW.per_second
    assert max(moments) < len(crowd) / SLOW.per_second * 1.3
    assert min(len(each.telegram.sent) for each in (house, other_process)) > 0


@on_sqlite
def test_a_reply_does_not_wait_for_the_tokens_that_bulk_would_have_taken(
    house: House, crowd: list[Post]
) -> None:
    limited(house, telegram=SLOW)
    for post in crowd[1:]:
        post("bulk", BULK)
    house.settle()
    crowd[0]("reply")
    assert house.send() == 1
    assert house.telegram.texts()[-1] == "reply"


@on_sqlite
def test_safety_messages_go_though_nothing_is_left(house: House, crowd: list[Post]) -> None:
    limited(house, telegram=SLOW)
    for post in crowd[:8]:
        post("reply")
    house.settle()
    crowd[-1]("call 112", SAFETY)
    house.settle()
    assert house.telegram.texts()[-1] == "call 112"


@on_sqlite
def test_sms_are_counted_by_segments(house: House) -> None:
    limited(house, sms=Rate("+4552512345", 10, by_segment=True))
    posts = [Post(house, house.enrol(f"+452030405{n}", channel="sms")) for n in range(4)]
    for post in posts:
        post("x" * 306, channel="sms")
    moments: list[float] = []
    for step in range(100):
        house.clock.set(MORNING + step * SECOND / 25)
        moments += [step / 25] * house.send()
    assert len(moments) == 4
    assert most_within(moments, 1) <= 10 / 2 + 1
    assert max(moments) > 0.5


@on_sqlite
def test_messages_that_wait_for_another_cost_no_tokens(house: House, crowd: list[Post]) -> None:
    """A patient's second message waits for the first, and costs nobody a token meanwhile."""
    limited(house, telegram=SLOW)
    house.telegram.trouble = [NotSent(Trouble.RETRY, "503")]
    crowd[0]("a")
    crowd[0]("b")
    for _ in range(20):
        house.send()
    for post in crowd[1:3]:
        post("reply")
    assert house.send() == 1, "one of two tokens is spent"


@pytest.mark.parametrize("calm_chats", [False, True])
def test_replies_that_cannot_go_out_keep_no_check_in_from_going(
    house: House, crowd: list[Post], calm_chats: bool
) -> None:
    """One waits for another that is tried again later, or for its turn in a busy chat."""
    limited(house, telegram=replace(SLOW, calm_chats=calm_chats))
    for number in range(5 if calm_chats else 0):
        crowd[0](str(number))
    for step in range(10):
        house.clock.set(MORNING + step * SECOND / 10)
        house.send()
    house.telegram.trouble = [] if calm_chats else [NotSent(Trouble.RETRY, "503")]
    for text in ("a", "b"):
        crowd[0](text)
    for post in crowd[1:4]:
        post("check-in", BULK)
    for step in range(10, 20):
        house.clock.set(MORNING + step * SECOND / 10)
        house.send()
    assert house.telegram.texts().count("check-in") == 3
    assert {"a", "b"}.isdisjoint(house.telegram.texts())


def test_a_pause_that_the_provider_asks_for_holds_in_every_process(
    house: House, crowd: list[Post], other_process: House
) -> None:
    limited(house, telegram=SLOW)
    house.telegram.trouble = [NotSent(Trouble.RETRY, "429", timedelta(seconds=7))]
    crowd[0]("a")
    house.send()
    crowd[1]("b")
    house.clock.set(MORNING + timedelta(seconds=6.9))
    assert other_process.send() == 0
    house.clock.set(MORNING + timedelta(seconds=7))
    assert other_process.send() == 2


def test_a_pause_lasts_no_longer_because_the_clock_is_set_back(
    house: House, crowd: list[Post], other_process: House
) -> None:
    limited(house, telegram=SLOW)
    house.telegram.trouble = [NotSent(Trouble.RETRY, "429", timedelta(seconds=7))]
    crowd[0]("a")
    house.send()
    back = MORNING - timedelta(minutes=30)
    for number, process in enumerate((other_process, house), start=1):
        house.clock.set(back + number * SECOND)
        crowd[number]("b")
        assert process.send() == 1
    other_process.telegram.trouble = [NotSent(Trouble.RETRY, "429", timedelta(seconds=7))]
    crowd[3]("c")
    assert other_process.send() == 1
    house.clock.set(back + 3 * SECOND)
    crowd[4]("d")
    assert house.send() == 0, "what is asked for by the new clock holds"


@on_sqlite
def test_what_is_leased_goes_out_though_the_database_is_lost_right_after(
    house: House, crowd: list[Post], monkeypatch: pytest.MonkeyPatch
) -> None:
    """How late it begins cannot be noted, or the next channel cannot be looked at."""
    limited(house, sms=Rate("+4552512345", 30, by_segment=True), telegram=SLOW)
    post = Post(house, house.enrol("+4520304050", channel="sms"))
    post("x" * 306, channel="sms")
    crowd[0]("reply")
    held = tokens.held

    def lost(*_: object) -> None:
        raise Unavailable("gone")

    def lost_for_telegram(
        connection: Connection, deployment: Deployment, channel: str
    ) -> tuple[Level, datetime]:
        if channel == "telegram":
            lost()
        return held(connection, deployment, channel)

    with monkeypatch.context() as patch:
        # As if the commit had taken long.
        patch.setattr(taking, "PROMPT", -SECOND)
        patch.setattr(tokens, "postpone", lost)
        patch.setattr(tokens, "held", lost_for_telegram)
        assert house.send() == 1
        with pytest.raises(Unavailable):
            house.send()
    assert house.sms.texts() == ["x" * 306]


@on_sqlite
def test_what_begins_late_leaves_less_of_what_flowed_in_meanwhile(
    house: House, crowd: list[Post]
) -> None:
    """A second's messages go out as they begin, and not as they were leased."""
    limited(house, telegram=SLOW)
    for post in crowd:
        post("reply")
    leased = house.send()
    house.clock.set(MORNING + SECOND)
    tokens.postpone(house.deployment, "telegram", leased)
    assert house.send() == 0
    house.clock.set(MORNING + 2 * SECOND)
    assert house.send() == leased


@on_sqlite
def test_whatever_took_long_to_lease_counts_from_when_it_begins(
    house: House, crowd: list[Post], monkeypatch: pytest.MonkeyPatch
) -> None:
    limited(house, telegram=SLOW)
    late: list[int] = []
    monkeypatch.setattr(tokens, "postpone", lambda _, __, spent: late.append(spent))
    for patience in (SECOND, -SECOND):
        monkeypatch.setattr(taking, "PROMPT", patience)
        crowd[0]("reply")
        assert house.send() == 1
    assert late == [1]


@on_postgresql
def test_a_pause_from_the_time_in_which_a_process_looked_holds(
    house: House, crowd: list[Post], other_process: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    limited(house, telegram=SLOW)
    crowd[0]("reply")
    find = leases.find

    def slowly(*asked: Any, **how: Any) -> Any:
        found = find(*asked, **how)
        house.clock.set(MORNING + SKEW + SECOND)
        tokens.pause(other_process.deployment, "telegram", house.clock.now() + 120 * SECOND)
        return found

    with monkeypatch.context() as patch:
        patch.setattr(leases, "find", slowly)
        assert house.send() == 0
    house.clock.set(MORNING + 60 * SECOND)
    assert house.send() == 0


def test_one_chat_gets_a_burst_and_then_a_message_a_second(house: House, crowd: list[Post]) -> None:
    limited(house, telegram=replace(SLOW, calm_chats=True))
    for number in range(9):
        crowd[0](str(number))
    house.wait(seconds=1)
    for step in range(1000):
        house.clock.set(MORNING + step * SECOND / 10)
        house.send()
        if len(house.telegram.sent) == 9:
            break
    moments = [(sent.at - MORNING).total_seconds() for sent in house.telegram.sent]
    assert house.telegram.texts() == [str(number) for number in range(9)]
    assert most_within(moments, 4.9) == 5
    assert moments[4] < 2
    assert moments[8] < 12


@pytest.mark.parametrize("most", [REPLY, BULK])
@pytest.mark.parametrize("per_second", [1, 5, 20, 30, 80, 250])
def test_whoever_rests_between_two_looks_still_sends_as_fast_as_tokens_flow(
    per_second: int, most: Priority
) -> None:
    rate, wanted = Rate("bot", per_second), Wanted(0, *((9, 0) if most is REPLY else (0, 9)))
    tokens_left, at, now, sent = 0.0, MORNING, MORNING, 0
    while now < MORNING + 60 * SECOND:
        tokens_left, at = filled(rate, tokens_left, at, now)
        found = grant(rate, tokens_left, wanted, now)
        tokens_left, sent = tokens_left - found.count, sent + found.count
        rests_until = now + timedelta(seconds=BREATH)
        now = max(found.dry.until, min(rests_until, found.dry.full_at)) if found.dry else now
    assert sent >= 0.97 * 60 * rate.inflow - rate.burst
