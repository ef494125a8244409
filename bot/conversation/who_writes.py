"""Who writes, as they say it themselves: a helper from now on, or the patient again."""

from __future__ import annotations

from collections.abc import Iterator

from bot.conversation import safety
from bot.conversation.effects import SaveSession
from bot.conversation.heard import Heard
from bot.conversation.memory import HANDS, OpenSession
from bot.conversation.own_name import is_about_the_patient, is_own_name
from bot.conversation.pending import ask_again
from bot.conversation.step import Step
from bot.conversation.tasks import helping
from bot.phrases import Says

_PATIENT = (Says.ME_AGAIN, Says.ME)


def note(step: Step, heard: Heard) -> None:
    """Take what the whole message says of who writes, where that is new.

    Not where it is asked who reads or answers: there it is the reply.
    """
    task = step.memory.task
    if task is not None and task.name in (HANDS, helping.NAME):
        return
    said = [each for each in heard.phrases if is_about_the_patient(step, each)]
    helper = next((each for each in said if each.says is Says.HELPER_WRITES), None)
    if helper is not None:
        _begin(step)
        step.writes = helper
        return
    patient = next((each for each in said if each.says in _PATIENT), None)
    if patient is not None and helping.may_write(step, None):
        _end(step)
        step.writes = patient


def tell(step: Step) -> bool:
    """Say what was noted, and go on; False where that is not all, or something comes before it."""
    said = step.writes
    if said is None or step.person.status != "active":
        return False
    if safety.is_held(step) or safety.is_held_now(step):
        return False
    if "answer" in said.slots and not is_own_name(step, said.slots["answer"]):
        return False
    step.add_line("helping.writes" if said.says is Says.HELPER_WRITES else "helping.over")
    ask_again(step)
    return True


def _begin(step: Step) -> None:
    helping.note_writer(step)
    step.memory.helper_answers_at = step.now.isoformat()
    for open in _sessions(step):
        open.helped = True
        step.do(SaveSession(open))


def _end(step: Step) -> None:
    helping.forget_writer(step)
    for open in _sessions(step):
        open.helped = open.maybe_helped = False
        step.do(SaveSession(open))


def _sessions(step: Step) -> Iterator[OpenSession]:
    """What is asked now, and what was put aside for it."""
    return (each for each in (step.open, step.suspended) if each is not None)
