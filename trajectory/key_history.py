"""Since when each key of the ring is known, current, and wraps nothing any more. Times only.

A key that wraps nothing still opens the backups of its time: it may go with the last of them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, func, select

from trajectory import deployment
from trajectory.erasure import ERASED
from trajectory.keys import Ring
from trajectory.sql import insert_once
from trajectory.tables import Deployment, Patient, core

BACKUPS = timedelta(days=35)
"""So long a backup is kept, and with it the keys that open it."""

_deployment, _patient = core(Deployment), core(Patient)
_KNOWN, _CURRENT, _RETIRED = "key-known:", "key-current:", "key-retired:"
_WRAPPED = (
    select(_patient.c.key_id, func.count())
    .where(_patient.c.status != ERASED)
    .group_by(_patient.c.key_id)
)


@dataclass(frozen=True, slots=True)
class KeyUse:
    """One key of the ring, or one that has left it and was known."""

    id: str
    current: bool
    in_ring: bool
    patients: int
    """How many patients' keys it wraps; the deployment's own is not counted."""
    wraps_own: bool
    """Whether it wraps the deployment's own key."""
    known_since: datetime | None
    """When a process first ran with it."""
    current_since: datetime | None
    """When a process first ran with it as the current one, or it was first seen to wrap
    something; None: it is still to come."""
    retired_at: datetime | None
    """When it was seen to wrap nothing any more; None: it does, or nobody has looked."""

    @property
    def may_go_at(self) -> datetime | None:
        """From when on it may be destroyed, with the backups that it opens."""
        return None if self.retired_at is None else self.retired_at + BACKUPS


def note_running(connection: Connection, ring: Ring, now: datetime) -> None:
    """A process that serves patients begins with this ring."""
    for key_id in ring.key_ids:
        _set_once(connection, _KNOWN + key_id, now)
    _set_once(connection, _CURRENT + ring.current, now)
    note_used(connection, now)
    # It is in use again: whatever is made from now on is wrapped by it.
    _forget(connection, [_RETIRED + ring.current])


def note_used(connection: Connection, now: datetime) -> None:
    """Whatever wraps something was current once, also where nobody noted it then."""
    for key_id in {*_wrapped(connection), _own(connection)} - {""}:
        _set_once(connection, _CURRENT + key_id, now)


def known_since(connection: Connection, ring: Ring) -> datetime | None:
    """Since when processes that serve patients know the ring's current key.

    None: none of them ever began with it as its current one.
    """
    times = _times(connection)
    return times.get(_KNOWN + ring.current) if _CURRENT + ring.current in times else None


def note_retired(connection: Connection, ring: Ring, now: datetime) -> None:
    """Note which keys wrap nothing now; one that was never current is still to come."""
    times = _times(connection)
    wrapping = {*_wrapped(connection), _own(connection), ring.current}
    _forget(connection, [_RETIRED + key_id for key_id in wrapping])
    for key_id in ring.key_ids:
        if key_id not in wrapping and _CURRENT + key_id in times:
            _set_once(connection, _RETIRED + key_id, now)


def uses(connection: Connection, ring: Ring) -> list[KeyUse]:
    """Every key of the ring in its order, then those that have left it, by name."""
    wrapped, own, times = _wrapped(connection), _own(connection), _times(connection)
    named = {name.partition(":")[2] for name in times} | wrapped.keys()
    left = sorted(named - set(ring.key_ids))
    return [
        KeyUse(
            id=key_id,
            current=key_id == ring.current,
            in_ring=key_id in ring.key_ids,
            patients=wrapped.get(key_id, 0),
            wraps_own=key_id == own,
            known_since=times.get(_KNOWN + key_id),
            current_since=times.get(_CURRENT + key_id),
            retired_at=None if key_id in wrapped else times.get(_RETIRED + key_id),
        )
        for key_id in (*ring.key_ids, *left)
    ]


def _wrapped(connection: Connection) -> Mapping[str, int]:
    return {row.key_id: row[1] for row in connection.execute(_WRAPPED)}


def _own(connection: Connection) -> str:
    stored = connection.execute(deployment.STORED).scalar_one_or_none()
    return "" if stored is None else deployment.key_id_of(stored)


def _times(connection: Connection) -> Mapping[str, datetime]:
    rows = connection.execute(select(_deployment).where(_deployment.c.key.like("key-%")))
    return {row.key: datetime.fromisoformat(bytes(row.value).decode()) for row in rows}


def _set_once(connection: Connection, name: str, now: datetime) -> None:
    insert_once(connection, _deployment, {"key": name, "value": now.isoformat().encode()})


def _forget(connection: Connection, names: Collection[str]) -> None:
    connection.execute(delete(_deployment).where(_deployment.c.key.in_(names)))
