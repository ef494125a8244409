"""The key ring: a setting in production, a file beside the database in development."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy.engine import make_url

from backtrace.settings import Settings
from flows.errors import Refusal
from trajectory import deployment
from trajectory.database import Database
from trajectory.erased_list import sync_folder
from trajectory.keys import Ring, WrongKey


class NoKeys(Refusal):
    """There is no key ring, or not that of this database; the message says what to do."""


class NoKeyYet(NoKeys):
    """There is no key file, and nothing in the database that needs one."""


_SET = (
    "set BACKTRACE_KEYS to the ring that the database was made with, or for a new database to what "
    "`backtrace keys new` prints"
)


def ring_of(settings: Settings, *, make: bool = True) -> Ring:
    """The deployment's key ring; in development it is made where there is none, if it may be.

    Raises:
        NoKeys: production without BACKTRACE_KEYS, no file to keep a development key in, or
            none there and none to be made: a database that is sealed already needs its own.
        trajectory.database.Unavailable: the database cannot be asked whether it is.
        trajectory.keys.BadKeys: the setting or file cannot be read as a ring.
    """
    if settings.keys is not None:
        return Ring.parse(settings.keys.get_secret_value())
    if settings.env == "production":
        raise NoKeys(f"{_SET}. Keep a copy safe")
    file = _beside(settings.database_url)
    if not file.exists():
        _require_unsealed(settings.database_url, file)
    return _development_ring(file, make)


def named(settings: Settings) -> str:
    """Where the ring is, in the operator's words."""
    if settings.keys is not None:
        return "BACKTRACE_KEYS"
    return f"the development key file {_beside(settings.database_url)}"


@contextmanager
def proved(settings: Settings) -> Iterator[None]:
    """What is refused within for the sake of its key is refused in the operator's words.

    Raises NoKeys.
    """
    try:
        yield
    except WrongKey:
        raise NoKeys(
            f"{named(settings)} does not open this database: its key is another one, or one is "
            "missing. Put back the ring that the database was made with"
        ) from None


def prove(settings: Settings, database: Database, ring: Ring) -> None:
    """Raise NoKeys where the ring does not open what the database holds."""
    with proved(settings), database.read() as connection:
        deployment.prove(connection, ring)


def ring_or_none(settings: Settings) -> Ring | None:
    """The ring that there is; None: there is none yet. Raises BadKeys."""
    try:
        return ring_of(settings, make=False)
    except NoKeys:
        return None


def key_file(settings: Settings) -> Path | None:
    """The development key file, where it is what holds the ring."""
    if settings.keys is not None or settings.env == "production":
        return None
    try:
        file = _beside(settings.database_url)
    except NoKeys:
        return None
    return file if file.exists() else None


def replace_key_file(file: Path, ring: Ring) -> None:
    """Write the ring to the file as a whole: a crash leaves the old one or the new one."""
    aside = Path(f"{file}.new")
    aside.unlink(missing_ok=True)
    _write(aside, ring)
    aside.replace(file)
    sync_folder(file.parent)


def _beside(database_url: str) -> Path:
    url = make_url(database_url)
    if url.get_backend_name() != "sqlite" or not url.database:
        raise NoKeys(_SET)
    return Path(f"{url.database}.key")


def _require_unsealed(database_url: str, file: Path) -> None:
    """A new key would open nothing of what is there, and hide that the old one is lost."""
    if not Path(make_url(database_url).database or "").is_file():
        return
    with closing(Database(database_url)) as database, database.read() as connection:
        sealed = deployment.is_sealed(connection)
    if sealed:
        raise NoKeys(
            f"the database was made with a key that is not here: put your key file back at {file}, "
            "or its ring into BACKTRACE_KEYS"
        )


def _development_ring(file: Path, make: bool) -> Ring:
    """Read the file, or make it with a new key, readable by its owner only."""
    try:
        return Ring.parse(file.read_text("ascii").strip())
    except FileNotFoundError:
        if not make:
            raise NoKeyYet("no key file yet; `backtrace serve` makes it") from None
        ring = Ring.generate()
    file.parent.mkdir(parents=True, exist_ok=True)
    _write(file, ring)
    return ring


def _write(file: Path, ring: Ring) -> None:
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as opened:
        opened.write(ring.setting() + "\n")
        opened.flush()
        os.fsync(opened.fileno())
