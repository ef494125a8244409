"""A list as one parameter, on both kinds of database."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Column, Integer, LargeBinary, MetaData, String, Table, insert, select

from trajectory.database import Database
from trajectory.sql import Among, without_index

THINGS = Table(
    "thing",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("name", String),
    Column("hash", LargeBinary),
)
ROWS: list[dict[str, Any]] = [
    {"id": 1, "name": "one", "hash": b"\x01"},
    {"id": 2, "name": 'it\'s "two", [2]', "hash": b"\x00\xff"},
    {"id": 3, "name": None, "hash": None},
]


@pytest.mark.parametrize(
    ("column", "values", "found"),
    [
        ("id", [], []),
        ("id", [3, 1, 1, 9], [1, 3]),
        ("name", [], []),
        ("name", ['it\'s "two", [2]', "three"], [2]),
        ("hash", [], []),
        ("hash", [b"\x00\xff", b"\x01"], [1, 2]),
    ],
)
def test_rows_are_found_among_any_number_of_values(
    database_url: str, column: str, values: list[Any], found: list[int]
) -> None:
    database = Database(database_url)
    asked = select(THINGS.c.id).where(Among(THINGS.c[column], "values")).order_by(THINGS.c.id)
    with database.write() as connection:
        THINGS.create(connection)
        connection.execute(insert(THINGS), ROWS)
        assert connection.execute(asked, {"values": values}).scalars().all() == found
    database.close()


def test_a_column_without_its_index_is_the_same_column(database_url: str) -> None:
    database = Database(database_url)
    asked = select(THINGS.c.id).where(without_index(THINGS.c.name) == "one")
    with database.write() as connection:
        THINGS.create(connection)
        connection.execute(insert(THINGS), ROWS)
        assert connection.execute(asked).scalars().all() == [1]
    database.close()
