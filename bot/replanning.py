"""A new deploy may ask other things at other times: running patients follow it.

Whoever was planned by another version of their pathway is found by an index and planned anew, a
batch a transaction. It may be broken off and done again at any time, by several workers at once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import structlog
from sqlalchemy import Connection

from bot import due, ledger, loading
from bot.conversation import pathways
from bot.deployment import Deployment
from bot.dispatching import BATCHES
from bot.ledger import Route, finish
from trajectory import patients
from trajectory.database import Unavailable

KIND = "replan"
EVERY = timedelta(hours=1)
"""Workers of the deploy before may plan by the old pathway as long as they run."""
SLICE = 10
"""So many batches at a time: a process that is told to stop waits for no more."""
_NOWHERE = Route("web", None)
"""Nothing is said."""

_log = structlog.get_logger(__name__)


class Place(NamedTuple):
    """How far it has come: pathways and versions in alphabetical order, patients by their ids."""

    pathway: str
    version: str
    patient_id: int


def replan(deployment: Deployment, place: Place | None = None) -> tuple[int, Place | None]:
    """Plan anew for some patients who were planned by another version; how many there were.

    And where to go on: what the next call is told as `place`. None: everybody's turn has come.
    Raises trajectory.database.Unavailable: some may be planned anew already, the rest is not.
    """
    count = 0
    for number, (reached, ids) in enumerate(_batches(deployment, place), 1):
        count += _replan_batch(deployment, ids)
        if number == SLICE:
            return count, reached
    return count, None


def _batches(deployment: Deployment, place: Place | None) -> Iterator[tuple[Place, Sequence[int]]]:
    """From there on, in order of their ids: who is passed over now comes with the next chore."""
    for pathway in sorted(deployment.library.pathways):
        if place is not None and pathway < place.pathway:
            continue
        here = place if place is not None and pathway == place.pathway else None
        for version in _other_versions(deployment, pathway, here.version if here else None):
            after = here.patient_id if here and here.version == version else 0
            while found := _planned_by(deployment, pathway, version, after):
                after = found[-1]
                yield Place(pathway, version, after), found


def _planned_by(deployment: Deployment, pathway: str, version: str, after: int) -> Sequence[int]:
    most = BATCHES[deployment.database.dialect]
    with deployment.database.read() as connection:
        return patients.planned_by(connection, pathway, version, after, most)


def _other_versions(deployment: Deployment, pathway: str, first: str | None) -> Iterator[str]:
    """The versions, from `first` on, by which some are planned still.

    Each is looked up when its turn comes.
    """
    current, after = deployment.library.version(pathway), first
    if first is not None and first != current:
        yield first
    while True:
        with deployment.database.read() as connection:
            found = patients.next_version(connection, pathway, after)
        if found is None:
            return
        if found != current:
            yield found
        after = found


def _replan_batch(deployment: Deployment, ids: Collection[int]) -> int:
    """The broad catch is the rule for poison: one patient's trouble stops nobody else's plan."""
    now = deployment.clock.now()
    try:
        return deployment.database.run(lambda connection: _write(connection, deployment, ids, now))
    except Unavailable:
        raise
    except Exception as error:  # noqa: BLE001
        if len(ids) == 1:
            _log.error("not planned anew", patient_id=min(ids), error=type(error).__name__)
            return 0
    return sum(_replan_batch(deployment, [patient_id]) for patient_id in ids)


def _write(
    connection: Connection, deployment: Deployment, ids: Collection[int], now: datetime
) -> int:
    rows = patients.lock_free(connection, ids, len(ids))
    held = [row for row in rows if row.status == "active"]
    standing = due.steps(connection, [row.patient_id for row in held])
    finished = []
    for patient_id, loaded in loading.load(connection, deployment, held).items():
        step = loading.step_for(connection, deployment, loaded, now, _NOWHERE.channel, {})
        pathways.replan(step, standing.get(patient_id, {}))
        finished.append(finish(loaded, step, _NOWHERE))
    ledger.write(connection, deployment, finished)
    return len(finished)
