"""What both databases say alike but SQLAlchemy spells twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite


def insert_once(connection: Connection, table: Table, row: Mapping[str, Any]) -> bool:
    """Insert unless a unique key is taken; whether the row was inserted."""
    return insert_all_once(connection, table, [row])


def insert_all_once(
    connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]
) -> bool:
    """Insert each row unless a unique key is taken; whether all were inserted."""
    if not rows:
        return True
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(table).on_conflict_do_nothing()
    counted = statement.execution_options(preserve_rowcount=True)
    return connection.execute(counted, list(rows)).rowcount == len(rows)
