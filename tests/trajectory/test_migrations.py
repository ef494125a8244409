"""The migrations make exactly what the models say, on both databases, as often as one likes."""

import threading

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlmodel import SQLModel

from trajectory import migrations
from trajectory.database import Database


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
