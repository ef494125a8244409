"""A patient's course, as the desk changes it: a pause, when it asks, its end, and a new episode."""

from __future__ import annotations

from datetime import date, time, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from api.context import web_of
from api.desk.door import at_desk
from api.desk.parts import Field, Number
from api.desk.patient_deeds import PATIENT, do
from api.desk.patients import show
from bot.conversation.course import Why
from bot.desk import courses, habits, resting
from bot.desk.habits import Habits
from bot.desk.permissions import Task
from bot.desk.worker import Worker

router = APIRouter()

_Pauses = Annotated[Worker, Depends(at_desk(Task.PAUSE))]
_Ends = Annotated[Worker, Depends(at_desk(Task.END_COURSE))]
_Begins = Annotated[Worker, Depends(at_desk(Task.NEW_EPISODE))]


@router.post(PATIENT + "/pause")
def pause(
    request: Request, worker: _Pauses, patient_id: Number, until: Field = "", weeks: Field = ""
) -> Response:
    """Pause until a day, or for some weeks."""
    deployment = web_of(request).deployment

    def act() -> None:
        day = _day(until, weeks, deployment.clock.now().date())
        resting.pause(deployment, worker, patient_id, day)

    return do(request, worker, patient_id, act, "paused", "pause", {"until": until})


@router.post(PATIENT + "/resume")
def resume(request: Request, worker: _Pauses, patient_id: Number) -> Response:
    """End the pause."""
    return do(
        request,
        worker,
        patient_id,
        lambda: resting.resume(web_of(request).deployment, worker, patient_id),
        "resumed",
    )


@router.post(PATIENT + "/habits")
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

    return do(request, worker, patient_id, act, "changed", "habits", typed)


@router.post(PATIENT + "/end")
def end(request: Request, worker: _Ends, patient_id: Number, why: Field = "") -> Response:
    """The patient has moved away, was discharged, or has died."""
    if why not in {each.value for each in Why}:
        return show(request, worker, patient_id, problem="no-reason", at="end", status=422)
    return do(
        request,
        worker,
        patient_id,
        lambda: courses.end(web_of(request).deployment, worker, patient_id, Why(why)),
        f"ended-{why}",
        "end",
        {"why": why},
    )


@router.post(PATIENT + "/reopen")
def reopen(request: Request, worker: _Ends, patient_id: Number) -> Response:
    """The end was a mistake."""
    return do(
        request,
        worker,
        patient_id,
        lambda: courses.reopen(web_of(request).deployment, worker, patient_id),
        "reopened",
    )


@router.post(PATIENT + "/episode")
def begin_episode(request: Request, worker: _Begins, patient_id: Number) -> Response:
    """Begin anew."""
    return do(
        request,
        worker,
        patient_id,
        lambda: courses.begin_episode(web_of(request).deployment, worker, patient_id),
        "episode",
    )


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
