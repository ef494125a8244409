"""A task's question that nobody answers must not hold back what falls due for ever."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.conversation import consents, how_often, now_or_tomorrow
from bot.conversation.memory import AGREEING, HANDS, KEEPING, TALKING, Task
from bot.conversation.step import Step

IDLE = timedelta(hours=1)
"""How long sharing, or ending it, may take over one question."""

FOLLOW_UP = "follow-up"
UNANSWERED = timedelta(hours=24)
"""How long the question whether a doctor has looked holds back what can wait.

CLINICAL: only an emergency holds the other flows; the case stays on the clinic's list.
"""
_QUIETLY = frozenset({how_often.NAME, now_or_tomorrow.NAME, consents.NAME})
"""What was asked unasked: it gives way at once, and nobody is told that it was left."""
_SILENTLY = _QUIETLY | {FOLLOW_UP, TALKING, AGREEING}
"""Nobody is told that these were left: what was asked of a visit has an hour, too."""
_LASTING = frozenset({"enrolment", HANDS})
"""Nothing goes before these."""


def waits_until(step: Step) -> datetime | None:
    """When the task under way gives way to what has fallen due; None: it does not."""
    task = step.memory.task
    if task is None or task.name in _LASTING:
        return None
    if task.name == FOLLOW_UP:
        return None if step.memory.held else _asked(task) + UNANSWERED
    if task.name == KEEPING or task.name in _QUIETLY or not task.asked_at:
        return step.now
    return _asked(task) + IDLE


def _asked(task: Task) -> datetime:
    return datetime.fromisoformat(task.asked_at)


def give_way(step: Step) -> bool:
    """Drop a task that nobody has answered in time; whether none is in the way any more."""
    task = step.memory.task
    if task is None:
        return True
    until = waits_until(step)
    if until is None or until > step.now:
        return False
    put_away(step, task)
    return True


def put_away(step: Step, task: Task) -> None:
    """Something comes before this task: say that it was left, if the patient had begun it."""
    if task.name in _SILENTLY:
        step.drop_task()
    else:
        drop(step, "task.given-way")


def make_way(step: Step) -> None:
    """Put away what is being asked, for the questions about warning signs.

    But for what nothing goes before.
    """
    task = step.memory.task
    if task is not None and task.name not in _LASTING and task.name != FOLLOW_UP:
        put_away(step, task)


def drop(step: Step, key: str) -> None:
    """End the task under way unanswered, and say so under `key`; words that waited are kept."""
    task = step.memory.task
    if step.drop_task():
        step.add_line("keep.note")
    elif task is not None and not is_settled(task):
        step.add_line(key)


def is_settled(task: Task) -> bool:
    """Whether what was asked for is done, and only an extra question is left."""
    return task.name == "sharing" and task.step in ("alert", "digest")
