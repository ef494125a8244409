"""How a patient is reached, and what became of the last that was said to them; no words of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from bot.phone import shown_number
from trajectory import patients, tables
from trajectory.keys import Sealer
from trajectory.patients import Address
from trajectory.sql import Among

_NUMBERED = ("sms", "whatsapp")
_STATUSES = ("active", patients.LOCKED, "gone", "closed")
_outbox = tables.core(tables.Outbox)
_TO_PATIENTS = (Among(_outbox.c.patient_id, "patients"), _outbox.c.member_id.is_(None))
_NEWEST = (
    select(_outbox.c.patient_id, func.max(_outbox.c.sequence).label("sequence"))
    .where(*_TO_PATIENTS)
    .group_by(_outbox.c.patient_id)
    .subquery()
)
_LAST = (
    select(_outbox)
    .where(*_TO_PATIENTS)
    .join(
        _NEWEST,
        (_NEWEST.c.patient_id == _outbox.c.patient_id) & (_NEWEST.c.sequence == _outbox.c.sequence),
    )
    .order_by(_outbox.c.id)
)


@dataclass(frozen=True, slots=True)
class Contact:
    """Where a patient is rung or written to; `status` is active, locked, gone or closed.

    `number` is written as people do; empty on a channel that has none.
    """

    channel: str
    number: str
    status: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of the newest message; `status` as in the outbox, `at` when that was."""

    channel: str
    status: str
    at: datetime


def contacts(
    connection: Connection, sealers: Mapping[int, Sealer], noted: Mapping[int, str]
) -> Mapping[int, Contact]:
    """By patient the best way to reach them; whoever has no address and no number is left out.

    `noted` are the telephone numbers that the clinic has, in E.164; empty where it has none.
    """
    found = patients.addresses_of(connection, sealers)
    reached = {
        patient_id: _reached(found.get(patient_id, ()), noted.get(patient_id, ""))
        for patient_id in sealers
    }
    return {patient_id: contact for patient_id, contact in reached.items() if contact is not None}


def deliveries(connection: Connection, patient_ids: Sequence[int]) -> Mapping[int, Delivery]:
    """By patient what became of the newest message; whoever was sent none is left out."""
    if not patient_ids:
        return {}
    rows = connection.execute(_LAST, {"patients": sorted(patient_ids)})
    return {
        row.patient_id: Delivery(row.channel, row.status, row.sent_at or row.created_at)
        for row in rows
    }


def _reached(addresses: Sequence[Address], noted: str) -> Contact | None:
    """What works has no number, or nothing works: then the number that the clinic noted.

    Not one that is locked, dead or somebody else's by now.
    """
    best = _best(addresses) if addresses else None
    rings = best is not None and best.number and best.status == "active"
    if rings or not noted or any(each.value == noted for each in addresses):
        return best
    return Contact(best.channel if best else "sms", shown_number(noted), "active")


def _best(addresses: Sequence[Address]) -> Contact:
    """One that works, and a number that can be rung rather than none."""
    best = min(
        addresses,
        key=lambda each: (
            _STATUSES.index(each.status),
            each.channel not in _NUMBERED,
            not each.preferred,
            -each.id,
        ),
    )
    number = shown_number(best.value) if best.channel in _NUMBERED else ""
    return Contact(best.channel, number, best.status)
