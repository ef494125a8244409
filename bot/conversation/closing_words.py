"""What is said when no question waits any more: how often to ask, and at the end goodbye."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.conversation import consents, how_often
from bot.conversation.admission import is_muted, note_opening, opens_at, tomorrow
from bot.conversation.effects import SetDue
from bot.conversation.silence import SILENT
from bot.conversation.step import Step
from bot.schedule import awake
from flows.model import FlowKind

CALM = timedelta(hours=24)
"""So long after a warning sign nothing is asked that can wait."""


def is_there_more(step: Step) -> bool:
    """Whether something is to be said once no question waits."""
    return bool(step.memory.choose or consents.to_be_asked(step)) or step.memory.over == "due"


def say_closing_words(step: Step) -> None:
    """Ask how often, or say goodbye; each once, when it is time."""
    memory = step.memory
    if memory.quiet and step.bulk:
        return
    if question := consents.to_be_asked(step):
        _ask_consent(step, question)
    elif memory.choose == SILENT or (memory.choose and not _check_in_waits(step)):
        at = _asks_at(step)
        if at > step.now:
            step.do(SetDue("waiting", "waiting", at))
            return
        why, memory.choose = memory.choose, ""
        note_opening(step)
        how_often.put(step, why)
    elif memory.over == "due" and not _anything_wanted_waits(step):
        memory.over = "said"
        emergency = step.world.clinic.emergency_number
        step.add_line("pathway.goodbye", about=step.about, emergency=emergency)


def _ask_consent(step: Step, question: str) -> None:
    at = _asks_at(step)
    if at > step.now:
        step.do(SetDue("waiting", "waiting", at))
        return
    note_opening(step)
    consents.put(step, question)


def asks_before_all(step: Step) -> bool:
    """Ask a silent patient how often before anything else is asked; whether that was done.

    What waits comes when the question has given way.
    """
    memory = step.memory
    idle = step.open is None and memory.task is None and not memory.held
    if not (idle and memory.choose == SILENT and step.bulk and opens_at(step) <= step.now):
        return False
    say_closing_words(step)
    if memory.waiting:
        step.do(SetDue("waiting", "waiting", tomorrow(step)))
    return True


def _anything_wanted_waits(step: Step) -> bool:
    """What the patient does not want may wait for ever."""
    library = step.world.library
    return any(not is_muted(step, library.flow(w.flow)) for w in step.memory.waiting)


def _check_in_waits(step: Step) -> bool:
    library = step.world.library
    return any(library.flow(w.flow).kind is FlowKind.CHECK_IN for w in step.memory.waiting)


def _asks_at(step: Step) -> datetime:
    at = opens_at(step) if step.bulk else step.now
    if step.memory.flagged_at:
        calm = datetime.fromisoformat(step.memory.flagged_at) + CALM
        if calm > at:
            return awake(calm, step.person.zone)
    return at
