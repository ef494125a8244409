"""`python -m benchmarks.durable`: webhooks under load, round after round in alternation."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from benchmarks.durable import bot
from benchmarks.durable.crowd import crowd
from benchmarks.durable.load import load
from benchmarks.durable.servers import bare, serving
from trajectory.keys import Ring

CLIENTS = 64
PATIENTS = 320


def sqlite(rounds: int) -> float:
    """Turns on SQLite, one process, synchronous=FULL, beside the bare endpoint: the ratio."""
    with ExitStack() as stack:
        enter = stack.enter_context
        folder = enter(tempfile.TemporaryDirectory(prefix="backtrace-bench-", dir="/var/tmp"))
        url, ring = f"sqlite:///{Path(folder).resolve()}/bench.db", Ring.generate()
        patients = enter(crowd(url, ring, PATIENTS))
        environment = bot.settings(url, ring.setting(), enter(bot.provider()))
        ours, nothing = enter(serving(environment)), enter(bare())
        measured: dict[str, list[float]] = {"ours": [], "bare": []}
        for _ in range(rounds):
            patients.begin()
            lanes = patients.lanes(CLIENTS)
            measured["bare"].append(load([nothing], lanes).per_second)
            measured["ours"].append(load([ours], lanes).per_second)
            patients.check()
        print(measured)
        return median(measured["ours"]) / median(measured["bare"])


if __name__ == "__main__":
    print(sqlite(3))
