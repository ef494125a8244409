"""Whose turn in the outbox it is: rows taken for a while, and given back."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, and_, bindparam, exists, func, or_, select, update

from bot import outbox
from bot.messages import Priority
from trajectory import tables

LEASE = timedelta(minutes=2)
"""How long a process has for what it took; then another one sends it."""

_outbox = tables.core(tables.Outbox)
_other = _outbox.alias("other")
_address = tables.core(tables.Address)
_NOW = bindparam("now", type_=_outbox.c.ready_at.type)
_OURS = _outbox.c.channel.in_(bindparam("channels", expanding=True))
_SAME_RECIPIENT = and_(
    _other.c.id != _outbox.c.id,
    _other.c.patient_id == _outbox.c.patient_id,
    func.coalesce(_other.c.member_id, 0) == func.coalesce(_outbox.c.member_id, 0),
    func.coalesce(_other.c.address_id, 0) == func.coalesce(_outbox.c.address_id, 0),
)
_UNDER_WAY = and_(
    _other.c.status == "sending",
    _other.c.lease_until > _NOW,
    _outbox.c.priority > int(Priority.SAFETY),
)
# What was meant for later from the start (a note written at night) holds nothing up; a repeat
# does, and so does what another machine, whose clock is ahead, has just put here.
_GOES_BEFORE = and_(
    _other.c.status.in_(outbox.UNSENT),
    or_(
        _other.c.ready_at <= _NOW,
        _other.c.ready_at <= _other.c.created_at,
        _other.c.attempts > 0,
    ),
    or_(
        _other.c.priority < _outbox.c.priority,
        and_(_other.c.priority == _outbox.c.priority, _other.c.sequence < _outbox.c.sequence),
    ),
)
_BLOCKED = exists().where(_SAME_RECIPIENT, or_(_UNDER_WAY, _GOES_BEFORE))
_FREE = (
    select(_outbox)
    .where(_OURS, ~_BLOCKED)
    .limit(bindparam("limit"))
    .with_for_update(skip_locked=True, of=_outbox)
)
# Two statements, since only so the index gives the most urgent without looking at all that wait.
_READY = _FREE.where(_outbox.c.status == "ready", _outbox.c.ready_at <= _NOW).order_by(
    _outbox.c.priority, _outbox.c.ready_at
)
_ABANDONED = _FREE.where(_outbox.c.status == "sending", _outbox.c.lease_until <= _NOW).order_by(
    _outbox.c.priority, _outbox.c.lease_until
)
# Two processes may find two messages to one address at the same time: whoever holds the
# address takes one, and looks again whether another is under way meanwhile.
_HOLD = (
    select(_address.c.id, _address.c.value, _address.c.status)
    .where(_address.c.id.in_(bindparam("ids", expanding=True)))
    .order_by(_address.c.id)
    .with_for_update(key_share=True, skip_locked=True)
)
_EXIST = select(_address.c.id).where(_address.c.id.in_(bindparam("ids", expanding=True)))
_LEASE = (
    update(_outbox)
    .where(_outbox.c.id.in_(bindparam("ids", expanding=True)), ~_BLOCKED)
    .values(
        status="sending",
        lease_until=bindparam("until", type_=_outbox.c.lease_until.type),
        attempts=_outbox.c.attempts + 1,
    )
    .returning(_outbox.c.id)
)
_GIVE_BACK = (
    update(_outbox)
    .where(
        _outbox.c.id == bindparam("message"),
        _outbox.c.status == "sending",
        _outbox.c.attempts == bindparam("attempt"),
    )
    .values(status="ready", lease_until=None, attempts=_outbox.c.attempts - 1)
)
_AFTER = bindparam("after", type_=_outbox.c.ready_at.type)
_NEXT_READY = select(func.min(_outbox.c.ready_at)).where(
    _outbox.c.status == "ready", _outbox.c.ready_at > _AFTER, _OURS
)
_NEXT_LEASE = select(func.min(_outbox.c.lease_until)).where(
    _outbox.c.status == "sending", _outbox.c.lease_until > _AFTER, _OURS
)


@dataclass(frozen=True, slots=True)
class Taken:
    """Rows whose `attempts` is as it was before, and the sealed addresses that they go to.

    An address is left out that has turned out to be somebody else's; `gone` are those that
    cannot be reached.
    """

    rows: Sequence[Row[Any]]
    addresses: Mapping[int, bytes]
    gone: Collection[int] = ()


def take(connection: Connection, now: datetime, channels: Sequence[str], limit: int) -> Taken:
    """Lease what may go out now, the most urgent first."""
    asked = {"now": now, "channels": channels, "limit": limit}
    rows = [*connection.execute(_ABANDONED, asked), *connection.execute(_READY, asked)]
    wanted = sorted({row.address_id for row in rows if row.address_id is not None})
    held = {row.id: row for row in connection.execute(_HOLD, {"ids": wanted})} if wanted else {}
    busy = _busy(connection, [address_id for address_id in wanted if address_id not in held])
    rows = [row for row in rows if row.address_id not in busy]
    if not rows:
        return Taken([], {})
    lease = {"ids": [row.id for row in rows], "until": now + LEASE, "now": now}
    leased = set(connection.execute(_LEASE, lease).scalars())
    return Taken(
        sorted((row for row in rows if row.id in leased), key=lambda row: int(row.priority)),
        {row.id: row.value for row in held.values() if row.status != "closed"},
        {row.id for row in held.values() if row.status == "gone"},
    )


def _busy(connection: Connection, address_ids: Sequence[int]) -> Collection[int]:
    """Those that another process holds; the others exist no more."""
    if not address_ids:
        return ()
    return set(connection.execute(_EXIST, {"ids": address_ids}).scalars())


def give_back(connection: Connection, attempts: Mapping[int, int]) -> None:
    """Let anybody take rows that were not begun; by id, which attempt it would have been."""
    rows = [{"message": row_id, "attempt": attempts[row_id]} for row_id in sorted(attempts)]
    if rows:
        connection.execute(_GIVE_BACK, rows)


def next_moment(
    connection: Connection, after: datetime, channels: Sequence[str]
) -> datetime | None:
    """When the next message becomes ready or its lease ends after this moment, or None."""
    asked = {"after": after, "channels": channels}
    moments = [
        connection.execute(each, asked).scalar_one_or_none() for each in (_NEXT_READY, _NEXT_LEASE)
    ]
    return min((moment for moment in moments if moment is not None), default=None)
