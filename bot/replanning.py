"""A new deploy may ask other things at other times: running patients follow it.

Whoever was planned by another version of their pathway is found by an index and planned anew, a
batch a transaction. It may be broken off and done again at any time, by several workers at once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta

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
_NOWHERE = Route("web", None)
"""Nothing is said."""

_log = structlog.get_logger(__name__)


def replan(deployment: Deployment) -> int:
    """Plan anew for every patient who was planned by another version; how many there were.

    Raises trajectory.database.Unavailable: some may be planned anew already, the rest is not.
    """
    return sum(
        _replan_all(deployment, pathway, version)
        for pathway in sorted(deployment.library.pathways)
        for version in _other_versions(deployment, pathway)
    )


def _other_versions(deployment: Deployment, pathway: str) -> Iterator[str]:
    """The versions by which some are planned still; each is looked up when its turn comes."""
    current, after = deployment.library.version(pathway), None
    while True:
        with deployment.database.read() as connection:
            found = patients.next_version(connection, pathway, after)
        if found is None:
            return
        if found != current:
            yield found
        after = found


def _replan_all(deployment: Deployment, pathway: str, version: str) -> int:
    """In order of their ids, so that one who is passed over now comes with the next chore."""
    count, after = 0, 0
    while True:
        with deployment.database.read() as connection:
            found = patients.planned_by(
                connection, pathway, version, after, BATCHES[deployment.database.dialect]
            )
        if not found:
            return count
        count += _replan_batch(deployment, found)
        after = found[-1]


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
