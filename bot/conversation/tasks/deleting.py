"""Erasing everything about the patient: said what goes, asked twice, done after the goodbye."""

from __future__ import annotations

from datetime import timedelta

from bot.conversation import asking, granting, own_code
from bot.conversation.choices import chosen, is_no
from bot.conversation.effects import Audit, DropDue, DropUnsent, SavePatient, SetDue
from bot.conversation.own_code import Tried
from bot.conversation.step import Step
from bot.conversation.tasks import enrolment

NAME = "deleting"
ERASE = "erase"
"""The kind of the due row that erases."""
GRACE = timedelta(minutes=5)
"""How long the goodbye has to go out; it is erased with everything else."""


def begin(step: Step) -> None:
    """Say what goes and what stays, and ask; an enrolment goes on if it comes to nothing."""
    memory = step.memory
    if memory.task is not None and memory.task.name == enrolment.NAME:
        memory.set_aside, memory.task = memory.task, None
    step.begin(NAME, "sure")
    ask(step)


def ask(step: Step) -> None:
    """Put the question of the present step again."""
    assert step.memory.task is not None
    match step.memory.task.step:
        case "sure":
            options = [("yes", "delete.yes"), ("no", "delete.no")]
            step.offer("delete.ask", options, clinic=step.world.clinic.name)
        case "code":
            step.offer("code.ask")
        case "word":
            step.offer("delete.type", word=step.words.say("delete.word"))


def reply(step: Step, text: str, option: str | None) -> None:
    """Take the answer to the present step; only a yes and the code, or the word, go through."""
    assert step.memory.task is not None
    present, answer = step.memory.task.step, option or chosen(step, text)
    if answer == "no" or (present != "sure" and is_no(step, text)):
        leave(step, "delete.kept")
    elif present == "sure":
        _take_sure(step, answer)
    elif present == "code":
        _take_code(step, text)
    else:
        _take_word(step, text)


def leave(step: Step, key: str) -> None:
    """Nothing is erased: say so, and go on."""
    memory = step.memory
    if memory.set_aside is None or memory.held:
        asking.leave(step, key)
        return
    memory.task, memory.set_aside = memory.set_aside, None
    step.add_line(key)
    enrolment.ask(step)


def _take_sure(step: Step, answer: str | None) -> None:
    """Who has no code of their own types a word: a single tap never erases."""
    assert step.memory.task is not None
    if answer == "yes" and own_code.is_locked(step):
        leave(step, "code.locked")
        return
    if answer == "yes":
        step.memory.task.step = "code" if step.person.code else "word"
    ask(step)


def _take_code(step: Step, text: str) -> None:
    match own_code.try_code(step, text):
        case Tried.RIGHT:
            _say_goodbye(step)
        case Tried.LOCKED:
            leave(step, "code.locked")
        case Tried.WRONG | Tried.WORDS as tried:
            step.add_line(f"code.{tried.value}")
            ask(step)


def _take_word(step: Step, text: str) -> None:
    if text.strip().strip('."').casefold() == step.words.say("delete.word").casefold():
        _say_goodbye(step)
    else:
        ask(step)


def _say_goodbye(step: Step) -> None:
    """Everything ends now; what is kept goes once the goodbye is out."""
    step.memory.task = None
    step.memory.erasing = True
    step.memory.waiting.clear()
    step.person.status = "ended"
    step.do(SavePatient())
    step.do(DropDue())
    step.do(DropUnsent())
    for grant in step.care.grants:
        granting.end(step, grant)
    step.do(Audit("erasure-asked"))
    step.do(SetDue(ERASE, ERASE, step.now + GRACE))
    step.add_line("delete.goodbye", emergency=step.world.clinic.emergency_number)
