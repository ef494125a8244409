"""The patient is heard: they are not silent any more."""

from __future__ import annotations

from bot.conversation import pathways
from bot.conversation.effects import SetCase
from bot.conversation.silence import SILENT
from bot.conversation.step import Step
from trajectory.cases import Kind, State


def end_silence(step: Step) -> bool:
    """Count no silence any more; whether all was quiet."""
    memory = step.memory
    was_quiet, memory.quiet, memory.unanswered = memory.quiet, False, 0
    be_reached(step)
    if memory.choose == SILENT:
        memory.choose = ""
    if was_quiet:
        step.do(SetCase(Kind.SILENT, State.PASSED))
    return was_quiet


def be_reached(step: Step) -> None:
    """The patient can be reached again, as far as anybody knows."""
    if step.memory.moved_from == step.channel:
        step.memory.moved_from = ""
    if step.memory.unreachable:
        step.memory.unreachable = ""
        step.do(SetCase(Kind.UNREACHABLE, State.PASSED))
        step.do(SetCase(Kind.NOT_REACHED, State.PASSED))


def hear(step: Step, *, stops: bool = False) -> None:
    """Count no silence any more; where all was quiet, the questions go on with a word.

    There is none where the patient `stops`.
    """
    step.memory.heard_on = step.now.date().isoformat()
    was_quiet = end_silence(step)
    if not was_quiet or step.person.status != "active":
        return
    pathways.go_on(step)
    if not stops:
        step.add_line("silence.back")
