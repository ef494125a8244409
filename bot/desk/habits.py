"""In which language, by which clock, and when in the week a patient is asked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time

from bot.conversation import relocating
from bot.conversation.memory import HANDS
from bot.conversation.step import Step
from bot.conversation.tasks import retiming, speaking
from bot.deployment import Deployment
from bot.desk.courses import InDoubt
from bot.desk.steps import take_step
from bot.desk.worker import Worker
from bot.zones import zone_names


class NoSuchLanguage(Exception):
    """Nothing is written in this language here."""


class NoSuchZone(Exception):
    """No time zone has this name."""


class QuietHour(Exception):
    """Patients are written to between 8 and 21 only."""


@dataclass(frozen=True, slots=True)
class Habits:
    """How a patient wants to be asked; `weekday` is that of the check-in, Monday 0."""

    language: str
    timezone: str
    hour: time
    weekday: int


def change(deployment: Deployment, worker: Worker, patient_id: int, habits: Habits) -> None:
    """Ask as these say from now on; the patient is told of what is another now.

    Raises:
        NoSuchPatient: nobody has this number.
        NoSuchLanguage: not among those that are offered.
        NoSuchZone: not an IANA name.
        QuietHour: at that hour nobody is written to.
        InDoubt: it is not known who reads there.
        trajectory.database.Unavailable: nothing was stored.
    """
    if habits.language not in deployment.catalogues:
        raise NoSuchLanguage
    if habits.timezone not in zone_names():
        raise NoSuchZone
    if not retiming.is_awake(habits.hour):
        raise QuietHour
    take_step(deployment, worker, patient_id, lambda step: _change(step, habits))


def _change(step: Step, habits: Habits) -> None:
    if step.memory.task is not None and step.memory.task.name == HANDS:
        raise InDoubt
    person = step.person
    if habits.language != person.language:
        speaking.switch(step, habits.language)
    relocating.relocate(step, habits.timezone)
    if (habits.hour, habits.weekday) != (person.hour, person.weekday):
        retiming.change(step, habits.weekday, habits.hour)
        step.add_line("retiming.done", **retiming.done(step))
    if person.status != "active":
        # Whoever has stopped, or whose course is over, is told nothing.
        step.lead.clear()
