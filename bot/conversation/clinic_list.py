"""Putting the conversation on the clinic's list, and saying honestly when somebody looks."""

from __future__ import annotations

from datetime import datetime

from bot.conversation import with_desk
from bot.conversation.effects import Audit, OpenCase
from bot.conversation.memory import OpenSession
from bot.conversation.step import Step
from trajectory.cases import Kind


def ask_for_person(step: Step) -> None:
    """The patient wants a person."""
    step.do(OpenCase(Kind.PERSON))
    step.do(Audit("person-asked"))
    step.add_line("person.listed", clinic=step.world.clinic.name)
    say_when(step)
    with_desk.note_asked(step)


def pass_on(step: Step) -> None:
    """Words that answer nothing, from somebody who waits for a person: they are for that one."""
    step.for_desk, step.answered = True, None
    step.do(OpenCase(Kind.PERSON))
    step.add_line("desk.passed-on", clinic=step.world.clinic.name)


def report_unclear(step: Step, open: OpenSession) -> None:
    """An answer could not be read three times: a person looks. Once a session."""
    if step.memory.unclear == open.id:
        return
    step.memory.unclear = open.id
    step.do(OpenCase(Kind.NOT_UNDERSTOOD))
    step.add_line("person.unclear")
    say_when(step)


def say_when(step: Step) -> None:
    """By the clinic's own clock; without hours there is no promise, and a number to ring."""
    clinic = step.world.clinic
    if clinic.desk_hours is None:
        key = "person.no-promise"
        step.add_line(key, doctor=clinic.doctor_number, emergency=clinic.emergency_number)
        return
    local = step.now.astimezone(clinic.zone)
    opens, closes = clinic.desk_hours.next_look(local)
    day = step.words.say(f"weekday.{opens.weekday()}")
    key = f"person.looks.{_which(local, opens)}"
    step.add_line(key, day=day, opens=f"{opens:%H:%M}", closes=f"{closes:%H:%M}")
    numbers = {"doctor": clinic.doctor_number, "emergency": clinic.emergency_number}
    step.add_line("person.not-waiting", **numbers)


def _which(local: datetime, opens: datetime) -> str:
    if opens.date() != local.date():
        return "another-day"
    return "now" if opens <= local else "later-today"
