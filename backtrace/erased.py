"""The list of who was erased, outside the database: kept up to date, and read by a restore."""

from __future__ import annotations

import os
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import structlog
from sqlalchemy.engine import make_url

from backtrace.settings import Settings
from bot.chores import Chore
from bot.deployment import Deployment
from trajectory import erased_list
from trajectory.database import Database
from trajectory.erased_list import NoList
from trajectory.erasure import tombstones
from trajectory.scrubbing import SMALL, scrub

KIND = "erased-list"
SCRUB = "scrub-erased"
EVERY = timedelta(minutes=1)
NIGHT = range(2, 5)
"""Hours, by the clinic's clock, in which nobody writes much."""

_log = structlog.get_logger(__name__)


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
    """Bringing the list up to date where it is kept in a file, and taking the erased out of one."""
    found: dict[str, Chore] = {}
    file = file_of(settings)
    if file is not None:
        found[KIND] = Chore(EVERY, lambda _last: _keep(settings, deployment.database, file))
    if sqlite_file(settings) is not None:
        found[SCRUB] = Chore(EVERY, lambda _last: scrub_when_quiet(deployment))
    return found


def scrub_when_quiet(deployment: Deployment) -> None:
    """Leave nothing of the erased in the file; a large one is written anew in the night."""
    local = deployment.clock.now().astimezone(deployment.clinic.zone)
    rewrite = deployment.database.size <= SMALL or local.hour in NIGHT
    scrub(deployment.database, rewrite=rewrite)


def require_list(settings: Settings) -> None:
    """Raise NoList where the list cannot be kept: who is erased would come back with a restore."""
    file = file_of(settings)
    if file is None:
        return
    name = "BACKTRACE_ERASED_FILE" if settings.erased_file is not None else "the list of the erased"
    if file.exists() and not file.is_file():
        raise NoList(f"{name}: {file} is no file; write the name of a file")
    if not file.parent.is_dir():
        raise NoList(f"{name}: the folder {file.parent} does not exist; make it, or choose another")
    if not os.access(file.parent, os.W_OK):
        raise NoList(f"{name}: the folder {file.parent} cannot be written; check its permissions")
    if file.exists():
        _require_readable(file, name)


def _require_readable(file: Path, name: str) -> None:
    try:
        erased_list.read(file)
    except NoList as problem:
        raise NoList(f"{name}: {problem}") from None


def write_down(database: Database, file: Path) -> None:
    """Put whoever was erased on the list. Raises Unavailable, NoList, OSError."""
    with database.read() as connection:
        erased = tombstones(connection)
    erased_list.add(file, erased)


def _keep(settings: Settings, database: Database, file: Path) -> None:
    """`write_down` as a chore: the log says which setting keeps it from its end."""
    try:
        require_list(settings)
    except NoList:
        _log.warning("the list of the erased cannot be kept", setting="BACKTRACE_ERASED_FILE")
        raise
    write_down(database, file)


def listed(settings: Settings) -> str:
    """The list, out of the database, as it stands in the file. Raises Unavailable."""
    with closing(Database(settings.database_url)) as database, database.read() as connection:
        return erased_list.text_of(tombstones(connection))
