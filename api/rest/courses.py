"""What the desk does with a patient's course: pause, end, and a new episode."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel

from api.context import web_of
from api.rest.door import by_token
from api.rest.keys import Key, done_once
from api.rest.parts import NOBODY, Number
from api.rest.problems import Refused, Told, answers, telling
from bot.conversation.course import Why
from bot.deployment import Deployment
from bot.desk import courses, resting
from bot.desk.courses import AlreadyEnded, InDoubt, NoPathway, NotEnded, NotRunning
from bot.desk.permissions import Task
from bot.desk.resting import BadDay, NoPause
from bot.desk.worker import Worker
from bot.once import Done

router = APIRouter(prefix="/patients/{number}", tags=["courses"])

_Pauses = Annotated[Worker, Depends(by_token(Task.PAUSE))]
_Ends = Annotated[Worker, Depends(by_token(Task.END_COURSE))]
_Begins = Annotated[Worker, Depends(by_token(Task.NEW_EPISODE))]
_TOLD: Told = {
    **NOBODY,
    BadDay: Refused(422, "a day to come, within a year", ("body", "until")),
    NoPause: Refused(409, "there is no pause"),
    NotRunning: Refused(409, "the patient has stopped or has not begun, or the course is over"),
    InDoubt: Refused(409, "it is asked just now who reads at the patient's address"),
    AlreadyEnded: Refused(409, "the course is over"),
    NotEnded: Refused(409, "there is no end to take back"),
    NoPathway: Refused(409, "the patient follows no pathway that is offered here"),
}


class Pause(BaseModel):
    """Nothing is asked until the morning of this day."""

    until: date


class End(BaseModel):
    """Why the course ends."""

    why: Why


class Episode(BaseModel):
    """A new episode has begun."""

    patient: int


@router.post("/pause", status_code=204, responses=answers(404, 409))
def pause(request: Request, worker: _Pauses, number: Number, wanted: Pause) -> None:
    """Ask nothing until a day; the patient is told."""
    with telling(_TOLD):
        resting.pause(web_of(request).deployment, worker, number, wanted.until)


@router.post("/resume", status_code=204, responses=answers(404, 409))
def resume(request: Request, worker: _Pauses, number: Number) -> None:
    """End the pause now; the patient is told."""
    with telling(_TOLD):
        resting.resume(web_of(request).deployment, worker, number)


@router.post("/end", status_code=204, responses=answers(404, 409))
def end(request: Request, worker: _Ends, number: Number, ending: End) -> None:
    """End the course: nothing is due and nothing unsent goes out; a goodbye where it fits."""
    with telling(_TOLD):
        courses.end(web_of(request).deployment, worker, number, ending.why)


@router.post("/reopen", status_code=204, responses=answers(404, 409))
def reopen(request: Request, worker: _Ends, number: Number) -> None:
    """Take the end of a course back: it goes on from where it stood."""
    with telling(_TOLD):
        courses.reopen(web_of(request).deployment, worker, number)


@router.post("/episodes", status_code=201, responses=answers(404, 409))
def begin(request: Request, worker: _Begins, number: Number, key: Key) -> Episode:
    """Begin a new episode: the start's questions and the baseline come again."""

    def act(within: Deployment) -> Done:
        courses.begin_episode(within, worker, number)
        return Done(number, {"patient": number})

    with telling(_TOLD):
        return Episode(**done_once(request, worker, key, {}, act))
