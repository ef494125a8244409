"""What the deployment itself has to do from time to time, apart from any conversation.

A chore is a due row of the deployment's own. It may ask others over the network: its row is
claimed in one transaction, the work is done outside of any, and another one sets it again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import orjson
import structlog
from sqlalchemy import Connection, and_, bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite

from bot.deployment import Deployment
from trajectory import tables

LEASE = timedelta(minutes=15)
"""How long a process has for a chore; then another one does it."""
AGAIN = timedelta(minutes=5)
"""When a chore that has failed is tried again."""

_OWNER, _OWNER_ID = "deployment", 0

_log = structlog.get_logger(__name__)
_due = tables.core(tables.Due)
_AT = _due.c.at.type
_OURS = and_(
    _due.c.owner_kind == _OWNER,
    _due.c.kind.in_(bindparam("kinds", expanding=True, type_=_due.c.kind.type)),
)
_NOW_DUE = and_(_OURS, _due.c.at <= bindparam("now", type_=_AT))
_LOOK = select(_due.c.id).where(_NOW_DUE).limit(1)
_HURRY = (
    update(_due)
    .where(_OURS, _due.c.at > bindparam("moment", type_=_AT))
    .values(at=bindparam("moment", type_=_AT))
)
# Of two workers that look at the same time the second finds the row put off by the first.
_CLAIM = (
    update(_due)
    .where(_NOW_DUE)
    .values(at=bindparam("until", type_=_AT))
    .returning(_due.c.id, _due.c.kind, _due.c.payload)
)
# Not where it took so long that another process has it now.
_SET_AGAIN = (
    update(_due)
    .where(_due.c.id == bindparam("row"), _due.c.at == bindparam("until", type_=_AT))
    .values(at=bindparam("next", type_=_AT), payload=bindparam("new_payload"))
)


@dataclass(frozen=True, slots=True)
class Chore:
    """`work` is told when it last began and came to its end (None: never).

    It raises whatever kept it from its end. Done twice, it must harm nobody.
    """

    every: timedelta
    work: Callable[[datetime | None], object]


class _Claimed(NamedTuple):
    id: int
    kind: str
    payload: dict[str, Any]
    until: datetime


def begin(deployment: Deployment, chores: Mapping[str, Chore]) -> None:
    """Let every chore fall due now: nobody knows what happened while no process ran."""
    now = deployment.clock.now()
    deployment.database.run(lambda connection: _hurry(connection, deployment, chores, now))


def do_due(deployment: Deployment, chores: Mapping[str, Chore]) -> int:
    """Do the chores that are due; how many came to their end.

    Raises trajectory.database.Unavailable.
    """
    now = deployment.clock.now()
    asked = {"kinds": sorted(chores), "now": now}
    with deployment.database.read() as connection:
        if connection.execute(_LOOK, asked).first() is None:
            return 0
    claimed = deployment.database.run(lambda connection: _claim(connection, chores, now))
    return sum([_do(deployment, chores[each.kind], each, now) for each in claimed])


def _do(deployment: Deployment, chore: Chore, claimed: _Claimed, now: datetime) -> bool:
    """The broad catch is the rule here: one chore that fails stops no other, and comes again."""
    last = claimed.payload.get("done")
    try:
        chore.work(datetime.fromisoformat(last) if last else None)
    except Exception as error:  # noqa: BLE001
        _log.warning("chore failed", kind=claimed.kind, error=type(error).__name__)
        _set_again(deployment, claimed, now + AGAIN, claimed.payload)
        return False
    _set_again(deployment, claimed, now + chore.every, {"done": now.isoformat()})
    return True


def _hurry(
    connection: Connection, deployment: Deployment, kinds: Collection[str], now: datetime
) -> None:
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    rows = [
        {
            "id": deployment.ids.take(connection),
            "at": now,
            "kind": kind,
            "owner_kind": _OWNER,
            "owner_id": _OWNER_ID,
            "key": kind,
            "payload": "{}",
        }
        for kind in kinds
    ]
    connection.execute(dialect.insert(_due).on_conflict_do_nothing(), rows)
    connection.execute(_HURRY, {"kinds": sorted(kinds), "moment": now})


def _claim(connection: Connection, kinds: Collection[str], now: datetime) -> list[_Claimed]:
    until = now + LEASE
    rows = connection.execute(_CLAIM, {"kinds": sorted(kinds), "now": now, "until": until}).all()
    return [_Claimed(row.id, row.kind, orjson.loads(row.payload), until) for row in rows]


def _set_again(
    deployment: Deployment, claimed: _Claimed, at: datetime, payload: Mapping[str, Any]
) -> None:
    asked = {
        "row": claimed.id,
        "until": claimed.until,
        "next": at,
        "new_payload": orjson.dumps(dict(payload)).decode(),
    }
    deployment.database.run(lambda connection: connection.execute(_SET_AGAIN, asked))
