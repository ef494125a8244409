"""What became of the first message to a phone, in words for whoever stands at the desk."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, func, or_, select

from bot import outbox
from bot.channels import Trouble
from bot.greeting import CHANNELS
from bot.outcomes import ARRIVED
from trajectory import tables

_outbox = tables.core(tables.Outbox)
LATE = timedelta(minutes=1)
"""A message that has not gone out after so long waits for something."""

_WHY: Mapping[str, str] = {
    "21211": "no-such-number",
    "21217": "no-such-number",
    "21214": "not-reached",
    "21614": "landline",
    "21610": "opted-out",
    "63024": "no-whatsapp",
    "21612": "not-reached",
    "30003": "switched-off",
    "30004": "blocked",
    "30005": "unknown-number",
    "30006": "landline-or-away",
    "30007": "filtered",
    "63016": "no-template",
    "21408": "country",
}
"""What Twilio's codes mean for whoever can ask the patient."""
_BY_TROUBLE: Mapping[str, str] = {
    Trouble.GONE: "not-reached",
    Trouble.DOUBTFUL: "not-reached",
    Trouble.CONFIGURATION: "setting",
    Trouble.CONTENT: "filtered",
    Trouble.RETRY: "provider-away",
    Trouble.UNKNOWN: "unknown",
}

_OF_CHANNEL = frozenset({"late", "provider-away", "setting"})
"""What keeps all messages of a channel back, whosever number it is."""


class Tone(StrEnum):
    """How it looks on the page."""

    GOOD = "good"
    WAIT = "wait"
    BAD = "bad"


class Arrival(NamedTuple):
    """What became of it; `key` is what the page's words call it."""

    tone: Tone
    key: str
    channel: str
    at: datetime
    """Since when it is so, as far as that is known."""
    waiting: int = 0
    """How many messages wait on a channel on which none has gone out."""
    may_correct: bool = False
    """Whether another number may help."""

    @property
    def is_settled(self) -> bool:
        """Whether it will not change by itself within moments."""
        return self.tone is not Tone.WAIT


def look(
    connection: Connection, patient_id: int, now: datetime, *, has_begun: bool = False
) -> Arrival | None:
    """What became of the newest first message; None: none was sent.

    `has_begun`: the patient has been heard, which says more than any delivery report.
    """
    row = _newest(connection, patient_id)
    if row is None:
        return None
    if has_begun or row.status in ARRIVED:
        return Arrival(Tone.GOOD, "begun" if has_begun else "arrived", row.channel, row.ready_at)
    if row.status == "sent":
        return Arrival(Tone.WAIT, "sent", row.channel, row.sent_at)
    if row.status == outbox.HELD:
        return Arrival(Tone.BAD, "held", row.channel, row.created_at)
    if row.status in ("dead", "unknown"):
        key = _why(row.error)
        return Arrival(Tone.BAD, key, row.channel, row.ready_at, may_correct=key != "unknown")
    return _under_way(connection, row, now)


def channel_of(connection: Connection, patient_id: int) -> str:
    """On which channel the patient was greeted; empty: on none."""
    row = _newest(connection, patient_id)
    return "" if row is None else str(row.channel)


def _under_way(connection: Connection, row: Row[Any], now: datetime) -> Arrival:
    """Not gone out yet, or not arrived and to be tried again."""
    key, channel = _why(row.error), row.channel
    if not row.error and now - row.created_at < LATE:
        return Arrival(Tone.WAIT, "on-its-way", channel, row.created_at)
    if key in _OF_CHANNEL:
        since, waiting = _silence(connection, channel, now)
        return Arrival(Tone.BAD, key, channel, since or row.created_at, waiting)
    tone = Tone.WAIT if key == "unknown" else Tone.BAD
    return Arrival(tone, key, channel, row.created_at, may_correct=tone is Tone.BAD)


def _silence(connection: Connection, channel: str, now: datetime) -> tuple[datetime | None, int]:
    """Since when the oldest message of this channel waits, and how many there are."""
    waits = select(func.min(_outbox.c.created_at), func.count()).where(
        _outbox.c.channel == channel,
        _outbox.c.status == "ready",
        or_(_outbox.c.ready_at <= now, _outbox.c.error.is_not(None)),
    )
    since, waiting = connection.execute(waits).one()
    return since, waiting


def _newest(connection: Connection, patient_id: int) -> Row[Any] | None:
    first = (
        select(_outbox)
        .where(
            _outbox.c.patient_id == patient_id,
            _outbox.c.channel.in_(CHANNELS),
            _outbox.c.member_id.is_(None),
            _outbox.c.address_id.is_(None),
        )
        .order_by(_outbox.c.id.desc())
        .limit(1)
    )
    return connection.execute(first).one_or_none()


def _why(error: str | None) -> str:
    """What kept it, in one word; errors are as `bot.channels.NotSent` writes them."""
    trouble, _, code = (error or "").partition(" ")
    return _WHY.get(code) or _BY_TROUBLE.get(trouble, "late")
