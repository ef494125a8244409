"""What a restored database must not do by itself.

Nobody knows which of the messages that waited in it went out after the backup was made: they are
held until the operator releases or drops them. Whoever was erased since is erased anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Update, bindparam, case, func, select, update

from bot import outbox, strangers
from trajectory import audit, erasure, ids, patients, tables
from trajectory.audit import NewRecord
from trajectory.database import Database
from trajectory.ids import Ids
from trajectory.scrubbing import scrub
from trajectory.sql import Among, written_out

HELD = outbox.HELD
DOUBT = "unknown restored"
"""The `error` of what is released: it may have arrived, and providers that can say are asked."""
BATCH = 500

_outbox = tables.core(tables.Outbox)
_patient = tables.core(tables.Patient)
_HOLD = (
    update(_outbox)
    .where(_outbox.c.status.in_(outbox.UNSENT))
    .values(
        status=HELD,
        lease_until=None,
        attempts=0,
        # What the patient has stopped stays stopped.
        error=case((_outbox.c.error == outbox.STOPPED, outbox.STOPPED), else_=None),
    )
)
# What waits for a lost phone to be found is none of the operator's.
_BY_RESTORE = written_out(_outbox.c.status, HELD) & _outbox.c.error.is_distinct_from(outbox.LOCKED)
_HELD = (
    select(
        _outbox.c.channel,
        func.count().label("number"),
        func.min(_outbox.c.created_at).label("since"),
    )
    .where(_BY_RESTORE)
    .group_by(_outbox.c.channel)
    .order_by(_outbox.c.channel)
)
_SOME = (
    select(_outbox.c.id, _outbox.c.patient_id)
    .where(_BY_RESTORE)
    .order_by(_outbox.c.id)
    .limit(BATCH)
)
_SILENT = (
    select(_patient.c.id)
    .where(_patient.c.id == _outbox.c.patient_id, _patient.c.status.in_(("stopped", "ended")))
    .exists()
)
_STOPPED = (_outbox.c.error == outbox.STOPPED) | _SILENT
_RELEASE = (
    update(_outbox)
    .where(Among(_outbox.c.id, "chosen"), _outbox.c.status == HELD)
    .values(
        status=case((_STOPPED, "dead"), else_="ready"),
        error=case((_STOPPED, outbox.STOPPED), else_=DOUBT),
        ready_at=bindparam("now", type_=_outbox.c.ready_at.type),
    )
    .returning(_outbox.c.id, _outbox.c.patient_id, _outbox.c.status)
)
_DROP = (
    update(_outbox)
    .where(Among(_outbox.c.id, "chosen"), _outbox.c.status == HELD)
    .values(status="dead", error=outbox.DROPPED)
    .returning(_outbox.c.id, _outbox.c.patient_id, _outbox.c.status)
)
_ACTIONS = {"ready": "message-released", "dead": "message-dropped"}
"""How the audit calls what became of a message."""


@dataclass(frozen=True, slots=True)
class Held:
    """Messages of one channel that a restore holds."""

    channel: str
    count: int
    since: datetime


def make_safe(database: Database, erased: Mapping[int, datetime]) -> int:
    """Make a restored database, that no process serves yet, fit to be served; how many it holds.

    In one transaction: those on the list are erased, unsent messages are held, and no id is given
    out twice. Then the file is written anew without them. Raises Unavailable.
    """
    numbers = Ids(database)
    held = database.run(lambda connection: _make_safe(connection, numbers, erased))
    scrub(database, rewrite=True)
    return held


def _make_safe(connection: Connection, numbers: Ids, erased: Mapping[int, datetime]) -> int:
    ids.skip(connection)
    back = {row.patient_id for each in erased for row in patients.read(connection, [each])}
    for patient_id, at in erased.items():
        if patient_id in back:
            audit.append(connection, numbers, patient_id, actor="system", action="erased", at=at)
        erasure.erase(connection, patient_id, at)
    if back:
        # Their addresses are gone with them: which of these words were theirs nobody can tell.
        strangers.forget_all(connection)
    connection.execute(_HOLD)
    return sum(each.count for each in held(connection))


def held(connection: Connection) -> Sequence[Held]:
    """What is held, by channel."""
    return [Held(row.channel, row.number, row.since) for row in connection.execute(_HELD)]


def release(database: Database, now: datetime, actor: str) -> int:
    """Let everything that is held go out; how many it were. Raises Unavailable.

    What went out already may come a second time where the provider cannot tell (Telegram, mail);
    a question older than three days and what patients have stopped does not go out.
    """
    return _all(database, _RELEASE, {"now": now}, now, actor)


def drop(database: Database, now: datetime, actor: str) -> int:
    """Give up everything that is held; how many it were. Raises Unavailable."""
    return _all(database, _DROP, {}, now, actor)


def _all(
    database: Database, change: Update, values: Mapping[str, Any], now: datetime, actor: str
) -> int:
    numbers = Ids(database)

    def some(connection: Connection) -> int:
        found = connection.execute(_SOME).all()
        if not found:
            return 0
        # Before the messages, as everybody holds them.
        owners = {row.patient_id for row in found if row.patient_id is not None}
        patients.lock_conversations(connection, owners)
        chosen = [row.id for row in found]
        changed = connection.execute(change, {"chosen": chosen, **values}).all()
        audit.append_all(connection, numbers, list(_records(changed, actor)), now)
        return len(found)

    number = 0
    while count := database.run(some):
        number += count
    return number


def _records(changed: Sequence[Row[Any]], actor: str) -> Iterator[NewRecord]:
    for row in sorted(changed, key=lambda row: int(row.id)):
        if row.patient_id is not None:
            action = _ACTIONS[row.status]
            yield NewRecord(row.patient_id, actor, action, f"message:{row.id}")
