"""Due rows: only the next occurrence of each thing, set and dropped by owner and key."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Connection, and_, bindparam, delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from bot.conversation.effects import DropDue, SetDue
from bot.conversation.falling_due import Fallen
from bot.deployment import Deployment
from trajectory import tables

PATIENT = "patient"
DEPLOYMENT = "deployment"
NOBODY = 0
"""The owner's id of what belongs to the whole deployment."""

_due = tables.core(tables.Due)
_INSERT = insert(_due)
_DROP = delete(_due).where(
    _due.c.owner_kind == PATIENT,
    _due.c.owner_id == bindparam("owner"),
    _due.c.key == bindparam("wanted"),
)
_OWNERS = (
    select(_due.c.owner_id)
    .where(_due.c.owner_kind == PATIENT, _due.c.at <= bindparam("now"))
    .order_by(_due.c.at, _due.c.id)
    .limit(bindparam("limit"))
)
_FALLEN = (
    select(_due)
    .where(
        _due.c.owner_kind == PATIENT,
        _due.c.owner_id.in_(bindparam("owners", expanding=True)),
        _due.c.at <= bindparam("now"),
    )
    .order_by(_due.c.at, _due.c.id)
)
_PUT_OFF = (
    update(_due)
    .where(
        _due.c.owner_kind == PATIENT,
        _due.c.owner_id.in_(bindparam("owners", expanding=True)),
        _due.c.at <= bindparam("now"),
    )
    .values(at=bindparam("until"))
)
_CHORES = bindparam("kinds", expanding=True, type_=_due.c.kind.type)
_DUE_CHORES = and_(
    _due.c.owner_kind == DEPLOYMENT,
    _due.c.kind.in_(_CHORES),
    _due.c.at <= bindparam("now", type_=_due.c.at.type),
)
_STANDS = select(_due.c.id).where(_DUE_CHORES).limit(1)
_HURRY = (
    update(_due)
    .where(
        _due.c.owner_kind == DEPLOYMENT,
        _due.c.kind.in_(_CHORES),
        _due.c.at > bindparam("moment", type_=_due.c.at.type),
    )
    .values(at=bindparam("moment", type_=_due.c.at.type))
)
# Two workers that look at the same time: the second finds the row put off by the first.
_CLAIM = (
    update(_due)
    .where(_DUE_CHORES)
    .values(at=bindparam("until", type_=_due.c.at.type))
    .returning(_due.c.id, _due.c.kind, _due.c.payload)
)
_SET_AGAIN = (
    update(_due)
    .where(_due.c.id == bindparam("row"), _due.c.at == bindparam("until", type_=_due.c.at.type))
    .values(at=bindparam("next", type_=_due.c.at.type), payload=bindparam("new_payload"))
)
_NEXT = select(_due.c.at).where(_due.c.at > bindparam("after")).order_by(_due.c.at).limit(1)


def write(
    connection: Connection,
    deployment: Deployment,
    changes: Sequence[tuple[int, SetDue | DropDue]],
) -> None:
    """Apply changes, each with its patient's id, in order."""
    kept: dict[tuple[int, str], SetDue | None] = {}
    for patient_id, change in changes:
        if isinstance(change, SetDue):
            kept[patient_id, change.key] = change
        elif change.keys is None:
            connection.execute(
                delete(_due).where(_due.c.owner_kind == PATIENT, _due.c.owner_id == patient_id)
            )
            kept = {place: due for place, due in kept.items() if place[0] != patient_id}
        else:
            kept.update({(patient_id, key): None for key in change.keys})
    if kept:
        places = [{"owner": owner, "wanted": key} for owner, key in kept]
        connection.execute(_DROP, places)
    rows = [
        _row(deployment.ids.take(connection), patient_id, due)
        for (patient_id, _), due in kept.items()
        if due is not None
    ]
    if rows:
        connection.execute(_INSERT, rows)


def _row(row_id: int, patient_id: int, due: SetDue) -> dict[str, Any]:
    return {
        "id": row_id,
        "at": due.at,
        "kind": due.kind,
        "owner_kind": PATIENT,
        "owner_id": patient_id,
        "key": due.key,
        "session_id": due.session_id,
        "turn": due.turn,
        "payload": orjson.dumps(due.payload).decode(),
    }


def owners(connection: Connection, now: datetime, limit: int) -> list[int]:
    """Patients who have something due, longest waiting first, without a lock."""
    rows = connection.execute(_OWNERS, {"now": now, "limit": limit})
    return list(dict.fromkeys(row.owner_id for row in rows))


def take(
    connection: Connection, patient_ids: Collection[int], now: datetime
) -> list[tuple[int, Fallen]]:
    """Take what is due for patients whose conversations are held; it is gone from here on."""
    if not patient_ids:
        return []
    rows = connection.execute(_FALLEN, {"owners": sorted(patient_ids), "now": now}).all()
    if rows:
        connection.execute(delete(_due).where(_due.c.id.in_([row.id for row in rows])))
    return [
        (row.owner_id, Fallen(row.kind, row.key, row.session_id, orjson.loads(row.payload)))
        for row in rows
    ]


def put_off(
    connection: Connection, patient_ids: Collection[int], now: datetime, until: datetime
) -> None:
    """Let what is due for these patients, whose conversations are held, fall due later."""
    if patient_ids:
        asked = {"owners": sorted(patient_ids), "now": now, "until": until}
        connection.execute(_PUT_OFF, asked)


class Claimed(NamedTuple):
    """Something of the deployment's that this process does now; it falls due again at `until`."""

    id: int
    kind: str
    payload: dict[str, Any]
    until: datetime


def hurry(
    connection: Connection, deployment: Deployment, kinds: Collection[str], now: datetime
) -> None:
    """Let these kinds of the deployment's own fall due now, whether they stood there or not."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    rows = [
        _row(deployment.ids.take(connection), NOBODY, SetDue(kind, kind, now))
        | {"owner_kind": DEPLOYMENT}
        for kind in kinds
    ]
    connection.execute(dialect.insert(_due).on_conflict_do_nothing(), rows)
    connection.execute(_HURRY, {"kinds": sorted(kinds), "moment": now})


def stands(connection: Connection, kinds: Collection[str], now: datetime) -> bool:
    """Whether something of the deployment's own is due: a look without a lock."""
    asked = {"kinds": sorted(kinds), "now": now}
    return connection.execute(_STANDS, asked).first() is not None


def claim(
    connection: Connection, kinds: Collection[str], now: datetime, until: datetime
) -> list[Claimed]:
    """Take what is due of the deployment's own.

    Whoever dies over it leaves it due again at `until`.
    """
    asked = {"kinds": sorted(kinds), "now": now, "until": until}
    rows = connection.execute(_CLAIM, asked).all()
    return [Claimed(row.id, row.kind, orjson.loads(row.payload), until) for row in rows]


def set_again(
    connection: Connection, claimed: Claimed, at: datetime, payload: Mapping[str, Any]
) -> None:
    """Let it fall due next at this time, unless it took so long that another process has it."""
    written = orjson.dumps(dict(payload)).decode()
    asked = {"row": claimed.id, "until": claimed.until, "next": at, "new_payload": written}
    connection.execute(_SET_AGAIN, asked)


def next_moment(connection: Connection, after: datetime) -> datetime | None:
    """When the next row falls due after this moment, or None."""
    return connection.execute(_NEXT, {"after": after}).scalar_one_or_none()
