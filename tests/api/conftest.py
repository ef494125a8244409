"""The web application over a migrated database, on SQLite and on PostgreSQL."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import psycopg.sql
import pytest
import uvicorn
from anyio.from_thread import start_blocking_portal
from fastapi import FastAPI
from sqlalchemy.engine import make_url
from starlette.testclient import TestClient

from api.server import Server
from tests.api.house import House
from tests.bot.practice import Practice
from tests.house import engines
from trajectory import migrations
from trajectory.database import Database

SITE = "https://chat.example"
COOKIE = "__Host-backtrace"

Serve = Callable[[FastAPI], str]


@pytest.fixture(scope="session", autouse=True)
def one_loop() -> Iterator[None]:
    """Answer every request in one event loop, as a server does.

    A `TestClient` that is not entered begins a loop and two threads for each request, which
    costs more than most requests do.
    """
    with pytest.MonkeyPatch.context() as patch, start_blocking_portal("asyncio") as portal:
        patch.setattr(TestClient, "portal", portal)
        yield


@pytest.fixture
def house(migrated_database_url: str) -> Iterator[House]:
    """On both databases: what reads or writes rows."""
    database = Database(migrated_database_url, durable=False)
    yield House(database)
    database.close()


@pytest.fixture
def light_house() -> Iterator[House]:
    """On SQLite only: where the kind of database makes no difference."""
    database = migrations.throw_away()
    yield House(database)
    database.close()


@pytest.fixture
def visitor(house: House) -> Iterator[TestClient]:
    """A browser without JavaScript that is let in nowhere yet."""
    with TestClient(house.app(), base_url=SITE, follow_redirects=False) as client:
        yield client


@pytest.fixture
def patient(house: House, visitor: TestClient) -> TestClient:
    """A browser that is let into the patient's chat."""
    visitor.cookies.set(COOKIE, house.let_in())
    return visitor


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Serve an application on a real port; gives its address."""
    running: list[tuple[Server, threading.Thread]] = []

    def start(app: FastAPI) -> str:
        config = uvicorn.Config(app, port=0, log_level="error", access_log=False, lifespan="off")
        server = Server(config, app.state.web.doorbell)
        thread = threading.Thread(target=server.run)
        thread.start()
        running.append((server, thread))
        while not server.started:
            time.sleep(0.005)
        port = server.servers[0].sockets[0].getsockname()[1]
        return f"http://127.0.0.1:{port}"

    yield start
    for server, thread in running:
        server.should_exit = True
        thread.join(timeout=30)
        assert not thread.is_alive(), "the server does not stop"


@pytest.fixture
def stopped(house: House, migrated_database_url: str) -> Iterator[Database]:
    """The house's database, lost: no file, or a server that takes no connections."""
    database = house.database
    database.close()
    with _out_of_reach(migrated_database_url):
        yield database


@contextmanager
def _out_of_reach(url: str) -> Iterator[None]:
    place = make_url(url)
    assert place.database
    if place.drivername == "sqlite":
        file = Path(place.database)
        hidden = file.rename(file.with_suffix(".hidden"))
        file.mkdir()
        yield
        file.rmdir()
        hidden.rename(file)
        return
    server = place.set(drivername="postgresql", database="postgres")
    with psycopg.connect(server.render_as_string(hide_password=False), autocommit=True) as admin:
        name = psycopg.sql.Identifier(place.database)
        allow = psycopg.sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}")
        admin.execute(allow.format(name, psycopg.sql.Literal(False)))
        engines.end(url)
        yield
        admin.execute(allow.format(name, psycopg.sql.Literal(True)))


@pytest.fixture
def practice(migrated_database_url: str) -> Iterator[Practice]:
    """On both databases: a patient who shares, and the professionals' pages."""
    database = Database(migrated_database_url, durable=False)
    yield Practice(database)
    database.close()
