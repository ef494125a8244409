"""After a red flag: has a doctor looked? Until the answer is yes, other questions are held."""

from __future__ import annotations

from bot.conversation import asking, safety
from bot.conversation.choices import chosen, leans_to_no
from bot.conversation.effects import Audit, Record, SetCase
from bot.conversation.step import Step
from trajectory.cases import Kind, State

NAME = "follow-up"
_STATES = {"seen": State.SEEN, "not-yet": State.NOT_YET, "mistake": State.MISTAKE}


def begin(step: Step) -> None:
    """Ask; what else was open as a task is dropped, since this comes first."""
    step.begin(NAME, "looked")
    step.do(SetCase(Kind.RED_FLAG, State.ASKED))
    ask(step)


def insist(step: Step) -> None:
    """While an emergency waits for a doctor: what to do; three hours on, whether one looked."""
    if safety.is_fresh(step):
        safety.say_again(step)
    else:
        begin(step)


def ask(step: Step) -> None:
    """Put the question."""
    step.offer(
        "follow-up.ask",
        [("seen", "follow-up.seen"), ("not-yet", "follow-up.not-yet"),
         ("mistake", "follow-up.mistake")],
        emergency=step.world.clinic.emergency_number,
    )  # fmt: skip


def reply(step: Step, text: str, option: str | None) -> None:
    """Record the answer; `seen` and `mistake` release what was held."""
    answer = option or chosen(step, text, no="not-yet") or _not_yet(step, text)
    if answer is None:
        ask(step)
        return
    entry_id = step.new_id()
    step.do(Record(entry_id, "flag-follow-up", code=answer, text=text))
    step.do(SetCase(Kind.RED_FLAG, _STATES[answer]))
    step.do(Audit("flag-follow-up", f"entry:{entry_id}"))
    if answer == "not-yet":
        _insist(step)
    else:
        step.memory.task = None
        step.memory.held, step.memory.urgency = False, ""
        step.add_line(f"follow-up.said.{answer}")
    asking.repeat(step)


def _not_yet(step: Step, text: str) -> str | None:
    return "not-yet" if leans_to_no(step, text) else None


def _insist(step: Step) -> None:
    """Say once more how soon; in an emergency the question stays until a doctor has looked."""
    safety.remind(step)
    if not step.memory.held:
        step.memory.task = None
