"""What waits for an answer: a task's question, or that of the open questionnaire."""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType

from bot.conversation import asking, with_desk
from bot.conversation.step import Step
from bot.conversation.tasks import (
    agreeing,
    changing,
    confirming,
    consenting,
    deleting,
    ending,
    enrolment,
    exporting,
    follow_up,
    go_on,
    hands,
    helping,
    keeping,
    moving,
    retiming,
    rezoning,
    rhythm,
    sharing,
    speaking,
    talking,
    teaming,
    visiting,
    withdrawing,
)

TASKS: Mapping[str, ModuleType] = {
    module.NAME: module
    for module in (
        agreeing,
        changing,
        confirming,
        consenting,
        deleting,
        ending,
        enrolment,
        exporting,
        follow_up,
        go_on,
        hands,
        helping,
        keeping,
        moving,
        retiming,
        rezoning,
        rhythm,
        sharing,
        speaking,
        talking,
        teaming,
        visiting,
        withdrawing,
    )
}
"""By name. `answering` takes the replies; that to `confirming` may be any command."""


def ask_again(step: Step) -> None:
    """Put what waits once more; where nothing does, what has fallen due meanwhile."""
    task = step.memory.task
    if task is not None and not with_desk.lets_ask(step, task):
        pass
    elif task is not None:
        TASKS[task.name].ask(step)
    else:
        asking.repeat(step)
    step.flush()
