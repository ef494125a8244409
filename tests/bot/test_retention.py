"""What is old goes, the patient's record stays, and nobody waits for it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Table, event, func, insert, select, update

from bot import retention
from bot.retention import Periods, Rule, delete_old, rules
from bot.transcript import transcript
from tests.bot.house import House
from trajectory import tables

pytestmark = pytest.mark.both_databases

DAY = timedelta(days=1)


def pass_by(house: House, days: float) -> None:
    """Time passes in which nothing happens."""
    house.clock.set(house.clock.now() + days * DAY)


def count(house: House, table: Table) -> int:
    with house.database.read() as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()


def forget(house: House) -> int:
    """As the chore does, slice after slice; how many messages went."""
    before = len(house.inbox()) + len(house.outbox())
    place: int | None = 0
    while place is not None:
        place = delete_old(house.deployment, Periods(), place)
    return before - len(house.inbox()) - len(house.outbox())


def test_after_half_a_year_the_words_are_gone_and_the_answers_are_not(house: House) -> None:
    birgit = house.enrol(channel="web", address="birgit").patient_id
    house.set_due(birgit)
    house.settle()
    house.write("4", channel="web")
    house.settle()
    pass_by(house, 179)
    house.write("who can see my data", channel="web")
    house.settle()
    assert forget(house) == 0
    pass_by(house, 2)
    before = house.timeline(birgit)
    assert forget(house) > 0
    shown = transcript(house.deployment, birgit)
    assert shown[0].text == "who can see my data"
    assert house.clock.now() - shown[0].at < 3 * DAY
    assert house.timeline(birgit) == before
    assert ("pain", 4) in house.answers(birgit)
    assert house.audited(birgit)
    house.write("5", channel="web")
    house.settle()
    assert forget(house) == 0


def test_what_has_not_gone_out_is_never_too_old(house: House) -> None:
    house.enrol()
    house.write("help")
    pass_by(house, 1000)
    forget(house)
    assert [row.status for row in house.outbox()] == ["ready"]


def test_a_stranger_is_forgotten_after_a_month_and_a_repeat_until_then_is_known(
    house: House,
) -> None:
    message = house.message("hello?", "nobody", id="once")
    house.receive(message)
    pass_by(house, 29)
    forget(house)
    house.receive(message)
    assert len(house.inbox()) == 1
    pass_by(house, 2)
    forget(house)
    assert house.inbox() == []


def test_codes_and_links_go_a_month_after_they_have_opened_anything(house: House) -> None:
    patient = house.invite().patient_id
    now = house.clock.now()
    link = {"id": 7, "patient_id": patient, "token_hash": b"7", "created_at": now}
    code = {"link_id": 7, "patient_id": patient, "hash": b"7", "created_at": now}
    device = {"id": 8, "patient_id": patient, "cookie_hash": b"8", "created_at": now}
    with house.database.write() as connection:
        expires = {"expires_at": now + DAY}
        connection.execute(insert(tables.core(tables.WebLink)), link | expires)
        connection.execute(
            insert(tables.core(tables.WebCode)), code | expires | {"sent": 1, "attempts": 0}
        )
        connection.execute(insert(tables.core(tables.WebSession)), device | {"last_seen_at": now})
    models = (tables.EnrolmentCode, tables.WebLink, tables.WebCode, tables.WebSession)
    left = []
    for days in (30, 20, 80):
        pass_by(house, days)
        forget(house)
        left.append([count(house, tables.core(model)) for model in models])
    assert left == [[1, 2, 1, 1], [0, 0, 0, 1], [0, 0, 0, 0]]


def test_it_goes_in_small_transactions_and_on_where_it_was_stopped(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "BATCHES", {"sqlite": 2, "postgresql": 2})
    for number in range(5):
        house.receive(house.message("hello?", f"stranger-{number}"))
    pass_by(house, 31)
    run = house.database.run
    transactions: list[int] = []

    def run_once(work: Callable[[Connection], int]) -> int:
        if transactions:
            raise InterruptedError
        transactions.append(run(work))
        return transactions[0]

    with monkeypatch.context() as stopped:
        stopped.setattr(house.database, "run", run_once)
        with pytest.raises(InterruptedError):
            forget(house)
    assert transactions == [2]
    assert len(house.inbox()) == 3
    forget(house)
    assert house.inbox() == []


def test_every_status_of_a_message_has_its_period(house: House) -> None:
    """Nothing that came in stays for ever because of how it ended."""
    house.enrol()
    for status in ("done", "failed", "unknown-sender", "refused"):
        house.write("help")
        inbox = tables.core(tables.Inbox)
        with house.database.write() as connection:
            newest = select(inbox.c.id).order_by(inbox.c.id.desc()).limit(1).scalar_subquery()
            connection.execute(update(inbox).where(inbox.c.id == newest).values(status=status))
    house.settle()
    pass_by(house, 181)
    forget(house)
    assert house.inbox() == []
    assert house.outbox() == []


def test_a_slice_ends_after_so_many_transactions_and_the_next_goes_on(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "BATCHES", {"sqlite": 1, "postgresql": 1})
    monkeypatch.setattr(retention, "SLICE", 2)
    for number in range(5):
        house.receive(house.message("hello?", f"stranger-{number}"))
    pass_by(house, 31)
    place = delete_old(house.deployment, Periods())
    assert place is not None
    assert len(house.inbox()) == 3
    while place is not None:
        place = delete_old(house.deployment, Periods(), place)
    assert house.inbox() == []


def test_every_rule_finds_what_is_old_by_an_index(house: House) -> None:
    """Or a database of years is read from end to end in a transaction that everybody waits for."""
    for rule in rules(Periods()):
        plan = plan_of(house, rule)
        assert "SEARCH" in plan or "Index Cond" in plan, plan
        assert not [each for each in ("SCAN", "Seq Scan", "Sort", "B-TREE") if each in plan], plan


def plan_of(house: House, rule: Rule) -> str:
    """How the database means to find it."""
    explain = {"sqlite": "EXPLAIN QUERY PLAN", "postgresql": "EXPLAIN"}[house.database.dialect]
    seen: list[tuple[str, Any]] = []
    with house.database.read() as connection:
        if house.database.dialect == "postgresql":
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
            connection.exec_driver_sql("SET LOCAL enable_bitmapscan = off")
        event.listen(
            connection,
            "before_cursor_execute",
            lambda _connection, _cursor, statement, given, *_: seen.append((statement, given)),
        )
        connection.execute(rule.found, {"before": house.clock.now(), "most": 100})
        ((statement, given),) = seen
        told = connection.exec_driver_sql(f"{explain} {statement}", given)
        return "\n".join(str(row[-1]) for row in told)
