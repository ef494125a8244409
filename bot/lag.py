"""How far behind the senders and the tickers are. Few index look-ups, whatever waits."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, or_, select

from bot import due
from bot.channels import Trouble
from bot.messages import Priority
from trajectory import tables
from trajectory.erasure import ERASED

OLDEST = 200
"""So many of the oldest messages of each priority are looked at, to tell the channels apart."""
CHORES = 100
"""More rows than the deployment has of its own, which nobody may know any more."""

_outbox = tables.core(tables.Outbox)
_due = tables.core(tables.Due)
_NOW = bindparam("now", type_=_outbox.c.ready_at.type)
# What waits for a setting is the operator's to mend, and says so elsewhere; no worker is late.
_READY = (
    select(_outbox.c.channel, _outbox.c.ready_at)
    .where(
        _outbox.c.status == "ready",
        _outbox.c.priority == bindparam("priority"),
        _outbox.c.ready_at <= _NOW,
        _outbox.c.channel.in_(bindparam("channels", expanding=True)),
        or_(
            _outbox.c.error.is_(None),
            ~_outbox.c.error.startswith(Trouble.CONFIGURATION.value),
        ),
    )
    .order_by(_outbox.c.ready_at)
    .limit(OLDEST)
)
_patient = tables.core(tables.Patient)
_STATUS = select(_patient.c.status).where(_patient.c.id == _due.c.owner_id).scalar_subquery()
# Whose it is is looked at here: told so, SQLite would read all rows of patients and sort them.
_DUE = (
    select(_due.c.at, _due.c.owner_kind, _STATUS.label("status"))
    .where(_due.c.at <= _NOW)
    .order_by(_due.c.at)
    .limit(CHORES)
)


@dataclass(frozen=True, slots=True)
class Lag:
    """Seconds for which the oldest has waited; 0.0 and no entry where nothing waits."""

    outbox: Mapping[tuple[str, str], float]
    """By channel and priority (safety, reply, bulk)."""
    due: float

    @property
    def oldest(self) -> float:
        """The oldest message, whatever its channel."""
        return max(self.outbox.values(), default=0.0)


def read(connection: Connection, now: datetime, channels: Collection[str]) -> Lag:
    """How far behind these channels and the due rows are."""
    waiting: dict[tuple[str, str], float] = {}
    for priority in Priority:
        asked = {"now": now, "priority": int(priority), "channels": sorted(channels)}
        for row in connection.execute(_READY, asked):
            waiting.setdefault((row.channel, priority.name.lower()), _since(row.ready_at, now))
    rows = connection.execute(_DUE, {"now": now})
    fell = next(
        (row.at for row in rows if row.owner_kind == due.PATIENT and row.status != ERASED), now
    )
    return Lag(waiting, _since(fell, now))


def _since(moment: datetime, now: datetime) -> float:
    return (now - moment) / timedelta(seconds=1)
