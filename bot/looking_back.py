"""What was said before on a channel, where sending on it depends on that."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import Connection, and_, bindparam, func, or_, select

from bot import outbox
from bot.channels import LOOKED_UP, Others, Parcel, Trouble
from trajectory import tables
from trajectory.database import Database
from trajectory.sql import Among, without_index

WINDOWED = "whatsapp"
"""The channel on which what may be said depends on when the patient last wrote."""
EARLIER = timedelta(minutes=1)
"""How much before a message was queued another one counts as sent since. Clocks differ: this is
twice what a provider's may be off for it to be asked at all (`bot.channels.twilio.SKEW`)."""

_inbox = tables.core(tables.Inbox)
_outbox = tables.core(tables.Outbox)
_HEARD = (
    select(_inbox.c.patient_id, func.max(_inbox.c.at).label("at"))
    .where(Among(_inbox.c.patient_id, "patients"), without_index(_inbox.c.channel) == WINDOWED)
    .group_by(_inbox.c.patient_id)
)
_NAMED = select(_outbox.c.provider_id).where(
    _outbox.c.channel == bindparam("name"),
    Among(_outbox.c.provider_id, "ids"),
)
_SINCE = bindparam("since", type_=_outbox.c.sent_at.type)
_HAS_NO_ID = _outbox.c.provider_id.is_(None)
_LATELY = select(
    _outbox.c.provider_id, _outbox.c.status, _outbox.c.attempts, _outbox.c.error
).where(
    _outbox.c.patient_id == bindparam("patient"),
    _outbox.c.channel == bindparam("name"),
    _outbox.c.id != bindparam("message"),
    or_(
        _outbox.c.sent_at >= _SINCE,
        and_(
            _HAS_NO_ID,
            or_(
                _outbox.c.status.in_((*outbox.UNSENT, outbox.HELD)),
                _outbox.c.ready_at >= _SINCE,
            ),
        ),
    ),
)


def completed(
    connection: Connection, database: Database, parcels: Sequence[tuple[str, Parcel]]
) -> list[Parcel]:
    """The parcels, each with its channel, with `heard_at` and `others` where they are asked for."""
    windowed = {each.patient_id for channel, each in parcels if channel == WINDOWED}
    heard = _heard(connection, windowed - {None})
    return [
        replace(
            each,
            heard_at=heard.get(each.patient_id) if channel == WINDOWED else each.heard_at,
            others=partial(others, database, channel, each)
            if each.repeated and channel in LOOKED_UP
            else each.others,
        )
        for channel, each in parcels
    ]


def others(database: Database, channel: str, parcel: Parcel, ids: Collection[str]) -> Others:
    """Which of these ids of the provider are not this message's, and how many more may not be.

    Every attempt at another message may have left one there, but for the one that is known.

    Raises:
        trajectory.database.Unavailable: whose they are cannot be told.
    """
    if not ids:
        return Others()
    asked = {
        "name": channel,
        "patient": parcel.patient_id,
        "message": parcel.outbox_id,
        "since": parcel.created_at and parcel.created_at - EARLIER,
    }
    with database.read() as connection:
        lately = connection.execute(_LATELY, asked).all()
        named = connection.execute(_NAMED, {"name": channel, "ids": list(ids)}).scalars().all()
    return Others(frozenset(filter(None, named)), sum(_unnamed(*row) for row in lately))


def _unnamed(provider_id: str | None, status: str, attempts: int, error: str | None) -> int:
    """How many messages the attempts at this one may have left under no id that we know."""
    if provider_id is not None:
        return max(attempts - 1, 0)
    # After a restore nothing is counted, and anything may have been tried.
    in_doubt = status == outbox.HELD or str(error or "").startswith(Trouble.UNKNOWN)
    return max(attempts, int(in_doubt))


def _heard(
    connection: Connection, patient_ids: Collection[int | None]
) -> Mapping[int | None, datetime]:
    if not patient_ids:
        return {}
    rows = connection.execute(_HEARD, {"patients": sorted(filter(None, patient_ids))})
    return {row.patient_id: row.at for row in rows}
