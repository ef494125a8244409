"""The answer to "now or tomorrow?"."""

from __future__ import annotations

from bot.conversation import asking, now_or_tomorrow
from bot.conversation.admission import MORE, NO_MORE, today
from bot.conversation.choices import chosen, is_bare_answer, is_question
from bot.conversation.step import Step
from bot.conversation.tasks.keeping import keep

NAME = now_or_tomorrow.NAME


def ask(step: Step) -> None:
    """Put the question again."""
    task = step.memory.task
    assert task is not None
    flow = step.world.library.flow(task.data["flow"])
    now_or_tomorrow.put(step, flow, task.data["questions"])


def reply(step: Step, text: str, option: str | None) -> None:
    """Go on, or leave it for tomorrow; words that are neither are kept."""
    answer = option or chosen(step, text, no="tomorrow", yes="now")
    if answer is None:
        if not is_bare_answer(step, text):
            keep(step, "question" if is_question(step, text) else "note", text)
        ask(step)
        return
    step.memory.task = None
    today(step).answer = MORE if answer == "now" else NO_MORE
    if answer != "now":
        now_or_tomorrow.say_put_off(step)
    asking.repeat(step)
