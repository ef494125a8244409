"""A task's question that nobody answers must not hold back what falls due for ever."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.conversation import how_often, now_or_tomorrow
from bot.conversation.effects import Record
from bot.conversation.memory import KEEPING, Task
from bot.conversation.step import Step

IDLE = timedelta(hours=1)
"""How long sharing, or ending it, may take over one question."""

_QUIETLY = frozenset({how_often.NAME, now_or_tomorrow.NAME})
"""What was asked unasked: it gives way at once, and nobody is told that it was left."""
_LASTING = frozenset({"enrolment", "follow-up"})
"""Nothing goes before these."""


def waits_until(step: Step) -> datetime | None:
    """When the task under way gives way to what has fallen due; None: it does not."""
    task = step.memory.task
    if task is None or task.name in _LASTING:
        return None
    if task.name == KEEPING or task.name in _QUIETLY or not task.asked_at:
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
    step.memory.task = None
    if task.name == KEEPING:
        _keep(step, task)
    elif task.name not in _QUIETLY:
        step.add_line("task.given-way")
    return True


def _keep(step: Step, task: Task) -> None:
    """The patient's words are not lost, and shown to nobody unasked."""
    step.do(Record(step.new_id(), "note", text=task.data["text"]))
    step.add_line("keep.note")
