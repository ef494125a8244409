"""Erasure: the patient's entries, words, people and key go; a tombstone and the audit stay.

What the key has sealed cannot be read any more, in old backups neither once the ring keys that
open them are destroyed. The audit holds ids only.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Connection, Delete, delete, select, update

from trajectory import tables
from trajectory.sql import insert_once

ERASED = "erased"

_patient = tables.core(tables.Patient)
_conversation = tables.core(tables.Conversation)
_due = tables.core(tables.Due)
_grant = tables.core(tables.AccessGrant)
_erased = tables.core(tables.Erased)

# Whatever refers to another row goes before it.
_BY_GRANT = [tables.core(model) for model in (tables.AccessCode, tables.Viewing)]
_BY_PATIENT = [
    tables.core(model)
    for model in (
        tables.WorkPage,
        tables.AccessGrant,
        tables.CareTeamMember,
        tables.DeskCase,
        tables.EnrolmentCode,
        tables.EnrolmentRequest,
        tables.EnrolmentMark,
        tables.AddressCheck,
        tables.WebCode,
        tables.WebLink,
        tables.WebSession,
        tables.RoomCode,
        tables.Outbox,
        tables.Inbox,
        tables.Session,
        tables.FindHeap,
        tables.Address,
        tables.Entry,
    )
]


def erase(connection: Connection, patient_id: int, at: datetime) -> None:
    """Erase a patient whose conversation the caller holds; harmless when repeated.

    Unsent messages go too: say goodbye before.
    """
    insert_once(connection, _erased, {"patient_id": patient_id, "at": at})
    for statement in _deletions(patient_id):
        connection.execute(statement)
    connection.execute(
        update(_conversation)
        .where(_conversation.c.patient_id == patient_id)
        .values(session_id=None, body=b"")
    )
    connection.execute(
        update(_patient)
        .where(_patient.c.id == patient_id)
        .values(
            status=ERASED,
            pathway=None,
            started_at=None,
            key_id="",
            wrapped_key=b"",
            profile=b"",
        )
    )


def tombstones(connection: Connection) -> dict[int, datetime]:
    """Who was erased, and when: kept outside the backup, erased anew by a restore."""
    rows = connection.execute(select(_erased).order_by(_erased.c.patient_id))
    return {row.patient_id: row.at for row in rows}


def _deletions(patient_id: int) -> Iterator[Delete]:
    given = select(_grant.c.id).where(_grant.c.patient_id == patient_id)
    for table in _BY_GRANT:
        yield delete(table).where(table.c.grant_id.in_(given))
    for table in _BY_PATIENT:
        yield delete(table).where(table.c.patient_id == patient_id)
    yield delete(_due).where(_due.c.owner_kind == "patient", _due.c.owner_id == patient_id)
