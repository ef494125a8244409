"""Many rows by one statement, with next to nothing spent on each.

SQLAlchemy's own way to write many rows costs more than the databases do: it prepares every
parameter of every row, SQLite's driver lets go of the interpreter at each row, and for
PostgreSQL each row is a message of its own. Here a row is a tuple. SQLite gets one list of
values; PostgreSQL gets one JSON text and makes rows of it, so that the statement is the same
for every batch and stays prepared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import cache
from itertools import chain
from typing import Any, TypeAlias

import orjson
from sqlalchemy import Connection, CursorResult, LargeBinary, Table
from sqlalchemy.dialects import postgresql

from trajectory.tables import UtcDateTime, as_utc, sqlite_time

Row: TypeAlias = tuple[Any, ...]
_Written: TypeAlias = Sequence[tuple[int, Callable[[Any], Any]]]

MOST_ROWS = 64
"""Of one statement on SQLite; each number of rows is a statement of its own that stays prepared,
all together in 3 MB for a table of 15 columns."""


class _Bulk:
    """A statement in which `{rows}` stands for a table `r` of the rows given."""

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
        for _ in self._done(connection, rows):
            pass

    def _done(self, connection: Connection, rows: Sequence[Row]) -> Iterator[CursorResult[Any]]:
        if not rows:
            return
        width = len(self._columns)
        if connection.dialect.name == "postgresql":
            values = _written(rows, width, self._for_postgres)
            given = [
                dict(zip(self._columns, values[start : start + width], strict=True))
                for start in range(0, len(values), width)
            ]
            yield connection.exec_driver_sql(self._postgres, (orjson.dumps(given).decode(),))
            return
        for start in range(0, len(rows), MOST_ROWS):
            some = rows[start : start + MOST_ROWS]
            statement = _with_rows(self._sqlite, len(some), width)
            values = _written(some, width, self._for_sqlite)
            yield connection.exec_driver_sql(statement, tuple(values))


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
        names = ", ".join(columns)
        news = ", ".join(f"{each} = excluded.{each}" for each in columns if each != "id")
        taken = f" ON CONFLICT ({', '.join(instead_of)}) DO UPDATE SET {news}" if instead_of else ""
        if once:
            taken = " ON CONFLICT DO NOTHING RETURNING id"
        super().__init__(
            table,
            columns,
            f"INSERT INTO {table.name} ({names}) {{rows}}{taken}",
            f"INSERT INTO {table.name} ({names}) SELECT {names} FROM {{rows}}{taken}",
        )

    def once(self, connection: Connection, rows: Sequence[Row]) -> set[int]:
        """Insert what is new; the ids of those rows."""
        return {row.id for done in self._done(connection, rows) for row in done}


class Update(_Bulk):
    """Sets columns of rows by their key; a row is the key's value and those of `columns`.

    Rows at most once each.
    """

    def __init__(self, table: Table, key: str, *columns: str) -> None:
        name = table.name
        places = ", ".join(
            f"{each} = r.column{place}" for place, each in enumerate(columns, start=2)
        )
        super().__init__(
            table,
            (key, *columns),
            f"UPDATE {name} SET {places} FROM ({{rows}}) AS r WHERE {name}.{key} = r.column1",
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
            f"DELETE FROM {name} WHERE ({', '.join(columns)}) IN ({{rows}})",
            f"DELETE FROM {name} USING {{rows}} WHERE "
            + " AND ".join(f"{name}.{each} = r.{each}" for each in columns),
        )


@cache
def _with_rows(statement: str, count: int, width: int) -> str:
    row = f"({', '.join('?' * width)})"
    return statement.format(rows=f"VALUES {', '.join([row] * count)}")


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
