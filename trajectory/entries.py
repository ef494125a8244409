"""The trajectory itself: facts appended in the clear, stored sealed, read back in order."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Connection, Row, Select, bindparam, select

from trajectory import tables
from trajectory.bulk import Insert
from trajectory.keys import Sealer
from trajectory.sql import Among, written_out

_entry = tables.core(tables.Entry)
_TEXT = "entry.text"


class Entry(NamedTuple):
    """One fact of a patient's trajectory, in the clear.

    `at` is when it holds for the patient, `recorded_at` when it was written down; `sequence`
    orders what was recorded at once. `text` is free text (the raw words, a note) and is
    sealed; `detail` is not and carries no free text.
    """

    id: int
    patient_id: int
    sequence: int
    at: datetime
    recorded_at: datetime
    kind: str
    flow: str | None = None
    definition: str | None = None
    item: str | None = None
    value: float | None = None
    code: str | None = None
    unit: str | None = None
    text: str | None = None
    detail: dict[str, Any] | None = None
    author: str = "patient"
    channel: str | None = None
    session_id: int | None = None
    turn: int | None = None
    supersedes: int | None = None


ENTERED = frozenset({"paper", "telephone", "tablet"})
"""Channels of entries that came by none: the clinic entered them, or handed a tablet over."""
NewEntry = Entry
"""An entry reads the same before it is written and after; the name says which is meant."""

_INSERT = Insert(_entry, *Entry._fields)
_TIMELINE = (
    select(*(_entry.c[name] for name in Entry._fields))
    .where(_entry.c.patient_id == bindparam("patient_id"))
    .order_by(_entry.c.sequence)
)
_TEXT_AT, _DETAIL_AT = (Entry._fields.index(name) for name in ("text", "detail"))
_WITHOUT_WORDS = [name for name in Entry._fields if name != "text"]
_AFTER = (
    select(*(_entry.c[name] for name in Entry._fields))
    .where(_entry.c.id > bindparam("entry_id"))
    .order_by(_entry.c.id)
)


def append(connection: Connection, rows: Sequence[tuple[Sealer, NewEntry]]) -> None:
    """Write entries, of one or several patients, each with its patient's sealer, in one go."""
    if rows:
        _INSERT.run(connection, [_sealed(sealer, entry) for sealer, entry in rows])


def timeline(
    connection: Connection,
    sealer: Sealer,
    patient_id: int,
    *,
    kinds: Collection[str] | None = None,
    flow: str | None = None,
) -> list[Entry]:
    """A patient's entries in the order in which they were recorded. Raises WrongKey."""
    statement = _narrowed(_TIMELINE, kinds, flow)
    rows = connection.execute(statement, {"patient_id": patient_id})
    return [_opened(sealer, row) for row in rows]


@cache
def _of_many(kinds: frozenset[str]) -> Select[Any]:
    """A statement each, since the index of consents serves no parameter."""
    return (
        select(*(_entry.c[name] for name in _WITHOUT_WORDS))
        .where(Among(_entry.c.patient_id, "patients"), written_out(_entry.c.kind, *sorted(kinds)))
        .order_by(_entry.c.patient_id, _entry.c.sequence)
    )


def of_many(
    connection: Connection, patient_ids: Collection[int], kinds: Collection[str]
) -> dict[int, list[Entry]]:
    """By patient their entries of these kinds in recorded order, in one query and without words.

    So no patient's key is needed; `text` is None throughout.
    """
    found: dict[int, list[Entry]] = {patient_id: [] for patient_id in patient_ids}
    if patient_ids:
        asked = {"patients": sorted(patient_ids)}
        for row in connection.execute(_of_many(frozenset(kinds)), asked):
            fields = [*row[:_TEXT_AT], None, *row[_TEXT_AT:]]
            detail = fields[_DETAIL_AT]
            fields[_DETAIL_AT] = None if detail is None else orjson.loads(detail)
            found[row.patient_id].append(Entry(*fields))
    return found


def recorded_after(
    connection: Connection, sealers: Mapping[int, Sealer], entry_id: int
) -> list[Entry]:
    """Entries with a later id than this one, of the patients whose sealers are given.

    Ids rise with time only within one process, so this is for whoever writes alone.
    """
    rows = connection.execute(_AFTER, {"entry_id": entry_id})
    return [_opened(sealers[row.patient_id], row) for row in rows if row.patient_id in sealers]


def _narrowed(
    statement: Select[Any], kinds: Collection[str] | None, flow: str | None
) -> Select[Any]:
    if kinds is not None:
        statement = statement.where(_entry.c.kind.in_(sorted(kinds)))
    if flow is not None:
        statement = statement.where(_entry.c.flow == flow)
    return statement


def _sealed(sealer: Sealer, entry: NewEntry) -> tuple[Any, ...]:
    text, detail = entry.text, entry.detail
    return (
        entry.id,
        entry.patient_id,
        entry.sequence,
        entry.at,
        entry.recorded_at,
        entry.kind,
        entry.flow,
        entry.definition,
        entry.item,
        entry.value,
        entry.code,
        entry.unit,
        None if text is None else sealer.seal_text(_TEXT, entry.id, text),
        None if detail is None else orjson.dumps(detail).decode(),
        entry.author,
        entry.channel,
        entry.session_id,
        entry.turn,
        entry.supersedes,
    )


def _opened(sealer: Sealer, row: Row[*tuple[Any, ...]]) -> Entry:
    fields = dict(row._mapping)
    if fields["text"] is not None:
        fields["text"] = sealer.open_text(_TEXT, fields["id"], fields["text"])
    if fields["detail"] is not None:
        fields["detail"] = orjson.loads(fields["detail"])
    return Entry(**fields)
