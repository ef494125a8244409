"""When somebody's weekly digest falls due: one row each, on the clinic's clock."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, bindparam, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from bot.deployment import Deployment
from bot.schedule import at_local
from trajectory import tables
from trajectory.professionals import Professional, Rhythm

OWNER = "professional"
KIND = "digest"
_due = tables.core(tables.Due)
_OURS = (_due.c.owner_kind == OWNER, _due.c.key == KIND)
_FOUND = (
    select(_due.c.owner_id, _due.c.at)
    .where(_due.c.at <= bindparam("now", type_=_due.c.at.type), _due.c.kind == KIND)
    .order_by(_due.c.at, _due.c.id)
    .limit(bindparam("limit"))
)


def next_time(rhythm: Rhythm, after: datetime, zone: ZoneInfo) -> datetime:
    """The first time after `after` at which this weekday and hour are, in UTC."""
    today = after.astimezone(zone).date()
    day = today + timedelta(days=(rhythm.day - today.weekday()) % 7)
    moment = at_local(day, time(rhythm.hour), zone)
    return moment if moment > after else at_local(day + timedelta(7), time(rhythm.hour), zone)


def set_next(
    connection: Connection, deployment: Deployment, who: Professional, now: datetime
) -> None:
    """Let the next digest fall due as this person has chosen, or none any more."""
    connection.execute(delete(_due).where(*_OURS, _due.c.owner_id == who.id))
    if not who.rhythm.on:
        return
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    row = {
        "id": deployment.ids.take(connection),
        "at": next_time(who.rhythm, now, deployment.clinic.zone),
        "kind": KIND,
        "owner_kind": OWNER,
        "owner_id": who.id,
        "key": KIND,
        "payload": "{}",
    }
    connection.execute(dialect.insert(_due).on_conflict_do_nothing(), row)


def drop(connection: Connection, professional_id: int) -> None:
    """No digest falls due for this person any more."""
    connection.execute(delete(_due).where(*_OURS, _due.c.owner_id == professional_id))


def found(connection: Connection, now: datetime, limit: int) -> list[tuple[int, datetime]]:
    """Whose digests are due and since when, the longest waiting first; without a lock."""
    rows = connection.execute(_FOUND, {"now": now, "limit": limit})
    return [(row.owner_id, row.at) for row in rows]


def claim(connection: Connection, professional_id: int, at: datetime, following: datetime) -> bool:
    """Move what was found due on to the following week; False: another worker has done so."""
    moved = connection.execute(
        update(_due)
        .where(*_OURS, _due.c.owner_id == professional_id, _due.c.at == at)
        .values(at=following)
        .returning(_due.c.id)
    )
    return moved.one_or_none() is not None
