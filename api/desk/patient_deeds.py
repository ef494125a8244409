"""What is done for one patient: a form of the patient's page, and back to it with a word."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from api.desk.patients import HERE, nobody, show
from bot.desk import addresses, courses, habits, identity, locking, resting
from bot.desk.worker import Worker
from bot.held import NoSuchPatient
from trajectory.patients import AddressTaken

PATIENT = HERE + "/{patient_id}"
PROBLEMS: Mapping[type[Exception], str] = {
    locking.NotTheirs: "not-theirs",
    locking.NotLocked: "not-locked",
    addresses.NotANumber: "not-a-number",
    addresses.ChannelOff: "channel-off",
    addresses.AlreadyTheirs: "already-theirs",
    addresses.TooManyChecks: "too-many-checks",
    addresses.WrongDigits: "wrong-digits",
    addresses.CheckOver: "check-over",
    addresses.LastAddress: "last-address",
    addresses.NotWorking: "not-working",
    AddressTaken: "taken",
    resting.BadDay: "bad-day",
    resting.NoPause: "no-pause",
    courses.AlreadyEnded: "already-ended",
    courses.NotEnded: "not-ended",
    courses.NotRunning: "not-running",
    courses.InDoubt: "in-doubt",
    courses.NoPathway: "no-pathway",
    habits.NoSuchLanguage: "no-language",
    habits.NoSuchZone: "no-zone",
    habits.QuietHour: "quiet-hour",
    identity.ChangedMeanwhile: "changed-meanwhile",
}
"""How each thing that cannot be done is said, by the end of the key under desk.patients.problem."""


def do(
    request: Request,
    worker: Worker,
    patient_id: int,
    act: Callable[[], object],
    done: str,
    at: str = "",
    typed: dict[str, str] | None = None,
) -> Response:
    """Do it and say `done`; where it cannot be, the form `at` comes back with what was `typed`."""
    try:
        act()
    except NoSuchPatient:
        return nobody(request, worker)
    except tuple(PROBLEMS) as error:
        return wrong(request, worker, patient_id, error, at, typed or {})
    return back(patient_id, done)


def wrong(
    request: Request,
    worker: Worker,
    patient_id: int,
    error: Exception,
    at: str,
    typed: dict[str, str],
) -> Response:
    """The patient's page with why it cannot be: one of `PROBLEMS`."""
    problem = PROBLEMS[type(error)]
    return show(request, worker, patient_id, problem=problem, at=at, typed=typed, status=422)


def path_of(patient_id: int) -> str:
    """The patient's page."""
    return f"{HERE}/{patient_id}"


def back(patient_id: int, done: str) -> Response:
    """To the patient's page, which says what is done."""
    return RedirectResponse(f"{path_of(patient_id)}?done={done}", 303)
