"""What providers say later of messages that they have taken.

Their callbacks come in any order and may come twice: a status only ever rises. One may come
before the provider's id of its message is recorded; it is kept then, and applied as soon as
some process has recorded a message.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, TypeAlias

import structlog
from sqlalchemy import Connection, Row, and_, bindparam, delete, insert, select, update

from bot import metrics, outbox, outcomes
from bot.channel_states import DELIVERY
from bot.channels import NotSent, Trouble
from bot.deployment import Deployment
from bot.outcomes import ARRIVED
from bot.verdicts import MOST_ATTEMPTS, UNKNOWN_ATTEMPTS, Tried, judge
from trajectory import patients, tables

CHANNELS = ("sms", "whatsapp")
"""Those whose provider tells later, and whose messages' ids are unique."""
MAIL = "email"
KEPT = timedelta(days=1)
"""How long a callback is kept whose message nobody knows."""
_FAILED = ("undelivered", "failed")
_RANK = {"read": 2, "delivered": 1}

_log = structlog.get_logger(__name__)
_outbox = tables.core(tables.Outbox)
_patient = tables.core(tables.Patient)
_early = tables.core(tables.EarlyStatus)
_NAMED = and_(_outbox.c.channel.in_(CHANNELS), _outbox.c.provider_id == bindparam("wanted"))
_ADDRESSED = select(_outbox.c.address_id).where(_NAMED, _outbox.c.address_id.is_not(None))
_FIND = select(_outbox).where(_NAMED).order_by(_outbox.c.id).with_for_update()
_STATUS = select(_patient.c.status).where(_patient.c.id == bindparam("patient"))
_KNOWN = select(_early.c.id).where(
    _early.c.provider_id == bindparam("wanted"), _early.c.status == bindparam("said")
)
_MAIL = (
    select(_outbox)
    .where(_outbox.c.id == bindparam("message"), _outbox.c.channel == MAIL)
    .with_for_update()
)
_RAISE = (
    update(_outbox)
    .where(_outbox.c.id == bindparam("message"))
    .values(status=bindparam("new_status"), error=None, lease_until=None)
)
_KEEP = insert(_early)
_FORGET_OLD = delete(_early).where(_early.c.at < bindparam("since", type_=_early.c.at.type))
_FORGET = delete(_early).where(_early.c.id == bindparam("done")).returning(_early.c.id)
_COME_IN_TIME = (
    select(_early)
    .join(_outbox, _outbox.c.provider_id == _early.c.provider_id)
    .where(_outbox.c.channel.in_(CHANNELS))
    .order_by(_early.c.id)
)


@dataclass(frozen=True, slots=True)
class Report:
    """What a provider says of one message; `trouble` None: its code says nothing that we know."""

    provider_id: str | None
    status: str
    trouble: Trouble | None
    code: str


_Count: TypeAlias = tuple[str, str, str]
"""Channel, what the message has come to, and the class of trouble."""


@dataclass(frozen=True, slots=True)
class _Noted:
    """Whether the message is known, and what is to be counted once that is committed."""

    is_known: bool
    counts: Sequence[_Count] = ()

    def count(self) -> None:
        for channel, outcome, trouble in self.counts:
            metrics.count_outcome(channel, outcome, trouble)


def note_status(
    deployment: Deployment, provider_id: str, status: str, trouble: Trouble | None, code: str
) -> bool:
    """Take a callback; whether the message is known.

    `status` is queued, sending, sent, delivered, read, undelivered or failed. Where the
    message is not known yet, what matters is kept: the provider need not say it again.

    Raises:
        trajectory.database.Unavailable: nothing was noted; the provider should say it again.
    """
    report = Report(provider_id, status, trouble, code)
    noted = deployment.database.run(lambda connection: _note(connection, deployment, report))
    noted.count()
    if not noted.is_known:
        # Its id may have been recorded between our look and our commit.
        catch_up(deployment)
    return noted.is_known


def note_bounce(deployment: Deployment, outbox_id: int, code: str) -> bool:
    """A mail was refused for good after it had been handed over; whether that is news.

    Raises Unavailable.
    """
    noted = deployment.database.run(
        lambda connection: _bounced(connection, deployment, outbox_id, code)
    )
    noted.count()
    return noted.is_known


