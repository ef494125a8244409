"""`backtrace cases`: the clinic's list, until somebody has dealt with what stands on it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from backtrace.clock import SystemClock
from backtrace.columns import in_columns
from backtrace.enrol_cli import OPERATOR, Unknown
from backtrace.furnishing import deployed
from backtrace.settings import Settings
from bot.deployment import Deployment
from trajectory import audit, cases, patients
from trajectory.cases import Case

_HEAD = ("case", "patient", "why", "urgency", "state", "since (UTC)")


def listed(settings: Settings) -> list[Case]:
    """What somebody must look at, the most pressing first.

    Raises:
        backtrace.refusals.NotMigrated: there is no list yet.
    """
    with deployed(settings, SystemClock(), {}, alone=False) as deployment:
        return deployment.database.run(cases.listed)


def handle(settings: Settings, case_id: int) -> None:
    """Take a case off the list, because somebody has dealt with it; the patient's log tells.

    Raises:
        Unknown: no case on the list has this number.
        backtrace.refusals.NotMigrated: there is no list yet.
    """
    with deployed(settings, SystemClock(), {}, alone=False) as deployment:
        now = deployment.clock.now()
        deployment.database.run(lambda connection: _handle(connection, deployment, case_id, now))


def _handle(connection: Connection, deployment: Deployment, case_id: int, now: datetime) -> None:
    case = next((case for case in cases.listed(connection) if case.id == case_id), None)
    if case is None or not patients.lock_conversations(connection, [case.patient_id]):
        raise Unknown(f"no case {case_id} is on the list; `backtrace cases` shows it")
    cases.set_state(connection, case.patient_id, case.kind, cases.State.HANDLED, now)
    audit.append(
        connection, deployment.ids, case.patient_id, actor=OPERATOR, action="case-handled", at=now
    )


def table(found: Sequence[Case]) -> str:
    """The list for a terminal; patients are numbers, as `enrol` printed them."""
    return "\n".join(in_columns([_HEAD, *(_row(case) for case in found)]))


def _row(case: Case) -> tuple[str, ...]:
    urgency = case.urgency.value if case.urgency else "-"
    since = f"{case.opened_at:%Y-%m-%d %H:%M}"
    return (str(case.id), str(case.patient_id), case.kind, urgency, case.state, since)
