"""What only one process may do: one has the lock, and it falls with whoever holds it."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy.engine import make_url

from trajectory.database import Database
from trajectory.sole import Sole

on_postgresql = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
"""On SQLite there is one process."""


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url, durable=False)
    yield database
    database.close()


def test_the_first_who_asks_has_it_and_keeps_it(database: Database) -> None:
    sole = Sole(database, "poller")
    assert [sole.held(), sole.held()] == [True, True]
    sole.close()


@on_postgresql
def test_two_processes_never_have_it_at_once(database: Database) -> None:
    first, second = Sole(database, "two"), Sole(database, "two")
    assert [first.held(), second.held(), first.held()] == [True, False, True]
    first.close()
    assert second.held()
    second.close()


@on_postgresql
def test_locks_of_other_names_are_free(database: Database) -> None:
    first, second = Sole(database, "one-name"), Sole(database, "another")
    assert [first.held(), second.held()] == [True, True]
    first.close()
    second.close()


@on_postgresql
def test_it_falls_with_the_connection_of_whoever_holds_it(database: Database) -> None:
    first, second = Sole(database, "falls"), Sole(database, "falls")
    assert first.held()
    place = make_url(database.url).set(drivername="postgresql")
    with psycopg.connect(place.render_as_string(hide_password=False), autocommit=True) as admin:
        admin.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE application_name = 'backtrace-sole' AND datname = current_database()"
        )
    assert second.held()
    assert not first.held()
    second.close()
    assert first.held()
    first.close()


def test_whoever_cannot_reach_the_database_does_not_have_it() -> None:
    database = Database("postgresql://nobody@127.0.0.1:1/nothing")
    sole = Sole(database, "poller")
    assert not sole.held()
    sole.close()
    database.close()
