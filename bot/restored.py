"""What a restored database must not do by itself.

Nobody knows which of the messages that waited in it went out after the backup was made: they are
held until the operator releases or drops them. Whoever was erased since is erased anew.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, case, func, select, update

from bot import outbox
from trajectory import audit, erasure, ids, patients, tables
from trajectory.database import Database
from trajectory.ids import Ids

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
_HELD = (
    select(
        _outbox.c.channel,
        func.count().label("number"),
        func.min(_outbox.c.created_at).label("since"),
    )
    .where(_outbox.c.status == HELD)
    .group_by(_outbox.c.channel)
    .order_by(_outbox.c.channel)
)
_SOME = select(_outbox.c.id).where(_outbox.c.status == HELD).limit(BATCH)
_SILENT = (
    select(_patient.c.id)
    .where(_patient.c.id == _outbox.c.patient_id, _patient.c.status.in_(("stopped", "ended")))
    .exists()
)
_STOPPED = (_outbox.c.error == outbox.STOPPED) | _SILENT
_RELEASE = (
    update(_outbox)
    .where(_outbox.c.id.in_(bindparam("chosen", expanding=True)))
    .values(
        status=case((_STOPPED, "dead"), else_="ready"),
        error=case((_STOPPED, outbox.STOPPED), else_=DOUBT),
        ready_at=bindparam("now", type_=_outbox.c.ready_at.type),
    )
)
_DROP = (
    update(_outbox)
    .where(_outbox.c.id.in_(bindparam("chosen", expanding=True)))
    .values(status="dead", error=outbox.DROPPED)
)


@dataclass(frozen=True, slots=True)
class Held:
    """Messages of one channel that a restore holds."""

    channel: str
    count: int
    since: datetime


def make_safe(database: Database, erased: Mapping[int, datetime]) -> int:
    """Make a restored database, that no process serves yet, fit to be served; how many it holds.

    In one transaction: those on the list are erased, unsent messages are held, and no id is given
    out twice. Raises Unavailable.
    """
    numbers = Ids(database)
    return database.run(lambda connection: _make_safe(connection, numbers, erased))


def _make_safe(connection: Connection, numbers: Ids, erased: Mapping[int, datetime]) -> int:
    ids.skip(connection)
    back = {row.patient_id for each in erased for row in patients.read(connection, [each])}
    for patient_id, at in erased.items():
        if patient_id in back:
            audit.append(connection, numbers, patient_id, actor="system", action="erased", at=at)
        erasure.erase(connection, patient_id, at)
    connection.execute(_HOLD)
    return sum(each.count for each in held(connection))


def held(connection: Connection) -> Sequence[Held]:
    """What is held, by channel."""
    return [Held(row.channel, row.number, row.since) for row in connection.execute(_HELD)]


def release(database: Database, now: datetime) -> int:
    """Let everything that is held go out; how many it were. Raises Unavailable.

    What went out already may come a second time where the provider cannot tell (Telegram, mail);
    a question older than three days and what patients have stopped does not go out.
    """
    return _all(database, lambda connection, chosen: _release(connection, chosen, now))


def drop(database: Database) -> int:
    """Give up everything that is held; how many it were. Raises Unavailable."""
    return _all(database, _drop)


def _all(database: Database, change: Callable[[Connection, Sequence[int]], None]) -> int:
    def some(connection: Connection) -> int:
        chosen = sorted(connection.execute(_SOME).scalars())
        if chosen:
            change(connection, chosen)
        return len(chosen)

    number = 0
    while count := database.run(some):
        number += count
    return number


def _release(connection: Connection, chosen: Sequence[int], now: datetime) -> None:
    connection.execute(_RELEASE, {"chosen": list(chosen), "now": now})


def _drop(connection: Connection, chosen: Sequence[int]) -> None:
    connection.execute(_DROP, {"chosen": list(chosen)})
