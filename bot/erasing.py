"""Erasing the patients who asked for it, once their goodbye has gone out."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import Connection, and_, bindparam, or_, select, update

from bot import due, forgetting, strangers
from bot.conversation.tasks.deleting import ERASE
from bot.deployment import Deployment
from bot.outbox import UNSENT
from trajectory import audit, patients, tables
from trajectory import deployment as own_key
from trajectory.erasure import erase
from trajectory.sql import Among

AGAIN = timedelta(minutes=5)
AT_THE_LATEST = timedelta(days=1)
"""A goodbye that cannot be sent keeps nobody's data longer than this."""

_due = tables.core(tables.Due)
_outbox = tables.core(tables.Outbox)
_ROWS = select(_due).where(
    _due.c.owner_kind == due.PATIENT,
    Among(_due.c.owner_id, "owners"),
    _due.c.kind == ERASE,
    _due.c.at <= bindparam("now"),
)
_UNSENT = select(_outbox.c.created_at).where(
    _outbox.c.patient_id == bindparam("patient"),
    or_(
        and_(
            _outbox.c.member_id.is_(None),
            _outbox.c.status.in_(UNSENT),
            _outbox.c.created_at > bindparam("since", type_=_outbox.c.created_at.type),
        ),
        # Whoever is just sending has something to record: to the care team, or of long ago, too.
        and_(
            _outbox.c.status == "sending",
            _outbox.c.lease_until > bindparam("now", type_=_outbox.c.lease_until.type),
        ),
    ),
)


def erase_due(
    connection: Connection, deployment: Deployment, patient_ids: Collection[int], now: datetime
) -> set[int]:
    """Erase whom it is time for, of patients whose conversations are held; who is dealt with.

    A goodbye on its way puts it off a little, and so does whatever is just being sent.
    """
    if not patient_ids:
        return set()
    rows = connection.execute(_ROWS, {"owners": sorted(patient_ids), "now": now}).all()
    for row in rows:
        if _is_unsent(connection, row.owner_id, now):
            later = update(_due).where(_due.c.id == row.id).values(at=now + AGAIN)
            connection.execute(later)
        else:
            _erase(connection, deployment, row.owner_id, now)
    return {row.owner_id for row in rows}


def _is_unsent(connection: Connection, patient_id: int, now: datetime) -> bool:
    asked = {"patient": patient_id, "since": now - AT_THE_LATEST, "now": now}
    return connection.execute(_UNSENT.limit(1), asked).first() is not None


def _erase(connection: Connection, deployment: Deployment, patient_id: int, now: datetime) -> None:
    _forget_elsewhere(connection, deployment, patient_id, now)
    audit.append(connection, deployment.ids, patient_id, actor="patient", action="erased", at=now)
    erase(connection, patient_id, now)


def _forget_elsewhere(
    connection: Connection, deployment: Deployment, patient_id: int, now: datetime
) -> None:
    """What is sealed with another key than the patient's, or kept by others, while it is known."""
    for row in patients.read(connection, [patient_id]):
        addresses = patients.addresses(connection, row.sealer(deployment.ring), patient_id)
        forgetting.note(connection, deployment, patient_id, {a.id: a for a in addresses}, now)
        theirs = [(each.channel, each.value) for each in addresses if each.status != "closed"]
        own = own_key.sealer(connection, deployment.ring)
        strangers.forget(connection, own, theirs)
