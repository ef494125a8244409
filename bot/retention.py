"""What is deleted after its time. The trajectory itself, its sessions and the audit never are.

Whole rows go, found by the index of their time, so many at a time in a transaction of their own:
whoever stops in between goes on at the next turn.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import (
    BindParameter,
    Column,
    Connection,
    Delete,
    Select,
    Table,
    bindparam,
    delete,
    select,
)

from bot.deployment import Deployment
from bot.receiving import FOR_DESK, UNKNOWN
from bot.refusing import REFUSED
from trajectory import enrolment_requests, tables
from trajectory.sql import Among, written_out
from trajectory.web_access import IDLE

KIND = "retention"
EVERY = timedelta(hours=6)
BATCHES = {"sqlite": 100, "postgresql": 1000}
"""Rows a transaction; on SQLite, where a reply waits for it, about 10 ms at most."""
SLICE = 20
"""So many transactions at a time: a process that is told to stop waits for no more."""

_inbox, _outbox, _code, _viewing, _link, _web_code, _session, _enrolment, _check = (
    tables.core(model)
    for model in (
        tables.Inbox,
        tables.Outbox,
        tables.AccessCode,
        tables.Viewing,
        tables.WebLink,
        tables.WebCode,
        tables.WebSession,
        tables.EnrolmentCode,
        tables.AddressCheck,
    )
)
_request = tables.core(tables.EnrolmentRequest)
_OF_DIRECTORY = tuple(
    tables.core(model)
    for model in (tables.ProfessionalCode, tables.ProfessionalSession, tables.RoomCode)
)
_IS_FINAL = written_out(_outbox.c.status, "sent", "delivered", "read", "dead", "unknown")
_BEFORE = bindparam("before", type_=_inbox.c.received_at.type)
_MOST: BindParameter[int] = bindparam("most")


@dataclass(frozen=True, slots=True)
class Periods:
    """For how long what is kept beside the trajectory stays."""

    messages: timedelta = timedelta(days=180)
    """What patients wrote and what they were sent, as the chat page shows it."""
    strangers: timedelta = timedelta(days=30)
    """What was written by nobody we know, or in a group."""
    access: timedelta = timedelta(days=30)
    """Codes, links and devices, from the day on which they opened nothing any more."""


class Rule(NamedTuple):
    """What is old (in order of its time), how it is deleted, and after how long."""

    found: Select[tuple[int]]
    deletions: list[Delete]
    period: timedelta


def delete_old(deployment: Deployment, periods: Periods, place: int = 0) -> int | None:
    """Delete some of what is older than its period; where to go on, or None: nothing is left.

    `place` is what the call before has returned. Raises trajectory.database.Unavailable; what was
    deleted until then stays deleted.
    """
    now, left = deployment.clock.now(), SLICE
    for number, rule in enumerate(rules(periods)):
        if number >= place:
            left = _delete_some(deployment, rule, now, left)
            if not left:
                return number
    return None


def rules(periods: Periods) -> Iterator[Rule]:
    """All rules, always in the same order."""
    for status, period in (
        ("done", periods.messages),
        (FOR_DESK, periods.messages),
        ("failed", periods.messages),
        (UNKNOWN, periods.strangers),
        (REFUSED, periods.strangers),
    ):
        found = _old(_inbox.c.received_at).where(_inbox.c.status == status)
        yield Rule(found, _gone(_inbox), period)
    yield Rule(_old(_outbox.c.ready_at).where(_IS_FINAL), _gone(_outbox), periods.messages)
    for table in (_code, _viewing, _enrolment, _check, *_OF_DIRECTORY):
        yield Rule(_old(table.c.expires_at), _gone(table), periods.access)
    yield Rule(_old(_request.c.created_at), _gone(_request), enrolment_requests.KEPT)
    by_link = delete(_web_code).where(Among(_web_code.c.link_id, "chosen"))
    yield Rule(_old(_link.c.expires_at), [by_link, *_gone(_link)], periods.access)
    yield Rule(_old(_session.c.last_seen_at), _gone(_session), IDLE + periods.access)


def _old(moment: Column[Any]) -> Select[tuple[int]]:
    found = select(moment.table.c.id).where(moment < _BEFORE)
    return found.order_by(moment).limit(_MOST)


def _gone(table: Table) -> list[Delete]:
    return [delete(table).where(Among(table.c.id, "chosen"))]


def _delete_some(deployment: Deployment, rule: Rule, now: datetime, left: int) -> int:
    """Delete by one rule; how many are left then of so many transactions."""
    most, before = BATCHES[deployment.database.dialect], now - rule.period

    def some(connection: Connection) -> int:
        asked = {"before": before, "most": most}
        chosen = list(connection.execute(rule.found, asked).scalars())
        for each in rule.deletions if chosen else ():
            connection.execute(each, {"chosen": chosen})
        return len(chosen)

    count = most
    while left and count == most:
        with deployment.database.read() as connection:
            if connection.execute(rule.found, {"before": before, "most": 1}).first() is None:
                break
        count = deployment.database.run(some)
        left -= 1
    return left
