"""Kinds of questions that the patient does not want; START brings them back."""

from __future__ import annotations

from collections.abc import Sequence

from bot.conversation import asking, timers
from bot.conversation.admission import is_muted
from bot.conversation.effects import Audit, DropDue
from bot.conversation.memory import OpenSession, Waiting
from bot.conversation.step import Step
from flows.model import FlowKind

QUESTIONNAIRES = (FlowKind.INSTRUMENT, FlowKind.INTAKE)
CHECK_INS = (FlowKind.CHECK_IN,)


def mute(step: Step, kinds: Sequence[FlowKind], key: str) -> None:
    """Ask nothing of these kinds any more; what is open of them waits, to be asked anew."""
    memory, library = step.memory, step.world.library
    memory.muted = sorted({*memory.muted, *(kind.value for kind in kinds)})
    step.do(Audit("muted", ",".join(memory.muted)))
    step.add_line(key)
    if step.open is not None and is_muted(step, step.flow_of(step.open)):
        _close(step, step.open)
    muted = [flow for flow in library.flows.values() if is_muted(step, flow)]
    step.do(DropDue(tuple(timers.again_key(flow.id) for flow in muted)))
    if memory.over == "again" and any(flow.one_sitting for flow in muted):
        memory.over = "due"
        asking.open_next(step)


def _close(step: Step, open: OpenSession) -> None:
    flow = step.flow_of(open)
    step.memory.waiting.append(Waiting(flow.id, open.session.items, flow.priority, open.last))
    asking.expire(step, open)


def unmute(step: Step) -> bool:
    """Ask everything again; whether anything was left out."""
    was = bool(step.memory.muted)
    step.memory.muted = []
    return was
