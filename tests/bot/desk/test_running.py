"""What the desk is told of how it runs: causes, who is silent, and what is counted."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, insert, text

from bot import waiting
from bot.beating import EVERY, Beating
from bot.channels import NotSent, Trouble
from bot.channels.twilio_codes import TROUBLES
from bot.desk import running
from bot.desk.causes import FOR_OPERATOR, Cause, cause_of
from bot.desk.running import ChannelRun, Running
from bot.lag import Patience
from bot.reconciling import reconcile
from bot.waiting import Kind, Reason
from tests.bot.house import House
from trajectory import audit, beats, clinic_audit, tables
from trajectory.database import Database
from trajectory.ids import Ids

CONNECTION = NotSent(Trouble.RETRY, "connection")


def read(house: House) -> Running:
    with house.database.read() as connection:
        return running.read(connection, house.deployment, Patience())


def channel(house: House, name: str = "sms") -> ChannelRun:
    return next(run for run in read(house).channels if run.name == name)


@pytest.fixture
def clinic(house: House) -> House:
    """Birgit by SMS, whose check-in has gone out at ten."""
    house.patient = house.enrol(channel="sms").patient_id  # type: ignore[attr-defined]
    house.ask(house.patient)  # type: ignore[attr-defined]
    house.wait(minutes=10)
    return house


@pytest.mark.parametrize(
    ("trouble", "code", "cause"),
    [
        ("", "", Cause.QUEUE),
        ("configuration", "20003", Cause.TOKEN),
        ("configuration", "token", Cause.TOKEN),
        ("configuration", "535", Cause.TOKEN),
        ("configuration", "21606", Cause.SETTING),
        ("retry", "connection", Cause.DOWN),
        ("retry", "no-connection", Cause.DOWN),
        ("retry", "server", Cause.DOWN),
        ("unknown", "503", Cause.DOWN),
        ("unknown", "20503", Cause.DOWN),
        ("unknown", "restored", Cause.UNCLEAR),
        ("retry", "20429", Cause.BUSY),
        ("retry", "flood", Cause.BUSY),
        ("retry", "552", Cause.LATER),
        ("retry", "30008", Cause.LATER),
        ("retry", "wrong-key", Cause.KEY),
        ("doubtful", "30005", Cause.PHONE),
        ("gone", "blocked", Cause.ADDRESS),
        ("content", "30007", Cause.TEXT),
        ("something-of-an-older-program", "", Cause.UNCLEAR),
    ],
)
def test_an_error_means_something_to_somebody(trouble: str, code: str, cause: Cause) -> None:
    assert cause_of(trouble, code) is cause


def test_what_is_ours_to_mend_is_for_the_operator() -> None:
    for code, trouble in TROUBLES.items():
        ours = trouble is Trouble.CONFIGURATION
        assert (cause_of(trouble.value, str(code)) in FOR_OPERATOR) is ours, code


def test_all_is_well_on_a_quiet_day(clinic: House) -> None:
    assert read(clinic).fine
    run = channel(clinic)
    assert (run.hour.out, run.day.out, run.day.failed, run.waiting) == (1, 1, 0, 0)
    assert run.last_out == clinic.clock.now() - timedelta(minutes=10)
    clinic.wait(hours=2)
    assert (channel(clinic).hour.out, channel(clinic).day.out) == (0, 1)
    clinic.wait(hours=13)
    assert channel(clinic).day.out == 0


def test_a_single_trouble_does_not_stop_the_channel_while_others_go_out(clinic: House) -> None:
    clinic.enrol("jonas", name="Jonas Lund", channel="sms")
    clinic.sms.trouble = [CONNECTION]
    clinic.write("help", channel="sms")
    clinic.send()
    assert channel(clinic).stands(clinic.clock.now())
    clinic.clock.set(clinic.clock.now() + timedelta(seconds=5))
    clinic.write("help", "jonas", channel="sms")
    clinic.send()
    run = channel(clinic)
    assert not run.stands(clinic.clock.now())
    assert run.why is not None
    assert (run.why.cause, run.waiting) == (Cause.DOWN, 1)


def test_a_phone_that_is_off_holds_up_nobody_else(clinic: House) -> None:
    clinic.sms.trouble = [NotSent(Trouble.DOUBTFUL, "30005")]
    clinic.write("help", channel="sms")
    clinic.send()
    clinic.clock.set(clinic.clock.now() + timedelta(minutes=30))
    run = channel(clinic)
    assert run.why is not None
    assert run.why.cause is Cause.PHONE
    assert not run.stands(clinic.clock.now())


def test_without_a_sender_it_says_that_nobody_sends(clinic: House) -> None:
    clinic.write("help", channel="sms")
    clinic.clock.set(clinic.clock.now() + timedelta(seconds=90))
    assert read(clinic).fine
    clinic.clock.set(clinic.clock.now() + timedelta(seconds=60))
    run = channel(clinic)
    assert run.why is not None
    assert run.why.cause is Cause.NOBODY_SENDS
    assert run.stands(clinic.clock.now())


def test_a_channel_that_is_switched_off_says_so(clinic: House) -> None:
    clinic.write("help", channel="sms")
    channels: Any = clinic.deployment.channels
    del channels["sms"]
    run = channel(clinic)
    assert run.why is not None
    assert run.why.cause is Cause.OFF


def test_what_is_due_and_nobody_does_is_told(clinic: House) -> None:
    patient = clinic.enrol("jonas", channel="telegram").patient_id
    clinic.settle()
    clinic.set_due(patient)
    due_at = clinic.clock.now()
    clinic.clock.set(due_at + timedelta(minutes=6))
    assert read(clinic).due_since == due_at


def test_a_poller_that_falls_silent_is_told_and_one_that_goes_on_is_not(clinic: House) -> None:
    beat, began = Beating(clinic.deployment, beats.POLLED), clinic.clock.now()
    beat("")
    for code in ("no-connection", "no-connection"):
        clinic.clock.set(clinic.clock.now() + timedelta(minutes=2))
        beat(code)
    silent = read(clinic).polled
    assert silent is not None
    assert (silent.well_at, silent.code) == (began, "no-connection")
    beat("")
    assert read(clinic).polled is None
    clinic.clock.set(clinic.clock.now() + timedelta(minutes=4))
    assert read(clinic).polled is not None, "a process that is gone beats no more"


def test_a_beat_is_written_once_a_minute_and_when_it_changes(clinic: House) -> None:
    beat = Beating(clinic.deployment, beats.POLLED)

    def noted(code: str) -> Any:
        beat(code)
        with clinic.database.read() as connection:
            return beats.read(connection)[beats.POLLED].well_at

    first = noted("")
    clinic.clock.set(first + EVERY - timedelta(seconds=1))
    assert noted("") == first
    clinic.clock.set(first + EVERY)
    assert noted("") == first + EVERY


def test_what_a_webhook_has_not_brought_is_told_until_the_next_look(clinic: House) -> None:
    written = clinic.message("help", channel="sms")
    clinic.clock.set(clinic.clock.now() + timedelta(minutes=10))
    last = clinic.clock.now() - timedelta(hours=1)
    reconcile(clinic.deployment, [lambda _since: [written]], last)
    fetched = read(clinic).fetched
    assert fetched is not None
    assert fetched.count == 1
    reconcile(clinic.deployment, [lambda _since: [written]], last)
    assert read(clinic).fetched is None


def test_a_list_that_cannot_be_read_is_told_after_three_hours(clinic: House) -> None:
    def nothing(_since: object) -> Sequence[Any]:
        raise NotSent(Trouble.RETRY, "connection")

    reconcile(clinic.deployment, [lambda _since: []], clinic.clock.now())
    for _ in range(4):
        clinic.clock.set(clinic.clock.now() + timedelta(hours=1))
        with pytest.raises(NotSent):
            reconcile(clinic.deployment, [nothing], clinic.clock.now())
    fetched = read(clinic).fetched
    assert fetched is not None
    assert fetched.code == "connection"


def give_up(clinic: House, code: str = "30007") -> int:
    """The provider refuses what we answer; the message's number."""
    clinic.sms.trouble = [NotSent(Trouble.CONTENT, code)]
    clinic.write("help", channel="sms")
    clinic.settle()
    with clinic.database.read() as connection:
        return waiting.given_up(connection)[0].id


