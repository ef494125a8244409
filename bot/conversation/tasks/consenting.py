"""A question of consent that is put by itself: a new version of the text, or research."""

from __future__ import annotations

from bot.conversation import asking, consents
from bot.conversation.choices import chosen
from bot.conversation.consents import ENROLMENT, NAME
from bot.conversation.step import Step
from bot.conversation.tasks import withdrawing

__all__ = ["NAME", "ask", "reply"]


def ask(step: Step) -> None:
    """Put the question again."""
    assert step.memory.task is not None
    consents.ask(step, step.memory.task.data["question"])


def reply(step: Step, text: str, option: str | None) -> None:
    """Take a yes or a no; nothing else is one. Whoever declines a new text takes back the old."""
    assert step.memory.task is not None
    question = step.memory.task.data["question"]
    answer = option or chosen(step, text)
    if answer is not None:
        consents.note_turn(step, question, answer)
    if answer == "yes":
        consents.answer(step, question, consents.GIVEN, text)
        asking.leave(step, "consent.thanks")
    elif answer == "no" and question == ENROLMENT:
        withdrawing.stop_storing(step, text)
    elif answer == "no":
        consents.answer(step, question, consents.DECLINED, text)
        asking.leave(step, "consent.declined")
    else:
        ask(step)
