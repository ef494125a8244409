"""What else somebody who sees the summary may have: alerts, and the patient in the weekly mail."""

from __future__ import annotations

from bot.conversation import asking, consents
from bot.conversation.effects import Audit, ChangePurposes
from bot.conversation.step import Step
from bot.conversation.tasks import naming, withdrawing
from trajectory.care_team import Member

ALERT, DIGEST = "alert", "digest"
STEPS = (ALERT, DIGEST)
"""Each is a purpose of a grant, asked for by itself."""


def begin(step: Step, who: Member) -> None:
    """Ask for the first; the task of sharing is under way."""
    _ask(step, ALERT, who)


def ask(step: Step) -> None:
    """Put the question of the present step again."""
    assert step.memory.task is not None
    _ask(step, step.memory.task.step, naming.member(step))


def asks_for_alerts(step: Step) -> bool:
    """Whether it is just asked who may be mailed of a warning sign."""
    task = step.memory.task
    return task is not None and task.name == "sharing" and task.step == ALERT


def count_out(step: Step, who: Member) -> None:
    """Take back that the weekly mail to this person counts the patient in."""
    for grant in step.care.grants:
        if grant.member.id == who.id and DIGEST in grant.purposes:
            step.do(ChangePurposes(grant.id, tuple(sorted(set(grant.purposes) - {DIGEST}))))
            step.do(Audit("digests-ended", f"member:{who.id}"))


def take(step: Step, text: str, option: str | None) -> None:
    """Take a yes or a no, or ask for one."""
    task, who = step.memory.task, naming.member(step)
    assert task is not None
    if option is None:
        step.add_line("share.choose")
        ask(step)
        return
    consents.note_turn(step, task.step, option, who.id)
    if task.data.get("again"):
        _take_again(step, text, option, who)
        return
    if option == "yes":
        _allow(step, who, task.step)
    if task.step == ALERT:
        said = consents.GIVEN if option == "yes" else consents.DECLINED
        consents.answer(step, consents.ALERT, said, text, member_id=who.id)
    told = f"share.{task.step}-{option}"
    if task.step == ALERT and who.professional_id is not None:
        # Only of somebody who signs in: the weekly mail leads to a list behind the sign-in.
        step.add_line(told, name=who.name)
        _ask(step, DIGEST, who)
    else:
        asking.leave(step, told, name=who.name)


def _take_again(step: Step, text: str, option: str, who: Member) -> None:
    """What was allowed stays so, or is taken back."""
    step.memory.task = None
    if option == "yes":
        step.add_line("share.alert-yes", name=who.name)
    else:
        withdrawing.stop_alerting(step, text, [who])
    asking.repeat(step)


def _ask(step: Step, purpose: str, who: Member) -> None:
    assert step.memory.task is not None
    step.memory.task.step = purpose
    step.offer(f"share.{purpose}", [("yes", "button.yes"), ("no", "button.no")], name=who.name)


def _allow(step: Step, who: Member, purpose: str) -> None:
    for grant in step.care.grants:
        if grant.member.id == who.id:
            step.do(ChangePurposes(grant.id, tuple(sorted({*grant.purposes, purpose}))))
    step.do(Audit(f"{purpose}s-allowed", f"member:{who.id}"))
