"""A whole country is enrolled, and on Monday at six everybody's check-in falls due.

    python -m benchmarks.country --patients 1000000

fills a PostgreSQL of its own through the product's own enrolment, then lets one worker
process, and after that two, dispatch what is due into the outbox; nothing is sent.
"""

from __future__ import annotations

import argparse
import cProfile
import multiprocessing
import os
import pstats
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from multiprocessing.synchronize import Barrier
from pathlib import Path
from random import SystemRandom
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
from sqlalchemy.engine import make_url

from backtrace.composition import deploy
from backtrace.definitions import shipped_library
from backtrace.replay.stage import ReplayClock
from bot import due
from bot.channels import Channel, Parcel
from bot.conversation import consents, pathways
from bot.conversation.effects import SavePatient
from bot.conversation.step import Step
from bot.deployment import Chance, Clinic, Deployment
from bot.dispatching import dispatch
from bot.enrolling import Newcomer, enrol_all
from tests.house import postgres
from trajectory.database import Database
from trajectory.keys import Ring
from trajectory.migrations import upgrade

MONDAY = datetime(2026, 3, 2, 18, 0, tzinfo=ZoneInfo("Europe/Copenhagen"))
"""When the check-ins fall due."""
FILLED_AT = MONDAY - timedelta(hours=30)
WEEKS = 11
"""Everybody began so many weeks ago at most."""
ON_MONDAY = 0.9
CHUNK = 500
"""Patients that are enrolled in one transaction."""
FILLERS = 2
SETTINGS = {"shared_buffers": "2GB", "max_wal_size": "8GB", "checkpoint_timeout": "15min"}
"""Where the server is not as it comes; fsync and synchronous_commit are on, as they come."""


class Nowhere:
    """Telegram, as far as dispatching asks: nothing is sent here."""

    name = "telegram"

    def send(self, parcel: Parcel) -> str | None:
        """Nobody calls this."""
        raise AssertionError("nothing is sent")


