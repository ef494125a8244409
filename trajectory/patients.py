"""Patients, their conversations (the rows that a turn locks) and how they are found.

Lock order everywhere: inbox keys, then conversations by patient id, then the rest. Whoever
changes a patient's row holds that patient's conversation.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, TypedDict, Unpack

from sqlalchemy import Connection, Select, bindparam, insert, select, update

from trajectory import tables
from trajectory._addresses import (
    Address,
    AddressTaken,
    PatientRef,
    add_address,
    address_status,
    addresses,
    find_by_address,
    is_closed,
    lose_address,
    note_arrival,
    note_doubt,
    prefer_address,
    reach_again,
    set_address_status,
)
from trajectory.erasure import ERASED
from trajectory.ids import Ids
from trajectory.keys import Ring, Sealer

__all__ = [
    "BODY",
    "PROFILE",
    "Address",
    "AddressTaken",
    "Changes",
    "ConversationState",
    "LockedPatient",
    "PatientRef",
    "add_address",
    "address_status",
    "addresses",
    "change",
    "create",
    "find_by_address",
    "is_closed",
    "lock_conversations",
    "lose_address",
    "next_version",
    "note_arrival",
    "note_doubt",
    "planned_by",
    "prefer_address",
    "reach_again",
    "read",
    "save_conversation",
    "save_conversations",
    "save_profile",
    "set_address_status",
]

_patient = tables.core(tables.Patient)
_conversation = tables.core(tables.Conversation)

PROFILE = "patient.profile"
BODY = "conversation.body"


class LockedPatient(NamedTuple):
    """A patient with the conversation that this transaction holds; bytes are sealed."""

    patient_id: int
    status: str
    language: str
    timezone: str
    pathway: str | None
    started_at: datetime | None
    planned_by: str
    key_id: str
    wrapped_key: bytes
    profile: bytes
    sequence: int
    session_id: int | None
    body: bytes

    def sealer(self, ring: Ring) -> Sealer:
        """The sealer of this patient's key; raises WrongKey."""
        return ring.unwrap(self.key_id, self.wrapped_key, self.patient_id)


class ConversationState(NamedTuple):
    """What a turn leaves behind; `body` is sealed for `BODY` and the patient's id."""

    patient_id: int
    sequence: int
    session_id: int | None
    body: bytes


class Changes(TypedDict, total=False):
    """The open columns of a patient that may change."""

    status: str
    language: str
    timezone: str
    pathway: str | None
    started_at: datetime | None
    planned_by: str


_INSERT_PATIENT = insert(_patient)
_INSERT_CONVERSATION = insert(_conversation)
_SAVE_PROFILE = (
    update(_patient)
    .where(_patient.c.id == bindparam("patient"))
    .values(profile=bindparam("sealed_profile"))
)
_SAVE_CONVERSATION = (
    update(_conversation)
    .where(_conversation.c.patient_id == bindparam("patient"))
    .values(
        sequence=bindparam("new_sequence"),
        session_id=bindparam("new_session_id"),
        body=bindparam("new_body"),
    )
)
_HELD: Select[Any] = (
    select(
        *(
            _patient.c["id" if name == "patient_id" else name]
            for name in LockedPatient._fields[:10]
        ),
        *(_conversation.c[name] for name in LockedPatient._fields[10:]),
    )
    .join(_conversation, _conversation.c.patient_id == _patient.c.id)
    .where(
        _conversation.c.patient_id.in_(bindparam("patients", expanding=True)),
        _patient.c.status != ERASED,
    )
    .order_by(_conversation.c.patient_id)
)
# The patient's row is locked along: after a wait PostgreSQL reads only locked rows anew, and
# a status that another turn has just changed would be missed.
_LOCK = _HELD.with_for_update(key_share=True, of=[_conversation, _patient])
_LOCK_FREE = _HELD.with_for_update(key_share=True, of=[_conversation, _patient], skip_locked=True)

# The index `ix_patient_plan` has these in order, however many have the newest version.
_PLANNED = select(_patient.c.planned_by).where(
    _patient.c.pathway == bindparam("pathway"), _patient.c.status == "active"
)
_FIRST_VERSION = _PLANNED.order_by(_patient.c.planned_by).limit(1)
_NEXT_VERSION = _FIRST_VERSION.where(_patient.c.planned_by > bindparam("after"))
_PLANNED_BY = (
    _PLANNED.with_only_columns(_patient.c.id)
    .where(_patient.c.planned_by == bindparam("version"), _patient.c.id > bindparam("after"))
    .order_by(_patient.c.id)
    .limit(bindparam("most"))
)


