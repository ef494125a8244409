"""Durable turns: ours beside the bare endpoint, batches beside single turns, and pgbench."""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from benchmarks.durable import bot
from benchmarks.durable.bare import LEANEST
from benchmarks.durable.crowd import FIRST_ADDRESS, Crowd, filling
from benchmarks.durable.load import load
from benchmarks.durable.servers import BACKTRACE, SINGLY, bare, serving
from benchmarks.table import counting, ratio, show
from tests.house import postgres
from trajectory.keys import Ring

CLIENTS = 64
PATIENTS = 320
FEW = 64
"""Patients of a round in which every turn is a transaction of its own."""
PROCESSES = 2
"""Of `backtrace web`, on PostgreSQL."""
PGBENCH_SCALE, PGBENCH_SECONDS = 10, 5
DISK = "/var/tmp"
"""Not /tmp, which may be memory."""


def on_sqlite(rounds: int) -> dict[str, float]:
    """One process, synchronous=FULL, beside endpoints that only parse the same bodies."""
    measured: dict[str, list[float]] = {"bare": [], "bare, leanest": [], "ours": []}
    with ExitStack() as stack:
        enter = stack.enter_context
        folder = enter(tempfile.TemporaryDirectory(prefix="backtrace-", dir=DISK))
        url, ring = f"sqlite:///{folder}/bench.db", Ring.generate()
        patients = Crowd(enter(filling(url, ring)), PATIENTS)
        environment = bot.settings(url, ring.setting(), enter(bot.provider()))
        ours, nothing = enter(serving(environment)), enter(bare())
        for counts in counting(rounds):
            lanes = _begun(patients)
            reached = (
                load([nothing], lanes).per_second,
                load([nothing], lanes, LEANEST).per_second,
                load([ours], lanes).per_second,
            )
            patients.check()
            _note(measured, reached, counts)
    show("Durable turns on SQLite, one process, 64 clients", "turns a second", measured)
    return {
        "durable_sqlite_vs_bare": ratio(measured, "ours", "bare"),
        "durable_sqlite_vs_leanest": ratio(measured, "ours", "bare, leanest"),
    }


def on_postgres(rounds: int) -> dict[str, float]:
    """Two processes, beside the same held to batches of one turn, and `pgbench -N`."""
    measured: dict[str, list[float]] = {"pgbench -N": [], "one turn a batch": [], "ours": []}
    with ExitStack() as stack:
        enter = stack.enter_context
        url, ring = enter(postgres.server({})), Ring.generate()
        deployment = enter(filling(url, ring))
        many = Crowd(deployment, PATIENTS)
        few = Crowd(deployment, FEW, FIRST_ADDRESS * 2)
        environment = bot.settings(url, ring.setting(), enter(bot.provider()))
        ours = [enter(serving(environment, "web", BACKTRACE)) for _ in range(PROCESSES)]
        single = [enter(serving(environment, "web", SINGLY)) for _ in range(PROCESSES)]
        pgbench = _Pgbench(url)
        for counts in counting(rounds):
            lanes, fewer = _begun(many), _begun(few)
            reached = (
                pgbench.per_second(),
                load(single, fewer).per_second,
                load(ours, lanes).per_second,
            )
            many.check()
            few.check()
            _note(measured, reached, counts)
    show("Durable turns on PostgreSQL, two processes, 64 clients", "turns a second", measured)
    return {
        "durable_postgres_vs_single": ratio(measured, "ours", "one turn a batch"),
        "durable_postgres_vs_pgbench": ratio(measured, "ours", "pgbench -N"),
    }


def _begun(patients: Crowd) -> list[list[bytes]]:
    patients.begin()
    return patients.lanes(CLIENTS)


def _note(measured: dict[str, list[float]], reached: Sequence[float], counts: bool) -> None:
    for values, value in zip(measured.values(), reached, strict=True):
        if counts:
            values.append(value)


class _Pgbench:
    """PostgreSQL's own benchmark of simple updates, on the same server in a database apart."""

    def __init__(self, url: str) -> None:
        self._folder = Path(url.partition("host=")[2])
        self._call("psql", "-d", "postgres", "-c", "CREATE DATABASE pgbench")
        self._call("pgbench", "-i", "-q", "-s", str(PGBENCH_SCALE), "pgbench")

    def per_second(self) -> float:
        """Transactions a second, the time to connect left out."""
        told = self._call(
            "pgbench", "-N", "-c", str(CLIENTS), "-j", "2", "-T", str(PGBENCH_SECONDS), "pgbench"
        )
        found = re.search(r"^tps = ([0-9.]+)", told, re.MULTILINE)
        assert found is not None, told
        return float(found[1])

    def _call(self, name: str, *arguments: str) -> str:
        command = [
            str(postgres.program(self._folder, name)),
            "-h",
            str(self._folder),
            "-U",
            "postgres",
            *arguments,
        ]
        return subprocess.run(
            command, check=True, capture_output=True, text=True, user=postgres.ACCOUNT, cwd="/"
        ).stdout
