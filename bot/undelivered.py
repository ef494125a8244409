"""What is due because a message did not arrive; the patient's conversation is held."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import copy
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import Connection, Row, bindparam, delete, select, update

from bot import bouncing, due, loading, taking_over
from bot.deployment import Deployment
from bot.held import Held
from bot.taking_over import NotTold
from flows.model import Urgency
from trajectory import cases, patients, tables
from trajectory.cases import Kind
from trajectory.patients import LockedPatient
from trajectory.sql import Among

IN_DOUBT = timedelta(days=1)
"""When it is looked at again while it is in doubt who reads."""
_REACHED = ("active", "enrolling")

_due = tables.core(tables.Due)
_ROWS = (
    select(_due)
    .where(
        _due.c.owner_kind == due.PATIENT,
        Among(_due.c.owner_id, "owners"),
        _due.c.kind.in_(due.MISHAPS),
        _due.c.at <= bindparam("now"),
    )
    .order_by(_due.c.owner_id, _due.c.at, _due.c.id)
)
_DONE = delete(_due).where(_due.c.id == bindparam("row"))
_LATER = update(_due).where(_due.c.id == bindparam("row")).values(at=bindparam("until"))


def look_after(
    connection: Connection,
    deployment: Deployment,
    held: Mapping[int, LockedPatient],
    now: datetime,
) -> set[int]:
    """Do what such rows say, of patients whose conversations are held; whose have moved.

    Comes before everything else that is due: it needs no way to reach the patient.
    """
    if not held:
        return set()
    found = connection.execute(_ROWS, {"owners": sorted(held), "now": now}).all()
    for owner in dict.fromkeys(row.owner_id for row in found):
        with _taken(connection, deployment, held[owner], now) as taken:
            _do(taken, [row for row in found if row.owner_id == owner])
    return {row.owner_id for row in found}


def note_unreachable(
    connection: Connection, deployment: Deployment, rows: Collection[LockedPatient], now: datetime
) -> None:
    """Put patients who can be reached nowhere on the clinic's list, once until they are heard."""
    for row in rows:
        if row.status in _REACHED:
            with _taken(connection, deployment, row, now) as taken:
                _note(taken, NotTold.NOWHERE)


@contextmanager
def _taken(
    connection: Connection, deployment: Deployment, row: LockedPatient, now: datetime
) -> Iterator[Held]:
    """One conversation, written back where something of it has changed."""
    loaded = loading.load(connection, deployment, [row])[row.patient_id]
    before = copy(loaded.memory)
    held = Held(connection, deployment, loaded, now, row.sequence)
    yield held
    if (held.sequence, loaded.memory) != (row.sequence, before):
        body = loaded.sealer.seal(patients.BODY, row.patient_id, loaded.memory.to_json())
        patients.save_conversation(connection, row.patient_id, held.sequence, row.session_id, body)


def _do(held: Held, rows: Sequence[Row[Any]]) -> None:
    if held.in_doubt:
        until = held.now + IN_DOUBT
        held.connection.execute(_LATER, [{"row": row.id, "until": until} for row in rows])
        return
    held.connection.execute(_DONE, [{"row": row.id} for row in rows])
    for message_id in _messages(rows, due.BOUNCED):
        bouncing.note(held, message_id)
    why = taking_over.take_over(held, _messages(rows, due.REROUTE))
    if why is not None:
        _note(held, why)


def _messages(rows: Sequence[Row[Any]], kind: str) -> list[int]:
    return [orjson.loads(row.payload)["message"] for row in rows if row.kind == kind]


def _note(held: Held, why: NotTold) -> None:
    """On the clinic's list, unless it stands there already that nobody of that name is reached.

    That a safety message reached nobody is said each time.
    """
    if why is NotTold.NOWHERE and cases.open_of(held.connection, held.patient_id, Kind.NOT_ME):
        return
    memory = held.loaded.memory
    if why is NotTold.NOWHERE and memory.unreachable:
        return
    known, memory.unreachable = memory.unreachable, why.value
    cases.open_case(
        held.connection,
        held.deployment.ids.take(held.connection),
        held.patient_id,
        Kind.NOT_REACHED if why is NotTold.SAFETY else Kind.UNREACHABLE,
        now=held.now,
        urgency=_urgency(held) if why is NotTold.SAFETY else None,
    )
    if not known:
        held.audit("system", "unreachable", "")


def _urgency(held: Held) -> Urgency:
    """Of what was not told; after words of self-harm nothing else is remembered of it."""
    return Urgency(held.loaded.memory.urgency or Urgency.EMERGENCY)
