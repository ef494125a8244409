"""A new number, read out at the desk or answered with the card; another channel; one that goes."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from bot.desk import addresses, locking
from bot.desk.addresses import How
from tests.bot.desk.people import METTE
from tests.bot.house import House
from trajectory import tables
from trajectory.patients import AddressTaken, PatientRef

PHONE, NEW = "+4520304050", "+4551525354"


@pytest.fixture
def birgit(house: House) -> PatientRef:
    return house.enrol(PHONE, channel="sms", code="4071")


def send_check(house: House, ref: PatientRef, how: How = How.MOVE) -> addresses.Sent:
    sent = addresses.send_check(house.deployment, METTE, ref.patient_id, "sms", "51 52 53 54", how)
    house.settle()
    return sent


def digits_at(house: House, number: str = NEW) -> str:
    found = re.search(r"\b\d{6}\b", house.sms.texts(number)[-1])
    assert found
    return found[0]


def confirm(house: House, ref: PatientRef, sent: addresses.Sent, digits: str, how: How) -> str:
    return addresses.confirm(house.deployment, METTE, ref.patient_id, sent.check_id, digits, how)


def places(house: House, ref: PatientRef) -> list[tuple[str, bool, str]]:
    return [each[1:] for each in house.addresses(ref.patient_id)]


def test_six_digits_read_out_at_the_desk_make_a_number_the_patients(
    house: House, birgit: PatientRef
) -> None:
    locking.lock_phone(house.deployment, METTE, birgit.patient_id)
    sent = send_check(house, birgit)
    assert sent.number == "+45 51 52 53 54"
    assert sent.by_card
    assert confirm(house, birgit, sent, digits_at(house), How.MOVE) == sent.number
    house.settle()
    assert places(house, birgit) == [(PHONE, False, "closed"), (NEW, True, "active")]
    assert "From now on I write to +45 51 52 53 54" in house.sms.texts(NEW)[-1]
    house.write("note it works", NEW, channel="sms")
    assert [e.kind for e in house.timeline(birgit.patient_id)][-1] == "note"
    assert house.audited(birgit.patient_id)[-2:] == ["address-check-sent", "address-moved"]


def test_the_four_digits_of_the_card_from_the_new_phone_do_the_same(
    house: House, birgit: PatientRef
) -> None:
    locking.lock_phone(house.deployment, METTE, birgit.patient_id)
    send_check(house, birgit)
    house.write("4071", NEW, channel="sms")
    house.settle()
    assert places(house, birgit) == [(PHONE, False, "closed"), (NEW, True, "active")]


def test_what_was_held_for_the_lost_phone_comes_to_the_new_one(
    house: House, birgit: PatientRef
) -> None:
    house.set_due(birgit.patient_id)
    house.dispatch()
    locking.lock_phone(house.deployment, METTE, birgit.patient_id)
    sent = send_check(house, birgit)
    confirm(house, birgit, sent, digits_at(house), How.MOVE)
    house.settle()
    assert house.sms.texts(PHONE) == []
    assert sum("average" in each for each in house.sms.texts(NEW)) == 1
    assert not [row for row in house.outbox() if row.status == "held"]


def test_the_same_by_the_card_asks_what_waits_once(house: House, birgit: PatientRef) -> None:
    house.set_due(birgit.patient_id)
    house.dispatch()
    locking.lock_phone(house.deployment, METTE, birgit.patient_id)
    send_check(house, birgit)
    house.write("4071", NEW, channel="sms")
    house.settle()
    assert not [row for row in house.outbox() if row.status == "held"]
    assert 1 <= sum("average" in each for each in house.sms.texts(NEW)) <= 2


def test_added_numbers_stand_beside_the_first(light_house: House) -> None:
    house = light_house
    birgit = house.enrol(PHONE, channel="sms", code="4071")
    sent = send_check(house, birgit, How.ADD)
    assert not sent.by_card, "answering with the card would move the patient"
    confirm(house, birgit, sent, digits_at(house), How.ADD)
    assert places(house, birgit) == [(PHONE, True, "active"), (NEW, False, "active")]
    second = house.rows(tables.core(tables.Address))[-1].id
    addresses.prefer(house.deployment, METTE, birgit.patient_id, second)
    assert places(house, birgit) == [(PHONE, False, "active"), (NEW, True, "active")]


def test_the_number_of_another_patient_is_refused_before_anybody_is_written_to(
    light_house: House,
) -> None:
    house = light_house
    birgit = house.enrol(PHONE, channel="sms")
    house.enrol(NEW, channel="sms", name="Jonas Lund")
    sent = len(house.sms.sent)
    with pytest.raises(AddressTaken):
        send_check(house, birgit)
    with pytest.raises(addresses.AlreadyTheirs):
        addresses.send_check(house.deployment, METTE, birgit.patient_id, "sms", PHONE, How.ADD)
    for typed in ("", "12", "anne@nord.example"):
        with pytest.raises(addresses.NotANumber):
            addresses.send_check(house.deployment, METTE, birgit.patient_id, "sms", typed, How.ADD)
    with pytest.raises(addresses.ChannelOff):
        addresses.send_check(house.deployment, METTE, birgit.patient_id, "fax", NEW, How.ADD)
    house.settle()
    assert len(house.sms.sent) == sent


def test_a_locked_number_is_not_given_to_anybody_else(light_house: House) -> None:
    house = light_house
    birgit = house.enrol(PHONE, channel="sms")
    jonas = house.enrol(NEW, channel="sms", name="Jonas Lund")
    locking.lock_phone(house.deployment, METTE, jonas.patient_id)
    with pytest.raises(AddressTaken):
        send_check(house, birgit)


def test_wrong_digits_count_and_end(light_house: House) -> None:
    house = light_house
    birgit = house.enrol(PHONE, channel="sms")
    sent = send_check(house, birgit)
    right = digits_at(house)
    wrong = str((int(right) + 1) % 1_000_000).zfill(6)
    for _ in range(4):
        with pytest.raises(addresses.WrongDigits):
            confirm(house, birgit, sent, wrong, How.MOVE)
    for typed in (wrong, right):
        with pytest.raises(addresses.CheckOver):
            confirm(house, birgit, sent, typed, How.MOVE)
    assert places(house, birgit) == [(PHONE, True, "active")]


def test_digits_that_are_late_or_of_somebody_else_count_nothing(light_house: House) -> None:
    house = light_house
    birgit = house.enrol(PHONE, channel="sms")
    jonas = house.enrol("jonas", name="Jonas Lund")
    sent = send_check(house, birgit)
    with pytest.raises(addresses.CheckOver):
        confirm(house, jonas, sent, digits_at(house), How.MOVE)
    house.clock.set(house.clock.now() + timedelta(minutes=16))
    with pytest.raises(addresses.CheckOver):
        confirm(house, birgit, sent, digits_at(house), How.MOVE)


def test_five_numbers_a_day_are_enough(light_house: House) -> None:
    house = light_house
    birgit = house.enrol(PHONE, channel="sms")
    for _ in range(5):
        send_check(house, birgit)
    with pytest.raises(addresses.TooManyChecks):
        send_check(house, birgit)


@pytest.mark.both_databases
def test_the_last_address_goes_only_when_the_desk_is_sure(house: House, birgit: PatientRef) -> None:
    remove = addresses.remove
    house.set_due(birgit.patient_id)
    house.dispatch()
    with pytest.raises(addresses.LastAddress):
        remove(house.deployment, METTE, birgit.patient_id, birgit.address_id, sure=False)
    remove(house.deployment, METTE, birgit.patient_id, birgit.address_id, sure=True)
    house.settle()
    assert house.sms.sent == []
    assert places(house, birgit) == [(PHONE, True, "closed")]
    with pytest.raises(locking.NotTheirs):
        remove(house.deployment, METTE, birgit.patient_id, birgit.address_id, sure=True)


def test_one_of_two_goes_and_the_other_comes_first(light_house: House) -> None:
    house = light_house
    birgit = house.enrol(PHONE, channel="sms")
    house.add_address(birgit.patient_id, "telegram", "birgit")
    addresses.remove(house.deployment, METTE, birgit.patient_id, birgit.address_id, sure=False)
    assert places(house, birgit) == [(PHONE, False, "closed"), ("birgit", True, "active")]


def test_nobody_is_written_to_first_where_nothing_arrives(light_house: House) -> None:
    house = light_house
    birgit = house.enrol(PHONE, channel="sms")
    house.set_address(birgit.address_id, "gone")
    with pytest.raises(addresses.NotWorking):
        addresses.prefer(house.deployment, METTE, birgit.patient_id, birgit.address_id)


def test_telegram_is_entered_by_a_link_and_the_four_digits(light_house: House) -> None:
    house = light_house
    birgit = house.enrol(PHONE, channel="sms", code="4071")
    way = addresses.way_in(house.deployment, METTE, birgit.patient_id)
    assert way.links["telegram"].startswith("https://t.me/klinik_nord_bot?start=")
    house.write(f"/start {way.code}", "birgits-app")
    house.write("4071", "birgits-app")
    assert ("birgits-app", True, "active") in places(house, birgit)
