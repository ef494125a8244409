"""Whose turn in the outbox it is: rows taken for a while, and given back."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    bindparam,
    case,
    exists,
    false,
    func,
    or_,
    select,
    update,
)

from bot import outbox
from bot.channels import NotSent, Trouble
from bot.messages import Priority
from bot.rates import SKEW
from trajectory import patients, tables
from trajectory.sql import Among, written_out

LEASE = timedelta(minutes=2)
"""How long a process has for what it took; then another one sends it."""

CHAT_BURST = 5
"""So many messages go to one chat as fast as they come; then, on the whole, one a second."""
CHAT_TIME = timedelta(seconds=CHAT_BURST)

_outbox = tables.core(tables.Outbox)
_other = _outbox.alias("other")
_earlier = _outbox.alias("earlier")
_address = tables.core(tables.Address)
_NOW = bindparam("now", type_=_outbox.c.ready_at.type)
# Not `Among`: only where a rate's one channel stands there by itself does the index give its
# messages in their order, and nobody looks at all that wait.
_OURS = _outbox.c.channel.in_(bindparam("channels", expanding=True))
_ON_OURS = Among(_outbox.c.channel, "channels")
_URGENT_ENOUGH = _outbox.c.priority <= bindparam("least", type_=_outbox.c.priority.type)


_SAME_RECIPIENT = and_(
    _other.c.id != _outbox.c.id,
    _other.c.patient_id == _outbox.c.patient_id,
    func.coalesce(_other.c.member_id, 0) == func.coalesce(_outbox.c.member_id, 0),
    func.coalesce(_other.c.address_id, 0) == func.coalesce(_outbox.c.address_id, 0),
    written_out(_other.c.status, *outbox.UNSENT),
)
_UNDER_WAY = and_(
    written_out(_other.c.status, "sending"),
    _other.c.lease_until > _NOW,
    _outbox.c.priority > int(Priority.SAFETY),
)
# What was meant for later from the start (a note written at night) holds nothing up; a repeat
# does, and so does what another machine, whose clock is ahead, has just put here.
_GOES_BEFORE = and_(
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
_BURST_BEGAN = (
    select(_earlier.c.sent_at)
    .where(
        _earlier.c.patient_id == _outbox.c.patient_id,
        _earlier.c.sequence < _outbox.c.sequence,
        _earlier.c.address_id == _outbox.c.address_id,
    )
    .order_by(_earlier.c.sequence.desc())
    .limit(1)
    .offset(CHAT_BURST - 1)
    .scalar_subquery()
)
_SINCE = bindparam("since", type_=_outbox.c.sent_at.type)
_SOON = bindparam("soon", type_=_outbox.c.sent_at.type)
# What another machine, whose clock is ahead, has just sent counts; a time later than that is
# from before the clock was set back.
_TOO_FAST = func.coalesce(and_(_BURST_BEGAN > _SINCE, _BURST_BEGAN <= _SOON), false())
_IS_READY = and_(written_out(_outbox.c.status, "ready"), _outbox.c.ready_at <= _NOW)
_IS_ABANDONED = and_(written_out(_outbox.c.status, "sending"), _outbox.c.lease_until <= _NOW)
_FREE = (
    select(_outbox)
    .where(_OURS, _URGENT_ENOUGH, ~_BLOCKED)
    .limit(bindparam("limit"))
    .with_for_update(skip_locked=True, of=_outbox)
)
# Two statements, since only so the index gives the most urgent without looking at all that wait.
_READY = _FREE.where(_IS_READY).order_by(_outbox.c.priority, _outbox.c.ready_at)
_READY_CALMLY = _READY.where(~_TOO_FAST)
_ABANDONED = _FREE.where(_IS_ABANDONED).order_by(_outbox.c.priority, _outbox.c.lease_until)


def _look(*ready: ColumnElement[bool]) -> Select[tuple[bool]]:
    """Whether anything may go, as `find` would find it; nothing is held."""
    return select(
        or_(
            *(
                exists().where(_OURS, _URGENT_ENOUGH, ~_BLOCKED, *each)
                for each in (ready, (_IS_ABANDONED,))
            )
        )
    )


_LOOK = _look(_IS_READY)
_LOOK_CALMLY = _look(_IS_READY, ~_TOO_FAST)

# Two processes may find two messages to one address at the same time: whoever holds the
# address takes one, and looks again whether another is under way meanwhile.
_HOLD = (
    select(_address.c.id, _address.c.value, _address.c.status)
    .where(Among(_address.c.id, "ids"))
    .order_by(_address.c.id)
    .with_for_update(key_share=True, skip_locked=True)
)
_EXIST = select(_address.c.id).where(Among(_address.c.id, "ids"))
_LEASE = (
    update(_outbox)
    .where(Among(_outbox.c.id, "ids"), ~_BLOCKED)
    .values(
        status="sending",
        lease_until=bindparam("until", type_=_outbox.c.lease_until.type),
        attempts=_outbox.c.attempts + 1,
    )
    .returning(_outbox.c.id)
)
_HOLD_BACK = (
    update(_outbox)
    .where(Among(_outbox.c.id, "ids"))
    .values(status=outbox.HELD, error=outbox.LOCKED, lease_until=None)
)
_GIVE_BACK = (
    update(_outbox)
    .where(
        _outbox.c.id == bindparam("message"),
        _outbox.c.status == "sending",
        _outbox.c.attempts == bindparam("attempt"),
    )
    .values(
        status="ready",
        lease_until=None,
        attempts=_outbox.c.attempts - 1,
        error=case(
            (
                and_(
                    bindparam("in_doubt", type_=Boolean),
                    func.coalesce(_outbox.c.error, "") != outbox.STOPPED,
                ),
                str(NotSent(Trouble.UNKNOWN, "lease")),
            ),
            else_=_outbox.c.error,
        ),
    )
)
SOMETHING_READY = or_(*(exists().where(_ON_OURS, each) for each in (_IS_READY, _IS_ABANDONED)))
"""Whether any message's time has come, be it free to go or not: parameters `now`, `channels`."""
NEXT_READY = (
    select(func.min(_outbox.c.ready_at))
    .where(written_out(_outbox.c.status, "ready"), _outbox.c.ready_at > _NOW, _ON_OURS)
    .scalar_subquery()
)
"""When the next message becomes ready, or null: parameters `now`, `channels`."""
NEXT_LEASE = (
    select(func.min(_outbox.c.lease_until))
    .where(written_out(_outbox.c.status, "sending"), _outbox.c.lease_until > _NOW, _ON_OURS)
    .scalar_subquery()
)
"""When the next lease ends, or null: parameters `now`, `channels`."""


