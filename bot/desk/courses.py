"""The end of a patient's course, its return where that was a mistake, and a new episode."""

from __future__ import annotations

from sqlalchemy import Connection

from bot.conversation import asking, course, pathways
from bot.conversation.course import Why
from bot.conversation.effects import SetCase
from bot.conversation.lists import joined
from bot.conversation.memory import HANDS
from bot.conversation.pending import ask_again
from bot.conversation.step import Step
from bot.deployment import Deployment
from bot.desk.steps import step_within, take_step
from bot.desk.worker import Worker
from trajectory import enrolment_codes, web_access
from trajectory.case_reasons import Reason
from trajectory.cases import Kind, State

STAFF = "staff"
"""The author of what the desk puts into a patient's record."""
_NO_MORE = (
    Kind.NOT_UNDERSTOOD,
    Kind.SILENT,
    Kind.NOT_ME,
    Kind.UNREACHABLE,
    Kind.CODE_UNUSED,
    Kind.CONSENT_MISSING,
)
"""Cases that are over with the course; a warning sign, and a wish for a person or a copy, stay."""


class AlreadyEnded(Exception):
    """The course is over, or the patient is being erased."""


class NotEnded(Exception):
    """The course was not ended by the clinic, nor by a death, so there is nothing to take back."""


class NotRunning(Exception):
    """The patient has stopped, has not begun, or the course is over: this is for one that runs."""


class InDoubt(Exception):
    """It is asked just now who reads at the patient's address: that comes first."""


class NoPathway(Exception):
    """The patient follows no pathway that is offered here."""


def end(deployment: Deployment, worker: Worker, patient_id: int, why: Why) -> None:
    """End the course: nothing is due and nothing unsent goes out; a goodbye where it fits.

    After a death nothing is said to anybody, and every device and link is closed.

    Raises:
        NoSuchPatient: nobody has this number.
        AlreadyEnded: the course is over.
        trajectory.database.Unavailable: nothing was stored.
    """
    now = deployment.clock.now()

    def work(connection: Connection) -> None:
        step_within(
            connection,
            deployment,
            worker,
            patient_id,
            lambda step: _end(step, why, worker.actor),
            now,
        )
        enrolment_codes.close_all(connection, patient_id, now)
        if why is Why.DIED:
            web_access.close_all(connection, patient_id, now)

    deployment.database.run(work)


def reopen(deployment: Deployment, worker: Worker, patient_id: int) -> None:
    """Take the end of a course back: it goes on from where it stood.

    Raises:
        NoSuchPatient: nobody has this number.
        NotEnded: there is nothing to take back.
        trajectory.database.Unavailable: nothing was stored.
    """
    take_step(deployment, worker, patient_id, _reopen)


def begin_episode(deployment: Deployment, worker: Worker, patient_id: int) -> None:
    """Begin anew: the start's questions and the baseline come again, on a new calendar.

    Of a course that was ended by the clinic as well, unless the patient has died.

    Raises:
        NoSuchPatient: nobody has this number.
        NotRunning: the patient has stopped, has not begun yet, or has died.
        NoPathway: there is nothing to begin.
        InDoubt: it is not known who reads there.
        trajectory.database.Unavailable: nothing was stored.
    """
    take_step(deployment, worker, patient_id, _begin_episode)


def must_run(step: Step) -> None:
    """Raise NotRunning or InDoubt unless the patient is asked questions by a schedule."""
    if step.person.status != "active":
        raise NotRunning
    if step.memory.task is not None and step.memory.task.name == HANDS:
        raise InDoubt


def _end(step: Step, why: Why, by: str) -> None:
    if step.person.status == "ended":
        raise AlreadyEnded
    in_doubt = step.memory.task is not None and step.memory.task.name == HANDS
    silent = in_doubt or step.person.status != "active"
    course.end(step, why, author=STAFF)
    for kind in _NO_MORE:
        step.do(SetCase(kind, State.PASSED))
    if why is Why.DIED:
        step.do(SetCase(Kind.DIED, State.HANDLED, by, Reason.CONFIRMED))
    elif not silent:
        _say_goodbye(step)


def _say_goodbye(step: Step) -> None:
    """Nothing to whoever has written STOP, or has never begun."""
    clinic = step.world.clinic
    step.add_line("course.goodbye", clinic=clinic.name, emergency=clinic.emergency_number)
    if step.care.grants:
        names = joined([each.member.name for each in step.care.grants], step.words.say("and"))
        step.add_line("course.goodbye-shared", who=names)


def _reopen(step: Step) -> None:
    if course.why_ended(step) is None:
        raise NotEnded
    course.take_up_again(step, STAFF)
    if step.person.status != "active" or step.paused:
        return
    if step.memory.task is not None:
        ask_again(step)
    else:
        asking.take_up(step)


def _begin_episode(step: Step) -> None:
    if step.pathway is None:
        raise NoPathway
    if course.why_ended(step) in (Why.MOVED, Why.DISCHARGED):
        course.forget_end(step)
    must_run(step)
    step.drop_task()
    step.memory.waiting.clear()
    asking.put_down(step)
    step.add_line("episode.new", about=step.about)
    pathways.begin_anew(step)
