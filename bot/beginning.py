"""The enrolment of a patient who has come in by a link and not said anything yet."""

from __future__ import annotations

from datetime import datetime

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from bot import ledger, loading
from bot.conversation.memory import Memory
from bot.conversation.tasks import enrolment
from bot.deployment import Deployment
from bot.ledger import Route, finish
from trajectory import enrolment_codes, patients, web_access
from trajectory.patients import LockedPatient

_log = structlog.get_logger(__name__)


def begin_here(
    connection: Connection, deployment: Deployment, row: LockedPatient, now: datetime
) -> None:
    """Begin in the web chat what waits for the first word; the card lets nobody else in then.

    The broad catch is the rule for poison: the device is let in, whatever the step makes of it.
    """
    sealer = row.sealer(deployment.ring)
    memory = Memory.from_json(sealer.open(patients.BODY, row.patient_id, row.body))
    if not enrolment.waits(memory.task):
        return
    enrolment_codes.close_all(connection, row.patient_id, now)
    loaded = loading.load(connection, deployment, [row])[row.patient_id]
    (address,) = (
        each
        for each in patients.addresses(connection, sealer, row.patient_id)
        if each.channel == web_access.CHANNEL
    )
    patients.prefer_address(connection, row.patient_id, address.id)
    try:
        step = loading.step_for(connection, deployment, loaded, now, web_access.CHANNEL, {})
        enrolment.ask(step)
        step.flush()
        finished = finish(loaded, step, Route(web_access.CHANNEL, address.id))
    except SQLAlchemyError:
        raise
    except Exception as error:  # noqa: BLE001
        _log.error("the enrolment did not begin", error=type(error).__name__)
        return
    ledger.write(connection, deployment, [finished])
