"""What the senders of a channel may still send now: one row each, shared by all processes."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, and_, bindparam, select, update

from trajectory import tables
from trajectory.sql import insert_once

_rate = tables.core(tables.SendRate)
_OURS = and_(_rate.c.channel == bindparam("name"), _rate.c.sender == bindparam("by"))
_HOLD = select(_rate.c.tokens, _rate.c.at, _rate.c.paused_until).where(_OURS).with_for_update()
_PUT = (
    update(_rate)
    .where(_OURS)
    .values(tokens=bindparam("new_tokens"), at=bindparam("new_at", type_=_rate.c.at.type))
)
_PAUSE = (
    update(_rate)
    .where(_OURS)
    .values(paused_until=bindparam("until", type_=_rate.c.paused_until.type))
)
_PAUSED = (
    select(_rate.c.channel, _rate.c.paused_until)
    .where(_rate.c.paused_until > bindparam("now", type_=_rate.c.at.type))
    .order_by(_rate.c.channel, _rate.c.paused_until)
)


class Level(NamedTuple):
    """What was left at that moment, and until when the provider takes nothing."""

    tokens: float
    at: datetime
    paused_until: datetime | None


def hold(connection: Connection, channel: str, sender: str, full: float, now: datetime) -> Level:
    """Hold the row until the transaction ends; it is made `full` where there is none yet."""
    place = {"name": channel, "by": sender}
    row = connection.execute(_HOLD, place).one_or_none()
    if row is None:
        fresh = {"channel": channel, "sender": sender, "tokens": full, "at": now}
        insert_once(connection, _rate, fresh)
        row = connection.execute(_HOLD, place).one()
    return Level(row.tokens, row.at, row.paused_until)


def put(connection: Connection, channel: str, sender: str, tokens: float, at: datetime) -> None:
    """Write what is left of a row that is held."""
    place = {"name": channel, "by": sender}
    connection.execute(_PUT, place | {"new_tokens": tokens, "new_at": at})


def pause(connection: Connection, channel: str, sender: str, until: datetime | None) -> None:
    """The provider takes nothing from this sender before then (None: it may); the row is held."""
    connection.execute(_PAUSE, {"name": channel, "by": sender, "until": until})


def paused(connection: Connection, now: datetime) -> dict[str, datetime]:
    """Until when the providers of these channels take nothing."""
    rows = connection.execute(_PAUSED, {"now": now})
    return {row.channel: row.paused_until for row in rows}
