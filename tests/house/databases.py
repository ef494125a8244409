"""Each test has databases of its own, on SQLite and on PostgreSQL."""

import os
import shutil
import sqlite3
import uuid
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from zlib import crc32

import psycopg
import pytest
from sqlalchemy.engine import make_url

from tests.house import postgres
from tests.house.shelf import Shelf

KINDS = ("sqlite", "postgresql")
STORE = ("tests/trajectory/",)
"""How rows are kept is tested on both kinds, however short the run."""
FOLDER = "BACKTRACE_TEST_POSTGRES"
OWNER = "BACKTRACE_TEST_OWNER"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add --by-turns."""
    parser.addoption(
        "--by-turns",
        action="store_true",
        help="run what only uses a database on one kind of it, by turns, and not on both",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Give one folder to the whole run: xdist's workers inherit it and share one server."""
    config.addinivalue_line("markers", "both_databases: runs on both kinds, also --by-turns")
    if FOLDER not in os.environ:
        os.environ[FOLDER] = str(postgres.new_folder())
        os.environ[OWNER] = str(os.getpid())


def pytest_unconfigure() -> None:
    """Stop the server where it was set up: not in a worker, which may end before the others."""
    if os.environ.get(OWNER) == str(os.getpid()):
        postgres.stop(Path(os.environ.pop(FOLDER)))
        del os.environ[OWNER]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Where asked to, leave half of what only uses a database to the next longer run."""
    if not config.getoption("--by-turns"):
        return
    left = out_of_turn(items)
    items[:] = [item for item in items if item not in left]
    config.hook.pytest_deselected(items=list(left))


def out_of_turn(items: Sequence[pytest.Item]) -> set[pytest.Item]:
    """What is left out: the variants of each test go to one kind and to the other by turns."""
    functions: dict[str, dict[str, list[pytest.Item]]] = defaultdict(lambda: defaultdict(list))
    for item in items:
        kind = _kind(item)
        if kind:
            function, _, variant = item.nodeid.partition("[")
            functions[function][variant.replace(kind, "")].append(item)
    left: set[pytest.Item] = set()
    for function, variants in functions.items():
        # Which kind is the first differs between tests, and never between runs.
        for turn, kinds in enumerate(variants.values(), crc32(function.encode())):
            chosen = kinds[turn % len(kinds)]
            left.update(item for item in kinds if item is not chosen)
    return left


def _kind(item: pytest.Item) -> str | None:
    """On which kind of database this is, of a test that need not be on both."""
    if item.nodeid.startswith(STORE) or item.get_closest_marker("both_databases"):
        return None
    call = getattr(item, "callspec", None)
    return call.params.get("migrated_database_url") if call else None


@pytest.fixture(scope="session")
def postgres_url() -> str:
    """Return the SQLAlchemy URL of a PostgreSQL server, started when first asked for."""
    given = os.environ.get("BACKTRACE_TEST_DATABASE_URL")
    if given:
        return make_url(given).set(drivername="postgresql+psycopg").render_as_string(False)
    return postgres.run(Path(os.environ[FOLDER]), int(os.environ[OWNER]))


class Admin:
    """Makes databases and takes them away, on one connection for the whole run."""

    def __init__(self, url: str) -> None:
        self.url = url
        plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        self._connection = psycopg.connect(plain, autocommit=True)

    def execute(self, statement: str) -> None:
        self._connection.execute(statement.encode())

    def close(self) -> None:
        self._connection.close()


@pytest.fixture(scope="session")
def postgres_admin(postgres_url: str) -> Iterator[Admin]:
    """Yield a connection to the server itself."""
    admin = Admin(postgres_url)
    yield admin
    admin.close()


@pytest.fixture(params=KINDS)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Yield the URL of an empty database of this test's own, once per kind of database."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'test.db'}"
    else:
        with _postgres_database(request.getfixturevalue("postgres_admin")) as url:
            yield url


@pytest.fixture(params=KINDS)
def migrated_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Yield the URL of a database of this test's own with all tables, once per kind."""
    if request.param == "sqlite":
        template = request.getfixturevalue("migrated_sqlite")
        shutil.copy(template, tmp_path / "test.db")
        yield f"sqlite:///{tmp_path / 'test.db'}"
    else:
        with request.getfixturevalue("shelf").lent() as url:
            yield url


@pytest.fixture
def postgres_migrated(shelf: Shelf) -> Iterator[str]:
    """Yield the URL of a PostgreSQL database of this test's own with all tables."""
    with shelf.lent() as url:
        yield url


@pytest.fixture(scope="session")
def shelf(postgres_admin: Admin, migrated_postgres: str) -> Iterator[Shelf]:
    """Yield what lends migrated PostgreSQL databases, one after the other."""
    with ExitStack() as stack:
        shelf = Shelf(
            lambda: stack.enter_context(_postgres_database(postgres_admin, migrated_postgres))
        )
        yield shelf
        shelf.close()


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a migrated SQLite file to copy; leave it alone."""
    from trajectory import migrations

    path = tmp_path_factory.mktemp("migrated") / "template.db"
    migrations.upgrade(f"sqlite:///{path}")
    with closing(sqlite3.connect(path)) as connection:  # what a WAL still holds goes into the file
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path


@pytest.fixture(scope="session")
def migrated_postgres(postgres_admin: Admin) -> Iterator[str]:
    """Yield the name of a migrated database to copy; leave it alone."""
    from trajectory import migrations

    with _postgres_database(postgres_admin) as url:
        migrations.upgrade(url)
        name = make_url(url).database
        assert name
        yield name


@contextmanager
def _postgres_database(admin: Admin, template: str = "template0") -> Iterator[str]:
    name = f"test_{uuid.uuid4().hex}"
    admin.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY')
    try:
        yield make_url(admin.url).set(database=name).render_as_string(hide_password=False)
    finally:
        admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
