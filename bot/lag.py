"""How far behind the senders and the tickers are. Few index look-ups, whatever waits."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import product

from sqlalchemy import Connection, Row, bindparam, select

from bot import due
from bot.channels import Trouble
from bot.messages import Priority
from trajectory import tables
from trajectory.erasure import ERASED
from trajectory.sql import written_out

OLDEST = 200
"""So many of the oldest messages of each channel and priority are looked at."""
CHORES = 100
"""More rows than the deployment has of its own, which nobody may know any more."""

_outbox = tables.core(tables.Outbox)
_due = tables.core(tables.Due)
_NOW = bindparam("now", type_=_outbox.c.ready_at.type)
# One channel at a time: only so the index gives the oldest without sorting all that wait.
_READY = (
    select(_outbox.c.ready_at, _outbox.c.error)
    .where(
        written_out(_outbox.c.status, "ready"),
        _outbox.c.channel == bindparam("name"),
        _outbox.c.priority == bindparam("priority"),
        _outbox.c.ready_at <= _NOW,
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
class Patience:
    """Seconds for which something may wait before its workers count as late."""

    outbox: float = 120.0
    """A reply or a safety message."""
    bulk: float = 3600.0
    """A check-in: a whole clinic's may fall due at once, and go out at the provider's pace."""
    due: float = 300.0


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

    def late(self, patience: Patience) -> Mapping[tuple[str, str], float]:
        """What has waited too long to go out, by channel and priority."""
        return {
            place: seconds
            for place, seconds in sorted(self.outbox.items())
            if seconds > (patience.bulk if place[1] == "bulk" else patience.outbox)
        }


def read(connection: Connection, now: datetime, channels: Collection[str]) -> Lag:
    """How far behind these channels and the due rows are."""
    waiting: dict[tuple[str, str], float] = {}
    for name, priority in product(sorted(channels), Priority):
        asked = {"now": now, "priority": int(priority), "name": name}
        oldest = next(filter(_is_late, connection.execute(_READY, asked)), None)
        if oldest is not None:
            waiting[name, priority.name.lower()] = _since(oldest.ready_at, now)
    rows = connection.execute(_DUE, {"now": now})
    fell = next(
        (row.at for row in rows if row.owner_kind == due.PATIENT and row.status != ERASED), now
    )
    return Lag(waiting, _since(fell, now))


def _is_late(row: Row[datetime, str | None]) -> bool:
    """What waits for a setting is the operator's to mend, and says so elsewhere; nobody is late."""
    return not str(row.error or "").startswith(Trouble.CONFIGURATION.value)


def _since(moment: datetime, now: datetime) -> float:
    return (now - moment) / timedelta(seconds=1)
