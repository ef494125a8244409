"""A copy of everything: the clinic hands it out, so it asks who this is and lists the wish."""

from __future__ import annotations

from bot.conversation import asking, own_code
from bot.conversation.choices import is_no
from bot.conversation.effects import Audit, OpenCase
from bot.conversation.own_code import Tried
from bot.conversation.step import Step
from trajectory.cases import Kind

NAME = "exporting"
DAYS = 30
"""Within this the copy is due (GDPR, article 12: one month)."""


def begin(step: Step) -> None:
    """Ask for the patient's own code, where there is one; the clinic looks at a pass anyway."""
    if own_code.is_locked(step):
        step.add_line("code.locked")
        asking.repeat(step)
        return
    step.begin(NAME, "code")
    if step.person.code:
        ask(step)
    else:
        _list(step)


def ask(step: Step) -> None:
    """Put the question."""
    step.offer("code.ask")


def reply(step: Step, text: str, option: str | None) -> None:
    """Take the code; a plain no ends it."""
    if is_no(step, text):
        asking.leave(step, "task.left")
        return
    match own_code.try_code(step, text):
        case Tried.RIGHT:
            _list(step)
        case Tried.LOCKED:
            asking.leave(step, "code.locked")
        case Tried.WRONG | Tried.WORDS as tried:
            step.add_line(f"code.{tried.value}")
            ask(step)


def _list(step: Step) -> None:
    step.do(OpenCase(Kind.EXPORT))
    step.do(Audit("export-asked"))
    asking.leave(step, "export.asked", clinic=step.world.clinic.name, days=DAYS)
