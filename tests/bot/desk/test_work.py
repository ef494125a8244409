"""What is done about a case on the clinic's list, and what the conversation knows of it."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import update

from bot.desk import talking, work
from bot.desk.work import HasOwner, IsDone, NoReason, NoSuchCase, TooLong
from bot.desk.work_list import read_case, read_work
from bot.loading import opened
from flows.model import Urgency
from tests.bot.desk.people import METTE as SECRETARY
from tests.bot.house import House
from trajectory import audit, cases, patients, tables
from trajectory.case_reasons import REASONS, Reason
from trajectory.cases import SAFETY, Case, Kind, State

SIGN = "I cant feel when I pee"
"""An emergency, in a patient's words."""
CALL = "Call 112 NOW"
METTE, LONE = "desk:7", "desk:8"


def listed(house: House) -> list[Case]:
    with house.database.read() as connection:
        return cases.listed(connection)


def the_case(house: House) -> Case:
    (case,) = listed(house)
    return case


def found(house: House, case_id: int) -> Case:
    with house.database.read() as connection:
        case = cases.by_id(connection, case_id)
    assert case is not None
    return case


def logged(house: House, patient_id: int) -> list[tuple[str, str, str]]:
    house.audited(patient_id)
    with house.database.read() as connection:
        records = audit.records(connection, patient_id)
    return [
        (each.actor, each.action, each.subject)
        for each in records
        if each.action.startswith("case-")
    ]


def said_since(house: House, before: int) -> Sequence[str]:
    house.settle()
    return house.telegram.texts()[before:]


def asks_for_a_person(house: House) -> Case:
    house.enrol()
    house.write("I want to talk to a person")
    return the_case(house)


def reports_an_emergency(house: House) -> Case:
    """While a check-in is open, which is held from then on."""
    patient = house.enrol()
    house.ask(patient.patient_id)
    house.write(SIGN)
    house.settle()
    return the_case(house)


def test_a_case_that_was_taken_has_an_owner_and_the_log_says_so(house: House) -> None:
    case = asks_for_a_person(house)
    work.take(house.deployment, METTE, case.id, None)
    assert the_case(house).owner == METTE
    work.give_back(house.deployment, METTE, case.id)
    assert the_case(house).owner is None
    assert logged(house, case.patient_id) == [
        (METTE, "case-taken", f"case:{case.id}"),
        (METTE, "case-given-back", f"case:{case.id}"),
    ]


def test_of_two_who_take_a_case_at_the_same_moment_one_gets_it(house: House) -> None:
    case, together = asks_for_a_person(house), Barrier(2)

    def tries(who: str) -> str | None:
        together.wait()
        try:
            work.take(house.deployment, who, case.id, None)
        except HasOwner as other:
            return other.owner
        return None

    with ThreadPoolExecutor(2) as pool:
        told = list(pool.map(tries, (METTE, LONE)))
    winner = the_case(house).owner
    assert winner in (METTE, LONE)
    assert sorted(told, key=str) == sorted([None, winner], key=str)
    assert len(logged(house, case.patient_id)) == 1


def test_somebody_elses_case_is_taken_over_only_by_who_knows_whose_it_is(
    light_house: House,
) -> None:
    case = asks_for_a_person(light_house)
    work.take(light_house.deployment, METTE, case.id, None)
    for refused in (
        lambda: work.take(light_house.deployment, LONE, case.id, None),
        lambda: work.give_back(light_house.deployment, LONE, case.id),
        lambda: work.done(light_house.deployment, LONE, case.id, Reason.SPOKE),
    ):
        with pytest.raises(HasOwner) as told:
            refused()
        assert told.value.owner == METTE
    work.take(light_house.deployment, LONE, case.id, METTE)
    assert the_case(light_house).owner == LONE


def test_done_leaves_the_list_and_the_record_says_who_when_and_why(house: House) -> None:
    case = asks_for_a_person(house)
    house.wait(hours=2)
    work.done(house.deployment, METTE, case.id, Reason.BOOKED, " Thursday at ten. ")
    assert listed(house) == []
    gone = found(house, case.id)
    assert (gone.state, gone.closed_by, gone.reason) == (State.HANDLED, METTE, "booked")
    assert gone.changed_at == house.clock.now()
    with house.database.read() as connection:
        note = cases.note_of(connection, house.sealer(case.patient_id), case.id)
    assert note == "Thursday at ten."
    assert logged(house, case.patient_id) == [(METTE, "case-handled", f"case:{case.id},booked")]


def test_the_note_is_sealed(light_house: House) -> None:
    case = asks_for_a_person(light_house)
    work.done(light_house.deployment, METTE, case.id, Reason.SPOKE, "her knee hurts too")
    (row,) = light_house.rows(tables.core(tables.DeskCase))
    assert len(row.note) > len("her knee hurts too")
    assert b"knee" not in row.note


