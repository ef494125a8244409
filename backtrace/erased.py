"""The list of who was erased, outside the database: kept up to date, and read by a restore."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta
from pathlib import Path

from sqlalchemy.engine import make_url

from backtrace.settings import Settings
from bot.chores import Chore
from bot.deployment import Deployment
from trajectory import erased_list
from trajectory.database import Database
from trajectory.erasure import tombstones

KIND = "erased-list"
EVERY = timedelta(minutes=1)


def file_of(settings: Settings) -> Path | None:
    """Where the list is kept; None: nowhere, as on PostgreSQL without the setting."""
    if settings.erased_file is not None:
        return settings.erased_file
    file = sqlite_file(settings)
    return None if file is None else Path(f"{file}.erased")


def sqlite_file(settings: Settings) -> Path | None:
    """The database file, or None on PostgreSQL."""
    place = make_url(settings.database_url)
    if place.get_backend_name() != "sqlite" or not place.database:
        return None
    return Path(place.database)


def chores(settings: Settings, deployment: Deployment) -> dict[str, Chore]:
    """Bringing the list up to date, where it is kept in a file."""
    file = file_of(settings)
    if file is None:
        return {}
    return {KIND: Chore(EVERY, lambda _last: write_down(deployment.database, file))}


def write_down(database: Database, file: Path) -> None:
    """Put whoever was erased on the list. Raises Unavailable, NoList, OSError."""
    with database.read() as connection:
        erased = tombstones(connection)
    erased_list.add(file, erased)


def listed(settings: Settings) -> str:
    """The list, out of the database, as it stands in the file. Raises Unavailable."""
    with closing(Database(settings.database_url)) as database, database.read() as connection:
        return erased_list.text_of(tombstones(connection))