def catch_up(deployment: Deployment) -> None:
    """Apply what came before its message was recorded. Raises Unavailable."""
    with deployment.database.read() as connection:
        rows = connection.execute(_COME_IN_TIME).all()
    for row in {row.id: row for row in rows}.values():
        _apply_kept(deployment, row)


def _apply_kept(deployment: Deployment, row: Row[Any]) -> None:
    trouble = None if row.trouble is None else Trouble(row.trouble)
    report = Report(row.provider_id, row.status, trouble, row.code)

    def apply(connection: Connection) -> _Noted:
        if connection.execute(_FORGET, {"done": row.id}).first() is None:
            return _Noted(is_known=False)
        return _note(connection, deployment, report)

    deployment.database.run(apply).count()


def _note(connection: Connection, deployment: Deployment, report: Report) -> _Noted:
    wanted = {"wanted": report.provider_id}
    patients.hold_addresses(connection, connection.execute(_ADDRESSED, wanted).scalars().all())
    rows = connection.execute(_FIND, wanted).all()
    counts: list[_Count] = []
    for row in rows:
        if report.status in ARRIVED:
            counts += _arrived(connection, deployment, row, report.status)
        elif report.status in _FAILED and row.status == "sent":
            counts += _failed(connection, deployment, row, report)
    if not rows and report.status in (*ARRIVED, *_FAILED):
        _keep(connection, deployment, report)
    return _Noted(bool(rows), counts)


def _arrived(
    connection: Connection, deployment: Deployment, row: Row[Any], status: str
) -> list[_Count]:
    rises = _RANK[status] > _RANK.get(row.status, 0)
    if rises:
        connection.execute(_RAISE, {"message": row.id, "new_status": status})
    if row.address_id is not None:
        patients.note_arrival(connection, row.address_id)
    deployment.states.works(row.channel, DELIVERY)
    return [(row.channel, status, "")] if rises else []


def _failed(
    connection: Connection, deployment: Deployment, row: Row[Any], report: Report
) -> list[_Count]:
    """As if sending had failed so; the attempts that were made count."""
    trouble = report.trouble or Trouble.RETRY
    blind = report.trouble in (None, Trouble.UNKNOWN)
    if trouble is Trouble.CONFIGURATION:
        deployment.states.waits(row.channel, report.code, DELIVERY)
    else:
        _log.warning(
            "not delivered",
            outbox_id=row.id,
            channel=row.channel,
            trouble=trouble.value,
            code=report.code,
        )
    tried = Tried.of(row, row.attempts)
    most = UNKNOWN_ATTEMPTS if blind else MOST_ATTEMPTS
    # It did not arrive, so nothing has to be looked up before it is sent again.
    kind = Trouble.RETRY if blind else trouble
    outcome = judge(
        tried,
        NotSent(kind, report.code),
        deployment.clock.now(),
        fraction=deployment.chance.fraction(),
        most=most,
    )
    if outcome.status == "ready" and not tried.is_for_safety and _has_stopped(connection, row):
        outcome = replace(outcome, status="dead", error=outbox.STOPPED)
    reported = outcome.reported(row.provider_id, row.sent_at)
    recorded = outcomes.record(connection, deployment, [reported])
    return [(each.channel, each.status, each.trouble) for each in recorded]


def _has_stopped(connection: Connection, row: Row[Any]) -> bool:
    """Whether the patient has said stop since this was sent: a repeat would break the word."""
    asked = {"patient": row.patient_id}
    return connection.execute(_STATUS, asked).scalar_one_or_none() in ("stopped", "ended")


def _bounced(connection: Connection, deployment: Deployment, outbox_id: int, code: str) -> _Noted:
    row = connection.execute(_MAIL, {"message": outbox_id}).one_or_none()
    if row is None or row.status != "sent":
        return _Noted(is_known=False)
    report = Report(row.provider_id, "failed", Trouble.GONE, code)
    return _Noted(True, _failed(connection, deployment, row, report))


def _keep(connection: Connection, deployment: Deployment, report: Report) -> None:
    now: datetime = deployment.clock.now()
    connection.execute(_FORGET_OLD, {"since": now - KEPT})
    known = {"wanted": report.provider_id, "said": report.status}
    if connection.execute(_KNOWN, known).first() is not None:
        return
    row = {
        "id": deployment.ids.take(connection),
        "provider_id": report.provider_id,
        "status": report.status,
        "trouble": None if report.trouble is None else report.trouble.value,
        "code": report.code,
        "at": now,
    }
    connection.execute(_KEEP, row)