def create(
    connection: Connection,
    ids: Ids,
    ring: Ring,
    *,
    language: str,
    timezone: str,
    pathway: str | None,
    status: str,
    profile: Mapping[str, Any],
    now: datetime,
) -> tuple[int, Sealer]:
    """A new patient with an own key and an empty conversation (`{}`, sequence 0)."""
    patient_id = ids.take(connection)
    sealer, key_id, wrapped = ring.new_sealer(patient_id)
    row = {
        "id": patient_id,
        "created_at": now,
        "status": status,
        "language": language,
        "timezone": timezone,
        "pathway": pathway,
        "key_id": key_id,
        "wrapped_key": wrapped,
        "profile": sealer.seal_json(PROFILE, patient_id, profile),
    }
    body = sealer.seal_json(BODY, patient_id, {})
    connection.execute(_INSERT_PATIENT, row)
    connection.execute(_INSERT_CONVERSATION, {"patient_id": patient_id, "body": body})
    return patient_id, sealer


def lock_conversations(
    connection: Connection, patient_ids: Collection[int], *, skip_locked: bool = False
) -> list[LockedPatient]:
    """Hold these patients until the end of the transaction, in order of their ids.

    Whoever has been erased, even while this waited, is left out. `skip_locked` leaves out those
    whom another transaction holds. On SQLite the write transaction holds everybody already.
    """
    if not patient_ids:
        return []
    statement = _LOCK_FREE if skip_locked else _LOCK
    rows = connection.execute(statement, {"patients": sorted(set(patient_ids))})
    return [LockedPatient(*row) for row in rows]


def read(connection: Connection, patient_ids: Collection[int]) -> list[LockedPatient]:
    """The same rows without a lock, for pages and exports; not to be written back.

    Whoever has been erased is left out.
    """
    if not patient_ids:
        return []
    rows = connection.execute(_HELD, {"patients": sorted(set(patient_ids))})
    return [LockedPatient(*row) for row in rows]


def next_version(connection: Connection, pathway: str, after: str | None) -> str | None:
    """The next version, in alphabetical order, by which somebody on this pathway is planned.

    None: there is none behind `after`; `after` None: the first.
    """
    asked = {"pathway": pathway} if after is None else {"pathway": pathway, "after": after}
    statement = _FIRST_VERSION if after is None else _NEXT_VERSION
    return connection.execute(statement, asked).scalar()


def planned_by(
    connection: Connection, pathway: str, version: str, after: int, most: int
) -> Sequence[int]:
    """Active patients on this pathway who are planned by this version: ids behind `after`."""
    asked = {"pathway": pathway, "version": version, "after": after, "most": most}
    return connection.execute(_PLANNED_BY, asked).scalars().all()


def change(connection: Connection, patient_id: int, **changes: Unpack[Changes]) -> None:
    """Change open columns of a patient whose conversation the caller holds."""
    connection.execute(update(_patient).where(_patient.c.id == patient_id).values(**changes))


def save_profile(
    connection: Connection, sealer: Sealer, patient_id: int, profile: Mapping[str, Any]
) -> None:
    """Replace the sealed profile of a patient whose conversation the caller holds."""
    sealed = sealer.seal_json(PROFILE, patient_id, profile)
    connection.execute(_SAVE_PROFILE, {"patient": patient_id, "sealed_profile": sealed})


def save_conversation(
    connection: Connection, patient_id: int, sequence: int, session_id: int | None, body: bytes
) -> None:
    """Write one conversation back; `body` is sealed."""
    save_conversations(connection, [ConversationState(patient_id, sequence, session_id, body)])


def save_conversations(connection: Connection, states: Sequence[ConversationState]) -> None:
    """Write conversations back that the caller holds, in one go."""
    if not states:
        return
    rows = [
        {
            "patient": state.patient_id,
            "new_sequence": state.sequence,
            "new_session_id": state.session_id,
            "new_body": state.body,
        }
        for state in states
    ]
    connection.execute(_SAVE_CONVERSATION, rows)
