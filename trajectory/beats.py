"""What processes note of their own going on, for others to see: times and codes, a row each.

A beat says when something last went well, and what has gone wrong since.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import orjson
from sqlalchemy import Connection, bindparam, delete, select, update

from trajectory import tables
from trajectory.sql import insert_once

POLLED = "telegram"
"""Telegram was asked for what patients have written."""
FETCHED = "twilio"
"""Twilio was asked for what its webhook has not brought."""
_RECOVERED = "recovered-"

_deployment = tables.core(tables.Deployment)
_PREFIX = "beat:"
_ALL = select(_deployment).where(_deployment.c.key.like(f"{_PREFIX}%"))
_ONE = select(_deployment.c.value).where(_deployment.c.key == bindparam("name"))
_SET = update(_deployment).where(_deployment.c.key == bindparam("name"))


@dataclass(frozen=True, slots=True)
class Beat:
    """How something goes that is done again and again."""

    well_at: datetime | None
    """When it last went well."""
    failed_at: datetime | None = None
    """Since when it goes wrong; None: it goes well."""
    code: str = ""
    count: int = 0
    """How much it found that should have come by itself."""


def recovered(channel: str) -> str:
    """The beat of a channel that stood still: `failed_at` since when, `well_at` until when."""
    return _RECOVERED + channel


def note(
    connection: Connection, name: str, now: datetime, *, code: str = "", count: int = 0
) -> None:
    """It went well now or, with a code, wrong."""
    before = connection.execute(_ONE, {"name": _PREFIX + name}).scalar_one_or_none()
    known = Beat(None) if before is None else _read(bytes(before))
    if code:
        since = known.failed_at or now
        put(connection, name, Beat(known.well_at, since, code, known.count))
    else:
        put(connection, name, Beat(now, count=count))


def put(connection: Connection, name: str, beat: Beat) -> None:
    """Write a beat as it is."""
    value, key = _written(beat), _PREFIX + name
    if not insert_once(connection, _deployment, {"key": key, "value": value}):
        connection.execute(_SET.values(value=value), {"name": key})


def forget(connection: Connection, name: str) -> None:
    """This is not done any more: nobody waits for it."""
    connection.execute(delete(_deployment).where(_deployment.c.key == _PREFIX + name))


def read(connection: Connection) -> dict[str, Beat]:
    """Every beat, by name."""
    rows = connection.execute(_ALL)
    return {row.key.removeprefix(_PREFIX): _read(bytes(row.value)) for row in rows}


def _written(beat: Beat) -> bytes:
    return orjson.dumps(
        {
            "well_at": beat.well_at,
            "failed_at": beat.failed_at,
            "code": beat.code,
            "count": beat.count,
        }
    )


def _read(value: bytes) -> Beat:
    data = orjson.loads(value)
    return Beat(_moment(data["well_at"]), _moment(data["failed_at"]), data["code"], data["count"])


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
