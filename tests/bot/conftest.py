"""A practice over a migrated database, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.bot.house import House
from tests.bot.practice import Practice
from trajectory import migrations
from trajectory.database import Database


@pytest.fixture
def practice(migrated_database_url: str) -> Iterator[Practice]:
    database = Database(migrated_database_url, durable=False)
    yield Practice(database)
    database.close()


@pytest.fixture
def house(migrated_database_url: str) -> Iterator[House]:
    database = Database(migrated_database_url, durable=False)
    yield House(database)
    database.close()


@pytest.fixture
def light_house() -> Iterator[House]:
    """On SQLite only: where the kind of database makes no difference."""
    database = migrations.throw_away()
    yield House(database)
    database.close()
