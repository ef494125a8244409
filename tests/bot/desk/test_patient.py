"""What the desk finds and sees: how patients are reached, where their course stands, no answers."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date

import pytest

from bot.desk import locking, patient
from bot.desk.finding import TooLittle, look_for, read_birth_date
from bot.desk.patient import Standing
from bot.greeting import greet_elsewhere
from bot.held import NoSuchPatient, with_held
from tests.bot.desk.people import METTE
from tests.bot.house import House
from trajectory.patients import PatientRef

PHONE = "+4520304050"


@pytest.fixture
def birgit(light_house: House) -> PatientRef:
    return light_house.enrol(PHONE, channel="sms", name="Birgit Sørensen", pathway="low-back-pain")


def found(house: House, text: str) -> list[int]:
    return [hit.found.patient_id for hit in look_for(house.deployment, text).hits]


@pytest.mark.parametrize(
    "said",
    ["birgit", "sorensen b", "20 30 40 50", "20304050", "+45 20304050", "0045 2030 4050"],
)
def test_a_patient_is_found_by_name_or_by_the_number_however_written(
    light_house: House, birgit: PatientRef, said: str
) -> None:
    assert found(light_house, said) == [birgit.patient_id]


def test_the_name_that_a_patient_gives_in_the_chat_finds_them(light_house: House) -> None:
    asked = light_house.enrol("jonas", name="", consented=False)
    for said in ("english", "yes", "Jonas Lund"):
        light_house.write(said, "jonas")
    assert found(light_house, "lund jonas") == [asked.patient_id]


def test_who_has_a_card_is_found_by_the_number_and_the_birth_date_that_the_clinic_has(
    light_house: House,
) -> None:
    anna = light_house.invite(name="Anna Bo", phone="+4551525354", born=date(1957, 3, 4))
    for said in ("51 52 53 54", "4.3.1957", "anna"):
        assert found(light_house, said) == [anna.patient_id], said
    contact = patient.open_contact(light_house.deployment, METTE, anna.patient_id)
    assert contact.birth_date == date(1957, 3, 4)
    assert contact.noted == "+4551525354"
    with_held(
        light_house.deployment,
        anna.patient_id,
        lambda held: greet_elsewhere(held, "sms", "+4561626364"),
    )
    assert found(light_house, "61 62 63 64") == [anna.patient_id]
    assert found(light_house, "51 52 53 54") == []


def test_a_patient_is_found_by_their_number_at_the_clinic(
    light_house: House, birgit: PatientRef
) -> None:
    assert found(light_house, str(birgit.patient_id)) == [birgit.patient_id]
    assert found(light_house, "9" * 30) == []


@pytest.mark.parametrize("said", ["", "b", "-", " . "])
def test_what_is_too_little_to_look_for_is_said_to_be(
    light_house: House, birgit: PatientRef, said: str
) -> None:
    with pytest.raises(TooLittle):
        look_for(light_house.deployment, said)


@pytest.mark.parametrize(
    ("said", "iso"),
    [
        ("1957-03-04", "1957-03-04"), ("4.3.1957", "1957-03-04"), ("04/03 1957", "1957-03-04"),
        ("04-03-1957", "1957-03-04"), ("31.2.1957", None), ("4.3.57", None),
    ],
)  # fmt: skip
def test_birth_dates_are_read_day_first_with_the_whole_year(said: str, iso: str | None) -> None:
    read = read_birth_date(said)
    assert (read and read.isoformat()) == iso


def test_a_hit_says_how_many_phones_are_locked(light_house: House, birgit: PatientRef) -> None:
    light_house.add_address(birgit.patient_id, "telegram", "birgit")
    light_house.add_address(birgit.patient_id, "web", "computer")
    (hit,) = look_for(light_house.deployment, "birgit").hits
    assert (hit.phones, hit.locked) == (2, 0)
    locking.lock_phone(light_house.deployment, METTE, birgit.patient_id)
    (hit,) = look_for(light_house.deployment, "20304050").hits
    assert (hit.phones, hit.locked) == (2, 2)


def test_the_page_shows_contact_and_no_answer(light_house: House, birgit: PatientRef) -> None:
    house = light_house
    house.settle()
    house.write("my secret words", PHONE, channel="sms")
    house.settle()
    contact = patient.open_contact(house.deployment, METTE, birgit.patient_id)
    assert contact.name == "Birgit Sørensen"
    assert contact.standing is Standing.RUNNING
    assert [(each.channel, each.status) for each in contact.addresses] == [("sms", "active")]
    assert contact.last_in is not None
    assert contact.last_out is not None
    assert contact.next is not None
    assert {each.purpose for each in contact.consents} >= {"store", "remind"}
    assert "secret" not in repr(asdict(contact))


def test_in_a_pause_its_end_comes_next_and_not_what_waits_for_it(
    light_house: House, birgit: PatientRef
) -> None:
    house = light_house
    house.settle()
    house.write("pause until friday", PHONE, channel="sms")
    contact = patient.open_contact(house.deployment, METTE, birgit.patient_id)
    assert contact.standing is Standing.PAUSED
    assert contact.paused_until is not None
    assert contact.next == patient.Next(contact.paused_until, "pause-over")


def test_every_opening_is_audited_by_name(light_house: House, birgit: PatientRef) -> None:
    for _ in range(2):
        patient.open_contact(light_house.deployment, METTE, birgit.patient_id)
    assert light_house.audited(birgit.patient_id).count("desk-opened") == 2
    with pytest.raises(NoSuchPatient):
        patient.open_contact(light_house.deployment, METTE, 999_999)


def test_the_patient_is_not_told_that_somebody_saw_the_summary(
    light_house: House, birgit: PatientRef
) -> None:
    """Nobody has: what the desk opens is no summary, and "who looked" stays true."""
    light_house.settle()
    patient.open_contact(light_house.deployment, METTE, birgit.patient_id)
    before = len(light_house.sms.sent)
    light_house.wait(days=1)
    light_house.write("who looked", PHONE, channel="sms")
    light_house.settle()
    said = " ".join(sent.text for sent in light_house.sms.sent[before:])
    assert "Nobody has looked at your summary so far" in said
    assert "Mette" not in said


def test_who_was_never_heard_and_who_declined_is_told_apart(light_house: House) -> None:
    invited = light_house.invite(name="Anna Bo")
    contact = patient.open_contact(light_house.deployment, METTE, invited.patient_id)
    assert contact.standing is Standing.NOT_HEARD
    asked = light_house.enrol("jonas", name="Jonas Lund", consented=False)
    light_house.write("english", "jonas")
    light_house.write("no", "jonas")
    contact = patient.open_contact(light_house.deployment, METTE, asked.patient_id)
    assert contact.standing is Standing.DECLINED
