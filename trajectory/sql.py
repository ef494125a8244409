"""What both databases say alike but SQLAlchemy spells twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import (
    ARRAY,
    Column,
    ColumnElement,
    Connection,
    Dialect,
    Integer,
    LargeBinary,
    String,
    Table,
    TypeDecorator,
    any_,
    bindparam,
    func,
    literal_column,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.visitors import InternalTraversal


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


def written_out(column: ColumnElement[str], *values: str) -> ColumnElement[bool]:
    """Whether it is one of these, in the words of a partial index, which serves no parameter.

    They are our own words, never anybody's input. Raises ValueError where they could not be.
    """
    if not all(value.replace("-", "").isalnum() for value in values):
        raise ValueError("only words")
    words = [literal_column(f"'{value}'", String) for value in values]
    return column == words[0] if len(words) == 1 else column.in_(words)


def without_index(column: ColumnElement[str]) -> ColumnElement[str]:
    """The column, spelt so that no index that begins with it serves.

    SQLite knows nothing of how many rows have a value: of two indexes it may take the one of a
    whole channel instead of the one of a few patients.
    """
    return func.coalesce(column, "")


class _JsonList(TypeDecorator[Sequence[Any]]):
    """A list as one parameter of SQLite."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: Sequence[Any] | None, _dialect: Dialect) -> str:
        return orjson.dumps(value).decode()


class Among(ColumnElement[bool]):
    """Whether a column is one of the values of the parameter `name`, a list.

    The list is one parameter, so that the statement is the same for every length and stays
    prepared: an array on PostgreSQL, whose driver takes 6 ms each time to read a statement with
    200 placeholders; JSON on SQLite, but where the values are bytes.
    """

    inherit_cache = True
    _traverse_internals = [  # noqa: RUF012 - SQLAlchemy declares it on the instance
        ("listed", InternalTraversal.dp_clauseelement),
        ("array", InternalTraversal.dp_clauseelement),
    ]

    def __init__(self, column: Column[Any], name: str) -> None:
        kind = column.type
        kind = kind.impl_instance if isinstance(kind, TypeDecorator) else kind
        if isinstance(kind, LargeBinary):
            self.listed = column.in_(bindparam(name, expanding=True))
        else:
            assert isinstance(kind, Integer | String), "only what JSON has"
            given = func.json_each(bindparam(name, type_=_JsonList))
            self.listed = column.in_(select(given.table_valued("value").c.value))
        self.array = column == any_(bindparam(name, type_=ARRAY(column.type)))


@compiles(Among)
def _listed(element: Among, compiler: SQLCompiler, **more: Any) -> str:
    return compiler.process(element.listed, **more)


@compiles(Among, "postgresql")
def _array(element: Among, compiler: SQLCompiler, **more: Any) -> str:
    return compiler.process(element.array, **more)
