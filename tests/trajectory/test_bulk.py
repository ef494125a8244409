"""Many rows at once: all of them, and by few statements."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Column, Integer, MetaData, String, Table, event, select

from trajectory.bulk import Delete, Insert, Update
from trajectory.database import Database

THINGS = Table(
    "thing",
    MetaData(),
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("name", String),
)
LETTERS = Table(
    "letter",
    THINGS.metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("number", String, unique=True),
)
INSERT = Insert(THINGS, "id", "name")
ONCE = Insert(LETTERS, "id", "number", once=True)
RENAME = Update(THINGS, "id", "name")
DELETE = Delete(THINGS, "id", "name")
SIZES = (0, 1, 2, 3, 63, 64, 65, 127, 128, 200)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url, durable=False)
    with database.write() as connection:
        THINGS.metadata.create_all(connection)
    yield database
    database.close()


def test_however_many_rows_are_written_none_is_left_out(database: Database) -> None:
    for size in SIZES:
        rows = [(n, f"thing {n}") for n in range(size)]
        with database.write() as connection:
            INSERT.run(connection, rows)
            RENAME.run(connection, [(place, f"{name}!") for place, name in rows])
            found = connection.execute(select(THINGS).order_by(THINGS.c.id)).all()
            assert [tuple(row) for row in found][:size] == [
                (place, f"{name}!") for place, name in rows
            ]
            DELETE.run(connection, [tuple(row) for row in found])
            assert connection.execute(select(THINGS)).all() == []


def test_rows_are_written_by_one_statement_however_many_they_are(database: Database) -> None:
    """It stays prepared."""
    seen: set[str] = set()
    with database.write() as connection:
        event.listen(
            connection,
            "before_cursor_execute",
            lambda _connection, _cursor, statement, *_: seen.add(statement),
        )
        for size in range(1, 300):
            INSERT.run(connection, [(1000 * size + n, "thing") for n in range(size)])
    assert len(seen) == 1


def test_of_letters_of_which_some_have_come_before_the_new_ones_are_told(
    database: Database,
) -> None:
    with database.write() as connection:
        assert ONCE.once(connection, [(2, "b"), (4, "d")]) == {2, 4}
        again = [(10 + place, number) for place, number in enumerate("abcde")]
        assert ONCE.once(connection, again) == {10, 12, 14}
        assert ONCE.once(connection, [(20, "a"), (21, "b")]) == set()
        assert ONCE.once(connection, [(30, "f"), (31, "f")]) == {30}
        kept = connection.execute(select(LETTERS).order_by(LETTERS.c.number)).all()
    assert [tuple(each) for each in kept] == [
        (10, "a"), (2, "b"), (12, "c"), (4, "d"), (14, "e"), (30, "f"),
    ]  # fmt: skip


def test_nothing_is_written_for_no_rows(database: Database) -> None:
    with database.write() as connection:
        assert ONCE.once(connection, []) == set()
