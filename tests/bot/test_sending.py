"""Messages out: in order, once, and again only where that is right."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from random import Random
from typing import Any

import pytest
from sqlalchemy import Connection, Row
from sqlalchemy import text as sql
from structlog.testing import capture_logs

from bot import leases
from bot.channels import NotSent, Parcel, Trouble
from bot.deployment import Chance
from bot.leases import LEASE
from bot.messages import Priority, Rendered
from bot.outcomes import Outcome
from bot.sending import SPARE, send_ready
from bot.verdicts import FIRST_WAIT, LONGEST_WAIT, MOST_ATTEMPTS
from tests.bot.house import MORNING, House
from tests.bot.posting import Post
from tests.house.listening import heard
from trajectory.database import Database, Unavailable
from trajectory.keys import Ring

pytestmark = pytest.mark.both_databases

on_postgresql = pytest.mark.parametrize("migrated_database_url", ["postgresql"], indirect=True)
SAFETY, REPLY, BULK = Priority.SAFETY, Priority.REPLY, Priority.BULK


@pytest.fixture
def post(house: House) -> Post:
    return Post(house, house.enrol())


@pytest.fixture
def other_process(house: House, migrated_database_url: str) -> Iterator[House]:
    """Another process at the same database."""
    database = Database(migrated_database_url, durable=False)
    yield House(database, house.deployment.ring, house.clock)
    database.close()


def states(house: House) -> list[str]:
    return [row.status for row in house.outbox()]


# In order


def test_a_message_is_sent_once_and_recorded(house: House, post: Post) -> None:
    post("Hello.")
    assert house.send() == 1
    assert house.send() == 0
    (row,) = house.outbox()
    assert (row.status, row.provider_id, row.sent_at) == ("sent", "telegram-1", MORNING)
    assert (row.attempts, row.lease_until, row.error) == (1, None, None)
    (sent,) = house.telegram.sent
    assert sent.parcel == Parcel(
        row.id, post.to.patient_id, "birgit", Rendered("Hello."), row.created_at, language="en"
    )


def test_one_message_of_a_patient_is_under_way_at_a_time_in_order(house: House, post: Post) -> None:
    for word in "abc":
        post(word)
    for sent in ("a", "ab", "abc"):
        assert house.send() == 1
        assert "".join(house.telegram.texts()) == sent


def test_patients_do_not_wait_for_each_other(house: House, post: Post) -> None:
    jonas = Post(house, house.enrol("jonas"))
    for each in (post, jonas):
        each("a")
        each("b")
    assert [house.send(), house.send(), house.send()] == [2, 2, 0]


def test_no_second_process_sends_while_one_message_is_under_way(
    house: House, post: Post, other_process: House
) -> None:
    post("a", BULK)
    post("b", BULK)
    house.telegram.before = lambda parcel: tried.append(other_process.send())
    tried: list[int] = []
    house.send()
    assert tried == [0]
    assert other_process.send() == 1
    assert (house.telegram.texts(), other_process.telegram.texts()) == (["a"], ["b"])


def test_a_reply_waits_for_the_bulk_that_is_under_way_and_a_safety_message_does_not(
    house: House, post: Post, other_process: House
) -> None:
    def meanwhile(parcel: Parcel) -> None:
        if parcel.rendered.text == "bulk":
            post("reply")
            post("call 112", SAFETY)
            assert other_process.send() == 1

    house.telegram.before = meanwhile
    post("bulk", BULK)
    house.settle()
    assert other_process.telegram.texts() == ["call 112"]
    assert house.telegram.texts() == ["bulk", "reply"]


def _begun(house: House, connection: Connection) -> Sequence[Row[Any]]:
    now = house.clock.now()
    return leases.lease(connection, now, leases.find(connection, now, ["telegram"], 10)).rows


@on_postgresql
def test_two_processes_that_look_at_the_same_time_do_not_both_begin(
    house: House, post: Post, other_process: House
) -> None:
    post("bulk", BULK)
    with house.database.write() as connection:
        assert len(_begun(house, connection)) == 1
        post("reply")
        assert other_process.send() == 0, "the first has taken one and has not committed yet"
    assert other_process.send() == 0, "it is under way"


@on_postgresql
def test_whoever_has_found_a_message_looks_again_before_beginning(
    house: House, post: Post, other_process: House
) -> None:
    """Between finding and taking, another process has begun a reply to the same address."""
    post("bulk", BULK)
    engine = house.database.writer_engine()
    meanwhile: list[int] = []

    def begin_a_reply(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        if "FROM address" in statement and not meanwhile:
            post("reply")
            with other_process.database.write() as other:
                meanwhile.append(len(_begun(house, other)))

    with heard(engine, begin_a_reply):
        assert house.send() == 0
    assert meanwhile == [1]
    assert states(house) == ["ready", "sending"]


def test_order_holds_where_another_machines_clock_is_ahead(house: House, post: Post) -> None:
    house.clock.set(MORNING + timedelta(seconds=2))
    post("first", BULK)
    house.clock.set(MORNING)
    post("second", BULK)
    house.wait(seconds=5)
    assert house.telegram.texts() == ["first", "second"]


def test_safety_before_replies_before_bulk(house: House, post: Post) -> None:
    for text, priority in (("bulk", BULK), ("reply", REPLY), ("safety", SAFETY)):
        post(text, priority)
    house.settle()
    assert house.telegram.texts() == ["safety", "reply", "bulk"]


def test_replies_of_all_go_before_the_bulk_of_anybody(house: House, post: Post) -> None:
    others = [Post(house, house.enrol(f"patient {n}")) for n in range(5)]
    for other in others:
        other("bulk", BULK)
    house.clock.set(MORNING + timedelta(seconds=1))
    post("reply")
    assert send_ready(house.deployment, limit=1) == 1
    assert house.telegram.texts() == ["reply"]


def test_mail_to_a_professional_does_not_wait_for_the_patients_messages(
    house: House, post: Post
) -> None:
    house.telegram.trouble = [NotSent(Trouble.RETRY)]
    post("a")
    post("mail", channel="email", address_id=None, member_id=7, to="anne@klinik.example")
    house.send()
    assert house.email.texts("anne@klinik.example") == ["mail"]
    assert house.telegram.sent == []


def test_what_cannot_go_to_one_address_does_not_hold_up_another(house: House, post: Post) -> None:
    phone = house.add_address(post.to.patient_id, "sms", "+4520304050")
    house.telegram.trouble = [NotSent(Trouble.RETRY)]
    post("a")
    post("b", channel="sms", address_id=phone)
    house.settle()
    assert (house.telegram.texts(), house.sms.texts()) == ([], ["b"])


def test_what_is_meant_for_later_holds_nothing_up(house: House, post: Post) -> None:
    post("tomorrow", BULK, not_before=MORNING + timedelta(hours=20))
    post("now", BULK)
    house.settle()
    assert house.telegram.texts() == ["now"]
    house.wait(hours=20)
    assert house.telegram.texts() == ["now", "tomorrow"]


def test_a_channel_that_is_off_keeps_its_messages(house: House, post: Post) -> None:
    post("a", channel="console")
    assert house.send() == 0
    assert states(house) == ["ready"]


def test_only_the_channels_asked_for(house: House, post: Post) -> None:
    post("a")
    assert send_ready(house.deployment, channels=["email", "sms"]) == 0
    assert send_ready(house.deployment, channels=["telegram"]) == 1


# Again


def test_a_failed_message_is_tried_again_after_twice_the_time_and_holds_the_next(
    house: House, post: Post
) -> None:
    house.telegram.trouble = [NotSent(Trouble.RETRY, "503")] * 3
    post("a")
    post("b")
    house.wait(minutes=10)
    assert [(s.text, s.at - MORNING) for s in house.telegram.sent] == [
        ("a", FIRST_WAIT * (1 + 2 + 4)),
        ("b", FIRST_WAIT * (1 + 2 + 4)),
    ]
    assert [row.attempts for row in house.outbox()] == [4, 1]


def test_the_providers_own_wait_counts(house: House, post: Post) -> None:
    house.telegram.trouble = [NotSent(Trouble.RETRY, "429", timedelta(seconds=7))]
    post("a")
    house.wait(seconds=7)
    assert [sent.at for sent in house.telegram.sent] == [MORNING + timedelta(seconds=7)]


def test_what_failed_together_is_not_tried_again_together(house: House) -> None:
    """And the provider's own wait is never cut short."""
    house.deployment = replace(house.deployment, chance=Chance(Random(4)))
    names = [f"patient {n}" for n in range(6)]
    for name in names:
        Post(house, house.enrol(name))("a")
    house.telegram.trouble = [NotSent(Trouble.RETRY, "503")] * 5
    house.telegram.trouble += [NotSent(Trouble.RETRY, "503", FIRST_WAIT)]
    house.send()
    waits = [row.ready_at - MORNING for row in house.outbox()]
    assert len(set(waits)) == 6
    assert all(FIRST_WAIT / 2 < wait <= FIRST_WAIT for wait in waits)
    assert max(waits) == FIRST_WAIT


