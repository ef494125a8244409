"""Patients, their conversations (the rows that a turn locks) and how they are found.

Lock order everywhere: inbox keys, then conversations by patient id, then addresses by id, then
the rest. Whoever changes a patient's row holds that patient's conversation.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, TypedDict, Unpack

from sqlalchemy import Connection, Select, bindparam, insert, select, update

from trajectory import finding, tables
from trajectory._addresses import (
    LOCKED,
    Address,
    AddressTaken,
    NewAddress,
    PatientRef,
    add_address,
    add_addresses,
    address_status,
    addresses,
    addresses_of,
    find_by_address,
    hold_addresses,
    hold_addresses_of,
    is_closed,
    lock_address,
    lose_address,
    note_arrival,
    note_doubt,
    note_refused,
    prefer_address,
    reach_again,
    senders,
    set_address_status,
    statuses,
    unlock_address,
)
from trajectory.bulk import Update
from trajectory.erasure import ERASED
from trajectory.ids import Ids
from trajectory.keys import Ring, Sealer
from trajectory.sql import Among

__all__ = [
    "BODY",
    "LOCKED",
    "PROFILE",
    "Address",
    "AddressTaken",
    "Changes",
    "ConversationState",
    "LockedPatient",
    "NewAddress",
    "NewPatient",
    "PatientRef",
    "add_address",
    "add_addresses",
    "address_status",
    "addresses",
    "addresses_of",
    "change",
    "create",
    "create_all",
    "find_by_address",
    "hold_addresses",
    "hold_addresses_of",
    "is_closed",
    "lock_address",
    "lock_conversations",
    "lock_free",
    "lose_address",
    "next_version",
    "note_arrival",
    "note_doubt",
    "note_refused",
    "planned_by",
    "prefer_address",
    "reach_again",
    "read",
    "save_all",
    "save_conversation",
    "save_conversations",
    "sealers",
    "senders",
    "set_address_status",
    "statuses",
    "unlock_address",
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

    def name(self, sealer: Sealer) -> str:
        """What the patient is called; empty where nobody has written it down."""
        return str(sealer.open_json(PROFILE, self.patient_id, self.profile)["name"])


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
_SAVE_ALL = Update(
    _patient,
    "id",
    "language",
    "timezone",
    "pathway",
    "status",
    "profile",
    "started_at",
    "planned_by",
)
_SAVE_CONVERSATION = Update(_conversation, *ConversationState._fields)
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
        Among(_conversation.c.patient_id, "patients"),
        _patient.c.status != ERASED,
    )
    .order_by(_conversation.c.patient_id)
)
_KEYS = select(_patient.c.id, _patient.c.key_id, _patient.c.wrapped_key).where(
    Among(_patient.c.id, "patients"), _patient.c.status != ERASED
)
# The patient's row is locked along: after a wait PostgreSQL reads only locked rows anew, and
# a status that another turn has just changed would be missed.
_LOCK = _HELD.with_for_update(key_share=True, of=[_conversation, _patient])
_LOCK_FREE = _HELD.limit(bindparam("most")).with_for_update(
    key_share=True, of=[_conversation, _patient], skip_locked=True
)


class NewPatient(NamedTuple):
    """What the clinic knows of a patient."""

    language: str
    timezone: str
    pathway: str | None
    status: str
    profile: Mapping[str, Any]
    started_at: datetime | None = None
    planned_by: str = ""


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
    newcomer = NewPatient(language, timezone, pathway, status, profile)
    (created,) = create_all(connection, ids, ring, [newcomer], now)
    return created


def create_all(
    connection: Connection,
    ids: Ids,
    ring: Ring,
    newcomers: Sequence[NewPatient],
    now: datetime,
) -> list[tuple[int, Sealer]]:
    """As `create`, for many at once and in their order."""
    created, rows, conversations = [], [], []
    for newcomer in newcomers:
        patient_id = ids.take(connection)
        sealer, key_id, wrapped = ring.new_sealer(patient_id)
        profile = sealer.seal_json(PROFILE, patient_id, newcomer.profile)
        keys = {"id": patient_id, "created_at": now, "key_id": key_id, "wrapped_key": wrapped}
        rows.append(newcomer._asdict() | keys | {"profile": profile})
        body = sealer.seal_json(BODY, patient_id, {})
        conversations.append({"patient_id": patient_id, "body": body})
        created.append((patient_id, sealer))
    if rows:
        connection.execute(_INSERT_PATIENT, rows)
        connection.execute(_INSERT_CONVERSATION, conversations)
        known = zip(created, newcomers, strict=True)
        people = {patient_id: newcomer.profile for (patient_id, _), newcomer in known}
        finding.add(connection, ring, people)
    return created


def lock_conversations(connection: Connection, patient_ids: Collection[int]) -> list[LockedPatient]:
    """Hold these patients until the end of the transaction, in order of their ids.

    Whoever has been erased, even while this waited, is left out. On SQLite the write
    transaction holds everybody already.
    """
    if not patient_ids:
        return []
    rows = connection.execute(_LOCK, {"patients": sorted(set(patient_ids))}).all()
    return [LockedPatient(*row) for row in rows]


def lock_free(
    connection: Connection, patient_ids: Collection[int], most: int
) -> list[LockedPatient]:
    """As `lock_conversations`, but so many at most, and of those whom nobody else holds."""
    if not patient_ids or not most:
        return []
    asked = {"patients": sorted(set(patient_ids)), "most": most}
    return [LockedPatient(*row) for row in connection.execute(_LOCK_FREE, asked)]


def read(connection: Connection, patient_ids: Collection[int]) -> list[LockedPatient]:
    """The same rows without a lock, for pages and exports; not to be written back.

    Whoever has been erased is left out.
    """
    if not patient_ids:
        return []
    rows = connection.execute(_HELD, {"patients": sorted(set(patient_ids))})
    return [LockedPatient(*row) for row in rows]


def sealers(connection: Connection, ring: Ring, patient_ids: Collection[int]) -> dict[int, Sealer]:
    """The sealers of these patients; whoever has been erased is left out. Raises WrongKey."""
    if not patient_ids:
        return {}
    rows = connection.execute(_KEYS, {"patients": sorted(patient_ids)})
    return {row.id: ring.unwrap(row.key_id, row.wrapped_key, row.id) for row in rows}


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


def save_all(connection: Connection, people: Sequence[tuple[int, Sealer, NewPatient]]) -> None:
    """Write patients' open columns and profiles in one go; their conversations are held."""
    rows = [
        (
            patient_id,
            *person[:4],
            sealer.seal_json(PROFILE, patient_id, person.profile),
            *person[5:],
        )
        for patient_id, sealer, person in people
    ]
    _SAVE_ALL.run(connection, rows)


def save_conversation(
    connection: Connection, patient_id: int, sequence: int, session_id: int | None, body: bytes
) -> None:
    """Write one conversation back; `body` is sealed."""
    save_conversations(connection, [ConversationState(patient_id, sequence, session_id, body)])


def save_conversations(connection: Connection, states: Sequence[ConversationState]) -> None:
    """Write conversations back that the caller holds, in one go."""
    _SAVE_CONVERSATION.run(connection, states)
