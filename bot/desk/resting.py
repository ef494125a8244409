"""A pause at the patient's wish, told to the desk, and its end."""

from __future__ import annotations

from datetime import date

from bot.conversation import pausing
from bot.conversation.step import Step
from bot.deployment import Deployment
from bot.desk.courses import must_run
from bot.desk.steps import take_step
from bot.desk.worker import Worker


class BadDay(Exception):
    """A pause ends on a day to come, within a year."""


class NoPause(Exception):
    """There is no pause to end."""


def pause(deployment: Deployment, worker: Worker, patient_id: int, until: date) -> None:
    """Ask nothing until the morning of this day; the patient is told.

    Raises:
        NoSuchPatient: nobody has this number.
        BadDay: that day is past, or more than a year away.
        NotRunning: there is nothing to pause.
        InDoubt: it is not known who reads there.
        trajectory.database.Unavailable: nothing was stored.
    """
    take_step(deployment, worker, patient_id, lambda step: _pause(step, until))


def resume(deployment: Deployment, worker: Worker, patient_id: int) -> None:
    """End the pause now; the patient is told, and what waits is asked.

    Raises:
        NoSuchPatient: nobody has this number.
        NoPause: there is none.
        NotRunning: the patient has stopped, or the course is over.
        InDoubt: it is not known who reads there.
        trajectory.database.Unavailable: nothing was stored.
    """
    take_step(deployment, worker, patient_id, _resume)


def _pause(step: Step, until: date) -> None:
    must_run(step)
    if not pausing.begin_on(step, until):
        raise BadDay


def _resume(step: Step) -> None:
    must_run(step)
    if not step.paused:
        raise NoPause
    pausing.end(step, "pause.over")