@dataclass(frozen=True, slots=True)
class Taken:
    """Rows whose `attempts` is as it was before, and the sealed addresses that they go to.

    An address is left out that has turned out to be somebody else's; `gone` are those that
    cannot be reached.
    """

    rows: Sequence[Row[Any]]
    addresses: Mapping[int, bytes]
    gone: Collection[int] = ()


def find(
    connection: Connection,
    now: datetime,
    channels: Sequence[str],
    limit: int,
    least: Priority = Priority.BULK,
    *,
    calmly: bool = False,
) -> list[Row[Any]]:
    """Rows that may go out now, the most urgent first; `least` is the least urgent.

    They are held until the transaction ends. `calmly`: to one chat about one a second.
    """
    asked = _asked(now, channels, least) | {"limit": limit}
    rows = list(connection.execute(_ABANDONED, asked))
    rows += connection.execute(_READY_CALMLY if calmly else _READY, asked)
    return sorted(rows, key=_urgency)[:limit]


def waits(
    connection: Connection,
    now: datetime,
    channels: Sequence[str],
    least: Priority = Priority.BULK,
    *,
    calmly: bool = False,
) -> bool:
    """Whether `find` would find anything; only reads."""
    statement = _LOOK_CALMLY if calmly else _LOOK
    return bool(connection.execute(statement, _asked(now, channels, least)).scalar_one())


def _asked(now: datetime, channels: Sequence[str], least: Priority) -> dict[str, Any]:
    return {
        "now": now,
        "since": now - CHAT_TIME,
        "soon": now + SKEW,
        "channels": list(channels),
        "least": int(least),
    }


def lease(connection: Connection, now: datetime, rows: Sequence[Row[Any]]) -> Taken:
    """Lease what `find` found, but for what somebody else has come before with meanwhile."""
    wanted = sorted({row.address_id for row in rows if row.address_id is not None})
    held = {row.id: row for row in connection.execute(_HOLD, {"ids": wanted})} if wanted else {}
    busy = _busy(connection, [address_id for address_id in wanted if address_id not in held])
    locked = {row.id for row in held.values() if row.status == patients.LOCKED}
    _hold_back(connection, [row.id for row in rows if row.address_id in locked])
    rows = [row for row in rows if row.address_id not in busy | locked]
    if not rows:
        return Taken([], {})
    asked = {"ids": [row.id for row in rows], "until": now + LEASE, "now": now}
    leased = set(connection.execute(_LEASE, asked).scalars())
    return Taken(
        [row for row in rows if row.id in leased],
        {row.id: row.value for row in held.values() if row.status != "closed"},
        {row.id for row in held.values() if row.status == "gone"},
    )


def _urgency(row: Row[Any]) -> int:
    return int(row.priority)


def _hold_back(connection: Connection, message_ids: Sequence[int]) -> None:
    """What goes to a locked address, such as a second attempt, waits for the lock's end."""
    if message_ids:
        connection.execute(_HOLD_BACK, {"ids": message_ids})


def _busy(connection: Connection, address_ids: Sequence[int]) -> set[int]:
    """Those that another process holds; the others exist no more."""
    if not address_ids:
        return set()
    return set(connection.execute(_EXIST, {"ids": address_ids}).scalars())


def give_back(
    connection: Connection, attempts: Mapping[int, int], in_doubt: Collection[int] = ()
) -> None:
    """Let anybody take rows that were not begun; by id, which attempt it would have been.

    `in_doubt`: of these nobody knows how the attempt before has ended, and that stays so.
    """
    rows = [
        {"message": row_id, "attempt": attempts[row_id], "in_doubt": row_id in in_doubt}
        for row_id in sorted(attempts)
    ]
    if rows:
        connection.execute(_GIVE_BACK, rows)
