"""How each database is opened: one engine that writes and one that reads."""

from __future__ import annotations

import select
import sqlite3
import time
from typing import Any

import orjson
import psycopg
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.engine import URL
from sqlalchemy.exc import InvalidatePoolError

LOCK_SECONDS = 10
"""How long a writer waits for its turn before the database counts as unavailable."""

FOLD_IN_MS = 200
"""How long the log waits for those who read out of it."""
_READERS = 4
LOG_PAGES = 10_000
"""SQLite folds its log into the file when it has so many pages (40 MB). A page that many
transactions write goes there once, and a fold waits for the disk twice."""
CACHE_KIB = 64 * 1024
"""What the one writer keeps of the file in memory; it had to be read anew beyond 2 MB."""
STATEMENTS = 1024
"""SQLite keeps so many prepared on a connection: all that the conversation uses again, of which
`trajectory.bulk` has several hundred."""


def _dumps(value: Any) -> str:
    return orjson.dumps(value).decode()


_COMMON: dict[str, Any] = {
    "hide_parameters": True,
    "json_serializer": _dumps,
    "json_deserializer": orjson.loads,
    "pool_timeout": LOCK_SECONDS,
}


def sqlite_writer(url: URL, *, durable: bool) -> Engine:
    """One connection whose transactions take the write lock when they begin.

    The driver's own deferred transactions lose updates: a read would come before the lock.
    """
    engine = _sqlite(url, pool_size=1, begin="BEGIN IMMEDIATE")
    synchronous = "FULL" if durable else "OFF"

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _record: object) -> None:
        _keep_a_log(connection)
        for pragma in (
            f"synchronous = {synchronous}",
            f"wal_autocheckpoint = {LOG_PAGES}",
            f"cache_size = -{CACHE_KIB}",
            "foreign_keys = ON",
            # An erased patient's wrapped key must not stay behind in a free page.
            "secure_delete = ON",
        ):
            connection.execute(f"PRAGMA {pragma}")

    return engine


def _keep_a_log(connection: sqlite3.Connection) -> None:
    """Turn a new file into one with a log (WAL).

    Two that do so at once hold each other up, of which SQLite tells one without a wait.
    """
    until = time.monotonic() + LOCK_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(0.01)


def fold_in(connection: sqlite3.Connection) -> bool:
    """Put the log into the file and empty it; False: somebody reads out of it yet."""
    # The write lock is held meanwhile: not as long as a writer waits.
    connection.execute(f"PRAGMA busy_timeout = {FOLD_IN_MS}")
    try:
        busy, *_ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    finally:
        connection.execute(f"PRAGMA busy_timeout = {LOCK_SECONDS * 1000}")
    return not busy


def sqlite_reader(url: URL) -> Engine:
    """Connections that see one snapshot per transaction and cannot write."""
    engine = _sqlite(url, pool_size=_READERS, begin="BEGIN")

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute("PRAGMA query_only = ON")

    return engine


class _SQLite(SQLiteDialect_pysqlite):
    """SQLAlchemy's own, but for how a transaction begins.

    By the driver itself: as a statement of SQLAlchemy it costs half of the transaction, and a
    listener for it makes every statement look for listeners.
    """

    supports_statement_cache = True

    def __init__(self, begins_with: str = "BEGIN", **options: Any) -> None:
        super().__init__(**options)
        self._begins_with = begins_with

    def do_begin(self, dbapi_connection: Any) -> None:
        dbapi_connection.execute(self._begins_with)

    def is_disconnect(self, e: Any, connection: Any, cursor: Any) -> bool:
        # Closed, or within a transaction as one is that could not begin: kept, it would be so for
        # ever. One that only waits in vain is sound.
        could_not_begin = cursor is None and isinstance(e, sqlite3.Error)
        is_busy = getattr(e, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY
        return (could_not_begin and not is_busy) or super().is_disconnect(e, connection, cursor)


registry.register("sqlite.backtrace", __name__, _SQLite.__name__)


def _sqlite(url: URL, *, pool_size: int, begin: str) -> Engine:
    return create_engine(
        url.set(drivername="sqlite+backtrace"),
        begins_with=begin,
        pool_size=pool_size,
        max_overflow=0,
        connect_args={
            "check_same_thread": False,
            "isolation_level": None,
            "timeout": LOCK_SECONDS,
            "cached_statements": STATEMENTS,
        },
        **_COMMON,
    )


def postgresql_writer(url: URL, *, pool_size: int, durable: bool) -> Engine:
    """Pooled connections at READ COMMITTED."""
    options = f"-c lock_timeout={LOCK_SECONDS}s"
    if not durable:
        options += " -c synchronous_commit=off"
    return _postgresql(url, pool_size, "READ COMMITTED", options)


def postgresql_reader(url: URL, *, pool_size: int) -> Engine:
    """Pooled connections that see one snapshot per transaction and cannot write."""
    options = "-c default_transaction_read_only=on"
    return _postgresql(url, pool_size, "REPEATABLE READ", options)


def _postgresql(url: URL, pool_size: int, isolation: Any, options: str) -> Engine:
    engine = create_engine(
        url,
        pool_size=pool_size,
        isolation_level=isolation,
        connect_args={
            "options": f"{options} -c idle_in_transaction_session_timeout=60s -c timezone=UTC",
            "connect_timeout": LOCK_SECONDS,
            "tcp_user_timeout": LOCK_SECONDS * 1000,
            "application_name": "backtrace",
        },
        **_COMMON,
    )
    event.listen(engine, "checkout", _refuse_closed)
    return engine


def _refuse_closed(connection: psycopg.Connection, _record: object, _proxy: object) -> None:
    """Drop the pool after a server restart, before anybody meets a dead connection.

    An idle connection has nothing to read until the server closes it, so this costs a system
    call where a ping would cost a round trip in every transaction.
    """
    if connection.closed or _readable(connection.pgconn.socket):
        raise InvalidatePoolError("the server has closed the connection")


def _readable(descriptor: int) -> bool:
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(0))
