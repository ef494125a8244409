"""Twilio answers STOP, START and HELP itself: we do as the patient wished, and say no more."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.inbound import Handled
from tests.bot.house import House
from trajectory import patients, tables
from trajectory.patients import PatientRef

NUMBER = "+4520301234"


@pytest.fixture
def birgit(house: House) -> PatientRef:
    """She answers by SMS, and is being asked."""
    birgit = house.enrol(NUMBER, channel="sms")
    house.ask(birgit.patient_id)
    return birgit


def hear(house: House, text: str, handled: Handled | None) -> list[str]:
    """She writes, and Twilio marks it; what we say to that."""
    before = len(house.sms.sent)
    message = house.message(text, NUMBER, channel="sms")
    house.receive(replace(message, handled=handled))
    house.settle()
    return [sent.text for sent in house.sms.sent[before:]]


def status(house: House, birgit: PatientRef) -> tuple[str, list[str]]:
    """Of the patient and of her addresses."""
    with house.database.read() as connection:
        (row,) = patients.read(connection, [birgit.patient_id])
    return row.status, [each.status for each in house.rows(tables.core(tables.Address))]


@pytest.mark.parametrize("word", ["STOP", "AFMELD", "revoke"])
def test_after_a_stop_that_twilio_has_taken_all_is_quiet(
    house: House, birgit: PatientRef, word: str
) -> None:
    assert hear(house, word, Handled.STOP) == []
    assert status(house, birgit) == ("stopped", ["gone"])
    assert house.due() == []
    house.wait(days=30)
    assert hear(house, "STOP", Handled.STOP) == []
    assert status(house, birgit) == ("stopped", ["gone"])


def test_what_has_not_gone_out_yet_does_not_go_out(house: House, birgit: PatientRef) -> None:
    house.write("4", NUMBER, channel="sms")
    assert hear(house, "STOP", Handled.STOP) == []


def test_our_own_stop_is_confirmed_as_ever(house: House, birgit: PatientRef) -> None:
    (said,) = hear(house, "STOP", None)
    assert said.startswith("Stopped.")
    assert status(house, birgit) == ("stopped", ["active"])


@pytest.mark.parametrize("word", ["START", "UNSTOP", "YES", "JA", "TILMELD"])
def test_a_start_that_twilio_has_taken_brings_the_questions_back(
    house: House, birgit: PatientRef, word: str
) -> None:
    hear(house, "STOP", Handled.STOP)
    said = hear(house, word, Handled.START)
    assert said[0].startswith("Welcome back.")
    assert status(house, birgit) == ("active", ["active"])


def test_a_yes_that_answers_is_no_start(house: House, birgit: PatientRef) -> None:
    """Twilio marks every YES: here it answers the last question of the week."""
    for number in ("4", "4", "0"):
        hear(house, number, None)
    said = hear(house, "yes", Handled.START)
    assert not any("Welcome back" in each for each in said)
    assert ("new-symptoms", None) in house.answers(birgit.patient_id)


def test_a_yes_after_a_stop_that_twilio_did_not_mark_starts_nothing(
    house: House, birgit: PatientRef
) -> None:
    hear(house, "STOP", None)
    hear(house, "yes", None)
    assert status(house, birgit)[0] == "stopped"


def test_a_help_that_twilio_has_answered_is_kept_and_not_answered_again(
    house: House, birgit: PatientRef
) -> None:
    assert hear(house, "HELP", Handled.HELP) == []
    assert [house.heard(row) for row in house.inbox()] == ["HELP"]
    assert hear(house, "HELP", None) != []


def test_a_stop_from_nobody_we_know_is_only_kept(house: House) -> None:
    assert hear(house, "STOP", Handled.STOP) == []
    assert [row.status for row in house.inbox()] == ["unknown-sender"]


def test_whoever_has_another_channel_goes_on_there_after_start(
    house: House, birgit: PatientRef
) -> None:
    house.add_address(birgit.patient_id, "telegram", "birgit")
    hear(house, "STOP", Handled.STOP)
    house.write("start")
    house.settle()
    assert status(house, birgit) == ("active", ["gone", "active"])
    house.ask(birgit.patient_id)
    assert any("back pain" in said for said in house.telegram.texts())


def test_a_stop_and_a_start_in_one_batch(house: House, birgit: PatientRef) -> None:
    said = [
        replace(house.message(word, NUMBER, channel="sms"), handled=handled)
        for word, handled in (("STOP", Handled.STOP), ("START", Handled.START))
    ]
    house.receive(*said)
    assert status(house, birgit) == ("active", ["active"])
