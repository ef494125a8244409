"""What falls due is done once, for whom it is meant, and one patient's trouble is nobody else's."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection
from structlog.testing import capture_logs

from bot import dispatching, due
from bot.conversation.effects import SetDue
from bot.conversation.falling_due import fall_due
from bot.dispatching import AGAIN, BATCHES, UNREACHABLE, dispatch
from tests.bot.house import CHECK_IN, MORNING, House
from trajectory import patients
from trajectory.database import Unavailable
from trajectory.erasure import erase
from trajectory.keys import Ring

pytestmark = pytest.mark.both_databases

on_postgresql = pytest.mark.parametrize("migrated_database_url", ["postgresql"], indirect=True)


def questions(house: House, address: str = "birgit") -> list[str]:
    return [said for said in house.telegram.texts(address) if "back pain" in said]


def test_a_check_in_that_falls_due_is_asked_once(house: House) -> None:
    birgit = house.enrol()
    house.set_due(birgit.patient_id)
    assert house.dispatch() == 1
    assert house.dispatch() == 0
    house.settle()
    assert len(questions(house)) == 1
    assert [row.key for row in house.due()] == ["expire", "remind"]


def test_nothing_happens_before_its_time(house: House) -> None:
    birgit = house.enrol()
    house.set_due(birgit.patient_id, MORNING + timedelta(microseconds=1))
    assert house.dispatch() == 0
    house.wait(seconds=1)
    assert len(questions(house)) == 1


def test_patients_are_taken_together_up_to_the_limit_longest_waiting_first(house: House) -> None:
    names = [f"patient {n}" for n in range(5)]
    for late, name in enumerate(names):
        ref = house.enrol(name)
        house.set_due(ref.patient_id, MORNING - timedelta(hours=late))
    assert [dispatch(house.deployment, 2) for _ in range(4)] == [2, 2, 1, 0]
    house.settle()
    asked = [sent.parcel.address for sent in house.telegram.sent if "back pain" in sent.text]
    assert set(asked) == set(names)
    assert set(asked[:2]) == {"patient 4", "patient 3"}


def test_several_rows_of_one_patient_see_what_the_one_before_has_done(house: House) -> None:
    birgit = house.enrol()
    house.set_due(birgit.patient_id, MORNING - timedelta(hours=2), "odi")
    house.set_due(birgit.patient_id, MORNING - timedelta(hours=1))
    assert house.dispatch() == 1
    house.settle()
    assert len(house.telegram.sent) == 1, "one open question at a time"
    assert house.telegram.texts()[0].startswith("10 questions about your day")


def test_a_row_whose_session_has_moved_on_does_nothing(house: House) -> None:
    birgit = house.enrol()
    house.ask(birgit.patient_id)
    before = house.outbox()
    for kind in ("remind", "expire"):
        other = SetDue(f"old {kind}", kind, MORNING, 4711, payload={"number": 0})
        house.set_row(birgit.patient_id, other)
    assert house.dispatch() == 1
    assert house.outbox() == before
    house.write("4")
    assert house.answers(birgit.patient_id) == [("pain", 4)], "it is still open"


def test_a_reminder_keeps_quiet_while_the_patient_is_busy_with_something_else(
    house: House,
) -> None:
    birgit = house.enrol()
    house.ask(birgit.patient_id)
    house.wait(hours=21.5)
    house.write("send my summary to my physio")
    house.settle()
    before = len(house.telegram.sent)
    house.wait(minutes=45)
    assert len(house.telegram.sent) == before
    house.write("Anne Skov")
    house.settle()
    assert "e-mail" in house.telegram.texts()[-1], "the task goes on where it was"


def test_a_reminder_comes_once_the_patient_has_left_the_other_matter(house: House) -> None:
    birgit = house.enrol()
    house.ask(birgit.patient_id)
    house.wait(hours=21.5)
    house.write("send my summary to my physio")
    house.settle()
    before = len(house.telegram.sent)
    house.wait(hours=2)
    (reminder,) = house.telegram.texts()[before:]
    assert reminder.startswith("What you began is left as it was.")
    assert "1/4" in reminder
    house.write("4")
    assert house.answers(birgit.patient_id) == [("pain", 4)]


def test_a_reminder_that_made_way_for_something_else_does_not_come_by_night(house: House) -> None:
    birgit = house.enrol()
    house.clock.set(datetime(2026, 11, 24, 23, 30, tzinfo=UTC))
    house.ask(birgit.patient_id)
    house.wait(hours=19, minutes=50)
    house.write("send my summary to my physio")
    house.settle()
    before = len(house.telegram.sent)
    house.wait(hours=11)
    assert len(house.telegram.sent) == before, "it is 07:20 where the patient lives"
    house.wait(hours=1)
    assert len(house.telegram.sent) == before + 1


def test_a_flow_that_falls_due_while_a_task_asks_comes_after_it(house: House) -> None:
    birgit = house.enrol()
    house.write("send my summary to my physio")
    house.ask(birgit.patient_id)
    assert questions(house) == []
    for line in ("Anne Skov", "anne@klinik.example", "no"):
        house.write(line)
    house.settle()
    assert len(questions(house)) == 1


def test_after_stop_nothing_falls_due(house: House) -> None:
    birgit = house.enrol(pathway="low-back-pain")
    house.settle()
    house.write("stop")
    assert house.due() == []
    house.set_due(birgit.patient_id)
    house.settle()
    assert questions(house) == []


# Where it goes


def test_scheduled_messages_go_to_the_preferred_address(house: House) -> None:
    birgit = house.enrol()
    house.add_address(birgit.patient_id, "sms", "+4520304050")
    house.ask(birgit.patient_id)
    assert (len(house.telegram.sent), len(house.sms.sent)) == (1, 0)


def test_when_it_has_failed_the_other_channel_takes_over(house: House) -> None:
    birgit = house.enrol()
    house.add_address(birgit.patient_id, "sms", "+4520304050")
    house.set_address(birgit.address_id, "gone")
    house.ask(birgit.patient_id)
    assert (len(house.telegram.sent), len(house.sms.sent)) == (0, 1)


def test_a_channel_that_is_off_is_not_chosen_where_another_is_on(house: House) -> None:
    birgit = house.enrol("birgit@console", channel="console")
    house.add_address(birgit.patient_id, "sms", "+4520304050")
    house.ask(birgit.patient_id)
    assert len(house.sms.sent) == 1


def test_what_is_due_for_somebody_who_cannot_be_reached_waits_and_is_not_lost(
    house: House,
) -> None:
    birgit = house.enrol(pathway="low-back-pain")
    house.settle()
    series = {row.key for row in house.due()}
    house.set_address(birgit.address_id, "gone")
    house.wait(days=30)
    assert {row.key for row in house.due()} >= {key for key in series if "weekly" in key}
    assert all(row.at > house.clock.now() for row in house.due())
    assert all(
        row.at <= house.clock.now() + UNREACHABLE for row in house.due() if "odi" not in row.key
    )
    sent = len(house.telegram.sent)
    house.set_address(birgit.address_id, "active")
    house.wait(days=2)
    assert len(house.telegram.sent) > sent


# Trouble


@pytest.fixture
def broken_check_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever wants to ask Jonas breaks."""

    def fall_or_break(step: Any, row: Any) -> None:
        fall_due(step, row)
        if step.person.name == "Jonas Lund":
            raise ZeroDivisionError(step.person.name)

    monkeypatch.setattr(dispatching, "fall_due", fall_or_break)


