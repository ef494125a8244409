"""Many rows by one statement, with next to nothing spent on each.

SQLAlchemy's own way to write many rows costs more than the databases do: on SQLite it prepares
every parameter of every row, on PostgreSQL each row is a message of its own. Here a row is a
tuple. SQLite's driver gets all of them at once; PostgreSQL gets one JSON text and makes rows of
it, so that the statement is the same for every batch and stays prepared.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, TypeAlias

import orjson
from sqlalchemy import Connection, LargeBinary, Table
from sqlalchemy.dialects import postgresql

from trajectory.tables import UtcDateTime, as_utc, sqlite_time

Row: TypeAlias = tuple[Any, ...]
_Written: TypeAlias = Sequence[tuple[int, Callable[[Any], Any]]]


class _Bulk:
    """A statement for both databases, and how values are written for each."""

    def __init__(self, table: Table, columns: Sequence[str], sqlite: str, postgres: str) -> None:
        types = [table.c[name].type for name in columns]
        dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
        record = ", ".join(
            f"{name} {kind.compile(dialect)}" for name, kind in zip(columns, types, strict=True)
        )
        self._sqlite = sqlite
        self._postgres = postgres.format(rows=f"json_to_recordset(%s::json) AS r({record})")
        times = [place for place, kind in enumerate(types) if isinstance(kind, UtcDateTime)]
        blobs = [place for place, kind in enumerate(types) if isinstance(kind, LargeBinary)]
        self._for_sqlite = [(place, _sqlite_time) for place in times]
        self._for_postgres = [(place, as_utc) for place in times] + [
            (place, _hex) for place in blobs
        ]
        self._columns = tuple(columns)

    def _run(self, connection: Connection, rows: Sequence[Row]) -> Any:
        if connection.dialect.name == "postgresql":
            given = [
                dict(zip(self._columns, row, strict=True))
                for row in _written(rows, self._for_postgres)
            ]
            return connection.exec_driver_sql(self._postgres, (orjson.dumps(given).decode(),))
        return connection.exec_driver_sql(self._sqlite, _written(rows, self._for_sqlite))


class Insert(_Bulk):
    """Inserts rows; they are tuples in the order of `columns`, and the rest keeps its default.

    `once`: those whose unique key is taken are left out. `instead_of`: those take the place of
    the row that has the same values in these columns.
    """

    def __init__(
        self,
        table: Table,
        *columns: str,
        once: bool = False,
        instead_of: Sequence[str] = (),
    ) -> None:
        names, marks = ", ".join(columns), ", ".join("?" for _ in columns)
        news = ", ".join(f"{each} = excluded.{each}" for each in columns if each != "id")
        taken = f" ON CONFLICT ({', '.join(instead_of)}) DO UPDATE SET {news}" if instead_of else ""
        self._fresh = f"SELECT id FROM {table.name} WHERE id IN "
        super().__init__(
            table,
            columns,
            f"INSERT {'OR IGNORE ' if once else ''}INTO {table.name} ({names}) VALUES ({marks})"
            + taken,
            f"INSERT INTO {table.name} ({names}) SELECT {names} FROM {{rows}}"
            + (" ON CONFLICT DO NOTHING RETURNING id" if once else taken),
        )

    def run(self, connection: Connection, rows: Sequence[Row]) -> None:
        """Insert these rows, in this order."""
        if rows:
            self._run(connection, rows)

    def once(self, connection: Connection, rows: Sequence[Row]) -> set[int]:
        """Insert what is new; the ids of those rows, which come first in each."""
        if not rows:
            return set()
        done = self._run(connection, rows)
        if connection.dialect.name == "postgresql":
            return {row.id for row in done}
        asked = tuple(row[0] for row in rows)
        found = connection.exec_driver_sql(
            self._fresh + f"({', '.join('?' for _ in asked)})", asked
        )
        return {row.id for row in found}


class Update(_Bulk):
    """Sets columns of rows by their key; a row is the key's value and those of `columns`."""

    def __init__(self, table: Table, key: str, *columns: str) -> None:
        name = table.name
        super().__init__(
            table,
            (key, *columns),
            f"UPDATE {name} SET {', '.join(f'{each} = ?' for each in columns)} WHERE {key} = ?",
            f"UPDATE {name} SET {', '.join(f'{each} = r.{each}' for each in columns)}"
            f" FROM {{rows}} WHERE {name}.{key} = r.{key}",
        )

    def run(self, connection: Connection, rows: Sequence[Row]) -> None:
        """Update these rows, at most once each."""
        if not rows:
            return
        if connection.dialect.name != "postgresql":
            # SQLite's placeholders have no names: the key comes last.
            written = _written(rows, self._for_sqlite)
            connection.exec_driver_sql(self._sqlite, [(*row[1:], row[0]) for row in written])
            return
        self._run(connection, rows)


class Delete(_Bulk):
    """Deletes the rows that have these values in `columns`."""

    def __init__(self, table: Table, *columns: str) -> None:
        name = table.name
        super().__init__(
            table,
            columns,
            f"DELETE FROM {name} WHERE " + " AND ".join(f"{each} = ?" for each in columns),
            f"DELETE FROM {name} USING {{rows}} WHERE "
            + " AND ".join(f"{name}.{each} = r.{each}" for each in columns),
        )

    def run(self, connection: Connection, rows: Sequence[Row]) -> None:
        """Delete what is there of these."""
        if rows:
            self._run(connection, rows)


def _written(rows: Sequence[Row], how: _Written) -> list[Row]:
    if not how:
        return list(rows)
    # Most times of a batch are one and the same moment.
    known: dict[Any, Any] = {None: None}
    found = []
    for row in rows:
        values = list(row)
        for place, write in how:
            value = values[place]
            if value not in known:
                known[value] = write(value)
            values[place] = known[value]
        found.append(tuple(values))
    return found


def _sqlite_time(value: datetime) -> str:
    return sqlite_time(as_utc(value))


def _hex(value: bytes) -> str:
    return "\\x" + value.hex()
