"""How long patients' answers take while thousands of check-ins fall due at once; on PostgreSQL."""

from __future__ import annotations

from contextlib import ExitStack
from statistics import quantiles

from sqlalchemy import func, select

from benchmarks.due import FLOW
from benchmarks.durable import bot
from benchmarks.durable.crowd import FIRST_ADDRESS, Crowd, fall_due, filling
from benchmarks.durable.load import load
from benchmarks.durable.servers import BACKTRACE, running, serving
from benchmarks.table import show
from bot.deployment import Deployment
from tests.house import postgres
from trajectory import tables
from trajectory.keys import Ring

CLIENTS = 4
ANSWERING = 32
DUE = 10_000
_due = tables.core(tables.Due)


def measure() -> dict[str, float]:
    """The 99th percentile of an answer's time, loaded by idle, with one web and one worker."""
    with ExitStack() as stack:
        enter = stack.enter_context
        url, ring = enter(postgres.server({})), Ring.generate()
        deployment = enter(filling(url, ring))
        patients = Crowd(deployment, ANSWERING)
        others = list(Crowd(deployment, DUE, FIRST_ADDRESS * 2).patients.values())
        environment = bot.settings(url, ring.setting(), enter(bot.provider()))
        web = enter(serving(environment, "web"))
        enter(running([*BACKTRACE, "worker"], environment))
        _answered(web, patients)  # nobody is warm before
        idle = _answered(web, patients)
        patients.begin()
        lanes = patients.lanes(CLIENTS)
        fall_due(deployment, FLOW, others)
        loaded = load([web], lanes).latencies
        left = _still_due(deployment)
        patients.check()
    assert left, "all was dispatched before the last answer: let more fall due"
    show(
        f"An answer until its 200, {CLIENTS} clients, while {DUE:,} check-ins fall due",
        "milliseconds, 99th percentile",
        {"idle": [_p99(idle)], "loaded": [_p99(loaded)]},
    )
    return {"p99_loaded_vs_idle": _p99(loaded) / _p99(idle)}


def _answered(port: int, patients: Crowd) -> list[float]:
    patients.begin()
    latencies = load([port], patients.lanes(CLIENTS)).latencies
    patients.check()
    return latencies


def _p99(latencies: list[float]) -> float:
    return 1000 * quantiles(latencies, n=100)[-1]


def _still_due(deployment: Deployment) -> int:
    which = select(func.count()).where(_due.c.at <= func.now(), _due.c.kind == "flow")
    with deployment.database.read() as connection:
        return connection.execute(which).scalar_one()
