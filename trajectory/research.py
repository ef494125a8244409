"""Whose answers may go to research, what leaves with them, and that it is noted with each patient.

An export reads some patients at a time. Before a row of theirs is handed out, their conversation
is held, their consent is looked at once more, and their audit says that their answers left.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, func, select

from trajectory import audit, consents, entries, patients, tables
from trajectory.audit import NewRecord
from trajectory.entries import Entry
from trajectory.erasure import ERASED
from trajectory.grants import Look
from trajectory.ids import Ids
from trajectory.keys import Ring
from trajectory.sql import Among

PURPOSE = "research"
EXPORTED = "research-exported"
"""What the audit calls it; its subject names the export."""
GIVEN = frozenset({"answer", "skip", "not-applicable", "correction"})
"""Kinds of entries that say something to a question."""

_patient = tables.core(tables.Patient)
_session = tables.core(tables.Session)
_audit = tables.core(tables.AuditRecord)
_definition = tables.core(tables.Definition)
_NEXT = (
    select(_patient.c.id)
    .where(_patient.c.id > bindparam("after"), _patient.c.status != ERASED)
    .order_by(_patient.c.id)
    .limit(bindparam("most"))
)
_SESSIONS = (
    select(
        _session.c.id,
        _session.c.patient_id,
        _session.c.flow,
        _session.c.definition,
        _session.c.opened_at,
        _session.c.body,
    )
    .where(Among(_session.c.patient_id, "patients"))
    .order_by(_session.c.patient_id, _session.c.id)
)
_RENEWED = (
    select(_audit.c.patient_id, _audit.c.at)
    .where(Among(_audit.c.patient_id, "patients"), _audit.c.action == "new-episode")
    .order_by(_audit.c.patient_id, _audit.c.n)
)
_NEWEST = (
    select(_audit.c.at)
    .where(_audit.c.patient_id == bindparam("patient_id"), _audit.c.action == EXPORTED)
    .order_by(_audit.c.n.desc())
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A run through a flow as it is stored; `body` is sealed for `session.body` and its id."""

    id: int
    patient_id: int
    flow: str
    definition: str
    opened_at: datetime
    body: bytes


def next_patients(connection: Connection, after: int, most: int) -> list[int]:
    """So many patients behind this one, in order; the erased are left out."""
    return list(connection.execute(_NEXT, {"after": after, "most": most}).scalars())


def consenting(connection: Connection, patient_ids: Collection[int]) -> dict[int, Entry]:
    """Of these patients those who agree to research now, with the entry that says so."""
    found = entries.of_many(connection, patient_ids, [consents.KIND])
    given = ((patient_id, consents.given(own).get(PURPOSE)) for patient_id, own in found.items())
    return {patient_id: entry for patient_id, entry in given if entry is not None}


def how_many(connection: Connection) -> tuple[int, int]:
    """How many patients there are, and how many of them agree to research now."""
    asked = select(func.count()).select_from(_patient).where(_patient.c.status != ERASED)
    everybody, agreed, after = connection.execute(asked).scalar_one(), 0, 0
    while some := next_patients(connection, after, 1000):
        agreed += len(consenting(connection, some))
        after = some[-1]
    return everybody, agreed


def sessions(connection: Connection, patient_ids: Collection[int]) -> list[SessionRow]:
    """Every run through a flow of these patients, in order of patient and opening."""
    if not patient_ids:
        return []
    rows = connection.execute(_SESSIONS, {"patients": sorted(patient_ids)})
    return [SessionRow(*row) for row in rows]


def renewed(connection: Connection, patient_ids: Collection[int]) -> dict[int, list[datetime]]:
    """When each of these patients began a new episode, oldest first."""
    found: dict[int, list[datetime]] = {patient_id: [] for patient_id in patient_ids}
    for row in connection.execute(_RENEWED, {"patients": sorted(patient_ids)}):
        found[row.patient_id].append(row.at)
    return found


def definitions(connection: Connection) -> Sequence[tuple[str, str]]:
    """Every definition that was ever asked: its hash and its canonical JSON."""
    rows = connection.execute(select(_definition.c.hash, _definition.c.body))
    return [(row.hash, row.body) for row in rows]


def note_exported(
    connection: Connection,
    ids: Ids,
    patient_ids: Collection[int],
    *,
    export_id: int,
    actor: str,
    at: datetime,
) -> frozenset[int]:
    """Note in the audit that the answers of these patients leave, and say whose do.

    Whoever has been erased or has taken the consent back since is not among them.
    """
    held = [row.patient_id for row in patients.lock_conversations(connection, patient_ids)]
    agreed = sorted(consenting(connection, held))
    records = [NewRecord(each, actor, EXPORTED, f"export:{export_id}") for each in agreed]
    audit.append_all(connection, ids, records, at)
    return frozenset(agreed)


def last_look(connection: Connection, patient_id: int) -> list[Look]:
    """When this patient's answers were last handed to research; empty: never."""
    rows = connection.execute(_NEWEST, {"patient_id": patient_id}).scalars()
    return [Look("", at, research=True) for at in rows]


def pseudonyms(
    connection: Connection, ring: Ring, patient_ids: Collection[int], study: str
) -> Mapping[int, str]:
    """What a study calls these patients; the erased are left out. Raises WrongKey."""
    return {
        row.patient_id: ring.pseudonym(row.key_id, row.wrapped_key, row.patient_id, study)
        for row in patients.read(connection, patient_ids)
    }
