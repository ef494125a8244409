"""What the operator's alarms are made of: who is late, and what came of messages."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from prometheus_client import REGISTRY, generate_latest
from sqlalchemy import text

from api.health import Patience, Probe, probed
from bot import lag, outcomes
from bot.channels import NotSent, Trouble
from bot.chores import Chore, begin
from bot.inbox import Inbox
from bot.receiving import receive
from tests.bot.house import House
from trajectory.database import Conflict
from trajectory.erasure import erase
from trajectory.migrations import head


def number(name: str, **labels: str) -> float:
    """What is counted under a name now."""
    return REGISTRY.get_sample_value(name, labels) or 0.0


def readyz(house: House, *, late_is_unready: bool = True) -> tuple[int, dict[str, object]]:
    probe = Probe(house.deployment, Patience(), late_is_unready=late_is_unready)
    answer = TestClient(probed(probe)).get("/readyz")
    return answer.status_code, answer.json()


def test_a_reply_that_does_not_go_out_makes_it_late_and_a_check_in_not_so_soon(
    house: House,
) -> None:
    birgit = house.enrol()
    house.set_due(birgit.patient_id)
    house.dispatch()
    house.clock.set(house.clock.now() + timedelta(minutes=5))
    assert readyz(house) == (200, {"status": "ok"})
    house.write("help")
    house.clock.set(house.clock.now() + timedelta(minutes=3))
    late = {"status": "late", "outbox": {"telegram reply": 180}}
    assert readyz(house) == (503, late)
    assert readyz(house, late_is_unready=False) == (200, late)
    house.clock.set(house.clock.now() + timedelta(hours=1))
    assert readyz(house)[1]["outbox"] == {"telegram bulk": 4080, "telegram reply": 3780}
    house.settle()
    assert readyz(house) == (200, {"status": "ok"})


def test_what_is_due_and_not_done_makes_it_late(house: House) -> None:
    birgit = house.enrol()
    house.set_due(birgit.patient_id)
    house.clock.set(house.clock.now() + timedelta(seconds=301))
    assert readyz(house) == (503, {"status": "late", "due": 301})
    house.settle()
    assert readyz(house) == (200, {"status": "ok"})


def test_what_is_left_due_for_the_erased_makes_nobody_late(house: House) -> None:
    gone = house.enrol().patient_id
    with house.database.write() as connection:
        erase(connection, gone, house.clock.now())
    house.set_due(gone)
    house.clock.set(house.clock.now() + timedelta(days=1))
    assert readyz(house) == (200, {"status": "ok"})
    house.set_due(house.enrol("jonas").patient_id, house.clock.now() - timedelta(seconds=400))
    assert readyz(house)[0] == 503


def test_a_chore_that_nobody_knows_any_more_makes_nobody_late(house: House) -> None:
    begin(house.deployment, {"of-a-channel-that-is-off": Chore(timedelta(hours=1), print)})
    house.clock.set(house.clock.now() + timedelta(days=30))
    assert readyz(house) == (200, {"status": "ok"})


def test_what_waits_for_a_setting_or_for_later_makes_nobody_late(house: House) -> None:
    house.enrol()
    house.write("help")
    house.telegram.trouble = [NotSent(Trouble.CONFIGURATION, "401")]
    house.send()
    house.clock.set(house.clock.now() + timedelta(hours=2))
    assert readyz(house) == (200, {"status": "ok"})


@pytest.mark.both_databases
def test_a_database_of_an_older_program_is_not_ready_and_one_of_a_newer_is(house: House) -> None:
    for revision, status in (("0001", 503), ("9999", 200)):
        with house.database.write() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = :r"), {"r": revision})
        assert readyz(house)[0] == status
    with house.database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    assert readyz(house)[1] == {"status": "not migrated", "revision": "0001", "needs": head()}


def test_the_oldest_is_told_by_channel_and_priority(light_house: House) -> None:
    light_house.enrol()
    light_house.enrol("jonas", channel="sms")
    light_house.write("help")
    light_house.clock.set(light_house.clock.now() + timedelta(seconds=10))
    light_house.write("help", "jonas", channel="sms")
    light_house.clock.set(light_house.clock.now() + timedelta(seconds=10))
    with light_house.database.read() as connection:
        found = lag.read(connection, light_house.clock.now(), ("sms", "telegram"))
        only_sms = lag.read(connection, light_house.clock.now(), ("sms",))
    assert found.outbox == {("telegram", "reply"): 20, ("sms", "reply"): 10}
    assert only_sms.oldest == 10


def test_turns_and_outcomes_are_counted_by_channel(light_house: House) -> None:
    light_house.enrol()
    stored = number("backtrace_turns_total", channel="telegram", outcome="stored")
    sent = number("backtrace_outbox_outcomes_total", channel="telegram", outcome="sent", trouble="")
    again = {"channel": "telegram", "outcome": "retry", "trouble": "retry"}
    retried = number("backtrace_outbox_outcomes_total", **again)
    inbox = Inbox(lambda batch: receive(light_house.deployment, batch), lambda: None)
    inbox.put(light_house.message("help")).result(20)
    inbox.close()
    light_house.telegram.trouble = [NotSent(Trouble.RETRY, "500")]
    light_house.send()
    light_house.wait(minutes=5)
    assert number("backtrace_turns_total", channel="telegram", outcome="stored") == stored + 1
    assert number("backtrace_outbox_outcomes_total", **again) == retried + 1
    assert (
        number("backtrace_outbox_outcomes_total", channel="telegram", outcome="sent", trouble="")
        == sent + 1
    )
    assert "birgit" not in generate_latest().decode().lower()


def outcomes_of(outcome: str, trouble: str) -> float:
    return number(
        "backtrace_outbox_outcomes_total", channel="telegram", outcome=outcome, trouble=trouble
    )


def test_what_nobody_knows_in_the_end_counts_as_that_and_not_as_tried_again(house: House) -> None:
    house.enrol()
    house.write("help")
    house.telegram.trouble = [NotSent(Trouble.UNKNOWN, "cut")] * 2
    before = outcomes_of("retry", "unknown"), outcomes_of("unknown", "unknown")
    house.wait(hours=1)
    assert {row.status for row in house.outbox()} == {"unknown"}
    after = outcomes_of("retry", "unknown"), outcomes_of("unknown", "unknown")
    assert after == (before[0] + 1, before[1] + 1)


@pytest.mark.parametrize("status", ["active", "closed"])
def test_an_outcome_counts_once_though_its_transaction_is_tried_twice(
    house: House, status: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    birgit = house.enrol()
    house.write("help")
    house.set_address(birgit.address_id, status)
    house.telegram.trouble = [NotSent(Trouble.GONE, "blocked")]
    record, met = outcomes.record, list[bool]()

    def meet_another(*given: Any) -> Any:
        recorded = record(*given)
        if recorded and not met:
            met.append(True)
            raise Conflict("another was there")
        return recorded

    monkeypatch.setattr(outcomes, "record", meet_another)
    before = outcomes_of("dead", "gone")
    house.send()
    assert met
    assert outcomes_of("dead", "gone") == before + 1
