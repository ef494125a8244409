"""What the desk does for one patient: each a form of the patient's page, and back to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, time, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from api.context import web_of
from api.desk.door import at_desk
from api.desk.page import page
from api.desk.parts import Field, Number
from api.desk.patients import HERE, nobody, show
from bot import inviting
from bot.conversation.course import Why
from bot.desk import addresses, courses, habits, locking, resting
from bot.desk.addresses import How
from bot.desk.habits import Habits
from bot.desk.permissions import Task
from bot.desk.worker import Worker
from bot.held import NoSuchPatient
from templates.squares import square
from trajectory.patients import AddressTaken

router = APIRouter()

_PATIENT = HERE + "/{patient_id}"
_ADDRESS = _PATIENT + "/{address_id}"
_Locks = Annotated[Worker, Depends(at_desk(Task.LOCK_PHONE))]
_Moves = Annotated[Worker, Depends(at_desk(Task.CHANGE_ADDRESS))]
_Pauses = Annotated[Worker, Depends(at_desk(Task.PAUSE))]
_Ends = Annotated[Worker, Depends(at_desk(Task.END_COURSE))]
_Begins = Annotated[Worker, Depends(at_desk(Task.NEW_EPISODE))]

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
}
"""How each thing that cannot be done is said, by the end of the key under desk.patients.problem."""


@router.post(_PATIENT + "/lock")
def lock_phone(request: Request, worker: _Locks, patient_id: Number) -> Response:
    """Lock every phone of this patient, and all that opens their chat."""
    deployment = web_of(request).deployment
    try:
        locking.lock_phone(deployment, worker, patient_id)
    except locking.NoPhone:
        return _back(patient_id, "closed")
    except NoSuchPatient:
        return nobody(request, worker)
    return _back(patient_id, "locked")


@router.post(_ADDRESS + "/lock")
def lock_one(request: Request, worker: _Locks, patient_id: Number, address_id: Number) -> Response:
    """Lock one phone."""
    return _do(
        request,
        worker,
        patient_id,
        lambda: locking.lock(web_of(request).deployment, worker, patient_id, address_id),
        "locked",
    )


@router.post(_ADDRESS + "/unlock")
def unlock(request: Request, worker: _Locks, patient_id: Number, address_id: Number) -> Response:
    """The phone is found."""
    return _do(
        request,
        worker,
        patient_id,
        lambda: locking.unlock(web_of(request).deployment, worker, patient_id, address_id),
        "unlocked",
    )


@router.post(_PATIENT + "/number")
def send_check(
    request: Request,
    worker: _Moves,
    patient_id: Number,
    channel: Field = "",
    number: Field = "",
    how: Field = How.MOVE.value,
) -> Response:
    """Send six digits to a new number, and ask for them."""
    typed = {"channel": channel, "number": number, "how": how}
    deployment = web_of(request).deployment
    try:
        sent = addresses.send_check(deployment, worker, patient_id, channel, number, _how(how))
    except NoSuchPatient:
        return nobody(request, worker)
    except tuple(PROBLEMS) as error:
        return _wrong(request, worker, patient_id, error, "number", typed)
    return RedirectResponse(f"{HERE}/{patient_id}/number/{sent.check_id}?how={_how(how)}", 303)


@router.get(_PATIENT + "/number/{check_id}")
def ask_digits(
    request: Request, worker: _Moves, patient_id: Number, check_id: Number, how: str = ""
) -> Response:
    """The field for the six digits that the patient reads out."""
    return _digits(request, worker, patient_id, check_id, _how(how))


@router.post(_PATIENT + "/number/{check_id}")
def take_digits(
    request: Request,
    worker: _Moves,
    patient_id: Number,
    check_id: Number,
    digits: Field = "",
    how: Field = "",
) -> Response:
    """The patient has read these digits from the new phone."""
    deployment = web_of(request).deployment
    try:
        addresses.confirm(deployment, worker, patient_id, check_id, digits, _how(how))
    except NoSuchPatient:
        return nobody(request, worker)
    except addresses.WrongDigits:
        return _digits(request, worker, patient_id, check_id, _how(how), problem="wrong-digits")
    except tuple(PROBLEMS) as error:
        return _wrong(request, worker, patient_id, error, "number", {})
    return _back(patient_id, "moved" if _how(how) is How.MOVE else "added")


@router.post(_PATIENT + "/way-in")
def make_way_in(request: Request, worker: _Moves, patient_id: Number) -> Response:
    """A code and a square for another device; shown this once."""
    try:
        way = addresses.way_in(web_of(request).deployment, worker, patient_id)
    except inviting.NoSuchPatient:
        return nobody(request, worker)
    squares = {channel: square(link) for channel, link in way.links.items()}
    return page(
        request, worker, "patient_way_in.html", way=way, squares=squares, path=_path(patient_id)
    )


@router.post(_ADDRESS + "/prefer")
def prefer(request: Request, worker: _Moves, patient_id: Number, address_id: Number) -> Response:
    """Write to the patient there first."""
    return _do(
        request,
        worker,
        patient_id,
        lambda: addresses.prefer(web_of(request).deployment, worker, patient_id, address_id),
        "preferred",
    )


@router.post(_ADDRESS + "/remove")
def remove(
    request: Request,
    worker: _Moves,
    patient_id: Number,
    address_id: Number,
    sure: Field = "",
) -> Response:
    """The address is the patient's no more; the last one only where the desk is sure."""
    deployment = web_of(request).deployment
    return _do(
        request,
        worker,
        patient_id,
        lambda: addresses.remove(deployment, worker, patient_id, address_id, sure=bool(sure)),
        "removed",
    )


