"""Nothing is sent unasked any more: after STOP, and where a consent was taken back."""

from __future__ import annotations

from bot.conversation import receipts, returning, safety, with_desk
from bot.conversation.effects import Audit, DropDue, DropUnsent, SavePatient
from bot.conversation.step import Step


def fall_silent(step: Step) -> None:
    """Drop what waits and what is due; START begins again."""
    if step.person.status == "active":
        safety.raise_left_open(step)
    step.person.status = "stopped"
    receipts.note_stop(step)
    returning.end_silence(step)
    step.memory.paused_until = ""
    step.memory.put_off.clear()
    step.memory.stands.clear()
    step.drop_task()
    with_desk.end(step)
    step.memory.waiting.clear()
    step.do(SavePatient())
    step.do(DropDue())
    step.do(DropUnsent())
    step.do(Audit("stopped"))
