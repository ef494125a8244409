"""The patient is heard: they are not silent any more."""

from __future__ import annotations

from bot.conversation import pathways
from bot.conversation.effects import SetCase
from bot.conversation.silence import SILENT
from bot.conversation.step import Step
from trajectory.cases import Kind, State


def hear(step: Step, *, stops: bool = False) -> None:
    """Count no silence any more; where all was quiet, the questions go on with a word.

    There is none where the patient `stops`.
    """
    memory = step.memory
    memory.heard_on = step.now.date().isoformat()
    memory.unanswered = 0
    if memory.choose == SILENT:
        memory.choose = ""
    if not memory.quiet or step.person.status != "active":
        return
    memory.quiet = False
    step.do(SetCase(Kind.SILENT, State.PASSED))
    pathways.set_all(step, step.now)
    if not {"until", "only"} & memory.rhythm.keys() and pathways.next_check_in(step) is None:
        memory.choose = memory.choose or "again"
    if not stops:
        step.add_line("silence.back")
