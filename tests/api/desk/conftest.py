"""The desk over a ward: on both databases, on SQLite alone, and in a real browser."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi import FastAPI

from bot.desk.worker import Worker
from tests.api.desk.desk_house import KIRSTEN, METTE, OLE, DeskHouse, application
from tests.bot.ward import Ward
from trajectory import migrations
from trajectory.database import Database


@pytest.fixture
def ward() -> Iterator[Ward]:
    """On SQLite: where the kind of database makes no difference."""
    database = migrations.throw_away()
    yield Ward(database)
    database.close()


@pytest.fixture
def either_ward(migrated_database_url: str) -> Iterator[Ward]:
    """On both databases."""
    database = Database(migrated_database_url, durable=False)
    yield Ward(database)
    database.close()


@pytest.fixture
def house(ward: Ward) -> Iterator[DeskHouse]:
    with application(ward) as app:
        yield DeskHouse(ward, app)


@pytest.fixture
def plain_app(ward: Ward) -> Iterator[FastAPI]:
    """The same application as a browser on this machine reaches it: without https."""
    with application(ward, secure=False) as app:
        yield app


@pytest.fixture
def mette(house: DeskHouse) -> Worker:
    """The secretary."""
    return house.hire(METTE)


@pytest.fixture
def kirsten(house: DeskHouse) -> Worker:
    """A physiotherapist who is a clinician at the desk."""
    return house.hire(KIRSTEN)


@pytest.fixture
def ole(house: DeskHouse) -> Worker:
    """The operator."""
    return house.hire(OLE)