def test_dead_messages_are_told_by_kind_and_cause(clinic: House) -> None:
    give_up(clinic)
    give_up(clinic, "21617")
    runs = read(clinic)
    assert runs.dead == 2
    assert not runs.fine
    with clinic.database.read() as connection:
        assert [each.kind for each in waiting.given_up(connection)] == [Kind.QUESTION] * 2
    assert [(each.code, each.count) for each in runs.given_up] == [("21617", 1), ("30007", 1)]


def test_a_dead_message_is_dropped_with_a_reason_that_the_audit_keeps(clinic: House) -> None:
    number = give_up(clinic)
    clinic.database.run(
        lambda connection: waiting.drop(
            connection, clinic.deployment, number, "desk:7", Reason.TOLD
        )
    )
    assert read(clinic).dead == 0
    patient = clinic.patient  # type: ignore[attr-defined]
    with clinic.database.read() as connection:
        last = audit.records(connection, patient)[-1]
    assert (last.actor, last.action) == ("desk:7", "message-dropped")
    assert last.subject == f"message:{number} told"


def test_all_of_a_cause_are_sent_again_so_many_at_a_time(clinic: House) -> None:
    for _ in range(3):
        give_up(clinic)
    ended = waiting.resend_all(clinic.deployment, "sms", "30007", "desk:7", 2)
    assert (ended.done, ended.found) == (2, 3)
    clinic.settle()
    assert read(clinic).dead == 1


