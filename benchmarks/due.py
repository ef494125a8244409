"""Check-ins that fall due, into the outbox, among rows that wait for later; on PostgreSQL."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from multiprocessing.synchronize import Barrier
from statistics import median
from time import perf_counter

from sqlalchemy import func, select, text

from backtrace.garbage import keep_what_is_loaded
from benchmarks.durable.crowd import Crowd, deployment_on, fall_due, filling
from benchmarks.table import counting, show
from bot import due
from bot.dispatching import BATCHES, dispatch
from tests.house import postgres
from trajectory import tables
from trajectory.database import Database
from trajectory.keys import Ring

FLOW = "weekly-check-in"
PATIENTS = 5_000
WAITING = 1_000_000
FEWER = 10_000
"""The claim is timed among so many as well: its cost must not grow with what waits."""
WORKERS = 2
CLAIMS = 200
PATIENCE = 300
"""Seconds until a worker that has not come counts as lost."""
_outbox = tables.core(tables.Outbox)
_FILL = text(
    "INSERT INTO due (id, at, kind, owner_kind, owner_id, key, payload)"
    " SELECT 1000000000 + n, now() + interval '1 day' + n * interval '1 second',"
    " 'step', 'patient', 2000000000 + n, 'step:weekly', '{}'"
    " FROM generate_series(CAST(:first AS bigint), CAST(:last AS bigint)) AS n"
)


@dataclass(frozen=True)
class _Place:
    url: str
    keys: str


def measure(rounds: int) -> dict[str, float]:
    """Check-ins a second by two workers, and how a claim's cost grows with the waiting rows."""
    with ExitStack() as stack:
        url, ring = stack.enter_context(postgres.server({})), Ring.generate()
        deployment = stack.enter_context(filling(url, ring))
        patients = list(Crowd(deployment, PATIENTS).patients.values())
        place = _Place(url, ring.setting())
        _wait_for_later(deployment.database, 1, FEWER)
        before = _claim(deployment.database)
        _wait_for_later(deployment.database, FEWER + 1, WAITING)
        after = _claim(deployment.database)
        reached = []
        dispatched = stack.enter_context(_workers(place))
        for counts in counting(rounds):
            _forget(deployment.database)
            fall_due(deployment, FLOW, patients)
            per_second = len(patients) / dispatched()
            assert _in_outbox(deployment.database) == len(patients)
            if counts:
                reached.append(per_second)
    show(
        f"{PATIENTS:,} check-ins due among {WAITING:,} waiting rows, {WORKERS} workers, "
        f"{BATCHES['postgresql']} a transaction",
        "check-ins a second",
        {"into the outbox": reached},
    )
    print(f"a claim among {FEWER:,} rows {before:.0f} us, among {WAITING:,} {after:.0f} us")
    return {"due_per_second": median(reached), "due_claim_growth": after / before}


def _wait_for_later(database: Database, first: int, last: int) -> None:
    with database.write() as connection:
        connection.execute(_FILL, {"first": first, "last": last})
    with (
        database.writer_engine()
        .connect()
        .execution_options(isolation_level="AUTOCOMMIT") as connection
    ):
        connection.exec_driver_sql("VACUUM ANALYZE due")


def _claim(database: Database) -> float:
    """Microseconds to find the owners of what is due, where nothing is."""
    times = []
    for _ in range(CLAIMS):
        with database.read() as connection:
            now = connection.execute(select(func.now())).scalar_one()
            began = perf_counter()
            due.owners(connection, now, BATCHES["postgresql"])
            times.append(perf_counter() - began)
    return 1e6 * median(times)


def _forget(database: Database) -> None:
    """What the round before has opened: everybody is asked anew."""
    with database.write() as connection:
        connection.exec_driver_sql("DELETE FROM outbox")
        connection.exec_driver_sql("DELETE FROM due WHERE id < 1000000000")
        connection.exec_driver_sql("UPDATE conversation SET session_id = NULL")


def _in_outbox(database: Database) -> int:
    with database.read() as connection:
        return connection.execute(select(func.count()).select_from(_outbox)).scalar_one()


@contextmanager
def _workers(place: _Place) -> Iterator[Callable[[], float]]:
    """Workers that wait; each call lets them do all that is due, and gives the seconds of it."""
    spawn = multiprocessing.get_context("spawn")
    gate = spawn.Barrier(WORKERS + 1, timeout=PATIENCE)
    workers = [spawn.Process(target=_work, args=(place, gate)) for _ in range(WORKERS)]
    for worker in workers:
        worker.start()

    def dispatched() -> float:
        gate.wait()
        began = perf_counter()
        gate.wait()
        return perf_counter() - began

    try:
        yield dispatched
    finally:
        for worker in workers:
            worker.terminate()
            worker.join()


def _work(place: _Place, gate: Barrier) -> None:
    deployment = deployment_on(Database(place.url), Ring.parse(place.keys))
    # As `worker` does when it begins.
    keep_what_is_loaded()
    while True:
        gate.wait()
        while dispatch(deployment):
            pass
        gate.wait()
