"""The clinic has dealt with a warning sign: what was held for it goes on."""

from __future__ import annotations

from bot.conversation import asking, looked, safety, with_desk
from bot.conversation.effects import SetDue
from bot.conversation.step import Step
from bot.conversation.tasks import enrolment, hands
from bot.schedule import awake

_REACHED = ("active", "enrolling")


def release(step: Step, *, seen: bool | None, reached: bool) -> None:
    """Hold nothing back any more, and say so where something was; `seen` as in `looked.settle`.

    `reached`: there is an address to say it to. In the quiet hours it goes on in the morning, and
    where somebody of the clinic has the conversation when they hand it back.
    """
    was_held = step.memory.held
    looked.settle_beside(step, seen=seen)
    if not was_held or step.person.status not in _REACHED or hands.waits(step):
        return
    if with_desk.is_on(step):
        return
    waking = awake(step.now, step.person.zone)
    if waking > step.now or not reached:
        if not safety.is_quiet(step):
            step.do(SetDue("after-quiet", "waiting", waking))
        return
    step.bulk = True
    emergency, clinic = safety.emergency(step), step.world.clinic.name
    step.add_line("follow-up.said.by-clinic", clinic=clinic, emergency=emergency)
    if step.memory.task is not None and step.memory.task.name == enrolment.NAME:
        enrolment.ask(step)
    else:
        asking.repeat(step)
    step.flush()
