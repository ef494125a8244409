"""A lost phone is locked: it opens nothing, it is told nothing, and the patient loses nothing."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from bot import restored
from bot.desk import addresses, locking
from bot.desk.addresses import How
from bot.held import NoSuchPatient, hold
from bot.receiving import receive
from bot.sending import send_ready
from tests.bot.desk.people import METTE
from tests.bot.house import House
from tests.trajectory.test_patients import until_somebody_waits
from trajectory import enrolment_codes, patients, room_codes, web_access
from trajectory.patients import PatientRef

pytestmark = pytest.mark.both_databases

PHONE, NEW = "+4520304050", "+4551525354"
CLOSED = "Nothing that is written from here is read or answered"


@pytest.fixture
def birgit(house: House) -> PatientRef:
    return house.enrol(PHONE, channel="sms", code="4071")


def lock(house: House, ref: PatientRef) -> None:
    locking.lock_phone(house.deployment, METTE, ref.patient_id)


def text(house: House, said: str, address: str = PHONE) -> list[str]:
    """Somebody writes from this phone; what came back to it."""
    before = len(house.sms.texts(address))
    house.write(said, address, channel="sms")
    house.settle()
    return house.sms.texts(address)[before:]


def link_of(house: House, ref: PatientRef) -> str:
    token = house.deployment.chance.token()
    with house.database.write() as connection:
        web_access.create_link(
            connection,
            house.deployment.ids,
            house.deployment.ring,
            house.sealer(ref.patient_id),
            patient_id=ref.patient_id,
            token=token,
            now=house.clock.now(),
            lifetime=timedelta(days=1),
        )
    return token


def test_whoever_has_the_phone_hears_one_neutral_line_and_nothing_more(
    house: House, birgit: PatientRef
) -> None:
    lock(house, birgit)
    entries = len(house.timeline(birgit.patient_id))
    (line,) = text(house, "how am I doing")
    assert CLOSED in line
    assert "Birgit" not in line
    assert text(house, "6") == []
    assert text(house, "start") == []
    assert text(house, "delete my data") == []
    assert len(house.timeline(birgit.patient_id)) == entries
    strangers = [row for row in house.inbox() if row.patient_id is None]
    assert {row.status for row in strangers} == {"unknown-sender"}
    assert len(strangers) == 4


def test_danger_is_answered_whoever_has_the_phone(house: House, birgit: PatientRef) -> None:
    lock(house, birgit)
    said = text(house, "I cannot feel it when I pee")
    assert any("112" in each for each in said)
    assert not any(CLOSED in each for each in said)
    assert not [e for e in house.timeline(birgit.patient_id) if e.kind == "red-flag"]


def test_everything_that_opens_the_chat_is_closed(house: House, birgit: PatientRef) -> None:
    deployment, patient_id = house.deployment, birgit.patient_id
    ids, ring, now = deployment.ids, deployment.ring, house.clock.now()
    cookie, unused = "the cookie of the lost phone", link_of(house, birgit)
    used = link_of(house, birgit)
    with house.database.write() as connection:
        web_access.exchange(connection, ids, ring, token=used, cookie=cookie, now=now)
        room_codes.create(connection, ids, ring, patient_id, "K7M42P", now)
        enrolment_codes.create(
            connection,
            ids,
            ring,
            patient_id=patient_id,
            code="SECRET",
            now=now,
            lifetime=timedelta(days=1),
        )
        assert web_access.find_visitor(connection, ring, cookie, now)
    lock(house, birgit)
    with house.database.read() as connection:
        assert web_access.find_visitor(connection, ring, cookie, now) is None
        assert web_access.find_link(connection, ring, unused, now) is None
        assert room_codes.find(connection, ring, "K7M42P", now) is None
        assert enrolment_codes.find(connection, ring, "SECRET", now) is None
    assert house.audited(patient_id)[-2:] == ["phone-locked", "devices-closed"]


def test_who_owed_the_four_digits_lets_nobody_in_any_more(house: House, birgit: PatientRef) -> None:
    addresses.send_check(house.deployment, METTE, birgit.patient_id, "sms", NEW, How.MOVE)
    house.settle()
    lock(house, birgit)
    text(house, "4071", NEW)
    assert [each[1] for each in house.addresses(birgit.patient_id)] == [PHONE]


def test_what_waits_for_the_phone_is_held_and_comes_when_it_is_found(
    house: House, birgit: PatientRef
) -> None:
    house.set_due(birgit.patient_id)
    house.dispatch()
    lock(house, birgit)
    house.settle()
    assert not any("average" in each for each in house.sms.texts(PHONE))
    held = [row for row in house.outbox() if row.status == "held"]
    assert held
    assert {row.error for row in held} == {"locked"}
    locking.unlock(house.deployment, METTE, birgit.patient_id, birgit.address_id)
    house.settle()
    assert sum("average" in each for each in house.sms.texts(PHONE)) == 1
    assert text(house, "6")[0].startswith("Thanks: 6.")
    assert not [row for row in house.outbox() if row.status == "held"]


def test_a_second_attempt_after_the_lock_is_held_as_well(house: House, birgit: PatientRef) -> None:
    house.set_due(birgit.patient_id)
    house.dispatch()
    message = next(row for row in house.outbox() if row.status == "ready")
    lock(house, birgit)
    house.change_outbox(message.id, status="ready", error="retry")
    send_ready(house.deployment)
    assert house.outbox()[-1].status == "held"
    assert house.sms.texts(PHONE) == []


def test_what_a_lock_holds_is_none_of_the_operators(house: House, birgit: PatientRef) -> None:
    """After a restore the operator releases what was held by that; a lost phone stays lost."""
    house.set_due(birgit.patient_id)
    house.dispatch()
    lock(house, birgit)
    with house.database.read() as connection:
        assert list(restored.held(connection)) == []
    assert restored.release(house.database, house.clock.now(), "operator") == 0
    house.settle()
    assert house.sms.texts(PHONE) == []


def test_what_is_old_by_then_is_not_asked_any_more(house: House, birgit: PatientRef) -> None:
    house.set_due(birgit.patient_id)
    house.dispatch()
    lock(house, birgit)
    house.wait(days=4)
    locking.unlock(house.deployment, METTE, birgit.patient_id, birgit.address_id)
    house.settle()
    assert not any("average" in each for each in house.sms.texts(PHONE))


def test_nothing_that_falls_due_goes_to_a_locked_phone(house: House, birgit: PatientRef) -> None:
    lock(house, birgit)
    house.set_due(birgit.patient_id)
    house.wait(days=10)
    assert house.sms.texts(PHONE) == []
    lock_again = locking.lock_phone(house.deployment, METTE, birgit.patient_id)
    assert lock_again == 1


def test_on_another_channel_the_patient_goes_on(house: House, birgit: PatientRef) -> None:
    house.add_address(birgit.patient_id, "web", "birgits-computer")
    lock(house, birgit)
    house.ask(birgit.patient_id)
    assert any("average" in each for each in house.web.texts("birgits-computer"))
    house.write("6", "birgits-computer", channel="web")
    assert house.answers(birgit.patient_id)[-1][1] == 6


def test_the_lock_holds_on_every_phone_and_one_may_be_found(
    house: House, birgit: PatientRef
) -> None:
    other = house.add_address(birgit.patient_id, "telegram", "birgits-tablet")
    assert locking.lock_phone(house.deployment, METTE, birgit.patient_id) == 2
    locking.unlock(house.deployment, METTE, birgit.patient_id, other)
    assert [each[3] for each in house.addresses(birgit.patient_id)] == ["locked", "active"]
    locking.lock(house.deployment, METTE, birgit.patient_id, other)
    assert [each[3] for each in house.addresses(birgit.patient_id)] == ["locked", "locked"]


def test_from_elsewhere_nobody_can_talk_the_lock_away(house: House, birgit: PatientRef) -> None:
    lock(house, birgit)
    house.add_address(birgit.patient_id, "telegram", "birgits-tablet")
    for said in (f"my new number is {PHONE}", "4071"):
        house.write(said, "birgits-tablet", channel="telegram")
        house.settle()
    assert "I cannot use that number" in house.telegram.texts("birgits-tablet")[-1]
    assert house.addresses(birgit.patient_id)[0][3] == "locked"


def test_only_what_is_locked_is_unlocked(house: House, birgit: PatientRef) -> None:
    unlock = locking.unlock
    with pytest.raises(locking.NotLocked):
        unlock(house.deployment, METTE, birgit.patient_id, birgit.address_id)
    with pytest.raises(locking.NotTheirs):
        unlock(house.deployment, METTE, birgit.patient_id, 999_999)
    with pytest.raises(NoSuchPatient):
        locking.lock_phone(house.deployment, METTE, 999_999)


def test_without_a_phone_the_devices_are_closed_all_the_same(house: House) -> None:
    web = house.enrol("birgits-computer", channel="web")
    unused = link_of(house, web)
    with pytest.raises(locking.NoPhone):
        locking.lock_phone(house.deployment, METTE, web.patient_id)
    with house.database.read() as connection:
        ring, now = house.deployment.ring, house.clock.now()
        assert web_access.find_link(connection, ring, unused, now) is None


def test_the_next_lock_is_told_anew(house: House, birgit: PatientRef) -> None:
    for _ in range(2):
        lock(house, birgit)
        assert [CLOSED in each for each in text(house, "hello?")] == [True]
        locking.unlock(house.deployment, METTE, birgit.patient_id, birgit.address_id)
        house.settle()


def test_a_message_that_comes_while_the_phone_is_being_locked_opens_nothing(
    house: House, birgit: PatientRef
) -> None:
    """It has found its patient already, and waits for the lock's transaction."""
    patient_id = birgit.patient_id
    entries = len(house.timeline(patient_id))
    message = house.message("note my secret", PHONE, channel="sms")
    came: list[bool] = []

    def come_in() -> None:
        receive(house.deployment, [message])
        came.append(True)

    writer = threading.Thread(target=come_in)
    with house.database.write() as connection:
        patients.lock_conversations(connection, [patient_id])
        with hold(connection, house.deployment, patient_id, house.clock.now()) as held:
            writer.start()
            _until_it_waits(house)
            locking._lock(held, METTE, locking._phones(held))
    writer.join(20)
    assert came
    house.settle()
    assert len(house.timeline(patient_id)) == entries
    assert [CLOSED in each for each in house.sms.texts(PHONE)] == [True]
    assert [row.patient_id for row in house.inbox()] == [None]


def _until_it_waits(house: House) -> None:
    """Until the other transaction waits for this one: on SQLite it does from the beginning."""
    if house.database.dialect == "postgresql":
        until_somebody_waits(house.database)
