"""Letting a patient's device into the web chat and out of it, in the patient's audit."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from bot.beginning import begin_here
from bot.deployment import Deployment
from trajectory import audit, patients, web_access
from trajectory.web_access import Visitor

_PATIENT = "patient"


def let_in(deployment: Deployment, token: str, cookie: str, now: datetime) -> bool:
    """Use a one-time link up and let the device with this cookie in; False: it opens nothing.

    Raises trajectory.database.Unavailable.
    """
    return deployment.database.run(
        lambda connection: _let_in(connection, deployment, token, cookie, now)
    )


def _let_in(
    connection: Connection, deployment: Deployment, token: str, cookie: str, now: datetime
) -> bool:
    patient_id = web_access.link_patient(connection, deployment.ring, token, now)
    # The conversation first, as everywhere; whether the link still opens shows under the lock.
    rows = [] if patient_id is None else patients.lock_conversations(connection, [patient_id])
    if patient_id is None or not rows:
        return False
    found = web_access.exchange(
        connection, deployment.ids, deployment.ring, token=token, cookie=cookie, now=now
    )
    if found is not None:
        _note(connection, deployment, patient_id, "device-let-in", now)
        begin_here(connection, deployment, rows[0], now)
    return found is not None


def sign_out(deployment: Deployment, visitor: Visitor, now: datetime) -> None:
    """Let this device in no more. Raises trajectory.database.Unavailable."""
    deployment.database.run(lambda connection: _sign_out(connection, deployment, visitor, now))


def _sign_out(
    connection: Connection, deployment: Deployment, visitor: Visitor, now: datetime
) -> None:
    if patients.lock_conversations(connection, [visitor.patient_id]):
        web_access.close(connection, visitor.session_id, now)
        _note(connection, deployment, visitor.patient_id, "device-signed-out", now)


def _note(
    connection: Connection, deployment: Deployment, patient_id: int, action: str, now: datetime
) -> None:
    audit.append(connection, deployment.ids, patient_id, actor=_PATIENT, action=action, at=now)
