"""What somebody has tried at a place, or was told there, for a day: whoever guesses on is stopped.

Only keyed hashes are stored, so that nobody can tell what happened where.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, func, insert, select

from trajectory import tables
from trajectory.ids import Ids
from trajectory.keys import Ring

KEPT = timedelta(days=1)
"""So long it is known what was tried and told."""
Place = tuple[str, str]
"""A channel and an address on it; of the directory its name, and who or what was tried."""
Trace = str
"""What happened, such as a wrong code (`guess`) or the word to an unknown sender (`told`)."""

_trace = tables.core(tables.CodeGuess)
_SWEPT_AT_ONCE = 200


def count(connection: Connection, ring: Ring, trace: Trace, place: Place, since: datetime) -> int:
    """How often this has happened at a place, within a day at most."""
    hashes = place_hashes(ring, _purpose(trace), place)
    found = select(func.count()).where(_trace.c.hash.in_(hashes), _trace.c.at > since)
    return connection.execute(found).scalar_one()


def note(
    connection: Connection, ids: Ids, ring: Ring, trace: Trace, place: Place, now: datetime
) -> None:
    """Remember that this has happened at a place; what is too old to count is forgotten."""
    row = {
        "id": ids.take(connection),
        "hash": place_hash(ring, _purpose(trace), place),
        "at": now,
    }
    connection.execute(insert(_trace), row)
    # Another process may be sweeping the same rows.
    old = select(_trace.c.id).where(_trace.c.at < now - KEPT).limit(_SWEPT_AT_ONCE)
    chosen = old.with_for_update(skip_locked=True)
    connection.execute(delete(_trace).where(_trace.c.id.in_(chosen)))


def place_hash(ring: Ring, purpose: str, place: Place) -> bytes:
    """The keyed hash of a place, by the ring's current key."""
    return ring.find_hash(purpose, ":".join(place))[1]


def place_hashes(ring: Ring, purpose: str, place: Place) -> list[bytes]:
    """The same by each key of the ring."""
    return [digest for _, digest in ring.find_hashes(purpose, ":".join(place))]


def _purpose(trace: Trace) -> str:
    return f"stranger.{trace}"
