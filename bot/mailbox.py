"""The mails that have gone out, opened: what the demo shows instead of sending."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from bot import outbox
from bot.channels.shown_mail import ShownMail
from bot.deployment import Deployment
from trajectory import patients, tables
from trajectory.keys import Sealer

_outbox = tables.core(tables.Outbox)
_SENT = (
    select(
        _outbox.c.id,
        _outbox.c.patient_id,
        _outbox.c.member_id,
        _outbox.c.body,
        _outbox.c.sent_at,
    )
    .where(_outbox.c.channel == ShownMail.name, _outbox.c.sent_at.is_not(None))
    .order_by(_outbox.c.sent_at.desc(), _outbox.c.id.desc())
)


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail to somebody of a patient's care team, in the clear."""

    id: int
    patient_id: int
    member_id: int | None
    to: str
    subject: str
    text: str
    at: datetime


def mails(deployment: Deployment, patient_ids: Collection[int] | None = None) -> list[Mail]:
    """What was mailed for these patients (None: for all), newest first. Raises Unavailable."""
    wanted = _SENT
    if patient_ids is not None:
        wanted = wanted.where(_outbox.c.patient_id.in_(patient_ids))
    with deployment.database.read() as connection:
        rows = connection.execute(wanted).all()
        sealers = _sealers(connection, deployment, {row.patient_id for row in rows})
    return [_opened(sealers, row) for row in rows if row.patient_id in sealers]


def _sealers(
    connection: Connection, deployment: Deployment, patient_ids: Collection[int]
) -> dict[int, Sealer]:
    found = patients.read(connection, patient_ids)
    return {row.patient_id: row.sealer(deployment.ring) for row in found}


def _opened(sealers: Mapping[int, Sealer], row: Row[*tuple[Any, ...]]) -> Mail:
    body = sealers[row.patient_id].open_json(outbox.BODY, row.id, row.body)
    return Mail(
        row.id,
        row.patient_id,
        row.member_id,
        body["to"],
        body["subject"],
        body["text"],
        row.sent_at,
    )
