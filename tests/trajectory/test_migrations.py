"""The migrations make exactly what the models say, on both databases, as often as one likes.

Every older revision is tried with something in each of its tables, those to come as well.
"""

import threading
from collections.abc import Iterator

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import column, insert, select, table, update
from sqlmodel import SQLModel

from tests.bot.house import House
from tests.house import older
from tests.house.older import Rows
from trajectory import audit, erasure, migrations, tables
from trajectory.database import Database
from trajectory.ids import Ids
from trajectory.keys import Ring

RING = Ring.generate()
REWRITTEN: dict[str, set[str]] = {"id_block": {"next"}}
"""Columns, by table, that a migration is meant to change in rows that were there."""


@pytest.fixture(scope="module")
def written() -> Iterator[Rows]:
    """What today's program has written: Birgit is in the middle of the ODI, Jonas is new."""
    database = Database.for_replay()
    migrations.upgrade_database(database)
    house = House(database, RING)
    birgit = house.enrol()
    house.ask(birgit.patient_id, "odi")
    house.press(house.telegram.sent[-1].parcel.rendered.buttons[1])
    house.settle()
    house.enrol("jonas", name="Jonas Lund")
    yield older.newest_rows(database)
    database.close()


@pytest.mark.parametrize("revision", migrations.revisions()[:-1])
def test_a_database_of_an_older_program_is_brought_up_with_all_that_is_in_it(
    database_url: str, revision: str, written: Rows
) -> None:
    database = Database(database_url, durable=False)
    before = older.make(database, revision, written)
    assert all(before.values()), "a table of that revision is empty"
    migrations.upgrade_database(database)
    with database.read() as connection:
        after = older.rows_of(connection, older.schema(connection))
    for name, rows in before.items():
        if name in after:
            common = set(rows[0]) & set(after[name][0]) - REWRITTEN.get(name, set())
            kept = [{column: row[column] for column in common} for row in after[name]]
            assert all({c: row[c] for c in common} in kept for row in rows), name
    house = House(database, RING)
    asked = len(house.telegram.sent)
    (question,) = [row for row in house.rows(tables.core(tables.Session)) if row.flow == "odi"]
    house.write("B")
    house.settle()
    texts = [text.text for text in house.telegram.sent[asked:] if text.parcel.address == "birgit"]
    assert any("3/10" in text for text in texts), "the conversation goes on where it was"
    assert question.status == "waiting"
    database.close()


def test_those_who_were_erased_before_there_was_a_list_are_on_it(database_url: str) -> None:
    database = Database(database_url, durable=False)
    migrations.upgrade_database(database, _before("0006"))
    at = older.AT
    row = {"language": "en", "timezone": "UTC", "key_id": "", "wrapped_key": b"", "profile": b""}
    known = ("id", "created_at", "status", *row)
    types = tables.core(tables.Patient).c
    patient = table("patient", *(column(name, types[name].type) for name in known))
    with database.write() as connection:
        for number, status in ((1, "erased"), (2, "active"), (3, "erased")):
            values = {**row, "id": number, "created_at": at, "status": status}
            connection.execute(insert(patient), values)
        later = at.replace(month=5)
        ids = Ids(database)
        audit.append(connection, ids, 3, actor="patient", action="erased", at=later)
        connection.execute(update(patient).where(patient.c.id == 2).values(status="stopped"))
    migrations.upgrade_database(database)
    with database.read() as connection:
        assert erasure.tombstones(connection) == {1: at, 3: later}
        assert len(connection.execute(select(patient)).all()) == 3
    database.close()


def _before(revision: str) -> str:
    known = migrations.revisions()
    return known[known.index(revision) - 1]


def test_the_migrated_schema_is_that_of_the_models(migrated_database_url: str) -> None:
    database = Database(migrated_database_url)
    with database.write() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, SQLModel.metadata) == []
    database.close()


def test_an_empty_database_is_brought_to_the_head_and_stays_there(database_url: str) -> None:
    assert migrations.current(database_url) is None
    migrations.upgrade(database_url)
    assert migrations.current(database_url) == migrations.head()
    migrations.upgrade(database_url)
    assert migrations.current(database_url) == migrations.head()


def test_two_processes_may_migrate_at_once(database_url: str) -> None:
    both = [threading.Thread(target=migrations.upgrade, args=(database_url,)) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert migrations.current(database_url) == migrations.head()
