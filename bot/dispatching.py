"""Acting on what has fallen due.

Due rows are found without a lock, their conversations are taken with SKIP LOCKED, and the
rows are looked at again under it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Connection

from bot import due, ledger, loading
from bot.conversation.falling_due import Fallen, fall_due
from bot.deployment import Deployment
from bot.ledger import Finished, Route
from bot.loading import Loaded
from trajectory import patients

BATCH = 50
"""Patients a transaction; keeps one on SQLite short, so that replies do not wait."""


def dispatch(deployment: Deployment, limit: int = BATCH) -> int:
    """Act on what is due now for up to so many patients; how many had something.

    Raises:
        trajectory.database.Unavailable: nothing was done; the rows stay due.
    """
    now = deployment.clock.now()
    with deployment.database.read() as connection:
        owners = due.owners(connection, now, limit)
    if not owners:
        return 0
    return deployment.database.run(
        lambda connection: _dispatch(connection, deployment, owners, now)
    )


def _dispatch(
    connection: Connection, deployment: Deployment, owners: Collection[int], now: datetime
) -> int:
    held = patients.lock_conversations(connection, owners, skip_locked=True)
    if not held:
        return 0
    fallen = due.take(connection, {row.patient_id for row in held}, now)
    for turn in _turns(fallen):
        _act(connection, deployment, turn, now)
    return len({owner for owner, _ in fallen})


def _turns(fallen: Sequence[tuple[int, Fallen]]) -> list[dict[int, Fallen]]:
    """The first row of every patient, then the second, so that each sees what came before."""
    turns: list[dict[int, Fallen]] = []
    counted: dict[int, int] = {}
    for owner, row in fallen:
        place = counted.get(owner, 0)
        counted[owner] = place + 1
        if place == len(turns):
            turns.append({})
        turns[place][owner] = row
    return turns


def _act(
    connection: Connection, deployment: Deployment, turn: dict[int, Fallen], now: datetime
) -> None:
    held = patients.lock_conversations(connection, turn)
    found = loading.load(connection, deployment, held)
    finished = []
    for owner, row in turn.items():
        loaded = found[owner]
        route = preferred(connection, loaded)
        if route is None:
            continue
        step = loading.step_for(connection, deployment, loaded, now, route.channel, {})
        fall_due(step, row)
        finished.append(Finished(loaded, step, route))
    ledger.write(connection, deployment, finished)


def preferred(connection: Connection, loaded: Loaded) -> Route | None:
    """Where this patient is written to unasked: the preferred address, or another that works."""
    every = patients.addresses(connection, loaded.sealer, loaded.row.patient_id)
    working = [address for address in every if address.status == "active"]
    working.sort(key=lambda address: not address.preferred)
    return Route(working[0].channel, working[0].id) if working else None