def test_one_that_may_have_arrived_is_sent_again(house: House, post: Post) -> None:
    house.telegram.trouble = [NotSent(Trouble.UNKNOWN, "timeout")]
    post("a")
    house.wait(minutes=1)
    assert house.telegram.texts() == ["a"]


def test_one_that_may_have_arrived_twice_is_left_alone(house: House, post: Post) -> None:
    house.telegram.trouble = [NotSent(Trouble.UNKNOWN, "timeout")] * 2
    post("a")
    post("b")
    house.wait(days=1)
    assert states(house) == ["unknown", "sent"]
    assert house.telegram.texts() == ["b"]


def test_a_wrong_setting_of_ours_loses_nothing_until_it_is_mended(house: House, post: Post) -> None:
    house.telegram.trouble = [NotSent(Trouble.CONFIGURATION, "401")] * (MOST_ATTEMPTS + 5)
    post("a")
    house.wait(days=1)
    assert house.telegram.texts() == ["a"]


def test_waiting_for_a_setting_uses_up_no_attempt(house: House, post: Post) -> None:
    house.telegram.trouble = [
        *[NotSent(Trouble.CONFIGURATION, "401")] * (MOST_ATTEMPTS + 5),
        NotSent(Trouble.RETRY, "503"),
    ]
    post("a")
    house.wait(days=1)
    assert house.telegram.texts() == ["a"]


