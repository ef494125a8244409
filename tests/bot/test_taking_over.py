"""An address that is gone: the patient's other channel takes over, or a person is told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from bot.channels import NotSent, Parcel, Trouble
from bot.delivering import note_status
from bot.messages import Button, Priority
from bot.outbox import HOLDS_FOR
from bot.sending import send_ready
from tests.bot.house import MORNING, House
from tests.bot.posting import Post
from trajectory import tables
from trajectory.database import Database
from trajectory.erasure import erase
from trajectory.patients import PatientRef

pytestmark = pytest.mark.both_databases

PHONE = "+4520304050"
LINE = "My messages did not arrive by SMS, so I am writing here."
SAFETY, REPLY, BULK = Priority.SAFETY, Priority.REPLY, Priority.BULK
GONE = NotSent(Trouble.GONE, "21614")


@pytest.fixture
def birgit(house: House) -> PatientRef:
    """Birgit is written to by SMS, and has Telegram as well."""
    ref = house.enrol(PHONE, channel="sms")
    house.add_address(ref.patient_id, "telegram", "birgit")
    return ref


@pytest.fixture
def post(house: House, birgit: PatientRef) -> Post:
    return Post(house, birgit)


def by_sms(post: Post, text: str, priority: Priority = REPLY, **more: Any) -> int:
    return post(text, priority, channel="sms", **more)


def cases(house: House) -> list[tuple[str, str]]:
    return [(row.kind, row.state) for row in house.rows(tables.core(tables.DeskCase))]


# The other channel takes over


def test_what_was_refused_and_what_waits_behind_it_comes_the_other_way_in_order(
    house: House, post: Post
) -> None:
    house.sms.trouble = [GONE]
    for text in ("one", "two", "three"):
        by_sms(post, text)
    house.settle()
    assert house.telegram.texts() == [f"{LINE}\none", "two", "three"]
    assert house.sms.sent == []


def test_in_danish(house: House) -> None:
    ref = house.enrol(PHONE, channel="sms", language="da")
    house.add_address(ref.patient_id, "telegram", "birgit")
    house.sms.trouble = [GONE]
    by_sms(Post(house, ref), "Hej.")
    house.settle()
    line = "Mine beskeder kom ikke frem som sms, så nu skriver jeg her."
    assert house.telegram.texts() == [f"{line}\nHej."]


def test_what_the_provider_could_not_deliver_after_all_comes_the_other_way(
    house: House, post: Post
) -> None:
    by_sms(post, "How is your back?")
    house.settle()
    note_status(house.deployment, "sms-1", "undelivered", Trouble.GONE, "30005")
    house.settle()
    assert house.telegram.texts() == [f"{LINE}\nHow is your back?"]


def test_it_is_explained_once_however_many_come_back(house: House, post: Post) -> None:
    for text in ("one", "two"):
        by_sms(post, text)
    house.settle()
    for number in (1, 2):
        note_status(house.deployment, f"sms-{number}", "undelivered", Trouble.GONE, "30005")
        house.settle()
    assert house.telegram.texts() == [f"{LINE}\none", "two"]


def test_it_is_explained_again_when_the_address_had_worked_meanwhile(
    house: House, post: Post
) -> None:
    for text in ("one", "two"):
        house.sms.trouble = [GONE]
        by_sms(post, text)
        house.settle()
        house.write("help", PHONE, channel="sms")
        house.settle()
    assert [text for text in house.telegram.texts() if LINE in text] == [
        f"{LINE}\none",
        f"{LINE}\ntwo",
    ]


def test_a_safety_message_comes_first_and_word_for_word(house: House, post: Post) -> None:
    house.sms.trouble = [GONE]
    by_sms(post, "A question.", BULK)
    by_sms(post, "Call 112 now.", SAFETY)
    house.settle()
    assert house.telegram.texts() == ["Call 112 now.", f"{LINE}\nA question."]


def test_after_a_safety_message_alone_the_word_about_it_follows(house: House, post: Post) -> None:
    house.sms.trouble = [GONE]
    by_sms(post, "Call 112 now.", SAFETY)
    house.settle()
    assert house.telegram.texts() == ["Call 112 now.", LINE]


def test_a_safety_message_that_a_carrier_filters_goes_the_other_way(
    house: House, post: Post
) -> None:
    house.sms.trouble = [NotSent(Trouble.CONTENT, "30007")]
    by_sms(post, "Call 112 now.", SAFETY)
    by_sms(post, "Thanks.")
    house.settle()
    assert house.telegram.texts()[0] == "Call 112 now."
    assert house.sms.texts() == ["Thanks."]


def test_the_question_that_waits_is_answered_on_the_other_channel(
    house: House, birgit: PatientRef
) -> None:
    house.sms.trouble = [GONE]
    house.ask(birgit.patient_id)
    assert house.telegram.texts()[0].startswith(f"{LINE}\n")
    house.write("6")
    house.settle()
    assert [value for _, value in house.answers(birgit.patient_id)] == [6]


def test_a_question_that_was_answered_meanwhile_is_not_put_again(
    house: House, birgit: PatientRef
) -> None:
    house.ask(birgit.patient_id)
    house.write("6", PHONE, channel="sms")
    house.settle()
    before = len(house.telegram.sent)
    note_status(house.deployment, "sms-1", "undelivered", Trouble.GONE, "30005")
    house.settle()
    assert len(house.telegram.sent) == before


def test_what_is_older_than_three_days_is_not_told_any_more(house: House, post: Post) -> None:
    by_sms(post, "Anne has looked at your summary.")
    house.settle()
    house.clock.set(MORNING + HOLDS_FOR + timedelta(minutes=1))
    note_status(house.deployment, "sms-1", "undelivered", Trouble.GONE, "30005")
    house.settle()
    assert house.telegram.sent == []


def test_what_waits_for_the_morning_goes_on_waiting(house: House, post: Post) -> None:
    house.sms.trouble = [GONE]
    by_sms(post, "now")
    by_sms(post, "tomorrow", BULK, not_before=MORNING + timedelta(hours=23))
    house.settle()
    assert house.telegram.texts() == [f"{LINE}\nnow"]
    house.wait(hours=23)
    assert house.telegram.texts()[1:] == ["tomorrow"]


def test_nobody_is_woken_by_it(house: House, post: Post) -> None:
    by_sms(post, "How is your back?", BULK)
    house.settle()
    night = datetime(2026, 11, 24, 23, 0, tzinfo=MORNING.tzinfo)
    house.clock.set(night)
    note_status(house.deployment, "sms-1", "undelivered", Trouble.GONE, "30005")
    house.settle()
    assert house.telegram.sent == []
    house.wait(hours=8)
    assert house.telegram.texts() == [f"{LINE}\nHow is your back?"]


def test_buttons_are_written_out_where_they_must_be_typed(house: House) -> None:
    ref = house.enrol()
    house.add_address(ref.patient_id, "sms", PHONE)
    house.telegram.trouble = [NotSent(Trouble.GONE, "403")]
    Post(house, ref)("Shall I go on?", buttons=[Button("Yes", "x"), Button("No", "y")])
    house.settle()
    line = "My messages did not arrive on Telegram, so I am writing here."
    assert house.sms.texts() == [f"{line}\nShall I go on?\nYes\nNo"]
    assert house.sms.sent[0].parcel.rendered.buttons == ()


def test_what_falls_due_later_goes_the_other_way_by_itself(
    house: House, post: Post, birgit: PatientRef
) -> None:
    house.sms.trouble = [GONE]
    by_sms(post, "one")
    house.settle()
    house.ask(birgit.patient_id)
    assert len(house.telegram.sent) == 2
    assert house.sms.sent == []


# Nothing is lost in between


def test_a_process_that_dies_between_the_refusal_and_the_move_loses_nothing(
    house: House, post: Post
) -> None:
    house.sms.trouble = [GONE]
    by_sms(post, "one")
    by_sms(post, "two")
    assert house.send() == 1
    assert [row.kind for row in house.due()] == ["reroute"]
    other = House(house.database, house.deployment.ring, house.clock)
    other.settle()
    assert other.telegram.texts() == [f"{LINE}\none", "two"]
    assert house.due() == []


def test_a_message_that_is_under_way_meanwhile_follows_by_itself(house: House, post: Post) -> None:
    """It is being refused as well, while another process moves the first."""

    def meanwhile(parcel: Parcel) -> None:
        house.sms.before = lambda parcel: None
        by_sms(post, "Call 112 now.", SAFETY)
        house.sms.trouble = [GONE]
        house.send()
        house.dispatch()
        house.sms.trouble = [GONE]

    house.sms.before = meanwhile
    by_sms(post, "one")
    house.settle()
    assert sorted(house.telegram.texts()) == sorted(["Call 112 now.", LINE, "one"])


def test_what_was_queued_for_an_address_that_had_gone_already_is_not_tried(
    house: House, post: Post
) -> None:
    by_sms(post, "one")
    house.set_address(post.to.address_id, "gone")
    house.settle()
    assert house.sms.sent == []
    assert house.telegram.texts() == [f"{LINE}\none"]


@pytest.mark.parametrize("priority", [SAFETY, BULK])
def test_what_was_refused_is_said_again_where_the_patient_has_written_from_meanwhile(
    house: House, post: Post, priority: Priority
) -> None:
    house.sms.trouble = [GONE]
    by_sms(post, "Anne has looked.", priority)
    house.send()
    house.write("help", PHONE, channel="sms")
    house.settle()
    assert "Anne has looked." in house.sms.texts()
    assert house.telegram.sent == []
    assert cases(house) == []


# Whom it must not reach


def test_nothing_is_moved_after_stop(house: House, post: Post) -> None:
    house.sms.trouble = [GONE]
    by_sms(post, "one")
    house.send()
    house.write("stop", "birgit")
    house.settle()
    assert "one" not in " ".join(house.telegram.texts())
    assert cases(house) == []


def test_a_safety_message_that_a_carrier_blocks_after_stop_is_on_the_clinics_list(
    house: House, post: Post
) -> None:
    house.write("stop", PHONE, channel="sms")
    house.settle()
    house.sms.trouble = [NotSent(Trouble.GONE, "21610")]
    by_sms(post, "Call 112 now.", SAFETY)
    house.settle()
    assert house.telegram.sent == []
    assert cases(house) == [("not-reached", "open")]


def test_a_safety_message_that_only_the_web_chat_takes_is_on_the_clinics_list_too(
    house: House,
) -> None:
    ref = house.enrol(PHONE, channel="sms")
    house.add_address(ref.patient_id, "web", "web:birgit")
    house.sms.trouble = [GONE]
    by_sms(Post(house, ref), "Call 112 now.", SAFETY)
    house.settle()
    assert house.web.texts() == ["Call 112 now.", LINE]
    assert cases(house) == [("not-reached", "open")]


def test_nothing_is_moved_to_somebody_who_said_that_they_are_somebody_else(
    house: House, post: Post, birgit: PatientRef
) -> None:
    telegram = house.rows(tables.core(tables.Address))[1]
    house.set_address(telegram.id, "closed")
    house.sms.trouble = [GONE]
    by_sms(post, "one")
    house.settle()
    assert house.telegram.sent == []
    assert cases(house) == [("unreachable", "open")]


def test_while_it_is_in_doubt_who_reads_nothing_is_moved(house: House, post: Post) -> None:
    house.write("wrong number", "birgit")
    house.settle()
    before = len(house.telegram.sent)
    house.sms.trouble = [GONE]
    by_sms(post, "one")
    house.settle()
    assert len(house.telegram.sent) == before
    house.write("B", "birgit")
    house.wait(days=1, minutes=1)
    assert any("one" in text for text in house.telegram.texts()[before:])


def test_a_patient_who_is_erased_meanwhile_hears_nothing(house: House, post: Post) -> None:
    house.sms.trouble = [GONE]
    by_sms(post, "one")
    house.send()
    with house.database.write() as connection:
        erase(connection, post.to.patient_id, MORNING)
    house.settle()
    assert house.telegram.sent == []


# Nowhere to go


@pytest.fixture
def jonas(house: House) -> PatientRef:
    """Jonas has a phone, and nothing else."""
    return house.enrol(PHONE, channel="sms", name="Jonas Lund")


def test_whoever_can_be_reached_nowhere_is_on_the_clinics_list_once(
    house: House, jonas: PatientRef
) -> None:
    post = Post(house, jonas)
    house.sms.trouble = [GONE]
    by_sms(post, "one")
    by_sms(post, "two")
    house.settle()
    house.set_due(jonas.patient_id)
    house.wait(days=3)
    assert cases(house) == [("unreachable", "open")]
    assert house.sms.sent == []


def test_whoever_blocks_us_is_on_the_list_when_something_falls_due(
    house: House, jonas: PatientRef
) -> None:
    house.set_address(jonas.address_id, "gone")
    house.set_due(jonas.patient_id)
    house.wait(days=3)
    assert cases(house) == [("unreachable", "open")]


def test_whoever_writes_again_is_off_the_list_and_may_be_on_it_again(
    house: House, jonas: PatientRef
) -> None:
    post = Post(house, jonas)
    for times in (1, 2):
        house.sms.trouble = [GONE]
        by_sms(post, "one")
        house.settle()
        assert cases(house)[-1] == ("unreachable", "open")
        house.write("help", PHONE, channel="sms")
        house.settle()
        assert cases(house) == [("unreachable", "passed")] * times


def test_an_address_that_works_takes_the_patient_off_the_list(
    house: House, jonas: PatientRef
) -> None:
    house.sms.trouble = [GONE]
    by_sms(Post(house, jonas), "one")
    house.settle()
    house.add_address(jonas.patient_id, "telegram", "jonas")
    house.ask(jonas.patient_id)
    assert cases(house) == [("unreachable", "passed")]


def test_a_channel_that_is_off_is_no_way_out(house: House, birgit: PatientRef) -> None:
    telegram = house.deployment.channels["telegram"]
    channels = {"sms": house.sms}
    assert telegram.name not in channels
    house.sms.trouble = [GONE]
    by_sms(Post(house, birgit), "one")
    object.__setattr__(house.deployment, "channels", channels)
    house.settle()
    assert cases(house) == [("unreachable", "open")]


# A pause that the provider asks for


def test_a_provider_that_asks_for_a_pause_gets_it_for_everybody(house: House, post: Post) -> None:
    jonas = Post(house, house.enrol("+4511111111", channel="sms"))
    wait = timedelta(seconds=7)
    house.sms.trouble = [NotSent(Trouble.RETRY, "429", wait)]
    by_sms(post, "a")
    by_sms(jonas, "b")
    post("c", channel="telegram", address_id=None, to="birgit")
    assert house.send() == 3
    assert (house.sms.texts(), house.telegram.texts()) == ([], ["c"])
    assert send_ready(house.deployment) == 0
    house.wait(seconds=7)
    assert [sent.at for sent in house.sms.sent] == [MORNING + wait] * 2
    attempts = select(tables.core(tables.Outbox).c.attempts).order_by(
        tables.core(tables.Outbox).c.id
    )
    with house.database.read() as connection:
        assert list(connection.execute(attempts).scalars()) == [2, 1, 1]


# Where a channel carries links only


def linked(migrated_database_url: str, channel: str) -> Iterator[House]:
    database = Database(migrated_database_url, durable=False)
    yield House(database, answers={channel: "link"})
    database.close()


@pytest.fixture
def telegram_linked(migrated_database_url: str) -> Iterator[House]:
    yield from linked(migrated_database_url, "telegram")


@pytest.fixture
def sms_linked(migrated_database_url: str) -> Iterator[House]:
    yield from linked(migrated_database_url, "sms")


def birgit_of(house: House) -> Post:
    ref = house.enrol(PHONE, channel="sms")
    house.add_address(ref.patient_id, "telegram", "birgit")
    return Post(house, ref)


def test_what_moves_to_a_linked_channel_is_read_in_the_chat_safety_messages_aside(
    telegram_linked: House,
) -> None:
    house, post = telegram_linked, birgit_of(telegram_linked)
    house.sms.trouble = [GONE]
    by_sms(post, "Pain: 6")
    by_sms(post, "Call 112 now.", SAFETY)
    house.settle()
    safety, nudge = house.telegram.texts()
    assert safety == "Call 112 now."
    assert nudge.startswith(f"{LINE}\nA message waits for you. Open it here: https://nord.example/")
    assert house.web.texts() == ["Pain: 6"]


def test_in_place_of_a_linked_phone_another_phone_gets_the_link(sms_linked: House) -> None:
    house, post = sms_linked, birgit_of(sms_linked)
    house.sms.trouble = [GONE]
    by_sms(post, "A message waits for you. Open it here: https://nord.example/chat/in/old")
    house.settle()
    (moved,) = house.telegram.texts()
    assert moved.startswith(f"{LINE}\nA message waits for you. Open it here: https://nord.example/")
    assert "/old" not in moved


def test_a_linked_phone_that_is_the_only_one_leaves_nobody_to_nudge(sms_linked: House) -> None:
    house = sms_linked
    ref = house.enrol(PHONE, channel="sms")
    house.sms.trouble = [GONE]
    house.ask(ref.patient_id)
    house.settle()
    assert ("unreachable", "open") in cases(house)
