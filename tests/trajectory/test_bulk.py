"""Many rows by one statement: all of them, in order, and by few statements."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Column, Integer, MetaData, String, Table, event, select

from trajectory.bulk import MOST_ROWS, Delete, Insert, Update
from trajectory.database import Database

THINGS = Table(
    "thing",
    MetaData(),
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("name", String),
)
INSERT = Insert(THINGS, "id", "name")
ONCE = Insert(THINGS, "id", "name", once=True)
RENAME = Update(THINGS, "id", "name")
DELETE = Delete(THINGS, "id", "name")
SIZES = (0, 1, 2, 3, 63, 64, 65, 127, 128, 200)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url, durable=False)
    with database.write() as connection:
        THINGS.create(connection)
    yield database
    database.close()


def test_however_many_rows_are_written_none_is_left_out(database: Database) -> None:
    for size in SIZES:
        rows = [(n, f"thing {n}") for n in range(size)]
        with database.write() as connection:
            INSERT.run(connection, rows)
            assert ONCE.once(connection, [*rows, (size, "new")]) == {size}
            RENAME.run(connection, [(place, f"{name}!") for place, name in rows])
            found = connection.execute(select(THINGS).order_by(THINGS.c.id)).all()
            assert [tuple(row) for row in found][:size] == [
                (place, f"{name}!") for place, name in rows
            ]
            DELETE.run(connection, [tuple(row) for row in found])
            assert connection.execute(select(THINGS)).all() == []


def test_sqlite_keeps_a_statement_for_each_size_up_to_the_largest(database: Database) -> None:
    """Each is kept prepared, and takes memory: of 15 columns all together 3 MB."""
    seen: set[str] = set()
    with database.write() as connection:
        event.listen(
            connection,
            "before_cursor_execute",
            lambda _connection, _cursor, statement, *_: seen.add(statement),
        )
        for size in range(1, 300):
            INSERT.run(connection, [(1000 * size + n, "thing") for n in range(size)])
    assert len(seen) <= MOST_ROWS
