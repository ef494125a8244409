"""Acting on what has fallen due.

Due rows are found without a lock, their conversations are taken with SKIP LOCKED, and the
rows are looked at again under it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection

from bot import due, ledger, loading, metrics
from bot.conversation import safety
from bot.conversation.falling_due import Fallen, fall_due
from bot.deployment import Deployment
from bot.erasing import erase_due
from bot.ledger import Route, finish
from bot.routing import routes
from bot.undelivered import look_after, note_unreachable
from trajectory import patients
from trajectory.database import Database, Unavailable
from trajectory.patients import LockedPatient

BATCHES = {"sqlite": 15, "postgresql": 200}
"""Patients a transaction; on SQLite, where a reply waits for it, about 10 ms at most."""
WINDOW = 4
"""So many batches are looked at for one: other workers hold those who have waited longest."""
LOOKS = 10
"""So often a worker looks again at most where others were faster with all that it has found."""
AGAIN = timedelta(hours=1)
"""When what could not be digested is tried once more: a series of check-ins must not end by it."""
UNREACHABLE = timedelta(days=1)
"""How long what is due waits for a patient whose addresses have all failed."""

_log = structlog.get_logger(__name__)


def dispatch(deployment: Deployment, limit: int | None = None) -> int:
    """Act on what is due now for up to so many patients (else a batch); how many had something.

    Raises:
        trajectory.database.Unavailable: nothing was done; the rows stay due.
    """
    database = deployment.database
    most, acted = limit or BATCHES[database.dialect], 0
    for _ in range(LOOKS):
        with database.read() as connection:
            owners = due.owners(connection, deployment.clock.now(), most * _window(database))
        if not owners:
            return 0
        acted, others_were_faster = _tried(deployment, owners, most)
        if not others_were_faster:
            break
    metrics.DISPATCHED.observe(acted)
    return acted


def _tried(deployment: Deployment, owners: Sequence[int], most: int) -> tuple[int, bool]:
    """How many had something, and whether other workers have just done what these had."""
    taken: list[int] = []
    try:
        acted = _act_for(deployment, owners, most, taken)
    except Unavailable:
        raise
    except Exception:  # noqa: BLE001 - one patient's trouble must not stop everybody's schedule
        # Those who were taken, for the first ones may have been another worker's.
        acted = sum(_act_for_one(deployment, owner) for owner in taken or owners)
    return acted, bool(taken) and not acted


def _window(database: Database) -> int:
    """On SQLite nobody else can hold a patient."""
    return 1 if database.dialect == "sqlite" else WINDOW


def _act_for(
    deployment: Deployment, owners: Sequence[int], most: int, taken: list[int] | None = None
) -> int:
    """How many of these had something; `taken` is told whose conversations it was."""

    def act(connection: Connection) -> int:
        held = {row.patient_id: row for row in _free(connection, owners, most)}
        if taken is not None:
            taken[:] = held
        # Looked for only where the batch is not full: they harm nobody before.
        left = set(owners) - held.keys() if len(held) < most else set()
        forgotten = due.forget_erased(connection, left)
        return len(forgotten) + _dispatch(connection, deployment, held)

    return deployment.database.run(act)


def _act_for_one(deployment: Deployment, owner: int) -> int:
    try:
        return _act_for(deployment, [owner], 1)
    except Unavailable:
        raise
    except Exception as error:  # noqa: BLE001 - kept for later, and for a person to see
        _log.error("due row put off", patient_id=owner, error=type(error).__name__)
    now = deployment.clock.now()
    deployment.database.run(lambda connection: _put_off(connection, owner, now))
    return 1


def _put_off(connection: Connection, owner: int, now: datetime) -> None:
    if patients.lock_conversations(connection, [owner]):
        due.put_off(connection, [owner], now, now + AGAIN)


def _dispatch(
    connection: Connection, deployment: Deployment, held: Mapping[int, LockedPatient]
) -> int:
    now = deployment.clock.now()
    erased = erase_due(connection, deployment, held, now)
    held = {owner: row for owner, row in held.items() if owner not in erased}
    moved = look_after(connection, deployment, held, now)
    held |= {row.patient_id: row for row in patients.lock_conversations(connection, moved)}
    reached = routes(connection, deployment, held)
    silent = held.keys() - reached.keys()
    due.put_off(connection, silent, now, now + UNREACHABLE)
    note_unreachable(connection, deployment, [held[owner] for owner in sorted(silent)], now)
    fallen = due.take(connection, reached.keys(), now)
    for number, turn in enumerate(_turns(fallen)):
        if number:
            held = {row.patient_id: row for row in patients.lock_conversations(connection, turn)}
        _act(connection, deployment, [held[owner] for owner in turn], turn, reached, now)
    fell = {owner for owner, _ in fallen}
    return len(erased | moved | silent | fell)


def _free(connection: Connection, owners: Sequence[int], most: int) -> list[LockedPatient]:
    """Those who have waited longest, and in place of whom others hold some of the next."""
    first, rest = owners[:most], owners[most:]
    rows = patients.lock_free(connection, first, most)
    return rows + patients.lock_free(connection, rest, most - len(rows))


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
    connection: Connection,
    deployment: Deployment,
    held: Collection[LockedPatient],
    turn: Mapping[int, Fallen],
    reached: Mapping[int, Route],
    now: datetime,
) -> None:
    """Act on one row a patient; `held` is how their conversations stand."""
    finished = []
    for owner, loaded in loading.load(connection, deployment, held).items():
        route = reached[owner]
        step = loading.step_for(connection, deployment, loaded, now, route.channel, {})
        if safety.screens(step) or step.memory.visits:
            step.care = loading.care(connection, loaded, now)
        fall_due(step, turn[owner])
        finished.append(finish(loaded, step, route))
    ledger.write(connection, deployment, finished)
