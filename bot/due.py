"""Due rows: only the next occurrence of each thing, set and dropped by owner and key."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, bindparam, delete, exists, select, update

from bot.conversation.effects import DropDue, SetDue
from bot.conversation.falling_due import Fallen
from bot.deployment import Deployment
from trajectory import tables
from trajectory.bulk import Delete, Insert
from trajectory.erasure import ERASED
from trajectory.sql import Among, without_index

PATIENT = "patient"
REROUTE = "reroute"
"""Looks after a message that did not reach the patient."""
BOUNCED = "bounced"
"""Looks after a mail that came back."""
MISHAPS = (REROUTE, BOUNCED)
"""What senders leave for whoever holds the conversation; `bot.undelivered` does it."""

_due = tables.core(tables.Due)
_SET = Insert(
    _due,
    "id",
    "at",
    "kind",
    "owner_kind",
    "owner_id",
    "key",
    "session_id",
    "turn",
    "payload",
    instead_of=("owner_kind", "owner_id", "key"),
)
_DROP = Delete(_due, "owner_kind", "owner_id", "key")
# By the index of the times: SQLite would read all rows of patients.
_OF_PATIENTS = without_index(_due.c.owner_kind) == PATIENT
_OWNERS = (
    select(_due.c.owner_id)
    .where(_OF_PATIENTS, _due.c.at <= bindparam("now"))
    .order_by(_due.c.at, _due.c.id)
    .limit(bindparam("limit"))
)
_TAKE = (
    delete(_due)
    .where(
        _due.c.owner_kind == PATIENT,
        Among(_due.c.owner_id, "owners"),
        _due.c.kind.not_in(MISHAPS),
        _due.c.at <= bindparam("now"),
    )
    .returning(*_due.c)
)
_patient = tables.core(tables.Patient)
_FORGET = (
    delete(_due)
    .where(
        _due.c.owner_kind == PATIENT,
        Among(_due.c.owner_id, "owners"),
        select(_patient.c.id)
        .where(_patient.c.id == _due.c.owner_id, _patient.c.status == ERASED)
        .exists(),
    )
    .returning(_due.c.owner_id)
)
_PUT_OFF = (
    update(_due)
    .where(
        _due.c.owner_kind == PATIENT,
        Among(_due.c.owner_id, "owners"),
        _due.c.at <= bindparam("now"),
    )
    .values(at=bindparam("until"))
)
_STEPS = select(_due.c.owner_id, _due.c.at, _due.c.payload).where(
    _due.c.owner_kind == PATIENT,
    Among(_due.c.owner_id, "owners"),
    _due.c.kind == "step",
)
_NOW = bindparam("now", type_=_due.c.at.type)
SOMETHING_DUE = exists().where(_due.c.at <= _NOW)
"""Whether anything is due at the parameter `now`, a patient's or a professional's."""
NEXT_DUE = select(_due.c.at).where(_due.c.at > _NOW).order_by(_due.c.at).limit(1).scalar_subquery()
"""When the next thing falls due after the parameter `now`, or null."""


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
                delete(_due).where(
                    _due.c.owner_kind == PATIENT,
                    _due.c.owner_id == patient_id,
                    _due.c.kind.not_in(MISHAPS),
                )
            )
            kept = {place: due for place, due in kept.items() if place[0] != patient_id}
        else:
            kept.update({(patient_id, key): None for key in change.keys})
    _DROP.run(connection, [(PATIENT, *place) for place, due in kept.items() if due is None])
    rows = [
        _row(deployment.ids.take(connection), patient_id, due)
        for (patient_id, _), due in kept.items()
        if due is not None
    ]
    _SET.run(connection, rows)


def _row(row_id: int, patient_id: int, due: SetDue) -> tuple[Any, ...]:
    return (
        row_id,
        due.at,
        due.kind,
        PATIENT,
        patient_id,
        due.key,
        due.session_id,
        due.turn,
        orjson.dumps(due.payload).decode(),
    )


def owners(connection: Connection, now: datetime, limit: int) -> list[int]:
    """Patients who have something due, longest waiting first, without a lock."""
    rows = connection.execute(_OWNERS, {"now": now, "limit": limit})
    return list(dict.fromkeys(row.owner_id for row in rows))


def forget_erased(connection: Connection, patient_ids: Collection[int]) -> set[int]:
    """Delete what is due for those of these patients who are erased; who that was.

    Their conversations can be held by nobody, so that it would stay due for ever.
    """
    if not patient_ids:
        return set()
    rows = connection.execute(_FORGET, {"owners": sorted(patient_ids)})
    return {row.owner_id for row in rows}


def take(
    connection: Connection, patient_ids: Collection[int], now: datetime
) -> list[tuple[int, Fallen]]:
    """Take what is due for patients whose conversations are held; it is gone from here on."""
    if not patient_ids:
        return []
    rows = connection.execute(_TAKE, {"owners": sorted(patient_ids), "now": now}).all()
    return [
        (row.owner_id, Fallen(row.kind, row.key, row.session_id, orjson.loads(row.payload)))
        for row in sorted(rows, key=lambda row: (row.at, row.id))
    ]


def steps(
    connection: Connection, patient_ids: Collection[int]
) -> dict[int, dict[str, tuple[datetime, int]]]:
    """By patient when each step of the pathway that has a row falls due, and its number."""
    found: dict[int, dict[str, tuple[datetime, int]]] = {}
    if patient_ids:
        for row in connection.execute(_STEPS, {"owners": sorted(patient_ids)}):
            payload = orjson.loads(row.payload)
            place = (row.at, payload["number"])
            found.setdefault(row.owner_id, {})[payload["step"]] = place
    return found


def put_off(
    connection: Connection, patient_ids: Collection[int], now: datetime, until: datetime
) -> None:
    """Let what is due for these patients, whose conversations are held, fall due later."""
    if patient_ids:
        asked = {"owners": sorted(patient_ids), "now": now, "until": until}
        connection.execute(_PUT_OFF, asked)
