"""What was said in a patient's web chat, as the page shows it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import Any, Literal

from sqlalchemy import Connection, Row, bindparam, select

from bot.channels.web import WebChat
from bot.deployment import Deployment
from bot.messages import Button, Priority
from trajectory import patients, tables
from trajectory.keys import Sealer

NEWEST = 100
"""How many bubbles a page starts with."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

_outbox = tables.core(tables.Outbox)
_inbox = tables.core(tables.Inbox)

_SENT = (
    select(_outbox.c.id, _outbox.c.sent_at.label("at"), _outbox.c.body, _outbox.c.priority)
    .where(
        _outbox.c.patient_id == bindparam("patient"),
        _outbox.c.member_id.is_(None),
        _outbox.c.channel == WebChat.name,
        _outbox.c.status.in_(("sent", "delivered", "read")),
        _outbox.c.sent_at > bindparam("after"),
    )
    .order_by(_outbox.c.sent_at.desc(), _outbox.c.id.desc())
    .limit(bindparam("limit"))
)
_RECEIVED = (
    select(_inbox.c.id, _inbox.c.received_at.label("at"), _inbox.c.body)
    .where(
        _inbox.c.patient_id == bindparam("patient"),
        _inbox.c.channel == WebChat.name,
        _inbox.c.kind.in_(("text", "choice")),
        _inbox.c.received_at > bindparam("after"),
    )
    .order_by(_inbox.c.received_at.desc(), _inbox.c.id.desc())
    .limit(bindparam("limit"))
)


@dataclass(frozen=True, slots=True)
class Bubble:
    """One thing said. `current`: its buttons wait for an answer; older ones correct."""

    id: int
    at: datetime
    author: Literal["assistant", "patient"]
    text: str
    buttons: tuple[Button, ...] = ()
    safety: bool = False
    current: bool = False
    picture: str = ""
    """An SVG under the text."""

    @property
    def order(self) -> int:
        """Microseconds since 1970 at which it was said: what `after` counts in."""
        return (self.at - _EPOCH) // _MICROSECOND


def transcript(
    deployment: Deployment, patient_id: int, after: int = 0, limit: int = NEWEST
) -> list[Bubble]:
    """The newest bubbles said after `after` (a bubble's `order`), oldest first.

    Nobody is there any more (erased): nothing was said. Raises Unavailable.
    """
    with deployment.database.read() as connection:
        for patient in patients.read(connection, [patient_id]):
            sealer = patient.sealer(deployment.ring)
            return said(connection, sealer, patient_id, after, limit)
    return []


def said(
    connection: Connection, sealer: Sealer, patient_id: int, after: int = 0, limit: int = NEWEST
) -> list[Bubble]:
    """`transcript` for whoever has a connection and the patient's sealer already."""
    asked = {"patient": patient_id, "after": _EPOCH + after * _MICROSECOND, "limit": limit}
    ours = [_ours(sealer, row) for row in connection.execute(_SENT, asked)]
    theirs = [_theirs(sealer, row) for row in connection.execute(_RECEIVED, asked)]
    newest = sorted((*ours, *theirs), key=attrgetter("at", "id"))[-limit:]
    return _with_current(newest)


def _ours(sealer: Sealer, row: Row[*tuple[Any, ...]]) -> Bubble:
    body = sealer.open_json("outbox.body", row.id, row.body)
    buttons = tuple(Button(label, data) for label, data in body["buttons"])
    return Bubble(
        row.id,
        row.at,
        "assistant",
        body["text"],
        buttons,
        safety=row.priority == Priority.SAFETY,
        picture=body.get("picture", ""),
    )


def _theirs(sealer: Sealer, row: Row[*tuple[Any, ...]]) -> Bubble:
    text = sealer.open_json("inbox.body", row.id, row.body)["text"]
    return Bubble(row.id, row.at, "patient", text)


def _with_current(bubbles: Sequence[Bubble]) -> list[Bubble]:
    """Mark the newest buttons, unless the patient has said something since."""
    current = _waiting(reversed(bubbles))
    return [replace(b, current=True) if b is current else b for b in bubbles]


def _waiting(newest_first: Iterable[Bubble]) -> Bubble | None:
    for bubble in newest_first:
        if bubble.author == "patient":
            return None
        if bubble.buttons:
            return bubble
    return None
