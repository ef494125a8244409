"""The question whether a doctor has looked, which stands until it is answered.

After an emergency nothing puts it away: not "skip", not "later", not another dialogue in
between. It comes again when that is done.
"""

from __future__ import annotations

from dataclasses import asdict

from bot.conversation import safety
from bot.conversation.effects import DropDue, SetCase
from bot.conversation.giving_way import put_away
from bot.conversation.memory import HANDS
from bot.conversation.step import Step
from trajectory.cases import Kind, State

NAME = "follow-up"


def begin(step: Step) -> None:
    """Ask; what else was open as a task gives way, since this comes first."""
    task = step.memory.task
    if task is not None and task.name == "enrolment":
        step.memory.set_aside, step.memory.task = task, None
    elif task is not None and task.name != NAME:
        put_away(step, task)
    step.do(SetCase(Kind.RED_FLAG, State.ASKED))
    ask_anew(step)


def ask_anew(step: Step) -> None:
    """Put the question as a task of its own."""
    step.memory.looking = step.memory.held
    step.begin(NAME, "looked")
    ask(step)


def ask(step: Step) -> None:
    """Put the question."""
    step.offer(
        "follow-up.ask",
        [("seen", "follow-up.seen"), ("not-yet", "follow-up.not-yet"),
         ("mistake", "follow-up.mistake")],
        emergency=safety.emergency(step),
    )  # fmt: skip


def insist(step: Step) -> None:
    """While an emergency waits for a doctor: what to do; three hours on, whether one looked."""
    if not step.memory.held:
        safety.say_quiet(step)
    elif safety.is_fresh(step) and not step.memory.looking:
        safety.say_again(step)
    else:
        begin(step)


def remember_asked(step: Step) -> None:
    """A command comes while the question is put: what it begins does not put that away."""
    step.memory.looking |= _is_put(step)


def ask_later_again(step: Step) -> None:
    """Another dialogue goes before the question: it comes again, should that be left alone."""
    if _is_put(step):
        step.memory.looking = step.memory.held
    elif step.memory.looking and (step.memory.task is not None or not step.memory.held):
        safety.set_follow_up(step, step.now)


def _is_put(step: Step) -> bool:
    return step.memory.task is not None and step.memory.task.name == NAME


def stands(step: Step) -> bool:
    """Whether it was asked, nobody has answered or put it away, and nothing is asked now."""
    return step.memory.looking and step.memory.task is None


def settle(step: Step, *, seen: bool | None) -> None:
    """A doctor has looked, or it was a mistake: release what was held.

    `seen` None: it is looked after, and nobody has said by whom; the same sign alerts again.
    """
    memory = step.memory
    if seen:
        memory.assessed = safety.worse_of(memory.assessed, memory.urgency)
    elif seen is not None:
        memory.assessed = ""
    memory.held, memory.looking, memory.urgency = False, False, ""
    # Whoever wrote first has answered what was still to be asked in the morning.
    step.do(DropDue((safety.FOLLOW_UP,)))
    memory.task, memory.set_aside = memory.set_aside, None


def settle_beside(step: Step, *, seen: bool | None) -> None:
    """The same where the clinic says it: what else the patient is asked just now goes on."""
    task = step.memory.task
    settle(step, seen=seen)
    if task is None or task.name == NAME:
        return
    if task.name == HANDS and step.memory.task is not None:
        task.data["before"] = asdict(step.memory.task)
    elif task.name == HANDS and (task.data["before"] or {}).get("name") == NAME:
        task.data["before"] = None
    if task.name == HANDS or step.memory.task is None:
        step.memory.task = task
