"""What was said before on a channel, where sending on it depends on that."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, func, select

from bot.channels import LOOKED_UP, Parcel
from trajectory import tables

WINDOWED = "whatsapp"
"""The channel on which what may be said depends on when the patient last wrote."""
EARLIER = timedelta(minutes=5)
"""How much before a message was queued another one counts as sent since: clocks differ."""

_inbox = tables.core(tables.Inbox)
_outbox = tables.core(tables.Outbox)
_PATIENTS = bindparam("patients", expanding=True, type_=_inbox.c.patient_id.type)
_HEARD = (
    select(_inbox.c.patient_id, func.max(_inbox.c.at).label("at"))
    .where(_inbox.c.patient_id.in_(_PATIENTS), _inbox.c.channel == WINDOWED)
    .group_by(_inbox.c.patient_id)
)
_KNOWN = select(_outbox.c.patient_id, _outbox.c.provider_id).where(
    _outbox.c.patient_id.in_(_PATIENTS),
    _outbox.c.provider_id.is_not(None),
    _outbox.c.sent_at >= bindparam("since", type_=_outbox.c.sent_at.type),
)


def completed(connection: Connection, parcels: Sequence[tuple[str, Parcel]]) -> list[Parcel]:
    """The parcels, each with its channel, with `heard_at` and `known` where they are asked for."""
    windowed = {each.patient_id for channel, each in parcels if channel == WINDOWED}
    heard = _heard(connection, windowed - {None})
    repeats = [each for channel, each in parcels if each.repeated and channel in LOOKED_UP]
    known = _known(connection, repeats)
    return [
        replace(
            each,
            heard_at=heard.get(each.patient_id) if channel == WINDOWED else each.heard_at,
            known=known.get(each.patient_id, frozenset()) if each in repeats else each.known,
        )
        for channel, each in parcels
    ]


def _heard(
    connection: Connection, patient_ids: Collection[int | None]
) -> Mapping[int | None, datetime]:
    if not patient_ids:
        return {}
    rows = connection.execute(_HEARD, {"patients": sorted(filter(None, patient_ids))})
    return {row.patient_id: row.at for row in rows}


def _known(
    connection: Connection, repeats: Sequence[Parcel]
) -> Mapping[int | None, frozenset[str]]:
    patient_ids = sorted({each.patient_id for each in repeats if each.patient_id is not None})
    queued = [each.created_at for each in repeats if each.created_at is not None]
    if not patient_ids or not queued:
        return {}
    asked = {"patients": patient_ids, "since": min(queued) - EARLIER}
    found: dict[int | None, set[str]] = {}
    for row in connection.execute(_KNOWN, asked):
        found.setdefault(row.patient_id, set()).add(row.provider_id)
    return {patient_id: frozenset(ids) for patient_id, ids in found.items()}
