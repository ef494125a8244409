"""What came of a simulation, counted in its database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, distinct, func, select

from backtrace.simulate.people import Person
from bot.deployment import Deployment
from flows.session import GivenKind
from trajectory import tables

_entry = tables.core(tables.Entry)
_outbox = tables.core(tables.Outbox)
_inbox = tables.core(tables.Inbox)
_patient = tables.core(tables.Patient)
_case = tables.core(tables.DeskCase)
_SKIPS = (GivenKind.SKIP.value, GivenKind.NOT_APPLICABLE.value)

Line = tuple[str, str]


def summary(
    deployment: Deployment, people: Sequence[Person], after: int, first: datetime, last: datetime
) -> list[Line]:
    """What was simulated and what came of it, line by line; the same for the same seed."""
    with deployment.database.read() as connection:
        return [
            ("simulated", f"{first.date().isoformat()} to {last.date().isoformat()}"),
            ("patients", _with_parts(Counter(person.character.value for person in people))),
            ("are now", _with_parts(_counted(connection, _patient.c.id, _patient.c.status, after))),
            *_traffic(connection, after),
            *_answers(connection, after),
            *_troubles(connection, after),
        ]


def _traffic(connection: Connection, after: int) -> Iterator[Line]:
    """Turns are what patients wrote or pressed."""
    yield "turns in", _with_parts(_counted(connection, _inbox.c.patient_id, _inbox.c.kind, after))
    sent = _outbox.c.status.in_(("sent", "delivered", "read"))
    by_channel = _counted(connection, _outbox.c.patient_id, _outbox.c.channel, after, sent)
    yield "messages out", _with_parts(by_channel)


def _answers(connection: Connection, after: int) -> Iterator[Line]:
    kinds = _counted(connection, _entry.c.patient_id, _entry.c.kind, after)
    asked = (
        select(_outbox.c.session_id, _outbox.c.turn)
        .where(_outbox.c.patient_id > after, _outbox.c.session_id.is_not(None))
        .distinct()
        .subquery()
    )
    yield "questions asked", _number(connection, select(func.count()).select_from(asked))
    yield "answered", f"{kinds['answer']:,}"
    yield "corrected", f"{kinds['correction']:,}"
    yield "skipped", f"{sum(kinds[kind] for kind in _SKIPS):,}"
    yield "check-ins missed", f"{kinds['missed']:,}"
    scored = _entry.c.kind == "score"
    yield (
        "scores",
        _with_parts(_counted(connection, _entry.c.patient_id, _entry.c.flow, after, scored)),
    )
    yield "red flags", f"{kinds['red-flag']:,}"
    cases = _counted(connection, _case.c.patient_id, _case.c.kind, after)
    yield "on the clinic's list", _with_parts(cases)


def _troubles(connection: Connection, after: int) -> Iterator[Line]:
    own = _inbox.c.patient_id > after
    failed = select(func.count()).where(own, _inbox.c.status == "failed")
    yield "set aside", _number(connection, failed)
    again = select(func.coalesce(func.sum(_outbox.c.attempts - 1), 0))
    tried = again.where(_outbox.c.patient_id > after, _outbox.c.attempts > 1)
    yield "retries", _number(connection, tried)
    dead = select(func.count(distinct(_outbox.c.id)))
    lost = dead.where(_outbox.c.patient_id > after, _outbox.c.status.in_(("dead", "unknown")))
    yield "not delivered", _number(connection, lost)


def _counted(
    connection: Connection, owner: Any, column: Any, after: int, *where: Any
) -> Counter[str]:
    statement = select(column, func.count()).where(owner > after, *where).group_by(column)
    return Counter({row[0]: row[1] for row in connection.execute(statement)})


def _number(connection: Connection, statement: Select[Any]) -> str:
    return f"{connection.execute(statement).scalar_one():,}"


def _with_parts(counts: Counter[str]) -> str:
    """`12: 7 keen, 5 late`."""
    parts = ", ".join(f"{count:,} {name}" for name, count in sorted(counts.items()))
    return f"{counts.total():,}: {parts}" if parts else "0"
