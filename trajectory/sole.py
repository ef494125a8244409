"""What only one process may do at a time, whichever takes it first."""

from __future__ import annotations

import threading
from contextlib import closing
from datetime import datetime
from hashlib import sha256

from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from trajectory._engines import LOCK_SECONDS
from trajectory.database import Database, InUse

_TAKE = text("SELECT pg_try_advisory_lock(:key)")
_STILL = text("SELECT 1")
_OTHERS = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
    " AND application_name LIKE 'backtrace%' AND pid <> pg_backend_pid()"
)
_OLDER = text(f"{_OTHERS.text} AND backend_start < :since")


def older_sessions(connection: Connection, since: datetime) -> int:
    """How many connections of BackTrace to a PostgreSQL database are older; 0 on SQLite.

    A process keeps its connections, so an older one tells of an older process. One that has had to
    connect anew is not told from a new one.
    """
    if connection.dialect.name != "postgresql":
        return 0
    return int(connection.execute(_OLDER, {"since": since}).scalar_one())


def require_alone(url: str) -> None:
    """Raise InUse where other processes of BackTrace are connected to a PostgreSQL database.

    A SQLite file has a lock for that: `trajectory.database.exclusive`.
    """
    with closing(Database(url)) as opened:
        if opened.dialect != "postgresql":
            return
        with opened.read() as connection:
            others = connection.execute(_OTHERS).scalar_one()
    if others:
        raise InUse("BackTrace is connected to this database. Stop `web` and `worker` first.")


class Sole:
    """A lock by name, held by a connection of its own: it falls with the process that holds it.

    On SQLite the one process that has the file has every such lock.
    """

    def __init__(self, database: Database, name: str) -> None:
        self._key = int.from_bytes(sha256(name.encode()).digest()[:8], "big", signed=True)
        self._url = database.url if database.dialect == "postgresql" else None
        self._gate = threading.Lock()
        self._connection: Connection | None = None

    def held(self) -> bool:
        """Whether this process has the lock; takes it where it is free.

        A database that cannot be reached has given it away.
        """
        if self._url is None:
            return True
        with self._gate:
            try:
                return self._still() or self._take(self._url)
            except SQLAlchemyError:
                self._drop()
                return False

    def close(self) -> None:
        """Let go."""
        with self._gate:
            self._drop()

    def _still(self) -> bool:
        if self._connection is None:
            return False
        self._connection.execute(_STILL)
        return True

    def _take(self, url: str) -> bool:
        self._connection = _connect(url)
        if self._connection.execute(_TAKE, {"key": self._key}).scalar():
            return True
        self._drop()
        return False

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            # Not by a query: the end of the session frees the lock, and may find no server.
            connection.invalidate()
            connection.close()


def _connect(url: str) -> Connection:
    engine = create_engine(
        url,
        poolclass=NullPool,
        isolation_level="AUTOCOMMIT",
        hide_parameters=True,
        connect_args={
            "connect_timeout": LOCK_SECONDS,
            "tcp_user_timeout": LOCK_SECONDS * 1000,
            "application_name": "backtrace-sole",
        },
    )
    return engine.connect()