def test_after_the_last_attempt_it_is_dead_and_the_next_goes_out(house: House, post: Post) -> None:
    house.telegram.trouble = [NotSent(Trouble.RETRY, "503")] * MOST_ATTEMPTS
    post("a")
    post("b")
    house.wait(days=3)
    dead, sent = house.outbox()
    assert (dead.status, dead.attempts, dead.error) == ("dead", MOST_ATTEMPTS, "retry 503")
    assert sent.status == "sent"


def test_no_wait_is_longer_than_the_longest(house: House, post: Post) -> None:
    tries: list[datetime] = []
    house.telegram.before = lambda parcel: tries.append(house.clock.now())
    house.telegram.trouble = [NotSent(Trouble.RETRY)] * MOST_ATTEMPTS
    post("a")
    house.wait(days=3)
    waits = [later - earlier for earlier, later in pairwise(tries)]
    assert waits == sorted(waits)
    assert waits[-1] == LONGEST_WAIT


@pytest.mark.parametrize("trouble", [Trouble.GONE, Trouble.CONTENT])
def test_what_would_fail_again_is_not_tried_again(
    house: House, post: Post, trouble: Trouble
) -> None:
    house.telegram.trouble = [NotSent(trouble, "403")]
    post("a")
    with capture_logs() as logs:
        house.wait(days=3)
    assert [(row.status, row.error) for row in house.outbox()] == [("dead", f"{trouble} 403")]
    assert [(line["event"], line["code"]) for line in logs] == [("not sent", "403")]


