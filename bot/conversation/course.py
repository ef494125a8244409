"""The end of a course: nothing is asked and nothing is sent any more; what was told is kept.

The patient has moved away, was discharged, or has died. What is taken away at that moment is
remembered, so that an end that was a mistake can be taken back.
"""

from __future__ import annotations

from dataclasses import asdict
from enum import StrEnum
from typing import Any

from msgspec import convert

from bot.conversation import pathways, pausing, safety, timers, visits, with_desk
from bot.conversation.effects import Audit, DropDue, DropUnsent, Record, SavePatient
from bot.conversation.memory import Memory, OpenSession, Task, Waiting
from bot.conversation.step import Step


class Why(StrEnum):
    """Why a course has ended."""

    MOVED = "moved"
    DISCHARGED = "discharged"
    DIED = "died"


_RECORDED = {
    Why.MOVED: "course-ended",
    Why.DISCHARGED: "course-ended",
    Why.DIED: "death-reported",
}
"""The kind of the entry, and how the audit calls it."""


def end(step: Step, why: Why, raw: str | None = None, author: str = "patient") -> None:
    """Nothing waits, nothing is due, and nothing that has not gone out will.

    A safety message aside, unless the patient has died. `raw`: the words that said so.
    """
    memory = step.memory
    memory.ended = _taken_away(step) | {"why": why.value}
    memory.died = why is Why.DIED
    memory.task, step.open, step.suspended = None, None, None
    memory.suspended = None
    memory.waiting.clear()
    with_desk.end(step)
    step.person.status = "ended"
    code = None if why is Why.DIED else why.value
    step.do(Record(step.new_id(), _RECORDED[why], code=code, text=raw, author=author))
    step.do(SavePatient())
    step.do(DropDue())
    step.do(DropUnsent(safety=why is Why.DIED))
    step.do(Audit(_RECORDED[why], "" if why is Why.DIED else why.value))


def why_ended(step: Step) -> Why | None:
    """Why the course is over; None: it is not, or the patient never agreed to one."""
    if step.person.status != "ended":
        return None
    why = step.memory.ended.get("why") or (Why.DIED if step.memory.died else None)
    return Why(why) if why else None


def say_over(step: Step) -> None:
    """Whoever writes after the end of their course hears that nobody reads it, and whom to ring."""
    clinic = step.world.clinic
    step.add_line("course.over", clinic=clinic.name, emergency=clinic.emergency_number)


def take_up_again(step: Step, author: str) -> None:
    """The end was a mistake: all goes on from where it stood, and what waited waits again.

    What was open then is open again where it is among the step's older sessions, and is for the
    caller to ask; what would have come meanwhile does not come any more.
    """
    memory, kept = step.memory, step.memory.ended
    step.open = step.older.get(kept.get("session") or 0)
    step.suspended = step.older.get(kept.get("suspended") or 0)
    memory.ended, memory.died = {}, False
    step.person.status = kept.get("status", "active")
    memory.task = Task(**kept["task"]) if kept.get("task") else None
    memory.waiting[:] = convert(kept.get("waiting", []), list[Waiting])
    memory.suspended = step.suspended.id if step.suspended is not None else None
    step.do(Record(step.new_id(), "course-resumed", author=author))
    step.do(SavePatient())
    step.do(Audit("course-resumed"))
    if step.person.status == "active":
        _plan_again(step)


def forget_end(step: Step) -> None:
    """The course is over no more, and begins anew instead of going on."""
    step.person.status = step.memory.ended["status"]
    step.memory.ended = {}


def sessions_of(memory: Memory) -> set[int]:
    """The ids of the sessions that were open, or put aside, when the course ended."""
    named = (memory.ended.get(each) for each in ("session", "suspended"))
    return {each for each in named if each is not None}


def _taken_away(step: Step) -> dict[str, Any]:
    memory = step.memory
    return {
        "status": step.person.status,
        "session": _id(step.open),
        "suspended": _id(step.suspended),
        "task": asdict(memory.task) if memory.task is not None else None,
        "waiting": [asdict(each) for each in memory.waiting],
    }


def _id(open: OpenSession | None) -> int | None:
    return None if open is None else open.id


def _plan_again(step: Step) -> None:
    pathways.go_on(step)
    visits.set_anew(step)
    if step.memory.held:
        safety.set_follow_up(step, step.now)
    if step.memory.over == "again":
        # What was to be offered once more has gone with the other rows.
        step.memory.over = "due"
    if step.paused:
        pausing.last_until(step, pausing.until(step))
        if step.open is not None:
            timers.set_timers(step)
    elif step.memory.paused_until:
        pausing.lift(step)
    step.add_line("course.again")