def test_what_is_done_is_done(light_house: House) -> None:
    case = asks_for_a_person(light_house)
    work.done(light_house.deployment, METTE, case.id, Reason.SPOKE)
    for late in (
        lambda: work.take(light_house.deployment, LONE, case.id, None),
        lambda: work.give_back(light_house.deployment, METTE, case.id),
        lambda: work.done(light_house.deployment, LONE, case.id, Reason.BOOKED),
    ):
        with pytest.raises(IsDone) as told:
            late()
        assert told.value.case.closed_by == METTE
    assert found(light_house, case.id).reason == "spoke"


def test_a_new_report_after_that_is_a_new_case(light_house: House) -> None:
    case = asks_for_a_person(light_house)
    work.take(light_house.deployment, METTE, case.id, None)
    work.done(light_house.deployment, METTE, case.id, Reason.SPOKE)
    light_house.write("I want to talk to a person")
    anew = the_case(light_house)
    assert anew.id != case.id
    assert anew.owner is None


def test_a_case_that_gets_worse_stays_its_owners_and_is_news_until_they_look(
    light_house: House,
) -> None:
    patient = light_house.enrol()
    light_house.write("I have a fever and feel ill")
    case = the_case(light_house)
    work.take(light_house.deployment, METTE, case.id, None)
    assert not the_case(light_house).is_news
    light_house.wait(minutes=5)
    light_house.write(SIGN)
    worse = the_case(light_house)
    assert (worse.id, worse.owner, worse.urgency) == (case.id, METTE, "emergency")
    assert worse.is_news
    work.take(light_house.deployment, METTE, case.id, METTE)
    assert not the_case(light_house).is_news
    assert len(logged(light_house, patient.patient_id)) == 1


def test_a_case_takes_a_reason_of_its_kind_only(light_house: House) -> None:
    case = reports_an_emergency(light_house)
    with pytest.raises(NoReason):
        work.done(light_house.deployment, METTE, case.id, Reason.NOTHING)
    with pytest.raises(TooLong):
        work.done(light_house.deployment, METTE, case.id, Reason.SPOKE, "x" * 1001)
    assert the_case(light_house).is_listed


def test_every_kind_has_reasons_and_a_warning_sign_clinical_ones_only() -> None:
    assert REASONS.keys() == set(Kind)
    assert all(len(reasons) >= 2 for reasons in REASONS.values())
    for kind in SAFETY:
        assert not {Reason.NOTHING, Reason.ANSWERED, Reason.LEFT} & set(REASONS[kind])


def test_a_case_that_there_is_not_is_refused(light_house: House) -> None:
    with pytest.raises(NoSuchCase):
        work.take(light_house.deployment, METTE, 4711, None)


def test_of_somebody_who_was_erased_there_is_no_case(light_house: House) -> None:
    case = asks_for_a_person(light_house)
    with light_house.database.write() as connection:
        patient = tables.core(tables.Patient)
        connection.execute(update(patient).values(status="erased"))
    with pytest.raises(NoSuchCase):
        work.done(light_house.deployment, METTE, case.id, Reason.SPOKE)


@pytest.mark.parametrize("reason", [Reason.DOCTOR_LOOKED, Reason.SPOKE, Reason.MISTAKE])
def test_what_an_emergency_held_goes_on_once_the_clinic_has_dealt_with_it(
    house: House, reason: Reason
) -> None:
    case = reports_an_emergency(house)
    before = len(house.telegram.sent)
    work.done(house.deployment, METTE, case.id, reason)
    (told,) = said_since(house, before)
    assert told.startswith("Klinik Nord has dealt with what you wrote")
    assert "112" in told
    assert "0-10" in told or "pain" in told.lower()
    house.write("6")
    assert house.answers(case.patient_id)[0][1] == 6
    house.wait(days=1)
    assert not any("Has a doctor looked" in text for text in house.telegram.texts()[before:])


def test_whoever_was_not_reached_is_still_asked_and_a_no_brings_it_back(
    light_house: House,
) -> None:
    case = reports_an_emergency(light_house)
    before = len(light_house.telegram.sent)
    work.done(light_house.deployment, METTE, case.id, Reason.RANG_EMERGENCY)
    assert said_since(light_house, before) == []
    light_house.wait(hours=3.1)
    assert "Has a doctor looked" in light_house.telegram.texts()[-1]
    light_house.write("no, not yet")
    anew = the_case(light_house)
    assert anew.id != case.id
    assert (anew.kind, anew.state, anew.urgency) == (Kind.RED_FLAG, State.NOT_YET, "emergency")


