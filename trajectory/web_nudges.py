"""Whether a patient needs to be told of the web chat: who has a link in hand, who is there."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import Connection, bindparam, func, select

from trajectory import tables
from trajectory.sql import Among, without_index
from trajectory.web_access import CHANNEL, CHAT

_link = tables.core(tables.WebLink)
_session = tables.core(tables.WebSession)
_inbox = tables.core(tables.Inbox)
_SINCE = bindparam("since", type_=_link.c.created_at.type)
_WAITING = (
    select(_link.c.address_id, func.max(_link.c.created_at).label("newest"))
    .where(
        Among(_link.c.patient_id, "patients"),
        _link.c.address_id.is_not(None),
        _link.c.used_at.is_(None),
        _link.c.purpose == CHAT,
        _link.c.created_at > _SINCE,
    )
    .group_by(_link.c.address_id)
)
_WROTE = select(_inbox.c.patient_id).where(
    Among(_inbox.c.patient_id, "patients"),
    without_index(_inbox.c.channel) == CHANNEL,
    _inbox.c.received_at > _SINCE,
)
_CAME = select(_session.c.patient_id).where(
    Among(_session.c.patient_id, "patients"),
    _session.c.closed_at.is_(None),
    _session.c.created_at > _SINCE,
)


def waiting_links(
    connection: Connection, patient_ids: Collection[int], since: datetime
) -> Mapping[int, datetime]:
    """By address when the newest unused link goes there, of links since then."""
    asked = {"patients": sorted(patient_ids), "since": since}
    return {row.address_id: row.newest for row in connection.execute(_WAITING, asked)}


def active(connection: Connection, patient_ids: Collection[int], since: datetime) -> set[int]:
    """Which of these patients came in, or wrote, on the web chat since then."""
    asked = {"patients": sorted(patient_ids), "since": since}
    return {
        patient_id
        for statement in (_WROTE, _CAME)
        for patient_id in connection.execute(statement, asked).scalars()
    }
