"""Whether the SQLite file still has bytes of somebody who was erased: asked by their number.

The rows are gone when the erasure is committed; what SQLite leaves behind of them in the file and
its log goes by `Database.scrub`. PostgreSQL does that in its own time (autovacuum).
"""

from __future__ import annotations

from sqlalchemy import Connection, delete, func, insert, select

from trajectory import tables
from trajectory.database import Database

SMALL = 100_000_000
"""Bytes of a file that is written anew in about a second: that need not wait for the night."""

_KEY = "scrubbed"
_deployment = tables.core(tables.Deployment)
_erased = tables.core(tables.Erased)


def is_clean(connection: Connection) -> bool:
    """Whether the file was written anew since the last erasure."""
    stored = select(_deployment.c.value).where(_deployment.c.key == _KEY)
    value = connection.execute(stored).scalar_one_or_none()
    return _count(connection) == (0 if value is None else int(value))


def scrub(database: Database, *, rewrite: bool) -> bool:
    """Leave nothing of the erased in file and log; whether that is so now. Raises Unavailable.

    Without `rewrite` only the log is emptied, and the file stays to be written anew.
    """
    with database.read() as connection:
        if is_clean(connection):
            return True
        count = _count(connection)
    if not database.scrub(rewrite=rewrite) or not rewrite:
        return False
    database.run(lambda connection: _note(connection, count))
    return True


def _count(connection: Connection) -> int:
    return connection.execute(select(func.count()).select_from(_erased)).scalar_one()


def _note(connection: Connection, count: int) -> None:
    connection.execute(delete(_deployment).where(_deployment.c.key == _KEY))
    connection.execute(insert(_deployment), {"key": _KEY, "value": str(count).encode()})
