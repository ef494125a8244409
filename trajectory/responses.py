"""How many of those who were asked have answered, by week and pathway; never single patients."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import (
    ColumnElement,
    Connection,
    Interval,
    Select,
    String,
    and_,
    bindparam,
    case,
    cast,
    distinct,
    func,
    literal,
    select,
)

from trajectory import tables

WEEKS = 12
FEWEST = 5
"""Of fewer patients than this nothing is told but that there were some."""
IN_TIME = timedelta(days=1)
"""Whoever has finished within this answered in time; later, as long as it is open, late."""

_session = tables.core(tables.Session)
_patient = tables.core(tables.Patient)
_FROM = bindparam("since", type_=_session.c.opened_at.type)
_UNTIL = bindparam("until", type_=_session.c.opened_at.type)


@dataclass(frozen=True, slots=True)
class Responses:
    """What came of what was asked in one week of the patients on one pathway.

    Questionnaires and check-ins, each counted once, in the week in which it was asked.
    """

    week: date
    """Its Monday."""
    pathway: str
    patients: int
    asked: int
    in_time: int
    late: int
    expired: int

    @property
    def open(self) -> int:
        """How many can still be answered."""
        return self.asked - self.in_time - self.late - self.expired

    @property
    def told(self) -> bool:
        """Whether there are enough patients that the numbers are nobody's."""
        return self.patients >= FEWEST

    @property
    def share(self) -> float | None:
        """Of those that are over, how many in a hundred were answered; None: none is over."""
        over = self.asked - self.open
        return None if not over else (self.in_time + self.late) * 100 / over


def by_week(
    connection: Connection, now: datetime, zone: ZoneInfo, weeks: int = WEEKS
) -> Sequence[Responses]:
    """This week and those before it, the oldest first, by pathway; one index range a week."""
    today = now.astimezone(zone).date()
    monday = today - timedelta(days=today.weekday())
    found: list[Responses] = []
    for number in range(weeks - 1, -1, -1):
        found += _week(connection, monday - timedelta(weeks=number), zone)
    return found


def _week(connection: Connection, monday: date, zone: ZoneInfo) -> list[Responses]:
    since, until = (
        datetime.combine(day, time(), zone) for day in (monday, monday + timedelta(days=7))
    )
    statement = _COUNTED_POSTGRESQL if connection.dialect.name == "postgresql" else _COUNTED_SQLITE
    rows = connection.execute(statement, {"since": since, "until": until})
    return [
        Responses(monday, row.pathway, row.patients, row.asked, row.in_time, row.late, row.expired)
        for row in rows
    ]


def _counted(is_in_time: ColumnElement[bool]) -> Select[Any]:
    finished = _session.c.status == "finished"
    return (
        select(
            _patient.c.pathway,
            func.count(distinct(_session.c.patient_id)).label("patients"),
            func.count().label("asked"),
            _number(and_(finished, is_in_time)).label("in_time"),
            _number(and_(finished, ~is_in_time)).label("late"),
            _number(_session.c.status == "expired").label("expired"),
        )
        .join(_patient, _patient.c.id == _session.c.patient_id)
        .where(
            _session.c.opened_at >= _FROM,
            _session.c.opened_at < _UNTIL,
            _patient.c.pathway.is_not(None),
        )
        .group_by(_patient.c.pathway)
        .order_by(_patient.c.pathway)
    )


def _number(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


_COUNTED_POSTGRESQL = _counted(
    _session.c.closed_at <= _session.c.opened_at + literal(IN_TIME, Interval())
)
# SQLite keeps times as text, and its own function knows whole seconds.
_COUNTED_SQLITE = _counted(
    cast(_session.c.closed_at, String)
    <= func.datetime(cast(_session.c.opened_at, String), f"+{IN_TIME.days} days")
)
