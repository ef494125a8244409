"""The schema's history. `upgrade` brings any database to the newest revision.

On SQLite the caller holds `trajectory.database.exclusive`; PostgreSQL takes a lock of its own.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.engine import make_url

from trajectory.database import Database

_HERE = Path(__file__).parent

# Any number will do, as long as it is only ours.
_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(7022400651)")


def upgrade(url: str) -> None:
    """Bring the database to the newest revision, in one transaction; harmless when repeated.

    Raises Unavailable.
    """
    database = Database(url)
    try:
        upgrade_database(database)
    finally:
        database.close()


def upgrade_database(database: Database, revision: str = "head") -> None:
    """`upgrade` for a database that is open already, such as a throw-away one."""
    with database.write() as connection:
        if database.dialect == "postgresql":
            connection.execute(_ONE_AT_A_TIME)
        if revision == "head" and revision_of(connection) == head():
            return
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def throw_away() -> Database:
    """An empty throw-away database at the newest revision, gone when closed."""
    return Database.for_replay(_newest())


@cache
def _newest() -> bytes:
    """The file of such a database: made once in a process, and copied from then on."""
    database = Database.for_replay()
    try:
        upgrade_database(database)
        with database.read() as connection:
            driver = connection.connection.driver_connection
            assert driver is not None
            file: bytes = driver.serialize()
            return file
    finally:
        database.close()


def current(url: str) -> str | None:
    """The revision that a database is at; None when it is empty, or its file is not there.

    Raises Unavailable.
    """
    place = make_url(url)
    if place.get_backend_name() == "sqlite" and not Path(place.database or "").is_file():
        return None
    database = Database(url)
    try:
        with database.read() as connection:
            return revision_of(connection)
    finally:
        database.close()


def revision_of(connection: Connection) -> str | None:
    """The revision of an open database; None when it is empty."""
    return MigrationContext.configure(connection).get_current_revision()


@cache
def head() -> str:
    """The newest revision that this program knows."""
    revision = ScriptDirectory.from_config(_config()).get_current_head()
    assert revision is not None
    return revision


@cache
def revisions() -> tuple[str, ...]:
    """Every revision that this program knows, oldest first."""
    scripts = ScriptDirectory.from_config(_config())
    return tuple(reversed([script.revision for script in scripts.walk_revisions()]))


def is_known(revision: str) -> bool:
    """Whether this program can bring a database from this revision to the newest."""
    return revision in revisions()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_HERE).replace("%", "%%"))
    # Without it Alembic splits paths at colons and blanks, and says so in a warning.
    config.set_main_option("path_separator", "os")
    return config
