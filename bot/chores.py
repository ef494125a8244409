"""What the deployment itself has to do from time to time, apart from any conversation.

A chore is a due row of the deployment's own. It may ask others over the network: its row is
claimed in one transaction, the work is done outside of any, and another one sets it again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, NamedTuple, TypeAlias

import orjson
import structlog
from sqlalchemy import Connection, and_, bindparam, case, select, update
from sqlalchemy.dialects import postgresql, sqlite

from bot.deployment import Deployment
from trajectory import tables
from trajectory.sql import Among

LEASE = timedelta(minutes=15)
"""How long a process has for a chore; then another one does it."""
AGAIN = timedelta(minutes=5)
"""When a chore that has failed is tried again."""

_OWNER, _OWNER_ID = "deployment", 0

_log = structlog.get_logger(__name__)
_due = tables.core(tables.Due)
_AT = _due.c.at.type
_MOMENT = bindparam("moment", type_=_AT)
_OURS = and_(
    _due.c.owner_kind == _OWNER,
    Among(_due.c.kind, "kinds"),
)
_NOW_DUE = and_(_OURS, _due.c.at <= bindparam("now", type_=_AT))
_LOOK = select(_due.c.kind).where(_NOW_DUE)
_HURRY = (
    update(_due)
    .where(_OURS)
    .values(at=case((_due.c.at > _MOMENT, _MOMENT), else_=_due.c.at))
    .returning(_due.c.id, _due.c.payload)
)
_START_ANEW = (
    update(_due).where(_due.c.id == bindparam("row")).values(payload=bindparam("new_payload"))
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


@dataclass(frozen=True, slots=True)
class Long:
    """A chore that takes long, and so is done a slice at a time.

    `slice` is told where the one before has stopped (None: at the beginning), and says where to go
    on (None: it is done); both are JSON. Other chores, and a stop, come between two slices.
    """

    every: timedelta
    slice: Callable[[Any], Any]


AnyChore: TypeAlias = Chore | Long


class _Claimed(NamedTuple):
    id: int
    kind: str
    payload: dict[str, Any]
    until: datetime


def begin(deployment: Deployment, chores: Mapping[str, AnyChore]) -> None:
    """Let every chore fall due now, from its beginning.

    Nobody knows what happened while no process ran.
    """
    now = deployment.clock.now()
    deployment.database.run(lambda connection: _hurry(connection, deployment, chores, now))


def do_due(deployment: Deployment, chores: Mapping[str, AnyChore]) -> int:
    """Do one chore that is due, or a slice of it; 1 if that went well, 0: there was none.

    What is short goes first, and of that what comes often: somebody counts on it. Raises
    trajectory.database.Unavailable.
    """
    now = deployment.clock.now()
    with deployment.database.read() as connection:
        asked = {"kinds": sorted(chores), "now": now}
        kinds = set(connection.execute(_LOOK, asked).scalars())
    for kind in sorted(kinds, key=lambda kind: _turn(chores[kind])):
        claimed = deployment.database.run(partial(_claim, kind=kind, now=now))
        if claimed is not None:
            return _do(deployment, chores[kind], claimed, now)
    return 0


def _turn(chore: AnyChore) -> tuple[bool, timedelta]:
    return isinstance(chore, Long), chore.every


def _do(deployment: Deployment, chore: AnyChore, claimed: _Claimed, now: datetime) -> bool:
    """The broad catch is the rule here: one chore that fails stops no other, and comes again."""
    try:
        place = _work(chore, claimed.payload)
    except Exception as error:  # noqa: BLE001
        _log.warning("chore failed", kind=claimed.kind, error=type(error).__name__)
        _set_again(deployment, claimed, now + AGAIN, claimed.payload)
        return False
    if place is None:
        _set_again(deployment, claimed, now + chore.every, {"done": now.isoformat()})
    else:
        _set_again(deployment, claimed, now, claimed.payload | {"place": place})
    return True


def _work(chore: AnyChore, payload: Mapping[str, Any]) -> Any:
    """Where to go on; None: it is done."""
    if isinstance(chore, Long):
        return chore.slice(payload.get("place"))
    last = payload.get("done")
    chore.work(datetime.fromisoformat(last) if last else None)
    return None


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
    for row in connection.execute(_HURRY, {"kinds": sorted(kinds), "moment": now}).all():
        payload = orjson.loads(row.payload)
        if payload.pop("place", None) is not None:
            anew = {"row": row.id, "new_payload": orjson.dumps(payload).decode()}
            connection.execute(_START_ANEW, anew)


def _claim(connection: Connection, kind: str, now: datetime) -> _Claimed | None:
    until = now + LEASE
    asked = {"kinds": [kind], "now": now, "until": until}
    row = connection.execute(_CLAIM, asked).one_or_none()
    return None if row is None else _Claimed(row.id, row.kind, orjson.loads(row.payload), until)


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
