"""Cases that the product opens by itself, and that are over by themselves when their cause is."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from backtrace.equipping import chores_of
from backtrace.settings import Settings
from bot import receiving, unused_codes
from bot.channels import NotSent, Trouble
from bot.chores import begin, do_due
from bot.conversation.step import Step
from bot.desk import work
from bot.inviting import invite_again
from tests.bot.house import House
from trajectory import cases, tables
from trajectory.case_reasons import Reason
from trajectory.cases import Case, Cause, Kind, State


def listed(house: House) -> list[Case]:
    with house.database.read() as connection:
        return cases.listed(connection)


def kinds(house: House) -> list[Kind]:
    return [case.kind for case in listed(house)]


def tick(house: House) -> None:
    """The worker does what the deployment has to do from time to time."""
    unused_codes.list_expired(house.deployment)


def states(house: House, kind: Kind) -> list[State]:
    return [
        State(row.state) for row in house.rows(tables.core(tables.DeskCase)) if row.kind == kind
    ]


# A code that nobody has used.


def test_a_code_that_expires_unused_is_on_the_list_once(house: House) -> None:
    house.invite(days=14)
    tick(house)
    assert kinds(house) == []
    house.wait(days=14, minutes=1)
    tick(house)
    tick(house)
    assert kinds(house) == [Kind.CODE_UNUSED]
    work.done(house.deployment, "desk:7", listed(house)[0].id, Reason.SPOKE)
    tick(house)
    assert kinds(house) == []


def test_the_worker_itself_lists_it(light_house: House) -> None:
    light_house.invite(days=14)
    light_house.wait(days=15)
    chore = {unused_codes.KIND: chores_of(Settings(), light_house.deployment)[unused_codes.KIND]}
    begin(light_house.deployment, chore)
    assert do_due(light_house.deployment, chore) == 1
    assert kinds(light_house) == [Kind.CODE_UNUSED]


def test_many_that_expire_together_are_all_listed(house: House) -> None:
    for number in range(unused_codes.AT_ONCE + 3):
        house.invite(name=f"Patient {number}")
    house.wait(days=15)
    tick(house)
    assert kinds(house) == [Kind.CODE_UNUSED] * (unused_codes.AT_ONCE + 3)


def test_a_new_card_takes_the_line_away_and_brings_it_back_when_it_expires(house: House) -> None:
    invitation = house.invite(days=14)
    house.wait(days=15)
    tick(house)
    invite_again(house.deployment, invitation.patient_id, timedelta(days=7))
    assert kinds(house) == []
    house.wait(days=8)
    tick(house)
    assert states(house, Kind.CODE_UNUSED) == [State.PASSED, State.OPEN]


def test_who_comes_in_by_another_code_is_waited_for_no_more(house: House) -> None:
    first = house.invite(days=14)
    house.wait(days=15)
    tick(house)
    second = invite_again(house.deployment, first.patient_id, timedelta(days=7))
    house.write(f"START {second.code}", "birgit")
    house.wait(days=8)
    tick(house)
    assert Kind.CODE_UNUSED not in kinds(house)


def test_a_code_that_was_used_is_never_listed(house: House) -> None:
    invitation = house.invite(days=14)
    house.write(f"START {invitation.code}", "birgit")
    house.wait(days=15)
    tick(house)
    assert Kind.CODE_UNUSED not in kinds(house)


# Consent that is missing.


def test_an_enrolment_that_stands_still_before_consent_is_listed_after_three_days(
    house: House,
) -> None:
    house.enrol(consented=False)
    house.wait(days=2, hours=23)
    assert kinds(house) == []
    house.wait(hours=2)
    (case,) = listed(house)
    assert (case.kind, case.cause) == (Kind.CONSENT_MISSING, Cause.STOPPED)


def test_it_is_over_once_the_patient_agrees(light_house: House) -> None:
    light_house.enrol(consented=False)
    light_house.wait(days=4)
    light_house.write("English")
    light_house.write("I agree")
    assert kinds(light_house) == []
    assert states(light_house, Kind.CONSENT_MISSING) == [State.PASSED]


def test_who_agreed_in_time_is_never_listed(light_house: House) -> None:
    light_house.enrol(consented=False)
    light_house.write("English")
    light_house.write("I agree")
    light_house.wait(days=4)
    assert kinds(light_house) == []


def test_who_said_no_is_listed_as_that(light_house: House) -> None:
    light_house.enrol(consented=False)
    light_house.write("English")
    light_house.write("no")
    light_house.wait(days=4)
    (case,) = listed(light_house)
    assert (case.kind, case.cause) == (Kind.CONSENT_MISSING, Cause.DECLINED)


def test_who_took_it_back_is_listed_as_that(light_house: House) -> None:
    light_house.enrol()
    light_house.write("I don't want you to keep my answers")
    light_house.settle()
    (case,) = listed(light_house)
    assert (case.kind, case.cause) == (Kind.CONSENT_MISSING, Cause.WITHDRAWN)


# A message that the machine could not process.


def test_a_message_that_breaks_the_machine_is_on_the_list(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    patient = house.enrol()

    def breaks(*_: Any) -> Step:
        raise ZeroDivisionError

    monkeypatch.setattr(receiving, "answer", breaks)
    house.write("whatever this is")
    (case,) = listed(house)
    assert (case.kind, case.patient_id) == (Kind.FAILED, patient.patient_id)
    assert [row.status for row in house.inbox()] == ["failed"]


# A warning that did not arrive.


def test_a_warning_that_the_carrier_blocks_is_on_top_of_the_list(house: House) -> None:
    house.enrol("+4520304050", channel="sms")
    house.settle()
    house.sms.trouble += [NotSent(Trouble.GONE, "21610")] * 5
    house.write("I cant feel when I pee", "+4520304050", channel="sms")
    house.settle()
    assert kinds(house)[:2] == [Kind.RED_FLAG, Kind.NOT_REACHED]
    assert {case.urgency for case in listed(house)[:2]} == {"emergency"}


def test_it_is_over_once_the_patient_is_heard(light_house: House) -> None:
    light_house.enrol("+4520304050", channel="sms")
    light_house.settle()
    light_house.sms.trouble += [NotSent(Trouble.GONE, "21610")]
    light_house.write("I cant feel when I pee", "+4520304050", channel="sms")
    light_house.settle()
    light_house.write("hello", "+4520304050", channel="sms")
    assert Kind.NOT_REACHED not in kinds(light_house)
    assert Kind.RED_FLAG in kinds(light_house)


def test_the_next_warning_that_does_not_arrive_is_a_new_case_after_the_first_is_done(
    light_house: House,
) -> None:
    light_house.enrol("+4520304050", channel="sms")
    light_house.settle()
    for _ in range(2):
        light_house.sms.trouble += [NotSent(Trouble.GONE, "21610")]
        light_house.write("I cant feel when I pee", "+4520304050", channel="sms")
        light_house.settle()
        (case,) = (each for each in listed(light_house) if each.kind is Kind.NOT_REACHED)
        work.done(light_house.deployment, "desk:7", case.id, Reason.SPOKE)
        assert Kind.NOT_REACHED not in kinds(light_house)
        light_house.wait(hours=4)
    assert len(states(light_house, Kind.NOT_REACHED)) == 2