def test_one_patients_trouble_is_nobody_elses_and_is_tried_again_later(
    house: House, broken_check_in: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    jonas = house.enrol("jonas", name="Jonas Lund")
    birgit = house.enrol()
    house.set_due(jonas.patient_id, MORNING - timedelta(days=1))
    house.set_due(birgit.patient_id)
    with capture_logs() as logs:
        house.settle()
    assert (len(questions(house)), len(questions(house, "jonas"))) == (1, 0)
    (kept,) = [row for row in house.due() if row.owner_id == jonas.patient_id]
    assert (kept.key, kept.at) == (f"start:{CHECK_IN}", MORNING + AGAIN)
    (line,) = logs
    assert (line["error"], line["patient_id"]) == ("ZeroDivisionError", jonas.patient_id)
    assert "Jonas" not in str(logs)
    monkeypatch.undo()
    house.wait(hours=1)
    assert len(questions(house, "jonas")) == 1


def test_a_patient_whose_key_is_missing_stops_nobody_elses_schedule(house: House) -> None:
    jonas = house.enrol("jonas")
    newer = House(house.database, Ring.generate("k2"))
    newer.deployment.ring._finding.update(house.deployment.ring._finding)
    birgit = newer.enrol()
    newer.set_due(jonas.patient_id, MORNING - timedelta(days=1))
    newer.set_due(birgit.patient_id)
    newer.settle()
    assert len(questions(newer)) == 1
    assert [row.at for row in newer.due() if row.owner_id == jonas.patient_id] == [MORNING + AGAIN]


def test_more_broken_patients_than_a_batch_takes_do_not_stop_the_others(
    house: House, broken_check_in: None
) -> None:
    for n in range(4):
        ref = house.enrol(f"jonas {n}", name="Jonas Lund")
        house.set_due(ref.patient_id, MORNING - timedelta(days=1))
    birgit = house.enrol()
    house.set_due(birgit.patient_id)
    while dispatch(house.deployment, 3):
        pass
    house.settle()
    assert len(questions(house)) == 1


def test_what_is_left_due_for_the_erased_is_forgotten_and_holds_nobody_up(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatching, "BATCHES", {"sqlite": 3, "postgresql": 3})
    for n in range(13):
        gone = house.enrol(f"gone {n}").patient_id
        with house.database.write() as connection:
            erase(connection, gone, MORNING)
        house.set_due(gone, MORNING - timedelta(days=1))
    house.set_due(house.enrol().patient_id)
    house.settle()
    assert len(questions(house)) == 1
    assert [row.key for row in house.due()] == ["expire", "remind"]


def test_a_lost_database_leaves_everything_due(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    birgit = house.enrol()
    house.set_due(birgit.patient_id)

    def lost(step: Any, row: Any) -> None:
        raise Unavailable("gone")

    with monkeypatch.context() as patch:
        patch.setattr(dispatching, "fall_due", lost)
        with pytest.raises(Unavailable):
            house.dispatch()
    assert [row.at for row in house.due()] == [MORNING]
    house.settle()
    assert len(questions(house)) == 1


# Together


@on_postgresql
def test_a_patient_whom_a_turn_holds_is_left_for_the_next_tick(house: House) -> None:
    birgit, jonas = house.enrol(), house.enrol("jonas")
    house.set_due(birgit.patient_id)
    house.set_due(jonas.patient_id)
    with house.database.write() as turn:
        patients.lock_conversations(turn, [birgit.patient_id])
        assert house.dispatch() == 1
    assert house.dispatch() == 1
    house.settle()
    assert (len(questions(house)), len(questions(house, "jonas"))) == (1, 1)


@on_postgresql
def test_a_broken_patient_who_came_in_place_of_a_held_one_is_put_off_too(
    house: House, broken_check_in: None
) -> None:
    birgit, jonas = house.enrol(), house.enrol("jonas", name="Jonas Lund")
    house.set_due(birgit.patient_id, MORNING - timedelta(days=1))
    house.set_due(jonas.patient_id)
    with house.database.write() as turn:
        patients.lock_conversations(turn, [birgit.patient_id])
        dispatch(house.deployment, 1)
    assert [row.at for row in house.due() if row.owner_id == jonas.patient_id] == [MORNING + AGAIN]


def test_several_workers_ask_everybody_once(house: House) -> None:
    names = [f"patient {n}" for n in range(3 * max(BATCHES.values()))]
    for name in names:
        house.set_due(house.enrol(name).patient_id)
    workers = [threading.Thread(target=dispatch_all, args=(house,)) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    house.settle()
    asked = [sent.parcel.address for sent in house.telegram.sent]
    assert sorted(asked) == sorted(names)


def test_a_worker_goes_on_where_others_were_faster_with_what_it_has_found(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would wait for its next tick, and they would do the rest alone."""
    for name in ("birgit", "jonas", "karen"):
        house.set_due(house.enrol(name).patient_id)
    found, others = due.owners, iter([2])

    def owners(connection: Connection, now: datetime, limit: int) -> list[int]:
        mine = found(connection, now, limit)
        for theirs in others:
            assert dispatch(house.deployment, theirs) == theirs
        return mine

    monkeypatch.setattr(due, "owners", owners)
    assert dispatch(house.deployment, 2) == 1
    assert dispatch(house.deployment, 2) == 0
    house.settle()
    assert len(house.telegram.sent) == 3


def dispatch_all(house: House) -> None:
    while house.dispatch():
        pass


# The rules of the clock


NIGHT = datetime(2026, 11, 24, 22, 30, tzinfo=UTC)


@pytest.fixture
def at_night(house: House) -> None:
    """Birgit has answered what was asked at the start; a check-in falls due at 23:30."""
    birgit = house.enrol(pathway="low-back-pain")
    house.answer_all()
    house.telegram.sent.clear()
    house.clock.set(NIGHT)
    payload = {"step": CHECK_IN, "number": 1}
    house.set_row(birgit.patient_id, SetDue("step:other", "step", NIGHT, payload=payload))
    house.settle()


def test_nothing_unasked_in_the_quiet_hours_but_replies(house: House, at_night: None) -> None:
    assert house.telegram.sent == []
    house.write("who can see my data")
    house.settle()
    assert "Nobody but you" in house.telegram.texts()[0]


def test_what_fell_due_at_night_is_asked_at_the_chosen_hour(house: House, at_night: None) -> None:
    house.wait(hours=24)
    assert house.telegram.sent[0].at == datetime(2026, 11, 25, 17, tzinfo=UTC), "18:00 local"
    assert len(questions(house)) == 1
