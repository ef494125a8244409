"""A database as an older program left it: every table of that revision with something in it.

The rows are what today's program writes, as far as the older tables have columns for them; what
is empty then gets a row made up from the types of its columns. So a new revision needs no more
than its file to be tested.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    DateTime,
    Float,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    delete,
    func,
    insert,
    select,
    text,
)
from sqlmodel import SQLModel

from trajectory.database import Database
from trajectory.migrations import upgrade_database

VERSION = "alembic_version"
AT = datetime(2026, 3, 2, 7, 30, tzinfo=UTC)
Rows = Mapping[str, Sequence[Mapping[str, Any]]]


def schema(connection: Connection) -> MetaData:
    """The tables as they are in the database, in place of what the models say."""
    found = MetaData()
    found.reflect(connection)
    return found


def rows_of(connection: Connection, found: MetaData) -> Rows:
    """Everything that is in the database, by table."""
    return {
        table.name: [dict(row) for row in connection.execute(select(table)).mappings()]
        for table in found.sorted_tables
        if table.name != VERSION
    }


def newest_rows(database: Database) -> Rows:
    """The same of a database of today's, as today's program reads it."""
    with database.read() as connection:
        return rows_of(connection, SQLModel.metadata)


def make(database: Database, revision: str, rows: Rows) -> Rows:
    """Bring an empty database to `revision` and put these rows in; what is in it then."""
    upgrade_database(database, revision)
    with database.write() as connection:
        found = schema(connection)
        for table in found.sorted_tables:
            if table.name != VERSION:
                _fill(connection, table, rows.get(table.name, ()))
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT setval('id_block_seq', 900001)"))
        return rows_of(connection, found)


def _fill(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    connection.execute(delete(table))
    for row in rows or [{}]:
        connection.execute(insert(table), _complete(connection, table, row))


def _complete(connection: Connection, table: Table, row: Mapping[str, Any]) -> dict[str, Any]:
    """What of this row the table has a column for; what it must have besides is made up."""
    values = {name: value for name, value in row.items() if name in table.c}
    for column in table.c:
        if column.name not in values and not column.nullable:
            values[column.name] = _made_up(connection, column)
    return values


def _made_up(connection: Connection, column: Column[Any]) -> Any:
    for key in column.foreign_keys:
        # The newest: the patient with whom nobody talks.
        return connection.execute(select(func.max(key.column))).scalar_one()
    kind = column.type
    if isinstance(kind, DateTime):
        return AT
    if isinstance(kind, LargeBinary):
        return b"made up"
    if isinstance(kind, Boolean):
        return True
    if isinstance(kind, BigInteger | Integer | Float):
        return 800_000 if column.primary_key else 1
    return "made up"