def test_an_address_that_is_gone_is_not_used_unasked_any_more(house: House, post: Post) -> None:
    house.add_address(post.to.patient_id, "sms", "+4520304050")
    house.telegram.trouble = [NotSent(Trouble.GONE, "403")]
    post("a")
    house.settle()
    house.ask(post.to.patient_id)
    assert house.telegram.sent == []
    moved, _question = house.sms.texts()
    assert moved.endswith("a")


def test_a_channels_own_mistake_stops_no_other_message(house: House, post: Post) -> None:
    jonas = Post(house, house.enrol("jonas"))
    house.telegram.trouble = [KeyError("what Birgit wrote")]
    post("a")
    jonas("b")
    with capture_logs() as logs:
        house.send()
    assert house.telegram.texts() == ["b"]
    assert house.outbox()[0].error == "unknown KeyError"
    assert "Birgit" not in str(logs)
    house.wait(minutes=1)
    assert house.telegram.texts() == ["b", "a"]


# A process that dies


def test_what_a_dead_process_had_taken_is_sent_when_its_lease_ends(
    house: House, post: Post, other_process: House
) -> None:
    house.telegram.trouble = [SystemExit()]
    post("a")
    post("b")
    with pytest.raises(SystemExit):
        house.send()
    assert states(house) == ["sending", "ready"]
    house.clock.set(MORNING + LEASE - timedelta(seconds=1))
    assert other_process.send() == 0
    house.clock.set(MORNING + LEASE)
    other_process.settle()
    assert other_process.telegram.texts() == ["a", "b"]


def test_time_passes_to_the_end_of_a_lease_too(house: House, post: Post) -> None:
    house.telegram.trouble = [SystemExit()]
    post("a")
    with pytest.raises(SystemExit):
        house.send()
    house.wait(minutes=5)
    assert [sent.at for sent in house.telegram.sent] == [MORNING + LEASE]


def test_a_message_that_kills_every_process_is_dead_in_the_end(house: House, post: Post) -> None:
    house.telegram.trouble = [SystemExit()] * MOST_ATTEMPTS
    post("a")
    for _ in range(MOST_ATTEMPTS):
        with pytest.raises(SystemExit):
            house.send()
        house.clock.set(house.clock.now() + LEASE)
    house.send()
    assert [(row.status, row.error) for row in house.outbox()] == [("dead", "unknown lease")]


def test_what_was_sent_before_the_crash_is_not_sent_again(house: House, post: Post) -> None:
    """Every message takes the provider a second; the third one kills the process."""
    names = [f"patient {n}" for n in range(5)]
    for name in names:
        Post(house, house.enrol(name))("a")

    def take_a_second(parcel: Parcel) -> None:
        house.clock.set(house.clock.now() + timedelta(seconds=1))
        if parcel.address == names[2]:
            house.telegram.before = lambda parcel: None
            raise SystemExit

    house.telegram.before = take_a_second
    with pytest.raises(SystemExit):
        house.send()
    house.wait(minutes=5)
    assert sorted(house.telegram.texts()) == ["a"] * 5
    assert sorted(sent.parcel.address for sent in house.telegram.sent) == names