@dataclass(frozen=True, slots=True)
class Country:
    """Where it is kept, and the ring that opens it."""

    url: str
    ring: str

    @contextmanager
    def open(self, now: datetime) -> Iterator[Deployment]:
        """A deployment as a worker has it, whose clock stands still."""
        database = Database(self.url)
        channels: dict[str, Channel] = {"telegram": Nowhere()}
        try:
            yield deploy(
                database,
                Ring.parse(self.ring),
                shipped_library(),
                clock=ReplayClock(now),
                chance=Chance(SystemRandom()),
                channels=channels,
                clinic=Clinic(),
            )
        finally:
            database.close()

    def ask(self, statement: str) -> Any:
        """The one value that a statement gives, outside of any transaction."""
        url = make_url(self.url).set(drivername="postgresql").render_as_string(False)
        with psycopg.connect(url, autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            row = cursor.fetchone() if cursor.description else None
            return row[0] if row else None


@dataclass(frozen=True, slots=True)
class Work:
    """What one worker process did."""

    patients: int
    seconds: float
    empty: int
    """Claims that came back with nobody, while others held the same patients."""
    memory: int
    """Most bytes that the process held."""


def settle(step: Step, newcomer: Newcomer) -> None:
    """As after the first weeks: the questions of the start are answered, the calendar runs on."""
    begun = int(newcomer.address) % WEEKS + 1
    consents.answer(step, consents.ENROLMENT, consents.GIVEN, on_paper=True)
    step.person.status = "active"
    step.person.started_at = (MONDAY - timedelta(weeks=begun)).astimezone(UTC)
    step.memory.facts["intake/work-status"] = "working"
    step.do(SavePatient())
    pathways.set_all(step)


def newcomer(number: int) -> Newcomer:
    """The patient of this number, nine of ten of whom are asked on Mondays."""
    weekday = 0 if number % 10 < ON_MONDAY * 10 else number % 6 + 1
    language = "da" if number % 2 else "en"
    return Newcomer("telegram", str(7_000_000_000 + number), language, weekday=weekday)


def fill(country: Country, first: int, end: int) -> None:
    """Enrol the patients of these numbers."""
    with country.open(FILLED_AT) as deployment:
        for start in range(first, end, CHUNK):
            people = [newcomer(number) for number in range(start, min(start + CHUNK, end))]
            enrol_all(deployment, people, settle)


def work(
    country: Country, most: int, ready: Barrier, done: multiprocessing.Queue[Work], profile: bool
) -> None:
    """Dispatch until so many patients have been seen to, or nothing is due."""
    with country.open(MONDAY) as deployment:
        ready.wait()
        profiler = cProfile.Profile() if profile else None
        began = time.perf_counter()
        if profiler is not None:
            seen, empty = profiler.runcall(dispatch_all, deployment, most)
        else:
            seen, empty = dispatch_all(deployment, most)
        took = time.perf_counter() - began
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        done.put(Work(seen, took, empty, memory))
        if profiler is not None:
            pstats.Stats(profiler).sort_stats("cumulative").print_stats(70)


def dispatch_all(deployment: Deployment, most: int) -> tuple[int, int]:
    """As `work`; how many patients, and how many claims came back with nobody."""
    seen = empty = 0
    while seen < most:
        got = dispatch(deployment)
        seen += got
        if not got:
            if not _is_anything_due(deployment):
                break
            # A worker would look again at its next tick; here that is at once.
            empty += 1
            time.sleep(0.002)
    return seen, empty


def _is_anything_due(deployment: Deployment) -> bool:
    with deployment.database.read() as connection:
        return bool(due.owners(connection, deployment.clock.now(), 1))


def fill_all(country: Country, patients: int) -> float:
    """Fill with several processes; seconds."""
    began = time.perf_counter()
    context = multiprocessing.get_context("spawn")
    share = -(-patients // FILLERS)
    fillers = [
        context.Process(target=fill, args=(country, first, min(first + share, patients)))
        for first in range(0, patients, share)
    ]
    _run(fillers)
    return time.perf_counter() - began


def dispatch_with(
    country: Country, workers: int, most: int, *, profile: bool = False
) -> list[Work]:
    """Let so many workers dispatch at once, each at most so many patients."""
    context = multiprocessing.get_context("spawn")
    ready, done = context.Barrier(workers), context.Queue()
    processes = [
        context.Process(target=work, args=(country, most, ready, done, profile))
        for _ in range(workers)
    ]
    for process in processes:
        process.start()
    works = [done.get() for _ in processes]
    for process in processes:
        process.join()
    return works


def _run(processes: list[Any]) -> None:
    for process in processes:
        process.start()
    for process in processes:
        process.join()
        if process.exitcode:
            raise SystemExit("a process failed")


def tell(name: str, works: list[Work]) -> None:
    """One line about what the workers did together."""
    patients, seconds = sum(w.patients for w in works), max(w.seconds for w in works)
    memory = max(w.memory for w in works) / 2**20
    print(
        f"{name}: {patients:,} check-ins in {seconds:.1f} s, {patients / seconds:,.0f}/s "
        f"({' + '.join(f'{each.patients:,}' for each in works)}), "
        f"{sum(w.empty for w in works)} empty claims, at most {memory:.0f} MiB a worker",
        flush=True,
    )


def sizes(country: Country) -> str:
    """How big the database is, and its biggest tables with their indexes."""
    total = country.ask("SELECT pg_size_pretty(pg_database_size(current_database()))")
    tables = country.ask(
        "SELECT string_agg(relname || ' ' || pg_size_pretty(size), ', ') FROM (SELECT relname,"
        " pg_total_relation_size(oid) AS size FROM pg_class WHERE relkind = 'r'"
        " ORDER BY size DESC LIMIT 8) AS biggest"
    )
    return f"{total}: {tables}"


def server_memory(url: str) -> int:
    """Bytes that the server's processes hold, what they share counted once."""
    folder = Path(str(make_url(url).query["host"]))
    parent = (folder / "data" / "postmaster.pid").read_text().split()[0]
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return sum(_proportional(each) for each in (parent, *children))


def _proportional(process: str) -> int:
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))


def measure(country: Country, patients: int, *, profile: bool) -> None:
    """Fill, and dispatch Monday: half with one worker, the rest with two."""
    upgrade(country.url)
    took = fill_all(country, patients)
    print(f"filled: {patients:,} patients in {took:.0f} s, {patients / took:,.0f}/s", flush=True)
    country.ask("VACUUM (ANALYZE)")
    country.ask("CHECKPOINT")
    print(f"size after the fill: {sizes(country)}", flush=True)
    at = MONDAY.astimezone(UTC).isoformat()
    fallen = country.ask(f"SELECT count(*) FROM due WHERE at <= '{at}'")
    waiting = country.ask("SELECT count(*) FROM due")
    print(f"due on Monday at 18: {fallen:,} of {waiting:,} rows that wait", flush=True)
    tell("one worker", dispatch_with(country, 1, fallen // 2, profile=profile))
    tell("two workers", dispatch_with(country, 2, fallen))
    print(f"memory of the server: {server_memory(country.url) / 2**20:,.0f} MiB", flush=True)
    left = country.ask(f"SELECT count(*) FROM due WHERE at <= '{at}'")
    ready = country.ask("SELECT count(*) FROM outbox WHERE status = 'ready'")
    print(f"still due: {left:,}; in the outbox: {ready:,}", flush=True)
    print(f"size after Monday: {sizes(country)}", flush=True)


def main() -> None:
    """Read the command line, and measure."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.country", description=__doc__)
    parser.add_argument("--patients", type=int, default=20_000)
    parser.add_argument("--profile", action="store_true", help="show where one worker's time goes")
    asked = parser.parse_args()
    print(f"{os.cpu_count()} processors; PostgreSQL with {SETTINGS}", flush=True)
    with postgres.server(SETTINGS) as url:
        measure(Country(url, Ring.generate().setting()), asked.patients, profile=asked.profile)


if __name__ == "__main__":
    main()
