"""What waits for an answer: a task's question, or that of the open questionnaire."""

from __future__ import annotations

from bot.conversation import asking
from bot.conversation.step import Step
from bot.conversation.tasks import ending, enrolment, follow_up, go_on, keeping, rhythm, sharing

TASKS = {
    module.NAME: module
    for module in (enrolment, sharing, ending, follow_up, keeping, rhythm, go_on)
}


def ask_again(step: Step) -> None:
    """Put what waits once more; where nothing does, what has fallen due meanwhile."""
    task = step.memory.task
    if task is not None:
        TASKS[task.name].ask(step)
    else:
        asking.repeat(step)
    step.flush()
