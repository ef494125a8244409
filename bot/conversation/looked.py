"""The question whether a doctor has looked, which stands until it is answered.

After an emergency nothing puts it away: not "skip", not "later", not another dialogue in
between. It comes again when that is done.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from bot.conversation import safety
from bot.conversation.effects import DropDue, SetCase
from bot.conversation.giving_way import put_away
from bot.conversation.memory import HANDS
from bot.conversation.step import Step
from trajectory.cases import Kind, State

NAME = "follow-up"
NOT_YET = "not-yet"
OPTIONS: Mapping[str, str] = {
    "seen": "follow-up.seen",
    NOT_YET: "follow-up.not-yet",
    "mistake": "follow-up.mistake",
}
"""The answers, each with the message that is its label."""
_REMEMBERED = 20
"""So many of the newest questions' buttons are known as those of one matter."""


def begin(step: Step) -> None:
    """Ask; what else was open as a task gives way, since this comes first."""
    _make_room(step)
    step.do(SetCase(Kind.RED_FLAG, State.ASKED))
    ask_anew(step)


def _make_room(step: Step) -> None:
    task = step.memory.task
    if task is not None and task.name == "enrolment":
        step.memory.set_aside, step.memory.task = task, None
    elif task is not None and task.name != NAME:
        put_away(step, task)


def ask_anew(step: Step) -> None:
    """Put the question as a task of its own."""
    step.memory.looking = step.memory.held
    step.begin(NAME, "looked")
    ask(step)


def ask(step: Step) -> None:
    """Put the question."""
    step.offer("follow-up.ask", list(OPTIONS.items()), emergency=safety.emergency(step))
    answered = step.memory.looked
    if answered.get("said", NOT_YET) != NOT_YET:
        answered = {}
    asked = [*answered.get("asked", []), step.memory.turns][-_REMEMBERED:]
    step.memory.looked = {**answered, "asked": asked}


def note_answer(step: Step, answer: str) -> None:
    """Remember what is answered, and what stood until then: the answer may be corrected."""
    memory, task = step.memory, step.memory.task
    assert task is not None
    asked = memory.looked.get("asked", [])
    memory.looked = {
        "asked": asked if task.turn in asked else [*asked, task.turn],
        "said": answer,
        "turn": task.turn,
        "at": step.now.isoformat(),
        "flagged_at": memory.flagged_at,
        "urgency": memory.urgency,
        "assessed": memory.assessed,
        "held": memory.held,
    }


def note_message(step: Step, message_id: str, before: Mapping[str, Any]) -> None:
    """Remember which message has answered it, so that its edit answers it anew.

    `before` is what was known of the question when that message came.
    """
    answered = step.memory.looked
    if answered is not before and "said" in answered:
        step.memory.looked = {**answered, "by": message_id}


def take_up_again(step: Step, turn: int) -> None:
    """Let the question that had the buttons of this turn wait once more, as before its answer."""
    memory, before = step.memory, step.memory.looked
    _make_room(step)
    memory.urgency = safety.worse_of(memory.urgency, before["urgency"])
    memory.assessed = before["assessed"]
    memory.held |= before["held"]
    memory.looking = memory.held
    if memory.held:
        step.lead.clear()
    task = step.begin(NAME, "looked", options=options(step))
    task.turn, task.asked_at = turn, step.now.isoformat()


def options(step: Step) -> list[list[str]]:
    """The answers with their labels."""
    return [[option, step.words.say(label)] for option, label in OPTIONS.items()]


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
    give_way(step)


def give_way(step: Step) -> None:
    """The question waits no longer: an enrolment that it had put aside goes on."""
    step.memory.task, step.memory.set_aside = step.memory.set_aside, None


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
