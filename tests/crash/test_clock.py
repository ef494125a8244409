"""The machine's clock is set back an hour, or forward, at any moment."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from random import Random

import pytest

from bot import access
from bot.access import CodeSpent
from bot.leases import LEASE
from bot.messages import Priority
from bot.rates import Rate
from tests.bot.house import CHECK_IN, MORNING, House
from tests.bot.posting import Post
from tests.bot.test_together import WORDS, share
from tests.crash.judge import records, scores_hold
from trajectory.readings import readings

HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)


def pass_time(house: House, time: timedelta) -> None:
    house.clock.set(house.clock.now() + time)


@pytest.mark.parametrize("seed", range(2))
def test_answers_count_once_and_in_order_whatever_the_clock_does(house: House, seed: int) -> None:
    random, ids = Random(seed), {}
    limited(house, replace(TELEGRAM, calm_chats=bool(seed)))
    for name in ("birgit", "jonas", "aase"):
        ids[name] = house.enrol(name).patient_id
        for flow in (CHECK_IN, "odi", "start-back"):
            house.set_due(ids[name], flow=flow)
    house.settle()
    for _ in range(80):
        name = random.choice(list(ids))
        shown = [s for s in house.telegram.sent if s.parcel.address == name]
        buttons = [b for b in shown[-1].parcel.rendered.buttons if b.label != "Yes"]
        if buttons and random.random() < 0.7:
            house.press(random.choice(buttons), name)
        else:
            house.write(random.choice(("4", "B", "no", "back", "skip", "I meant 2")), name)
        pass_time(house, random.choice((SECOND, SECOND, -SECOND, HOUR, -HOUR)))
        if random.random() < 0.5:
            house.settle()
    house.clock.set(max(row.created_at for row in house.outbox()) + HOUR)
    for _ in range(21):
        settle_at_the_rate(house)
        house.wait(days=1)
    settle_at_the_rate(house)
    timelines = {patient_id: house.timeline(patient_id) for patient_id in ids.values()}
    assert [*records(house, timelines), *scores_hold(house, timelines)] == []
    assert {row.status for row in house.outbox()} == {"sent"}
    went_out = [each.parcel.outbox_id for each in house.telegram.sent]
    assert Counter(went_out) == Counter(row.id for row in house.outbox())
    for patient_id, timeline in timelines.items():
        assert_in_order(house, patient_id)
        for reading in readings(timeline):
            numbers = [entry.sequence for entry in reading.history]
            assert numbers == sorted(numbers), "the last word does not count"


def settle_at_the_rate(house: House) -> None:
    house.settle()
    while any(
        row.status == "ready" and row.ready_at <= house.clock.now() for row in house.outbox()
    ):
        pass_time(house, SECOND)
        house.settle()


def assert_in_order(house: House, patient_id: int) -> None:
    rows = {r.id: r for r in house.outbox() if r.patient_id == patient_id}
    sent = [rows[e.parcel.outbox_id] for e in house.telegram.sent if e.parcel.outbox_id in rows]
    for priority in {row.priority for row in sent}:
        numbers = [row.sequence for row in sent if row.priority == priority]
        assert all(earlier < later for earlier, later in pairwise(numbers))


def test_a_correction_counts_that_was_made_after_the_clock_was_set_back(house: House) -> None:
    patient_id = house.enrol().patient_id
    house.ask(patient_id)
    house.write("4")
    pass_time(house, -HOUR)
    house.write("change my answer to 6")
    house.settle()
    (pain,) = [r for r in readings(house.timeline(patient_id)) if r.first.item == "pain"]
    assert (pain.value, pain.earlier) == (6, (4,))


def test_what_was_under_way_is_sent_once_when_the_clock_has_caught_up(house: House) -> None:
    """The lease of a process that was killed holds by the clock: an hour longer, and no more."""
    house.enrol()
    house.settle()
    house.telegram.trouble = [KeyboardInterrupt()]
    house.write("help")
    with pytest.raises(KeyboardInterrupt):
        house.send()
    pass_time(house, -HOUR)
    house.write("my plan")
    before = len(house.telegram.sent)
    house.settle()
    assert len(house.telegram.sent) == before, "what comes later waits its turn"
    pass_time(house, HOUR + LEASE)
    house.settle()
    assert len(house.telegram.sent) == before + 2
    assert {row.status for row in house.outbox()} == {"sent"}


TELEGRAM = Rate("bot", 30, calm_chats=True)


def limited(house: House, rate: Rate = TELEGRAM) -> House:
    house.deployment = replace(house.deployment, rates={"telegram": rate})
    return house


def test_a_chat_that_was_busy_hears_of_a_warning_sign_at_once(house: House) -> None:
    post = Post(limited(house), house.enrol())
    for number in range(5):
        post(str(number))
    for _ in range(10):
        house.send()
        pass_time(house, SECOND / 10)
    assert len(house.telegram.sent) == 5
    pass_time(house, -HOUR)
    post("Call 112", Priority.SAFETY)
    house.send()
    assert house.telegram.texts()[-1] == "Call 112"


def test_what_comes_after_the_clock_was_set_back_goes_at_the_rate(house: House) -> None:
    posts = [Post(house, house.enrol(f"patient {n}")) for n in range(6)]
    limited(house, Rate("bot", 10))
    for post in posts[:2]:
        post("before")
    assert house.send() == 2, "that is every token"
    pass_time(house, -HOUR)
    for post in posts[2:]:
        post("after")
    assert house.send() == 0
    for _ in range(20):
        pass_time(house, SECOND / 10)
        house.send()
    assert house.telegram.texts().count("after") == 4


def test_what_is_due_falls_due_once(house: House) -> None:
    patient_id = house.enrol().patient_id
    house.settle()
    house.set_due(patient_id)
    pass_time(house, -HOUR)
    house.settle()
    assert house.person(patient_id).status == "active"
    opened = len(house.telegram.sent)
    pass_time(house, HOUR)
    house.settle()
    pass_time(house, -HOUR)
    house.settle()
    pass_time(house, 2 * HOUR)
    house.settle()
    assert len(house.telegram.sent) == opened + 1


@pytest.mark.parametrize(("jump", "opens"), [(-HOUR, True), (HOUR, False)])
def test_a_code_is_good_by_the_clock_and_once(house: House, jump: timedelta, opens: bool) -> None:
    patient_id = house.enrol().patient_id
    link = share(house, patient_id)
    access.request_code(house.deployment, link, house.clock.now())
    house.settle()
    said = house.email.sent[-1].text.split()
    code = next(word for word in said if word.isdecimal() and len(word) == 6)
    pass_time(house, jump)
    now = house.clock.now()
    if opens:
        access.open_page(house.deployment, link, code, WORDS, now)
    with pytest.raises(CodeSpent):
        access.open_page(house.deployment, link, code, WORDS, now)


def test_a_message_that_its_provider_dates_into_the_future_is_taken(house: House) -> None:
    patient_id = house.enrol().patient_id
    house.ask(patient_id)
    message = house.message("4")
    pass_time(house, -HOUR)
    house.receive(message)
    assert [value for _, value in house.answers(patient_id)] == [4]
    assert house.inbox()[-1].at == MORNING
