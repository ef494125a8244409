"""Both databases keep what they promise: no lost update, clear faults, recovery."""

import multiprocessing
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError, ProgrammingError

from tests.house import postgres
from trajectory.database import Conflict, Database, InUse, Unavailable, exclusive

CREATE = text("CREATE TABLE counter (id INTEGER PRIMARY KEY, n INTEGER NOT NULL)")
PROCESSES, TIMES = 3, 60

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
on_postgresql = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url, durable=False)
    with database.write() as connection:
        connection.execute(CREATE)
        connection.execute(text("INSERT INTO counter VALUES (1, 0), (2, 0)"))
    yield database
    database.close()


def count(database: Database, row: int = 1) -> int:
    with database.read() as connection:
        n: int = connection.execute(
            text("SELECT n FROM counter WHERE id = :id"), {"id": row}
        ).scalar_one()
        return n


def add_one(database: Database, row: int = 1) -> None:
    """Read, then write: the pattern that loses updates when the lock comes too late."""
    lock = " FOR UPDATE" if database.dialect == "postgresql" else ""
    with database.write() as connection:
        read = text(f"SELECT n FROM counter WHERE id = :id{lock}")
        n = connection.execute(read, {"id": row}).scalar_one()
        connection.execute(
            text("UPDATE counter SET n = :n WHERE id = :id"), {"n": n + 1, "id": row}
        )


def add_many(url: str) -> None:
    database = Database(url)
    for _ in range(TIMES):
        add_one(database)
    database.close()


def test_processes_that_read_and_write_back_lose_nothing(
    database: Database, database_url: str
) -> None:
    spawn = multiprocessing.get_context("spawn")
    writers = [spawn.Process(target=add_many, args=(database_url,)) for _ in range(PROCESSES)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0] * PROCESSES
    assert count(database) == PROCESSES * TIMES


def test_threads_that_read_and_write_back_lose_nothing(database: Database) -> None:
    def work() -> None:
        for _ in range(20):
            add_one(database)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert count(database) == 80


def test_an_exception_leaves_nothing_behind(database: Database) -> None:
    def fail_halfway(connection: Connection) -> None:
        connection.execute(text("UPDATE counter SET n = 7"))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        database.run(fail_halfway)
    assert count(database) == 0
    add_one(database)
    assert count(database) == 1


def test_a_reader_sees_one_moment_and_cannot_write(database: Database) -> None:
    with database.read() as connection:
        before = connection.execute(text("SELECT n FROM counter WHERE id = 1")).scalar_one()
        add_one(database)
        after = connection.execute(text("SELECT n FROM counter WHERE id = 1")).scalar_one()
    assert before == after == 0
    with pytest.raises(DBAPIError), database.read() as connection:
        connection.execute(text("UPDATE counter SET n = 9"))
    assert count(database) == 1


def test_a_mistake_in_sql_is_not_called_a_lost_database(database: Database) -> None:
    with pytest.raises(DBAPIError) as failure, database.write() as connection:
        connection.execute(text("SELECT * FROM nowhere"))
    assert not isinstance(failure.value, Unavailable)


def test_errors_hide_what_was_written(database: Database) -> None:
    statement = text("INSERT INTO nowhere VALUES (:words)")
    with pytest.raises(DBAPIError) as failure, database.write() as connection:
        connection.execute(statement, {"words": "my back hurts"})
    assert "my back hurts" not in str(failure.value)


def test_run_tries_again_after_a_conflict_and_gives_up_in_the_end(database: Database) -> None:
    tries = iter([Conflict("first"), Conflict("second")])

    def work(connection: object) -> str:
        conflict = next(tries, None)
        if conflict is not None:
            raise conflict
        return "done"

    assert database.run(work) == "done"

    def hopeless(connection: object) -> None:
        raise Conflict("always")

    with pytest.raises(Conflict, match="always"):
        database.run(hopeless)


