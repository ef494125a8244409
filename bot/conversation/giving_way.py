"""A task's question that nobody answers must not hold back what falls due for ever."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.conversation.memory import KEEPING, Task
from bot.conversation.step import Step

IDLE = timedelta(hours=1)
"""How long sharing, or ending it, may take over one question."""

_LASTING = frozenset({"enrolment", "follow-up"})
"""Nothing goes before these."""


def waits_until(step: Step) -> datetime | None:
    """When the task under way gives way to what has fallen due; None: it does not."""
    task = step.memory.task
    if task is None or task.name in _LASTING:
        return None
    if task.name == KEEPING or not task.asked_at:
        return step.now
    return datetime.fromisoformat(task.asked_at) + IDLE


def give_way(step: Step) -> bool:
    """Drop a task that nobody has answered in time; whether none is in the way any more."""
    task = step.memory.task
    if task is None:
        return True
    until = waits_until(step)
    if until is None or until > step.now:
        return False
    drop(step, "task.given-way")
    return True


def drop(step: Step, key: str) -> None:
    """End the task under way unanswered, and say so under `key`; words that waited are kept."""
    task = step.memory.task
    if step.drop_task():
        step.add_line("keep.note")
    elif task is not None and not is_settled(task):
        step.add_line(key)


def is_settled(task: Task) -> bool:
    """Whether what was asked for is done, and only an extra question is left."""
    return task.name == "sharing" and task.step == "alert"
