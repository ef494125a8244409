"""Codes that let patients in and have expired unused: a line each on the clinic's list."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection

from bot.deployment import Deployment
from trajectory import cases, enrolment_codes, patients
from trajectory.cases import Kind

KIND = "unused-codes"
EVERY = timedelta(minutes=5)
AT_ONCE = 15
"""Patients a transaction."""


def list_expired(deployment: Deployment) -> int:
    """Put everybody on the list whose code has expired unused; how many.

    A code is listed once, however often this is done and whatever became of the line. Raises
    trajectory.database.Unavailable; whoever was listed until then stays listed.
    """
    now, listed = deployment.clock.now(), 0
    while found := deployment.database.run(lambda connection: _list(connection, deployment, now)):
        listed += found
    return listed


def _list(connection: Connection, deployment: Deployment, now: datetime) -> int:
    wanted = enrolment_codes.expired(connection, now, AT_ONCE)
    held = patients.lock_conversations(connection, wanted)
    # Looked at again under the lock: somebody may have come in, or been listed, meanwhile.
    still = set(enrolment_codes.expired(connection, now, AT_ONCE)) if held else set()
    new = sorted(still & {row.patient_id for row in held})
    for patient_id in new:
        case_id = deployment.ids.take(connection)
        cases.open_case(connection, case_id, patient_id, Kind.CODE_UNUSED, now=now)
    return len(new)
