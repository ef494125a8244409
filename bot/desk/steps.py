"""One step of a patient's conversation that the desk takes at the patient's wish."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from bot import ledger, loading
from bot.conversation import course
from bot.conversation.effects import Audit, Effect, Say
from bot.conversation.memory import OpenSession
from bot.conversation.step import Step
from bot.deployment import Deployment
from bot.desk.worker import Worker
from bot.held import NoSuchPatient
from bot.ledger import Route, finish
from bot.loading import Loaded
from bot.routing import routes
from trajectory import patients

_NOWHERE = Route("web", None)
"""Nothing is said to whoever can be reached nowhere."""


def take_step(
    deployment: Deployment, worker: Worker, patient_id: int, act: Callable[[Step], None]
) -> None:
    """Let `act` move the conversation; it is said to the patient where they are reached.

    Whatever the step puts into the audit is put there as done by the worker. `act` may raise:
    nothing is changed then.

    Raises:
        NoSuchPatient: nobody has this number.
        trajectory.database.Unavailable: nothing was stored.
    """
    now = deployment.clock.now()
    deployment.database.run(
        lambda connection: step_within(connection, deployment, worker, patient_id, act, now)
    )


def step_within(
    connection: Connection,
    deployment: Deployment,
    worker: Worker,
    patient_id: int,
    act: Callable[[Step], None],
    now: datetime,
) -> None:
    """`take_step` for whoever has a transaction."""
    rows = patients.lock_conversations(connection, [patient_id])
    if not rows:
        raise NoSuchPatient
    loaded = loading.load(connection, deployment, rows)[patient_id]
    older = _open_at_the_end(connection, loaded)
    route = routes(connection, deployment, [patient_id]).get(patient_id)
    step = loading.step_for(connection, deployment, loaded, now, (route or _NOWHERE).channel, older)
    step.care = loading.care(connection, loaded, now)
    act(step)
    step.flush()
    step.effects = [_by(worker, each) for each in step.effects]
    if route is None:
        step.effects = [each for each in step.effects if not isinstance(each, Say)]
    ledger.write(connection, deployment, [finish(loaded, step, route or _NOWHERE)])


def _by(worker: Worker, effect: Effect) -> Effect:
    return replace(effect, actor=worker.actor) if isinstance(effect, Audit) else effect


def _open_at_the_end(connection: Connection, loaded: Loaded) -> Mapping[int, OpenSession]:
    """Where the course has ended: the sessions that were open then, by id."""
    wanted = course.sessions_of(loaded.memory)
    found = loading.sessions(connection, {loaded.row.patient_id: loaded}, wanted)
    return {session_id: open for session_id, (_, open) in found.items()}
