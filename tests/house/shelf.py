"""PostgreSQL databases with all tables, which tests borrow and which are empty again afterwards.

To copy a database and to open it for the first time takes longer than most tests do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property

import psycopg
from psycopg.sql import SQL, Identifier
from sqlalchemy.engine import make_url
from sqlmodel import SQLModel

from tests.house import engines
from trajectory import tables

MOST_ROWS = 2000
"""Who leaves more behind leaves a database that is slow for the next: it is not lent again."""

_END_OTHERS = SQL(
    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid() AND pid <> ALL(%s)"
)
_SCHEMA = SQL(
    "SELECT concat_ws(' ', count(*), max(rows.xmin::text::bigint)) FROM ("
    " SELECT xmin FROM pg_class WHERE relnamespace = 'public'::regnamespace"
    " UNION ALL SELECT xmin FROM pg_constraint WHERE connamespace = 'public'::regnamespace"
    " UNION ALL SELECT xmin FROM pg_trigger"
    " UNION ALL SELECT xmin FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
    " UNION ALL SELECT xmin FROM alembic_version) AS rows"
)
"""How many things the schema has, and which transaction was the last to change one."""
_FILLED = SQL(
    "SELECT relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace"
    " AND relkind = 'r' AND relname <> 'alembic_version' AND pg_relation_size(oid) > 0"
)
_AS_NEW = SQL(
    "SELECT setval(oid::regclass, 1, false) FROM pg_class"
    " WHERE relkind = 'S' AND relnamespace = 'public'::regnamespace;"
    "SELECT pg_stat_reset();"
)


class Shelf:
    """Lends databases that `make` has made, by URL; each to one test at a time."""

    def __init__(self, make: Callable[[], str]) -> None:
        engines.begin()
        self._make = make
        self._free: list[_Volume] = []

    @contextmanager
    def lent(self) -> Iterator[str]:
        """Lend a database that is as new."""
        volume = self._free.pop() if self._free else _Volume(self._make())
        yield volume.url
        if volume.is_as_new_again():
            self._free.append(volume)
        else:
            volume.close()

    def close(self) -> None:
        """Lend nothing more."""
        while self._free:
            self._free.pop().close()


class _Volume:
    def __init__(self, url: str) -> None:
        self.url = url
        plain = make_url(url).set(drivername="postgresql").render_as_string(False)
        options = "-c lock_timeout=10s"
        self._connection = psycopg.connect(plain, autocommit=True, options=options)
        self._schema = _one(self._connection, _SCHEMA)
        engines.keep(url)

    def close(self) -> None:
        engines.drop(self.url)
        self._connection.close()

    def is_as_new_again(self) -> bool:
        """Empty it; False where a test has changed more than rows."""
        connection = self._connection
        try:
            connection.execute(_END_OTHERS, [engines.connected(self.url)])
            if _one(connection, _SCHEMA) != self._schema:
                return False
            filled = {name for (name,) in connection.execute(_FILLED)}
            gone = _empty(connection, [name for name in self._tables if name in filled])
        except psycopg.Error:
            return False
        return gone <= MOST_ROWS

    @cached_property
    def _tables(self) -> list[str]:
        """Whoever refers to another goes first."""
        assert tables.Patient.metadata is SQLModel.metadata
        return [table.name for table in reversed(SQLModel.metadata.sorted_tables)]


def _one(connection: psycopg.Connection, question: SQL) -> object:
    row = connection.execute(question).fetchone()
    assert row is not None
    return row[0]


def _empty(connection: psycopg.Connection, names: Sequence[str]) -> int:
    """Delete all rows of these tables; how many."""
    tables = [Identifier(name) for name in names]
    # In one go: to ask the server takes longer than what it does.
    deletes = SQL("").join(SQL("DELETE FROM {};").format(table) for table in tables)
    cursor = connection.execute(deletes + _AS_NEW)
    gone = 0
    for _ in tables:
        gone += cursor.rowcount
        cursor.nextset()
    if tables:
        # Lets rows be put one behind the other again: where all else is equal they are found so.
        connection.execute(
            SQL("VACUUM (PARALLEL 0, SKIP_DATABASE_STATS) {}").format(SQL(", ").join(tables))
        )
    return gone
