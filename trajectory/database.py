"""The one way to the database: short transactions on SQLite or PostgreSQL.

    database = Database("sqlite:///backtrace.db")
    with database.write() as connection: ...
    with database.read() as connection: ...

Everything is synchronous: the event loop calls it from threads.
"""

from __future__ import annotations

import fcntl
import os
import random
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, Self, TypeVar, cast

from sqlalchemy import Connection, Engine
from sqlalchemy.engine import URL, make_url

from flows.errors import Refusal
from trajectory import _engines
from trajectory._faults import Conflict, Unavailable, translated

__all__ = ["Conflict", "Database", "InUse", "Unavailable", "exclusive"]

Dialect = Literal["sqlite", "postgresql"]

_T = TypeVar("_T")
_ATTEMPTS = 5
_DRIVERS = {
    "sqlite": "sqlite",
    "postgres": "postgresql+psycopg",
    "postgresql": "postgresql+psycopg",
}


class InUse(Refusal):
    """Another process holds the database file."""


class Database:
    """Where everything is kept. Made once per process; safe to use from any thread.

    `sqlite://` without a file is a throw-away database in a temporary folder. `durable=False`
    forgoes the wait for the disk, for data that a crash may take. Nothing connects before the
    first transaction.
    """

    def __init__(self, url: str, *, durable: bool = True, pool_size: int = 8) -> None:
        place = _normal(url)
        self._folder: str | None = None
        if place.drivername == "sqlite" and not _file(place):
            self._folder = tempfile.mkdtemp(prefix="backtrace-")
            place = place.set(database=str(Path(self._folder, "backtrace.db")))
        self.url = place.render_as_string(hide_password=False)
        """Names the same database again; holds the password, so not for logs."""
        self.dialect: Dialect = cast(Dialect, place.get_backend_name())
        self._turn = threading.Lock()
        self._held: Connection | None = None
        self._when_rolled_back: list[Callable[[], None]] = []
        self._writer, self._reader = _open(place, durable, pool_size)

    @classmethod
    def for_replay(cls, file: bytes = b"") -> Self:
        """A throw-away database, gone when closed: empty, or with what is in this file."""
        database = cls("sqlite://", durable=False)
        Path(str(_file(make_url(database.url)))).write_bytes(file)
        return database

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that may write: committed at the end, rolled back by any exception.

        SQLite takes the write lock at once, so one writer runs at a time. Transactions do
        not nest. Raises Unavailable, Conflict.
        """
        transaction = self._one_writer() if self.dialect == "sqlite" else self._writer.begin()
        with translated(), transaction as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that only reads, from one snapshot. Raises Unavailable."""
        with translated(reading=True), self._reader.begin() as connection:
            yield connection

    def run(self, work: Callable[[Connection], _T]) -> _T:
        """The result of `work` in a write transaction, tried again after a Conflict.

        `work` may run several times and must have no effect outside its connection that matters
        where it is rolled back. Raises
        Unavailable; Conflict when five attempts met one.
        """
        for attempt in range(1, _ATTEMPTS):
            try:
                return self._once(work)
            except Conflict:
                time.sleep(random.uniform(0, 0.01 * attempt))  # noqa: S311 - spreads, hides nothing
        return self._once(work)

    def when_rolled_back(self, then: Callable[[], None]) -> None:
        """Call `then` whenever an exception has rolled back a write, before the next one begins.

        SQLite only, where one runs at a time.
        """
        assert self.dialect == "sqlite"
        self._when_rolled_back.append(then)

    def writer_engine(self) -> Engine:
        """The engine behind `write`, for listeners and migrations; not a second way to write."""
        return self._writer

    def close(self) -> None:
        """Close every connection; a throw-away database is deleted."""
        if self._held is not None:
            self._held.close()
        self._reader.dispose()
        self._writer.dispose()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _once(self, work: Callable[[Connection], _T]) -> _T:
        with self.write() as connection:
            return work(connection)

    def scrub(self, *, rewrite: bool) -> bool:
        """Take out of the file and its log what was deleted; False: a reader is in the way yet.

        SQLite blanks what is deleted (`secure_delete`), but not the copies of rows that it leaves
        behind when it splits or joins pages: only `rewrite`, the whole file written anew, does. It
        takes about a second for 100 MB, in which nobody writes. PostgreSQL: nothing to be done.
        Raises Unavailable.
        """
        if self.dialect != "sqlite":
            return True
        with translated(), self._turn_of_one() as connection:
            driver = connection.connection.driver_connection
            assert driver is not None
            if rewrite:
                driver.execute("VACUUM")
            return _engines.fold_in(driver)

    @property
    def size(self) -> int:
        """Bytes of the SQLite file, 0 on PostgreSQL."""
        file = _file(make_url(self.url)) if self.dialect == "sqlite" else None
        return Path(file).stat().st_size if file else 0

    @contextmanager
    def _one_writer(self) -> Iterator[Connection]:
        with self._turn_of_one() as connection:
            try:
                with connection.begin():
                    yield connection
            except BaseException:
                for then in self._when_rolled_back:
                    then()
                raise

    @contextmanager
    def _turn_of_one(self) -> Iterator[Connection]:
        if not self._turn.acquire(timeout=_engines.LOCK_SECONDS):
            raise Unavailable("A write in this process has not ended in time. Try again.")
        try:
            # Kept between transactions: the pool would cost as much as the transaction itself.
            if self._held is None:
                self._held = self._writer.connect()
            yield self._held
        finally:
            self._turn.release()


@contextmanager
def exclusive(url: str) -> Iterator[None]:
    """Hold the database file against a second `serve`, restore or migration.

    Other short commands may still read and write. PostgreSQL has no such limit. Raises InUse.
    """
    file = _file(_normal(url))
    if not file or not url.startswith("sqlite"):
        yield
        return
    with Path(f"{file}.lock").open("a+", encoding="utf-8") as lock:
        _hold(lock.fileno(), file)
        yield


def _hold(descriptor: int, file: str) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.pread(descriptor, 20, 0).decode() or "another process"
        raise InUse(
            f"{Path(file).name} is in use by {holder}. Stop it first, or choose another database."
        ) from None
    os.ftruncate(descriptor, 0)
    os.write(descriptor, f"process {os.getpid()}".encode())


def _normal(url: str) -> URL:
    place = make_url(url)
    driver = _DRIVERS.get(place.get_backend_name())
    if driver is None:
        raise ValueError("the database must be sqlite:///FILE or postgresql://...")
    return place.set(drivername=driver)


def _file(place: URL) -> str | None:
    return None if place.database in (None, "", ":memory:") else place.database


def _open(place: URL, durable: bool, pool_size: int) -> tuple[Engine, Engine]:
    if place.drivername == "sqlite":
        return (
            _engines.sqlite_writer(place, durable=durable),
            _engines.sqlite_reader(place),
        )
    return (
        _engines.postgresql_writer(place, pool_size=pool_size, durable=durable),
        _engines.postgresql_reader(place, pool_size=pool_size),
    )