@router.post(_PATIENT + "/pause")
def pause(
    request: Request, worker: _Pauses, patient_id: Number, until: Field = "", weeks: Field = ""
) -> Response:
    """Pause until a day, or for some weeks."""
    deployment = web_of(request).deployment

    def act() -> None:
        day = _day(until, weeks, deployment.clock.now().date())
        resting.pause(deployment, worker, patient_id, day)

    return _do(request, worker, patient_id, act, "paused", "pause", {"until": until})


@router.post(_PATIENT + "/resume")
def resume(request: Request, worker: _Pauses, patient_id: Number) -> Response:
    """End the pause."""
    return _do(
        request,
        worker,
        patient_id,
        lambda: resting.resume(web_of(request).deployment, worker, patient_id),
        "resumed",
    )


@router.post(_PATIENT + "/habits")
def change_habits(
    request: Request,
    worker: _Pauses,
    patient_id: Number,
    language: Field = "",
    timezone: Field = "",
    hour: Field = "",
    weekday: Field = "0",
) -> Response:
    """Ask in this language, by this clock, on this day and at this hour."""
    typed = {"language": language, "timezone": timezone, "hour": hour, "weekday": weekday}

    def act() -> None:
        day = int(weekday) if weekday in {str(each) for each in range(7)} else 0
        wanted = Habits(language, timezone.strip(), _clock(hour), day)
        habits.change(web_of(request).deployment, worker, patient_id, wanted)

    return _do(request, worker, patient_id, act, "changed", "habits", typed)


@router.post(_PATIENT + "/end")
def end(request: Request, worker: _Ends, patient_id: Number, why: Field = "") -> Response:
    """The patient has moved away, was discharged, or has died."""
    if why not in {each.value for each in Why}:
        return show(request, worker, patient_id, problem="no-reason", at="end", status=422)
    return _do(
        request,
        worker,
        patient_id,
        lambda: courses.end(web_of(request).deployment, worker, patient_id, Why(why)),
        f"ended-{why}",
        "end",
        {"why": why},
    )


@router.post(_PATIENT + "/reopen")
def reopen(request: Request, worker: _Ends, patient_id: Number) -> Response:
    """The end was a mistake."""
    return _do(
        request,
        worker,
        patient_id,
        lambda: courses.reopen(web_of(request).deployment, worker, patient_id),
        "reopened",
    )


@router.post(_PATIENT + "/episode")
def begin_episode(request: Request, worker: _Begins, patient_id: Number) -> Response:
    """Begin anew."""
    return _do(
        request,
        worker,
        patient_id,
        lambda: courses.begin_episode(web_of(request).deployment, worker, patient_id),
        "episode",
    )


def _do(
    request: Request,
    worker: Worker,
    patient_id: int,
    act: Callable[[], object],
    done: str,
    at: str = "",
    typed: dict[str, str] | None = None,
) -> Response:
    try:
        act()
    except NoSuchPatient:
        return nobody(request, worker)
    except tuple(PROBLEMS) as error:
        return _wrong(request, worker, patient_id, error, at, typed or {})
    return _back(patient_id, done)


def _wrong(
    request: Request,
    worker: Worker,
    patient_id: int,
    error: Exception,
    at: str,
    typed: dict[str, str],
) -> Response:
    problem = PROBLEMS[type(error)]
    return show(request, worker, patient_id, problem=problem, at=at, typed=typed, status=422)


def _digits(
    request: Request,
    worker: Worker,
    patient_id: int,
    check_id: int,
    how: How,
    *,
    problem: str = "",
) -> Response:
    try:
        sent = addresses.sent_check(web_of(request).deployment, patient_id, check_id, how)
    except NoSuchPatient:
        return nobody(request, worker)
    except addresses.CheckOver as error:
        return _wrong(request, worker, patient_id, error, "number", {})
    return page(
        request,
        worker,
        "patient_digits.html",
        422 if problem else 200,
        sent=sent,
        how=how.value,
        wrong=problem,
        path=_path(patient_id),
    )


def _how(said: str) -> How:
    return How.ADD if said == How.ADD.value else How.MOVE


def _day(until: str, weeks: str, today: date) -> date:
    """Raises BadDay where neither is one."""
    try:
        return today + timedelta(weeks=int(weeks)) if weeks else date.fromisoformat(until)
    except (ValueError, OverflowError):
        raise resting.BadDay from None


def _clock(said: str) -> time:
    """Raises QuietHour where it is none."""
    try:
        return time.fromisoformat(said)
    except ValueError:
        raise habits.QuietHour from None


def _path(patient_id: int) -> str:
    return f"{HERE}/{patient_id}"


def _back(patient_id: int, done: str) -> Response:
    return RedirectResponse(f"{_path(patient_id)}?done={done}", 303)