@on_postgresql
def test_transactions_that_lock_crosswise_both_get_through(database: Database) -> None:
    both_hold_one = threading.Barrier(2)
    update = text("UPDATE counter SET n = n + 1 WHERE id = :id")

    def crosswise(first: int, second: int) -> None:
        attempts = 0

        def work(connection: Connection) -> None:
            nonlocal attempts
            attempts += 1
            connection.execute(update, {"id": first})
            if attempts == 1:
                both_hold_one.wait(timeout=10)
            connection.execute(update, {"id": second})

        database.run(work)

    threads = [threading.Thread(target=crosswise, args=order) for order in ((1, 2), (2, 1))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert count(database, 1) == count(database, 2) == 2


@on_postgresql
def test_a_server_restart_is_not_noticed_between_transactions(database: Database) -> None:
    count(database)
    add_one(database)
    end_others = text(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
        " WHERE application_name = 'backtrace' AND pid <> pg_backend_pid()"
        " AND datname = current_database()"
    )
    with database.write() as connection:
        assert connection.execute(end_others).scalar_one() > 0
    assert count(database) == 1
    add_one(database)
    assert count(database) == 2


@on_postgresql
def test_a_connection_lost_inside_a_transaction_is_unavailable(database: Database) -> None:
    end_myself = text("SELECT pg_terminate_backend(pg_backend_pid())")
    with pytest.raises(Unavailable), database.write() as connection:
        connection.execute(end_myself)
    add_one(database)
    assert count(database) == 1


def test_a_stopped_server_is_unavailable() -> None:
    with postgres.server() as url:
        database = Database(url)
        with database.write() as connection:
            connection.execute(CREATE)
    with pytest.raises(Unavailable, match="when it is up"), database.write():
        pass
    with pytest.raises(Unavailable), database.read() as connection:
        connection.execute(text("SELECT 1"))
    database.close()


def test_a_file_locked_by_another_process_for_too_long_is_unavailable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trajectory._engines.LOCK_SECONDS", 0.01)
    one, other = (Database(f"sqlite:///{tmp_path / 'a.db'}") for _ in range(2))
    with one.write(), pytest.raises(Unavailable, match="locked"), other.write():
        pass
    one.close()
    other.close()


def _close(driver: sqlite3.Connection) -> None:
    driver.close()


def _leave_a_transaction_open(driver: sqlite3.Connection) -> None:
    driver.execute("BEGIN IMMEDIATE")
    driver.execute("UPDATE counter SET n = 100 WHERE id = 1")


@on_sqlite
@pytest.mark.parametrize("spoil", [_close, _leave_a_transaction_open])
def test_a_spoilt_connection_costs_one_write_at_most(
    database: Database, spoil: Callable[[sqlite3.Connection], None]
) -> None:
    spoil(_kept(database))
    with suppress(DBAPIError):
        add_one(database, 2)
    before = count(database, 2)
    add_one(database)
    add_one(database, 2)
    assert (count(database), count(database, 2)) == (1, before + 1)
    assert database.scrub(rewrite=True)


@on_sqlite
def test_a_wait_in_vain_spoils_no_connection(database: Database, database_url: str) -> None:
    kept = _kept(database)
    kept.execute("PRAGMA busy_timeout = 10")
    other = Database(database_url)
    with other.write(), pytest.raises(Unavailable, match="locked by another process"):
        add_one(database)
    other.close()
    add_one(database)
    assert _kept(database) is kept


def _kept(database: Database) -> sqlite3.Connection:
    assert database._held is not None
    driver = database._held.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    return driver


def test_a_full_disk_is_unavailable(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'a.db'}")
    with database.write() as connection:
        connection.execute(text("CREATE TABLE page (body BLOB)"))
        connection.execute(text("PRAGMA max_page_count = 5"))
    with pytest.raises(Unavailable, match="full"), database.write() as connection:
        connection.execute(text("INSERT INTO page VALUES (zeroblob(100000))"))
    database.close()


def test_whoever_opens_a_new_file_at_the_same_time_gets_in(tmp_path: Path) -> None:
    """The file becomes one with a log, which SQLite lets only one of them do."""
    together, failed = threading.Barrier(4), list[Exception]()

    def come(number: int) -> None:
        database = Database(f"sqlite:///{tmp_path}/{number}.db")
        together.wait()
        try:
            with database.write() as connection:
                connection.execute(text("CREATE TABLE IF NOT EXISTS guest (id INTEGER)"))
        except Unavailable as error:
            failed.append(error)
        finally:
            database.close()

    for number in range(20):
        guests = [threading.Thread(target=come, args=(number,)) for _ in range(4)]
        for guest in guests:
            guest.start()
        for guest in guests:
            guest.join()
    assert failed == []


def test_a_folder_that_is_missing_is_named_as_the_reason(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'nowhere' / 'a.db'}")
    with pytest.raises(Unavailable, match="folder"), database.write():
        pass
    database.close()


def test_sqlite_waits_for_the_disk_unless_told_otherwise(tmp_path: Path) -> None:
    for durable, synchronous in ((True, 2), (False, 0)):
        database = Database(f"sqlite:///{tmp_path / 'a.db'}", durable=durable)
        with database.write() as connection:
            assert connection.execute(text("PRAGMA synchronous")).scalar_one() == synchronous
            assert connection.execute(text("PRAGMA journal_mode")).scalar_one() == "wal"
            assert connection.execute(text("PRAGMA foreign_keys")).scalar_one() == 1
        database.close()


def test_a_throw_away_database_is_shared_by_threads_and_gone_when_closed() -> None:
    database = Database.for_replay()
    with database.write() as connection:
        connection.execute(CREATE)
        connection.execute(text("INSERT INTO counter VALUES (1, 0)"))
    thread = threading.Thread(target=add_one, args=(database,))
    thread.start()
    thread.join()
    assert count(database) == 1
    file = Path(database.url.removeprefix("sqlite:///"))
    assert file.exists()
    database.close()
    assert not file.parent.exists()


def test_only_one_serve_may_hold_a_file(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'a.db'}"
    with (
        exclusive(url),
        pytest.raises(InUse, match=r"a\.db is in use by process \d+\. Stop it"),
        exclusive(url),
    ):
        pass
    with exclusive(url):
        add_nothing = Database(url)
        with add_nothing.write():
            pass
        add_nothing.close()


def test_any_number_of_processes_may_serve_from_postgresql() -> None:
    url = "postgresql://db.example/backtrace"
    with exclusive(url), exclusive(url):
        pass


@pytest.mark.parametrize("url", ["mysql://x/y", "oracle://x"])
def test_other_databases_are_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"sqlite:///FILE or postgresql://"):
        Database(url)


@on_postgresql
def test_the_word_programming_error_still_means_ours(database: Database) -> None:
    with pytest.raises(ProgrammingError), database.write() as connection:
        connection.execute(text("SELEC 1"))
