"""Many rows at once, with next to nothing spent on each.

SQLAlchemy's own way to write many rows costs more than the databases do: it prepares every
parameter of every row, and for PostgreSQL each row is a message of its own. Here a row is a
tuple. SQLite takes one after the other, by a statement that stays prepared: to take many in one
list of values costs it twice as much. PostgreSQL gets one JSON text and makes rows of it, so that
the statement is the same for every batch and stays prepared, too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import chain
from typing import Any, TypeAlias

import orjson
from sqlalchemy import Connection, CursorResult, LargeBinary, Table, select
from sqlalchemy.dialects import postgresql

from trajectory.sql import Among
from trajectory.tables import UtcDateTime, as_utc, sqlite_time

Row: TypeAlias = tuple[Any, ...]
_Written: TypeAlias = Sequence[tuple[int, Callable[[Any], Any]]]


class _Bulk:
    """A statement for each row on SQLite, for a table `r` of all rows on PostgreSQL."""

    def __init__(self, table: Table, columns: Sequence[str], sqlite: str, postgres: str) -> None:
        types = [table.c[name].type for name in columns]
        times = [place for place, kind in enumerate(types) if isinstance(kind, UtcDateTime)]
        blobs = [place for place, kind in enumerate(types) if isinstance(kind, LargeBinary)]
        self._columns = tuple(columns)
        self._sqlite = sqlite
        self._for_sqlite = [(place, _sqlite_time) for place in times]
        dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
        record = ", ".join(
            f"{name} {kind.compile(dialect)}" for name, kind in zip(columns, types, strict=True)
        )
        self._postgres = postgres.format(rows=f"json_to_recordset(%s::json) AS r({record})")
        self._for_postgres = [(place, as_utc) for place in times] + [
            (place, _hex) for place in blobs
        ]

    def run(self, connection: Connection, rows: Sequence[Row]) -> None:
        """Do it to these rows, in this order."""
        if rows:
            self._done(connection, rows)

    def _done(self, connection: Connection, rows: Sequence[Row]) -> CursorResult[Any]:
        width = len(self._columns)
        if connection.dialect.name == "postgresql":
            values = _written(rows, width, self._for_postgres)
            given = [
                dict(zip(self._columns, values[start : start + width], strict=True))
                for start in range(0, len(values), width)
            ]
            return connection.exec_driver_sql(self._postgres, (orjson.dumps(given).decode(),))
        values = _written(rows, width, self._for_sqlite)
        each = list(zip(*[iter(values)] * width, strict=True))
        return connection.exec_driver_sql(self._sqlite, each, {"preserve_rowcount": True})


class Insert(_Bulk):
    """Inserts rows; they are tuples in the order of `columns`, and the rest keeps its default.

    `once`: those whose unique key is taken are left out; the first column is the id.
    `instead_of`: those take the place of the row that has the same values in these columns.
    """

    def __init__(
        self,
        table: Table,
        *columns: str,
        once: bool = False,
        instead_of: Sequence[str] = (),
    ) -> None:
        names = ", ".join(columns)
        news = ", ".join(f"{each} = excluded.{each}" for each in columns if each != "id")
        taken = f" ON CONFLICT ({', '.join(instead_of)}) DO UPDATE SET {news}" if instead_of else ""
        if once:
            taken = " ON CONFLICT DO NOTHING"
        into, told = f"INSERT INTO {table.name} ({names})", " RETURNING id" if once else ""
        super().__init__(
            table,
            columns,
            f"{into} VALUES ({', '.join('?' * len(columns))}){taken}",
            f"{into} SELECT {names} FROM {{rows}}{taken}{told}",
        )
        self._there = select(table.c.id).where(Among(table.c.id, "ids")) if once else None

    def once(self, connection: Connection, rows: Sequence[Row]) -> set[int]:
        """Insert what is new; the ids of those rows, which no row has had before."""
        if not rows:
            return set()
        done = self._done(connection, rows)
        if done.returns_rows:
            return set(done.scalars())
        ids = [row[0] for row in rows]
        if done.rowcount == len(rows):
            return set(ids)
        assert self._there is not None
        return set(connection.execute(self._there, {"ids": ids}).scalars())


class Update(_Bulk):
    """Sets columns of rows by their key; a row is the key's value and those of `columns`.

    Rows at most once each.
    """

    def __init__(self, table: Table, key: str, *columns: str) -> None:
        name = table.name
        places = ", ".join(f"{each} = ?{place}" for place, each in enumerate(columns, start=2))
        super().__init__(
            table,
            (key, *columns),
            f"UPDATE {name} SET {places} WHERE {key} = ?1",
            f"UPDATE {name} SET {', '.join(f'{each} = r.{each}' for each in columns)}"
            f" FROM {{rows}} WHERE {name}.{key} = r.{key}",
        )


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


def _written(rows: Sequence[Row], width: int, how: _Written) -> list[Any]:
    """The values of all rows, one row behind the other, as the database takes them."""
    if set(map(len, rows)) != {width}:
        raise ValueError(f"each row has {width} values")
    values = list(chain.from_iterable(rows))
    for place, write in how:
        column = values[place::width]
        # Most times of a batch are one and the same moment.
        known = {value: None if value is None else write(value) for value in set(column)}
        values[place::width] = [known[value] for value in column]
    return values


def _sqlite_time(value: datetime) -> str:
    return sqlite_time(as_utc(value))


def _hex(value: bytes) -> str:
    return "\\x" + value.hex()