def test_the_question_that_stands_goes_away_with_it(light_house: House) -> None:
    reports_an_emergency(light_house)
    light_house.wait(hours=3.1)
    before = len(light_house.telegram.sent)
    work.done(light_house.deployment, METTE, the_case(light_house).id, Reason.DOCTOR_LOOKED)
    (told,) = said_since(light_house, before)
    assert "Has a doctor looked" not in told
    light_house.write("6")
    assert listed(light_house) == []


def test_at_night_nothing_is_said_and_it_goes_on_in_the_morning(light_house: House) -> None:
    case = reports_an_emergency(light_house)
    light_house.wait(hours=13)
    before = len(light_house.telegram.sent)
    work.done(light_house.deployment, METTE, case.id, Reason.SPOKE)
    assert said_since(light_house, before) == []
    light_house.wait(hours=10)
    assert light_house.telegram.texts()[before:]


def test_nothing_is_said_where_nothing_was_held(light_house: House) -> None:
    light_house.enrol()
    light_house.write("I have a fever and feel ill")
    light_house.settle()
    before = len(light_house.telegram.sent)
    work.done(light_house.deployment, METTE, the_case(light_house).id, Reason.DOCTOR_LOOKED)
    light_house.wait(hours=5)
    assert said_since(light_house, before) == []


def test_a_sign_that_a_doctor_has_looked_at_mails_nobody_anew_and_one_talked_about_does(
    light_house: House,
) -> None:
    for reason, known in ((Reason.DOCTOR_LOOKED, "emergency"), (Reason.SPOKE, "")):
        house = light_house
        address = f"patient of {reason}"
        house.enrol(address)
        house.write(SIGN, address)
        case = listed(house)[-1]
        work.done(house.deployment, METTE, case.id, reason)
        with house.database.read() as connection:
            (row,) = patients.read(connection, [case.patient_id])
        memory = opened(row, row.sealer(house.deployment.ring)).memory
        assert (memory.assessed, memory.held) == (known, False)


def test_an_enrolment_that_was_put_aside_is_taken_up_again(light_house: House) -> None:
    light_house.enrol(consented=False, name="")
    light_house.settle()
    light_house.write(SIGN)
    light_house.settle()
    before = len(light_house.telegram.sent)
    case = next(each for each in listed(light_house) if each.kind is Kind.RED_FLAG)
    work.done(light_house.deployment, METTE, case.id, Reason.DOCTOR_LOOKED)
    (told,) = said_since(light_house, before)
    assert told.startswith("Klinik Nord has dealt with")
    assert light_house.telegram.sent[-1].parcel.rendered.buttons


def test_while_it_is_in_doubt_who_reads_nothing_is_said_and_the_doubt_stays(
    light_house: House,
) -> None:
    case = reports_an_emergency(light_house)
    light_house.write("wrong number")
    light_house.settle()
    before = len(light_house.telegram.sent)
    work.done(light_house.deployment, METTE, case.id, Reason.DOCTOR_LOOKED)
    assert said_since(light_house, before) == []
    light_house.write("it is me")
    light_house.settle()
    assert "Has a doctor looked" not in "\n".join(light_house.telegram.texts()[before:])


def test_while_somebody_of_the_clinic_writes_with_the_patient_the_assistant_stays_silent(
    light_house: House,
) -> None:
    case = reports_an_emergency(light_house)
    talking.take_over(light_house.deployment, SECRETARY, case.patient_id)
    light_house.settle()
    before = len(light_house.telegram.sent)
    work.done(light_house.deployment, METTE, case.id, Reason.DOCTOR_LOOKED)
    assert said_since(light_house, before) == []
    talking.hand_back(light_house.deployment, SECRETARY, case.patient_id)
    assert "pain" in said_since(light_house, before)[-1].lower()


@pytest.mark.both_databases
def test_the_list_says_of_no_warning_sign_which_it_was(house: House) -> None:
    birgit = house.enrol()
    for kind in (Kind.SELF_HARM, Kind.PERSON):
        with house.database.write() as connection:
            number = house.deployment.ids.take(connection)
            now = house.clock.now()
            cases.open_case(connection, number, birgit.patient_id, kind, now=now)
    list_of_work = read_work(house.deployment, SECRETARY)
    assert [(line.case.kind, line.case.urgency) for line in list_of_work.lines] == [
        (Kind.RED_FLAG, Urgency.EMERGENCY),
        (Kind.PERSON, None),
    ]
    assert set(list_of_work.kinds) == {Kind.RED_FLAG, Kind.PERSON}
    look = read_case(house.deployment, SECRETARY, list_of_work.lines[1].case.id)
    assert [other.kind for other in look.others] == [Kind.RED_FLAG]
