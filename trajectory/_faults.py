"""What a driver's error means to a caller: come again, try once more, or a mistake of ours."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from flows.errors import Refusal


class Unavailable(Refusal):
    """The database is lost, locked for too long or full; nothing of the transaction was kept.

    The message says what to do. It carries no SQL and no parameters.
    """


class Conflict(Unavailable):
    """Two transactions stood in each other's way (deadlock, serialisation): run it again."""


_SQLITE = {
    sqlite3.SQLITE_BUSY: "The database file is locked by another process. Try again when the "
    "other command has finished.",
    sqlite3.SQLITE_LOCKED: "The database file is locked. Try again.",
    sqlite3.SQLITE_FULL: "The disk of the database file is full. Make room, then try again.",
    sqlite3.SQLITE_IOERR: "The disk of the database file reports an error. Check the disk.",
    sqlite3.SQLITE_CANTOPEN: "The database file cannot be opened. Check that its folder exists "
    "and may be written.",
    sqlite3.SQLITE_READONLY: "The database file may not be written. Check its permissions.",
    sqlite3.SQLITE_PERM: "The database file may not be opened. Check its permissions.",
    sqlite3.SQLITE_CORRUPT: "The database file is damaged. Restore a backup.",
    sqlite3.SQLITE_NOTADB: "The file is not a database. Check the database setting.",
    sqlite3.SQLITE_PROTOCOL: "The database file is locked by too many processes. Try again.",
}

_CONFLICTS = ("40001", "40P01")

_POSTGRESQL = {
    "08": "The connection to PostgreSQL was lost. Try again when the server answers.",
    "25006": "PostgreSQL takes no writes: it is a standby or in recovery. Check which server "
    "the database setting names.",
    "28": "PostgreSQL refuses the login. Check user and password in the database setting.",
    "3D000": "PostgreSQL has no database of that name. Create it, or check the setting.",
    "53100": "The disk of PostgreSQL is full. Make room, then try again.",
    "53": "PostgreSQL is out of memory or connections. Close some, then try again.",
    "55P03": "A row in PostgreSQL stayed locked for too long. Try again.",
    "57014": "PostgreSQL took too long over a statement. Try again.",
    "57P": "PostgreSQL is shutting down or starting. Try again when it is up.",
    "58": "PostgreSQL reports a system error. Look at its log.",
}

_LOST = "The database cannot be reached. Try again when it is up; the database setting says where."
_BUSY_POOL = "Every database connection is taken. Try again."


@contextmanager
def translated(*, reading: bool = False) -> Iterator[None]:
    """Raise `Unavailable` or `Conflict` for faults of the database; let our own mistakes pass.

    A write by a reader (`reading`) is such a mistake.
    """
    try:
        yield
    except PoolTimeoutError:
        raise Unavailable(_BUSY_POOL) from None
    except (DBAPIError, sqlite3.Error) as error:
        origin = error.orig if isinstance(error, DBAPIError) else error
        fault = _fault(origin, reading)
        if fault is None:
            raise
        raise fault from error


def _fault(origin: BaseException | None, reading: bool) -> Unavailable | None:
    if reading and _is_write(origin):
        return None
    if isinstance(origin, sqlite3.Error):
        return _sqlite_fault(origin)
    if isinstance(origin, psycopg.Error):
        return _postgresql_fault(origin)
    return None


def _is_write(origin: BaseException | None) -> bool:
    return (
        getattr(origin, "sqlite_errorcode", None) == sqlite3.SQLITE_READONLY
        or getattr(origin, "sqlstate", None) == "25006"
    )


def _sqlite_fault(origin: sqlite3.Error) -> Unavailable | None:
    # The low byte is the primary code; the rest only refines it.
    message = _SQLITE.get(getattr(origin, "sqlite_errorcode", 0) & 0xFF)
    return Unavailable(message) if message else None


def _postgresql_fault(origin: psycopg.Error) -> Unavailable | None:
    state = origin.sqlstate
    if state is None:
        # libpq gives no state when it is the connection itself that failed.
        lost = isinstance(origin, psycopg.OperationalError | psycopg.InterfaceError)
        return Unavailable(_LOST) if lost else None
    if state in _CONFLICTS:
        return Conflict("Two transactions stood in each other's way. Try again.")
    message = next((m for prefix, m in _POSTGRESQL.items() if state.startswith(prefix)), None)
    return Unavailable(message) if message else None
