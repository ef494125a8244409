"""What was said between a patient and the desk, and what became of what the desk wrote.

Shown are the messages that the assistant set aside for the desk, and the entries with the desk's
own words; nothing else of the patient's conversation is read here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select

from bot import outbox
from bot.conversation.desk_talk import MESSAGE
from bot.kept import BODY
from bot.receiving import FOR_DESK
from trajectory import entries, tables
from trajectory.entries import Entry
from trajectory.keys import Sealer
from trajectory.sql import Among
from trajectory.web_access import CHANNEL as WEB

_inbox = tables.core(tables.Inbox)
_outbox = tables.core(tables.Outbox)
_FROM_PATIENT = (
    select(_inbox.c.id, _inbox.c.received_at, _inbox.c.kind, _inbox.c.body)
    .where(
        _inbox.c.patient_id == bindparam("patient"),
        _inbox.c.status == FOR_DESK,
        _inbox.c.turn == bindparam("number"),
    )
    .order_by(_inbox.c.received_at, _inbox.c.id)
)
_SENT = select(
    _outbox.c.entry_id,
    _outbox.c.channel,
    _outbox.c.status,
    _outbox.c.error,
    _outbox.c.ready_at,
    _outbox.c.sent_at,
).where(Among(_outbox.c.entry_id, "entries"))


class State(StrEnum):
    """What has become of a message, as far as is known."""

    WAITS = "waits"
    SENT = "sent"
    """The provider has it."""
    DELIVERED = "delivered"
    READ = "read"
    ON_PAGE = "on-page"
    """It stands in the web chat, for when the patient opens it."""
    HELD = "held"
    """It is held since a restore, until the operator lets it go."""
    STOPPED = "stopped"
    """It was not sent, since the patient wrote STOP."""
    FAILED = "failed"


_WORST_FIRST = (
    State.FAILED, State.STOPPED, State.HELD, State.WAITS, State.SENT, State.DELIVERED, State.READ,
    State.ON_PAGE,
)  # fmt: skip
_STATES: Mapping[str, State] = {
    "ready": State.WAITS,
    "sending": State.WAITS,
    "sent": State.SENT,
    "delivered": State.DELIVERED,
    "read": State.READ,
    outbox.HELD: State.HELD,
}


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of a reply: of its worst part, where it was sent in several."""

    state: State
    channel: str
    at: datetime | None
    """When it went out, or from when on it may."""
    trouble: str = ""
    """Why it waits or failed: a class of trouble."""
    by_link: bool = False
    """The words stand in the web chat; this is about the link to them."""


@dataclass(frozen=True, slots=True)
class Line:
    """One message. `delivery` is of what the desk wrote; None: forgotten by now."""

    id: int
    at: datetime
    from_patient: bool
    text: str
    edited: bool = False
    author: int = 0
    """Number in the directory of who wrote it for the desk."""
    delivery: Delivery | None = None


def lines(connection: Connection, sealer: Sealer, patient_id: int, number: int) -> list[Line]:
    """The patient's conversation of this number, oldest first."""
    asked = {"patient": patient_id, "number": number}
    found = [_heard(sealer, row) for row in connection.execute(_FROM_PATIENT, asked)]
    said = [
        entry
        for entry in entries.timeline(connection, sealer, patient_id, kinds={MESSAGE})
        if (entry.detail or {}).get("talk") == number
    ]
    sent = _sent(connection, said)
    found += [_said(entry, sent.get(entry.id, ())) for entry in said]
    return sorted(found, key=lambda line: (line.at, line.id))


def newest_heard(found: Sequence[Line]) -> int:
    """The number of the patient's newest message among these; 0: there is none."""
    return next((line.id for line in reversed(found) if line.from_patient), 0)


def newest_in(connection: Connection, patient_id: int, number: int) -> int:
    """As `newest_heard`, of all of this conversation."""
    rows = connection.execute(_FROM_PATIENT, {"patient": patient_id, "number": number}).all()
    return rows[-1].id if rows else 0


def _heard(sealer: Sealer, row: Row[*tuple[Any, ...]]) -> Line:
    text = sealer.open_json(BODY, row.id, row.body)["text"]
    return Line(row.id, row.received_at, True, text, edited=row.kind == "edit")


def _said(entry: Entry, rows: Sequence[Row[*tuple[Any, ...]]]) -> Line:
    author = int(entry.author.partition(":")[2])
    text = entry.text or ""
    return Line(entry.id, entry.recorded_at, False, text, author=author, delivery=delivery_of(rows))


def _sent(
    connection: Connection, said: Sequence[Entry]
) -> Mapping[int, list[Row[*tuple[Any, ...]]]]:
    found: dict[int, list[Row[*tuple[Any, ...]]]] = {}
    for row in connection.execute(_SENT, {"entries": [entry.id for entry in said]}):
        found.setdefault(row.entry_id, []).append(row)
    return found


def delivery_of(rows: Sequence[Row[*tuple[Any, ...]]]) -> Delivery | None:
    """What became of one reply; what was put anew for another address counts there alone."""
    there = [row for row in rows if row.error != outbox.MOVED]
    on_page = [row for row in there if row.channel == WEB]
    by_phone = [row for row in there if row.channel != WEB]
    found = [_delivery(row, by_link=bool(on_page)) for row in by_phone or on_page]
    return min(found, key=lambda each: _WORST_FIRST.index(each.state), default=None)


def _delivery(row: Row[*tuple[Any, ...]], *, by_link: bool) -> Delivery:
    trouble = (row.error or "").partition(" ")[0]
    if outbox.STOPPED in (row.error or "").split():
        return Delivery(State.STOPPED, row.channel, None)
    state = _STATES.get(row.status, State.FAILED)
    if row.channel == WEB:
        state = State.ON_PAGE if state in (State.SENT, State.DELIVERED) else state
        by_link = False
    at = row.ready_at if state is State.WAITS else row.sent_at
    return Delivery(state, row.channel, at, trouble, by_link)