def test_nothing_is_begun_when_the_lease_is_nearly_over(house: House, post: Post) -> None:
    names = [f"patient {n}" for n in range(5)]
    for name in names:
        Post(house, house.enrol(name))("a")
    slow = timedelta(seconds=30)
    house.telegram.before = lambda parcel: house.clock.set(house.clock.now() + slow)
    house.send()
    count = len(house.telegram.sent)
    assert count == -((SPARE - LEASE) // slow), "as many as the lease suffices for"
    left = house.outbox()[count:]
    assert [(row.status, row.attempts) for row in left] == [("ready", 0)] * (5 - count)
    house.settle()
    assert sorted(sent.parcel.address for sent in house.telegram.sent) == names


def test_whoever_comes_late_does_not_undo_what_another_process_has_sent(
    house: House, post: Post, other_process: House
) -> None:
    def hang(parcel: Parcel) -> None:
        house.clock.set(house.clock.now() + LEASE)
        other_process.settle()

    house.telegram.before = hang
    house.telegram.trouble = [NotSent(Trouble.RETRY, "timeout")]
    post("a")
    house.send()
    assert other_process.telegram.texts() == ["a"]
    assert [(row.status, row.attempts) for row in house.outbox()] == [("sent", 2)]


def test_a_database_that_is_lost_after_sending_repeats_only_that(
    house: House, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lose(_: object, __: object, outcomes: Sequence[Outcome]) -> Sequence[Outcome]:
        if outcomes:
            raise Unavailable("gone")
        return ()

    post("a")
    with monkeypatch.context() as patch:
        patch.setattr("bot.outcomes.record", lose)
        with pytest.raises(Unavailable):
            house.send()
    house.wait(minutes=5)
    assert house.telegram.texts() == ["a", "a"]


# Whom it must not reach


def test_stop_takes_back_what_has_not_gone_out(house: House, post: Post) -> None:
    house.telegram.trouble = [NotSent(Trouble.RETRY)]
    post("a question", BULK)
    house.settle()
    house.write("stop")
    house.wait(days=1)
    assert house.telegram.texts() == ["Stopped. I will not write again. START begins again."]


def test_stop_takes_back_what_is_held_after_a_restore(house: House, post: Post) -> None:
    house.change_outbox(post("From a backup."), status="held")
    house.write("stop")
    first = house.outbox()[0]
    assert (first.status, first.error) == ("dead", "stopped")


@on_postgresql
def test_who_says_stop_in_one_batch_is_held_in_the_order_of_whoever_records(
    house: House, post: Post
) -> None:
    """Addresses by id over the whole batch: waiting for one, it holds no later one."""
    jonas = house.enrol("jonas")
    later = house.add_address(post.to.patient_id, "sms", "+4520304050")
    assert post.to.address_id < jonas.address_id < later
    stops = [house.message("stop", name) for name in ("birgit", "jonas")]
    stopping = threading.Thread(target=house.receive, args=stops)
    hold = "SELECT id FROM address WHERE id = :id FOR NO KEY UPDATE NOWAIT"
    waiting = sql("SELECT count(*) FROM pg_locks WHERE NOT granted")
    with house.database.write() as connection:
        connection.execute(sql(hold), {"id": jonas.address_id})
        stopping.start()
        while not connection.execute(waiting).scalar():
            stopping.join(0.005)
            assert stopping.is_alive()
        connection.execute(sql(hold), {"id": later})
    stopping.join()
    assert {house.person(each).status for each in (post.to.patient_id, jonas.patient_id)} == {
        "stopped"
    }


def test_stop_while_a_message_is_under_way_takes_back_its_repeat(house: House, post: Post) -> None:
    def stop(parcel: Parcel) -> None:
        house.telegram.before = lambda parcel: None
        house.write("stop")

    house.telegram.before = stop
    house.telegram.trouble = [NotSent(Trouble.RETRY)]
    post("a question", BULK)
    house.settle()
    assert states(house) == ["dead", "sent"]
    house.wait(days=1)
    assert house.telegram.texts() == ["Stopped. I will not write again. START begins again."]


def test_stop_holds_when_the_process_that_was_sending_dies(house: House, post: Post) -> None:
    def stop(parcel: Parcel) -> None:
        house.telegram.before = lambda parcel: None
        house.write("stop")

    house.telegram.before = stop
    house.telegram.trouble = [SystemExit()]
    post("a question", BULK)
    with pytest.raises(SystemExit):
        house.send()
    house.wait(days=1)
    assert house.telegram.texts() == ["Stopped. I will not write again. START begins again."]
    assert [row.error for row in house.outbox()] == ["gone stopped", None]


def test_a_message_that_arrives_although_stop_came_is_recorded_as_sent(
    house: House, post: Post
) -> None:
    def stop(parcel: Parcel) -> None:
        house.telegram.before = lambda parcel: None
        house.write("stop")

    house.telegram.before = stop
    post("a question", BULK)
    house.settle()
    assert house.telegram.texts()[0] == "a question"
    assert states(house) == ["sent", "sent"]


def test_stop_leaves_a_safety_message(house: House, post: Post) -> None:
    house.telegram.trouble = [NotSent(Trouble.RETRY)]
    post("Call 112 now.", SAFETY)
    house.settle()
    house.write("stop")
    house.wait(minutes=1)
    assert "Call 112 now." in house.telegram.texts()


def test_nothing_goes_to_an_address_that_was_closed_meanwhile(house: House, post: Post) -> None:
    post("your answers")
    house.set_address(post.to.address_id, "closed")
    house.send()
    assert house.telegram.sent == []
    assert [(row.status, row.error) for row in house.outbox()] == [("dead", "gone closed")]


def test_nothing_goes_to_an_address_that_somebody_else_has_taken_over(
    house: House, post: Post
) -> None:
    post("your answers")
    house.set_address(post.to.address_id, "closed")
    jonas = house.enrol("birgit", name="Jonas Lund")
    Post(house, jonas)("hello Jonas")
    house.settle()
    assert house.telegram.texts() == ["hello Jonas"]


def test_a_missing_key_stops_no_other_message_and_nothing_is_lost(house: House, post: Post) -> None:
    post("a")
    newer = House(house.database, Ring.generate("k2"))
    Post(newer, newer.enrol("jonas"))("b")
    newer.settle()
    assert newer.telegram.texts() == ["b"]
    assert [row.error for row in house.outbox()] == ["retry wrong-key", None]
    house.clock.set(MORNING + FIRST_WAIT)
    house.settle()
    assert house.telegram.texts() == ["a"]


# Together


def test_several_senders_send_everything_once_and_in_order(
    house: House, other_process: House
) -> None:
    names = [f"patient {n}" for n in range(30)]
    for name in names:
        post = Post(house, house.enrol(name))
        for word in "abcd":
            post(word, BULK)
    senders = [threading.Thread(target=send_all, args=(at,)) for at in (house, other_process) * 2]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    send_all(house)
    assert set(states(house)) == {"sent"}
    assert len(house.telegram.sent) + len(other_process.telegram.sent) == len(names) * 4
    assert all(row.attempts == 1 for row in house.outbox())


def send_all(house: House) -> None:
    while house.send():
        pass


# What nobody is meant to answer any more


def test_old_questions_do_not_come_in_a_heap_when_a_setting_is_mended(
    house: House, post: Post
) -> None:
    house.telegram.trouble = [NotSent(Trouble.CONFIGURATION, "token")] * 3
    post("How is your back?", Priority.BULK, session_id=1, turn=1)
    post("A note from Anne.", Priority.BULK)
    post("Call 112.", Priority.SAFETY, session_id=1, turn=1)
    house.settle()
    house.telegram.trouble.clear()
    house.clock.set(MORNING + timedelta(days=4))
    house.settle()
    assert house.telegram.texts() == ["Call 112.", "A note from Anne."]
    assert [row.error for row in house.outbox() if row.status == "dead"] == ["content stale"]


def test_a_process_that_stops_finishes_its_message_and_gives_the_rest_back(house: House) -> None:
    for name in ("birgit", "jonas", "ida"):
        house.enrol(name)
        house.write("help", name)
    house.telegram.before = lambda parcel: house.deployment.states.close()
    house.send()
    assert sorted(row.status for row in house.outbox()) == ["ready", "ready", "sent"]
    assert {row.attempts for row in house.outbox() if row.status == "ready"} == {0}
    assert house.send() == 0
