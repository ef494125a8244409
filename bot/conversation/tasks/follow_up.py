"""After a red flag: has a doctor looked? Until the answer is yes, other questions are held."""

from __future__ import annotations

from bot.conversation import asking, consents, looked, safety
from bot.conversation.choices import chosen_from, leans_to_no
from bot.conversation.effects import Audit, OpenCase, Record, SetCase
from bot.conversation.looked import NAME, ask
from bot.conversation.step import Step
from bot.conversation.tasks import enrolment
from bot.phrases import Says, phrases
from flows.model import Urgency
from trajectory.cases import Kind, State

__all__ = ["NAME", "ask", "leave", "reply"]

_STATES = {"seen": State.SEEN, "not-yet": State.NOT_YET, "mistake": State.MISTAKE}


def reply(step: Step, text: str, option: str | None) -> None:
    """Record the answer; `seen` and `mistake` release what was held."""
    answer = option or said(step, text)
    if answer is None:
        if says_rang(step, text):
            step.add_line("follow-up.rang")
        elif _says(step, text, Says.PUZZLED) or _says(step, text, Says.DOCTOR_LOOKED):
            step.add_line("follow-up.what")
        ask(step)
        return
    looked.note_answer(step, answer)
    entry_id = step.new_id()
    kept = text if consents.is_agreed(step) else None
    step.do(Record(entry_id, "flag-follow-up", code=answer, text=kept))
    if answer == "not-yet":
        # Somebody may have taken it off the clinic's list meanwhile: it goes back.
        urgency = step.memory.urgency
        step.do(OpenCase(Kind.RED_FLAG, Urgency(urgency) if urgency else None))
    step.do(SetCase(Kind.RED_FLAG, _STATES[answer]))
    step.do(Audit("flag-follow-up", f"entry:{entry_id}"))
    if answer == "not-yet":
        _insist(step)
        return
    looked.settle(step, seen=answer == "seen")
    step.add_line(f"follow-up.said.{answer}")
    _go_on(step)


def said(step: Step, text: str) -> str | None:
    """The answer that these words are; None: they are none, or it is not clear which."""
    answer = chosen_from(step, looked.options(step), text, no="not-yet")
    if answer is None and not _says(step, text, Says.PUZZLED):
        answer = _not_yet(step, text)
    return answer or _told(step, text)


def leave(step: Step) -> None:
    """The patient would rather not say; in an emergency the question is put once more."""
    if step.memory.held:
        safety.remind(step)
        ask(step)
    else:
        looked.give_way(step)
        step.add_line("task.left")
        _go_on(step)


def says_how_it_stands(step: Step, text: str) -> bool:
    """Whether these words clearly say that a doctor has looked, or that it was no sign at all."""
    return _told(step, text) is not None


def says_rang(step: Step, text: str) -> bool:
    """Whether these words say that whoever is to be rung has been."""
    return _says(step, text, Says.RANG)


def acknowledge(step: Step) -> None:
    """They rang: what they are told there counts, and the question still comes."""
    step.add_line("follow-up.rang-now", emergency=safety.emergency(step))
    step.flush()


def _told(step: Step, text: str) -> str | None:
    """A nurse on the phone is no doctor who has looked; "looked at?" asks, and says nothing."""
    if "?" in text:
        return None
    if _says(step, text, Says.DOCTOR_LOOKED):
        return "seen"
    return "mistake" if _says(step, text, Says.MISTAKEN) else None


def _says(step: Step, text: str, what: Says) -> bool:
    return any(each.says is what for each in phrases(text, step.person.language))


def _not_yet(step: Step, text: str) -> str | None:
    return "not-yet" if leans_to_no(step, text) else None


def _insist(step: Step) -> None:
    """Say once more how soon; in an emergency the question stays until a doctor has looked."""
    safety.remind(step)
    if step.memory.held:
        step.flush()
    else:
        looked.give_way(step)
        _go_on(step)


def _go_on(step: Step) -> None:
    if step.memory.task is not None:
        enrolment.ask(step)
    else:
        asking.repeat(step)
