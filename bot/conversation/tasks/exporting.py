"""A copy of everything: the own code, then a one-time link, or on paper from the clinic.

Not everybody opens a page on a telephone, so paper stays a choice: the clinic's list has it.
"""

from __future__ import annotations

from bot.conversation import asking, own_code
from bot.conversation.choices import chosen, is_no
from bot.conversation.effects import Audit, MakeLink, OpenCase
from bot.conversation.own_code import Tried
from bot.conversation.step import Step
from trajectory.cases import Kind
from trajectory.copy_access import LINK_LIFE
from trajectory.web_access import COPY

NAME = "exporting"
DAYS = 30
"""Within this a copy on paper is due (GDPR, article 12: one month)."""
_HOURS = int(LINK_LIFE.total_seconds() // 3600)


def begin(step: Step) -> None:
    """Ask for the patient's own code, where there is one; the link asks for another anyway."""
    if own_code.is_locked(step):
        step.add_line("code.locked")
        asking.repeat(step)
        return
    step.begin(NAME, "code" if step.person.code else "how")
    ask(step)


def ask(step: Step) -> None:
    """Put the question of the present step."""
    assert step.memory.task is not None
    if step.memory.task.step == "code":
        step.offer("code.ask")
    else:
        options = [(each, f"export.{each}") for each in ("by-link", "on-paper", "neither")]
        step.offer("export.how", options, clinic=step.world.clinic.name)


def reply(step: Step, text: str, option: str | None) -> None:
    """Take the answer to the present step; a plain no ends it."""
    assert step.memory.task is not None
    answer = option or chosen(step, text)
    if answer == "neither" or (answer is None and is_no(step, text)):
        asking.leave(step, "task.left")
    elif step.memory.task.step == "code":
        _take_code(step, text)
    elif answer == "by-link":
        _send_link(step)
    elif answer == "on-paper":
        _list(step)
    else:
        ask(step)


def _take_code(step: Step, text: str) -> None:
    assert step.memory.task is not None
    match own_code.try_code(step, text):
        case Tried.RIGHT:
            step.memory.task.step = "how"
            ask(step)
        case Tried.LOCKED:
            asking.leave(step, "code.locked")
        case Tried.WRONG | Tried.WORDS as tried:
            step.add_line(f"code.{tried.value}")
            ask(step)


def _send_link(step: Step) -> None:
    token = step.world.chance.token()
    step.do(MakeLink(token, LINK_LIFE, COPY))
    step.do(Audit("copy-link-made"))
    link = f"{step.world.clinic.public_url}/copy/in/{token}"
    asking.leave(step, "export.link", link=link, hours=_HOURS)


def _list(step: Step) -> None:
    step.do(OpenCase(Kind.EXPORT))
    step.do(Audit("export-asked"))
    asking.leave(step, "export.asked", clinic=step.world.clinic.name, days=DAYS)
