"""Moved, discharged, died, taken back, begun anew, paused: told to the desk."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest

from bot.conversation.course import Why
from bot.desk import courses, habits, patient, resting
from bot.desk.habits import Habits
from bot.desk.patient import Contact, Standing
from tests.bot.beginnings import begin, on_the_pathway
from tests.bot.desk.people import METTE
from tests.bot.house import House
from trajectory import cases, web_access
from trajectory.cases import Kind
from trajectory.patients import PatientRef


@pytest.fixture
def birgit(house: House) -> PatientRef:
    return begin(house, on_the_pathway)


@pytest.fixture
def jonas(light_house: House) -> PatientRef:
    return begin(light_house, on_the_pathway, "Jonas Lund")


def end(house: House, ref: PatientRef, why: Why) -> list[str]:
    """What the patient hears of it."""
    before = len(house.telegram.sent)
    courses.end(house.deployment, METTE, ref.patient_id, why)
    house.settle()
    return [sent.text for sent in house.telegram.sent[before:]]


def say(house: House, *texts: str) -> list[str]:
    before = len(house.telegram.sent)
    for text in texts:
        house.write(text)
        house.settle()
    return [sent.text for sent in house.telegram.sent[before:]]


def contact(house: House, ref: PatientRef) -> Contact:
    return patient.open_contact(house.deployment, METTE, ref.patient_id)


def open_cases(house: House) -> list[Kind]:
    with house.database.read() as connection:
        return [case.kind for case in cases.listed(connection)]


def open_case(house: House, ref: PatientRef, kind: Kind) -> None:
    with house.database.write() as connection:
        number = house.deployment.ids.take(connection)
        cases.open_case(connection, number, ref.patient_id, kind, now=house.clock.now())


@pytest.mark.parametrize("why", [Why.MOVED, Why.DISCHARGED])
def test_a_course_ends_with_a_goodbye_and_nothing_comes_any_more(
    house: House, birgit: PatientRef, why: Why
) -> None:
    house.ask(birgit.patient_id)
    (goodbye,) = end(house, birgit, why)
    assert goodbye.startswith("Your course with Klinik Nord is over")
    assert "112" in goodbye
    assert house.due() == []
    sent = len(house.telegram.sent)
    house.wait(days=90)
    assert len(house.telegram.sent) == sent
    assert contact(house, birgit).standing.value == why.value
    assert ("course-ended", why.value) in [
        (each.kind, each.code) for each in house.timeline(birgit.patient_id)
    ]


def test_after_a_death_nothing_is_said_to_anybody(house: House, birgit: PatientRef) -> None:
    house.set_due(birgit.patient_id)
    house.dispatch()
    token, cookie = house.deployment.chance.token(), "the cookie of a relative"
    ring, ids, now = house.deployment.ring, house.deployment.ids, house.clock.now()
    with house.database.write() as connection:
        web_access.create_link(
            connection, ids, ring, house.sealer(birgit.patient_id),
            patient_id=birgit.patient_id, token=token, now=now, lifetime=timedelta(days=1),
        )  # fmt: skip
        web_access.exchange(connection, ids, ring, token=token, cookie=cookie, now=now)
    open_case(house, birgit, Kind.DIED)
    open_case(house, birgit, Kind.SILENT)
    assert end(house, birgit, Why.DIED) == []
    assert house.due() == []
    assert open_cases(house) == []
    with house.database.read() as connection:
        assert web_access.find_visitor(connection, ring, cookie, now) is None
    house.wait(days=90)
    assert not [row for row in house.outbox() if row.status in ("ready", "sending", "held")]
    assert contact(house, birgit).standing is Standing.DIED
    assert say(house, "hello") == [
        "No more questions come here. If that is a mistake, please ring your clinic."
    ]


def test_who_had_stopped_hears_no_goodbye(light_house: House, jonas: PatientRef) -> None:
    say(light_house, "stop")
    assert end(light_house, jonas, Why.DISCHARGED) == []


def test_whoever_writes_after_the_end_is_told_whom_to_ring(
    light_house: House, jonas: PatientRef
) -> None:
    light_house.ask(jonas.patient_id)
    button = light_house.telegram.sent[-1].parcel.rendered.buttons[0]
    end(light_house, jonas, Why.DISCHARGED)
    for said in ("hello", "start", "6", "stop"):
        (line,) = say(light_house, said)
        assert "nobody reads what you write" in line, said
        assert "ring Klinik Nord" in line
    before = len(light_house.telegram.sent)
    light_house.press(button)
    light_house.settle()
    assert "nobody reads" in light_house.telegram.sent[before].text
    assert len(light_house.telegram.sent) == before + 1
    assert not light_house.due()
    assert "Nobody but you" in say(light_house, "who can see my data")[0]


def test_danger_is_heard_after_the_end(light_house: House, jonas: PatientRef) -> None:
    end(light_house, jonas, Why.MOVED)
    assert any("112" in each for each in say(light_house, "I cannot feel it when I pee"))
    assert Kind.RED_FLAG in open_cases(light_house)


@pytest.mark.parametrize("why", list(Why))
def test_an_end_by_mistake_is_taken_back_and_nothing_is_lost(
    house: House, birgit: PatientRef, why: Why
) -> None:
    house.ask(birgit.patient_id)
    due = {row.key for row in house.due() if row.kind == "step"}
    answers = len(house.timeline(birgit.patient_id))
    end(house, birgit, why)
    house.wait(hours=1)
    before = len(house.telegram.sent)
    courses.reopen(house.deployment, METTE, birgit.patient_id)
    house.settle()
    said = " ".join(sent.text for sent in house.telegram.sent[before:])
    assert "it had been closed by mistake" in said
    assert "average" in said, "the question that waited comes again"
    assert {row.key for row in house.due() if row.kind == "step"} == due
    assert contact(house, birgit).standing is Standing.RUNNING
    assert len(house.timeline(birgit.patient_id)) == answers + 2
    assert say(house, "6")[0].startswith("Thanks: 6.")
    assert "course-resumed" in house.audited(birgit.patient_id)


def test_a_death_that_was_written_by_mistake_is_taken_back_at_the_desk(
    light_house: House, jonas: PatientRef
) -> None:
    say(light_house, "my father has died", "yes")
    assert contact(light_house, jonas).standing is Standing.DIED
    courses.reopen(light_house.deployment, METTE, jonas.patient_id)
    light_house.wait(days=8)
    assert "How much does your back hurt" in " ".join(light_house.telegram.texts())


def test_a_pause_goes_on_and_ends_when_the_course_is_taken_up_again(
    light_house: House, jonas: PatientRef
) -> None:
    resting.pause(light_house.deployment, METTE, jonas.patient_id, date(2026, 12, 1))
    light_house.settle()
    end(light_house, jonas, Why.MOVED)
    assert light_house.due() == []
    courses.reopen(light_house.deployment, METTE, jonas.patient_id)
    light_house.settle()
    assert "closed by mistake" in light_house.telegram.sent[-1].text
    assert contact(light_house, jonas).standing is Standing.PAUSED
    light_house.wait(days=8)
    assert any("The pause is over" in each for each in light_house.telegram.texts())


def test_a_question_of_a_task_is_put_again_when_the_course_is_taken_up(
    light_house: House, jonas: PatientRef
) -> None:
    (asked,) = say(light_house, "change time")
    end(light_house, jonas, Why.MOVED)
    courses.reopen(light_house.deployment, METTE, jonas.patient_id)
    light_house.settle()
    assert asked in light_house.telegram.sent[-1].text


def test_nobody_is_asked_anything_after_the_end(light_house: House, jonas: PatientRef) -> None:
    light_house.wait(days=30)
    end(light_house, jonas, Why.DISCHARGED)
    said = say(light_house, "who can see my data", "help", "who looked")
    assert len(said) == 3
    assert not any("?" in each for each in said)


def test_who_was_stopped_is_stopped_again(light_house: House, jonas: PatientRef) -> None:
    say(light_house, "stop")
    end(light_house, jonas, Why.MOVED)
    courses.reopen(light_house.deployment, METTE, jonas.patient_id)
    assert contact(light_house, jonas).standing is Standing.STOPPED
    assert light_house.due() == []


def test_what_is_over_does_not_end_twice_and_what_runs_is_not_taken_back(
    light_house: House, jonas: PatientRef
) -> None:
    with pytest.raises(courses.NotEnded):
        courses.reopen(light_house.deployment, METTE, jonas.patient_id)
    end(light_house, jonas, Why.MOVED)
    with pytest.raises(courses.AlreadyEnded):
        end(light_house, jonas, Why.DIED)


# A new episode


def test_a_new_episode_asks_the_start_and_the_baseline_anew(
    house: House, birgit: PatientRef
) -> None:
    house.wait(days=40)
    house.ask(birgit.patient_id, "odi")
    house.press(house.telegram.sent[-1].parcel.rendered.buttons[0])
    house.settle()
    before = len(house.telegram.sent)
    courses.begin_episode(house.deployment, METTE, birgit.patient_id)
    house.settle()
    assert house.person(birgit.patient_id).started_at == house.clock.now()
    assert house.telegram.sent[before].text.startswith("Welcome back. We begin anew")
    house.answer_all()
    scores = [e.flow for e in house.timeline(birgit.patient_id) if e.kind == "score"]
    assert scores.count("start-back") == 2
    house.wait(days=3)
    assert any(row.kind == "step" for row in house.due())
    assert "new-episode" in house.audited(birgit.patient_id)


def test_after_a_discharge_the_new_episode_opens_the_course(
    light_house: House, jonas: PatientRef
) -> None:
    end(light_house, jonas, Why.DISCHARGED)
    courses.begin_episode(light_house.deployment, METTE, jonas.patient_id)
    assert contact(light_house, jonas).standing is Standing.RUNNING


def test_no_episode_begins_for_the_dead_the_stopped_or_without_a_pathway(
    light_house: House, jonas: PatientRef
) -> None:
    other = light_house.enrol("anna", name="Anna Bo")
    with pytest.raises(courses.NoPathway):
        courses.begin_episode(light_house.deployment, METTE, other.patient_id)
    say(light_house, "stop")
    with pytest.raises(courses.NotRunning):
        courses.begin_episode(light_house.deployment, METTE, jonas.patient_id)
    end(light_house, jonas, Why.DIED)
    with pytest.raises(courses.NotRunning):
        courses.begin_episode(light_house.deployment, METTE, jonas.patient_id)


# A pause, and habits


def test_a_pause_until_a_day_and_its_end(house: House, birgit: PatientRef) -> None:
    before = len(house.telegram.sent)
    resting.pause(house.deployment, METTE, birgit.patient_id, date(2026, 12, 10))
    house.settle()
    assert "I pause until" in house.telegram.sent[before].text
    known = contact(house, birgit)
    assert known.standing is Standing.PAUSED
    assert known.paused_until == datetime(2026, 12, 10, 7, tzinfo=UTC)
    house.wait(days=7)
    assert len(house.telegram.sent) == before + 1
    resting.resume(house.deployment, METTE, birgit.patient_id)
    house.settle()
    assert "The pause is over" in house.telegram.sent[before + 1].text
    assert contact(house, birgit).standing is Standing.RUNNING
    assert {"paused"} <= set(house.audited(birgit.patient_id))


@pytest.mark.parametrize("day", [date(2026, 11, 24), date(2026, 11, 1), date(2028, 1, 1)])
def test_a_pause_ends_on_a_day_to_come(light_house: House, jonas: PatientRef, day: date) -> None:
    with pytest.raises(resting.BadDay):
        resting.pause(light_house.deployment, METTE, jonas.patient_id, day)


def test_what_does_not_run_cannot_pause(light_house: House, jonas: PatientRef) -> None:
    with pytest.raises(resting.NoPause):
        resting.resume(light_house.deployment, METTE, jonas.patient_id)
    say(light_house, "stop")
    with pytest.raises(courses.NotRunning):
        resting.pause(light_house.deployment, METTE, jonas.patient_id, date(2026, 12, 10))


def test_while_it_is_in_doubt_who_reads_the_desk_says_nothing_there(
    light_house: House, jonas: PatientRef
) -> None:
    say(light_house, "wrong number")
    assert contact(light_house, jonas).in_doubt
    day = date(2026, 12, 10)
    with pytest.raises(courses.InDoubt):
        resting.pause(light_house.deployment, METTE, jonas.patient_id, day)
    with pytest.raises(courses.InDoubt):
        courses.begin_episode(light_house.deployment, METTE, jonas.patient_id)
    assert end(light_house, jonas, Why.MOVED) == []


def test_language_hour_day_and_clock_are_changed_in_one_go(
    light_house: House, jonas: PatientRef
) -> None:
    wanted = Habits("da", "Europe/Lisbon", time(9, 30), 3)
    before = len(light_house.telegram.sent)
    habits.change(light_house.deployment, METTE, jonas.patient_id, wanted)
    light_house.settle()
    person = light_house.person(jonas.patient_id)
    assert (person.language, person.timezone, person.hour, person.weekday) == (
        "da", "Europe/Lisbon", time(9, 30), 3,
    )  # fmt: skip
    assert "09:30" in light_house.telegram.sent[before].text
    weekly = next(row for row in light_house.due() if row.key.startswith("step:week"))
    assert weekly.at.hour == 9
    for bad, error in (
        (Habits("xx", "Europe/Lisbon", time(9), 3), habits.NoSuchLanguage),
        (Habits("da", "Mars", time(9), 3), habits.NoSuchZone),
        (Habits("da", "Europe/Lisbon", time(3), 3), habits.QuietHour),
    ):
        with pytest.raises(error):
            habits.change(light_house.deployment, METTE, jonas.patient_id, bad)
