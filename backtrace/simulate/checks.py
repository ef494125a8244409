"""Whether everything went as it must: each problem names ids, and nothing of what was said."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

import orjson
from sqlalchemy import Connection, Row, func, select

from bot.conversation.pace import WEEK, Limits
from bot.deployment import Deployment
from bot.messages import Priority
from bot.outbox import UNSENT
from flows import scoring
from flows.library import Library
from flows.model import FlowKind
from flows.scores import Score
from flows.session import Given, GivenKind
from trajectory import tables

AT_ONCE = 1000
"""Rows that are held in memory."""
_CORRECTION, _SCORE = "correction", "score"
_GIVEN = {kind.value for kind in GivenKind}
_PARTS = ("numerator", "denominator", "answered", "of", "band", "group", "subscale", "reason")
_entry = tables.core(tables.Entry)
_outbox = tables.core(tables.Outbox)
_inbox = tables.core(tables.Inbox)
_due = tables.core(tables.Due)
_session = tables.core(tables.Session)
_patient = tables.core(tables.Patient)


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that must not be."""

    what: str
    patient_id: int | None = None
    row_id: int | None = None

    def __str__(self) -> str:
        where = [f"patient {self.patient_id}"] if self.patient_id is not None else []
        where += [f"row {self.row_id}"] if self.row_id is not None else []
        return f"{self.what}: {', '.join(where)}" if where else self.what


def problems(deployment: Deployment, after: int) -> Iterator[Problem]:
    """What is wrong with the patients whose numbers are above this one."""
    with deployment.database.read() as connection:
        yield from problems_in(connection, deployment, after)


def problems_in(connection: Connection, deployment: Deployment, after: int) -> Iterator[Problem]:
    """As `problems`, as this transaction sees it."""
    yield from wrong_scores(connection, deployment.library, after)
    yield from left_behind(connection, deployment.clock.now(), after)
    yield from set_aside(connection, after)
    yield from too_many_openings(connection, deployment.library, deployment.limits, after)


def wrong_scores(connection: Connection, library: Library, after: int) -> Iterator[Problem]:
    """Scores that are not what their session's answers give."""
    scored = [flow.definition for flow in library.flows.values() if flow.scoring is not None]
    rows = _stream(
        connection,
        select(_entry)
        .where(_entry.c.patient_id > after, _entry.c.definition.in_(scored))
        .order_by(_entry.c.patient_id, _entry.c.session_id, _entry.c.sequence),
    )
    for _, of_session in groupby(rows, key=lambda row: (row.patient_id, row.session_id)):
        yield from _wrong_in(library, of_session)


def _wrong_in(library: Library, rows: Iterable[Row[Any]]) -> Iterator[Problem]:
    given: dict[str, Given] = {}
    for row in rows:
        detail = orjson.loads(row.detail) if row.detail else {}
        if row.kind == _SCORE:
            score = scoring.score(library.by_hash(row.definition), given)
            if score is None or not _is_same(row, detail, score):
                yield Problem("score is not that of its answers", row.patient_id, row.id)
        elif row.kind in _GIVEN or row.kind == _CORRECTION:
            kind = GivenKind(detail["given"] if row.kind == _CORRECTION else row.kind)
            value = None if row.value is None else int(row.value)
            given[row.item] = Given(kind, "", 0, value, row.code)


def _is_same(row: Row[Any], detail: dict[str, Any], score: Score) -> bool:
    value = None if score.value is None else float(score.value)
    given = {part: getattr(score, part) for part in _PARTS}
    given["subscale"] = dict(score.subscales) or score.subscale
    same = all(detail.get(part) == each for part, each in given.items())
    return same and row.value == value and row.code == (score.band or score.group)


def left_behind(connection: Connection, now: datetime, after: int) -> Iterator[Problem]:
    """Messages that should have gone out, and due rows that should have been acted on."""
    unsent = select(_outbox.c.patient_id, _outbox.c.id).where(
        _outbox.c.patient_id > after, _outbox.c.status.in_(UNSENT), _outbox.c.ready_at <= now
    )
    for row in connection.execute(unsent.order_by(_outbox.c.id)):
        yield Problem("message is ready and was not sent", row.patient_id, row.id)
    undone = select(_due.c.owner_id, _due.c.id).where(
        _due.c.owner_kind == "patient", _due.c.owner_id > after, _due.c.at <= now
    )
    for row in connection.execute(undone.order_by(_due.c.id)):
        yield Problem("due row was not acted on", row.owner_id, row.id)


def set_aside(connection: Connection, after: int) -> Iterator[Problem]:
    """Messages that the conversation could not digest."""
    failed = select(_inbox.c.patient_id, _inbox.c.id).where(
        _inbox.c.patient_id > after, _inbox.c.status == "failed"
    )
    for row in connection.execute(failed.order_by(_inbox.c.id)):
        yield Problem("message was set aside", row.patient_id, row.id)


def too_many_openings(
    connection: Connection, library: Library, limits: Limits, after: int
) -> Iterator[Problem]:
    """Patients whom the clock has spoken to more often than a day or a week allows.

    Counted are questions that came unasked, reminders included, of flows that a limit holds
    back: not the questions of the start, nor those about warning signs.
    """
    rows = _stream(
        connection,
        select(_outbox.c.patient_id, _outbox.c.created_at, _patient.c.timezone)
        .join(_session, _session.c.id == _outbox.c.session_id)
        .join(_patient, _patient.c.id == _outbox.c.patient_id)
        .where(
            _outbox.c.patient_id > after,
            _outbox.c.priority == int(Priority.BULK),
            _session.c.flow.in_(_limited(library)),
        )
        .group_by(_outbox.c.patient_id, _outbox.c.created_at, _patient.c.timezone)
        .order_by(_outbox.c.patient_id, _outbox.c.created_at),
    )
    for patient_id, own in groupby(rows, key=lambda row: row.patient_id):
        days = Counter(row.created_at.astimezone(ZoneInfo(row.timezone)).date() for row in own)
        if max(days.values()) > limits.openings_a_day:
            yield Problem("more openings in a day than allowed", patient_id)
        if any(_in_week(days, day) > limits.openings_a_week for day in days):
            yield Problem("more openings in a week than allowed", patient_id)


def _in_week(days: Counter[date], last: date) -> int:
    return sum(days[last - timedelta(days=back)] for back in range(WEEK))


def _limited(library: Library) -> list[str]:
    free = {
        step.flow
        for pathway in library.pathways.values()
        for step in pathway.steps
        if step.at_start
    }
    flows = library.flows.values()
    return sorted(f.id for f in flows if f.kind is not FlowKind.SCREEN and f.id not in free)


def _stream(connection: Connection, statement: Any) -> Iterator[Row[Any]]:
    return iter(connection.execution_options(yield_per=AT_ONCE).execute(statement))


def newest_patient(connection: Connection) -> int:
    """The highest number of a patient who is here; 0: there is none."""
    return connection.execute(select(func.max(_patient.c.id))).scalar_one() or 0
