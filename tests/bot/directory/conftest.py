"""A ward over a migrated database, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.bot.ward import Ward
from trajectory import migrations
from trajectory.database import Database


@pytest.fixture
def ward(migrated_database_url: str) -> Iterator[Ward]:
    database = Database(migrated_database_url, durable=False)
    yield Ward(database)
    database.close()


@pytest.fixture
def light_ward() -> Iterator[Ward]:
    """On SQLite only: where the kind of database makes no difference."""
    database = migrations.throw_away()
    yield Ward(database)
    database.close()