def test_a_line_of_the_list_is_ended_without_others_of_the_same_trouble(clinic: House) -> None:
    without, with_code = give_up(clinic, ""), give_up(clinic)
    with clinic.database.read() as connection:
        assert waiting.alike(connection, "sms", "content ") == [without]
        assert waiting.alike(connection, "sms", "content 30007") == [with_code]
        assert waiting.alike(connection, "sms", "content") == [without, with_code]
        assert waiting.alike(connection, "sms", "") == []


@pytest.mark.both_databases
def test_a_mail_of_no_patient_leaves_its_trace_in_the_clinic_s_own_chain(house: House) -> None:
    with house.database.write() as connection:
        number, now = house.deployment.ids.take(connection), house.clock.now()
        row = {
            "id": number, "channel": "email", "sequence": 0, "body": b"", "status": "dead",
            "ready_at": now, "created_at": now, "error": "content 550", "priority": 1,
            "attempts": 1,
        }  # fmt: skip
        connection.execute(insert(tables.core(tables.Outbox)), row)
        assert waiting.given_up(connection)[0].kind is Kind.STAFF
        waiting.drop(connection, house.deployment, number, "operator", Reason.TRIAL)
    with house.database.read() as connection:
        (record,) = clinic_audit.newest(connection)
    assert (record.action, record.subject) == ("message-dropped", f"message:{number} trial")


def test_two_at_once_add_to_the_clinic_s_chain_one_after_the_other(
    postgres_migrated: str,
) -> None:
    database = Database(postgres_migrated, durable=False)
    ids, house = Ids(database), House(database)

    def add() -> None:
        for _ in range(20):
            database.run(
                lambda connection: clinic_audit.append(
                    connection,
                    ids,
                    actor="operator",
                    action=clinic_audit.Action.ADDED,
                    at=house.clock.now(),
                )
            )

    threads = [threading.Thread(target=add) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    with database.read() as connection:
        assert [each.n for each in clinic_audit.newest(connection, 100)] == list(range(80, 0, -1))
    database.close()


def test_no_look_reads_the_whole_outbox(postgres_migrated: str) -> None:
    """Each statement finds its rows by an index; the planner says so of 60,000 sent messages."""
    database = Database(postgres_migrated, durable=False)
    house = House(database)
    patient, now = house.enrol().patient_id, house.clock.now()
    with database.write() as connection:
        connection.execute(_MANY, {"patient": patient, "now": now})
        connection.execute(text("ANALYZE outbox"))
    asked: list[tuple[str, Any]] = []

    def note(_c: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        asked.append((statement, parameters))

    with database.read() as connection:
        event.listen(connection, "before_cursor_execute", note)
        running.read(connection, house.deployment, Patience())
        event.remove(connection, "before_cursor_execute", note)
        plans = {
            statement: "\n".join(
                row[0] for row in connection.exec_driver_sql(f"EXPLAIN {statement}", parameters)
            )
            for statement, parameters in asked
            if "FROM outbox" in statement
        }
    assert len(plans) > 5
    for statement, plan in plans.items():
        assert "Seq Scan on outbox" not in plan, statement + "\n" + plan
    database.close()


_MANY = text(
    "INSERT INTO outbox (id, patient_id, channel, sequence, priority, body, status, ready_at,"
    " attempts, created_at, sent_at) SELECT 100000000 + g, :patient,"
    " CASE WHEN g % 9 = 0 THEN 'sms' ELSE 'telegram' END, g, 5, '', 'sent',"
    " cast(:now AS timestamptz) - g * interval '1 minute', 1,"
    " cast(:now AS timestamptz) - g * interval '1 minute',"
    " cast(:now AS timestamptz) - g * interval '1 minute' FROM generate_series(1, 60000) g"
)
