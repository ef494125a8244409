"""The answer to "what did you agree?": a line of the plan, or a visit that did not take place."""

from __future__ import annotations

from bot.conversation import asking
from bot.conversation.choices import chosen, is_bare_answer, is_one_word_question, says_nothing
from bot.conversation.effects import Record
from bot.conversation.memory import AGREEING
from bot.conversation.step import Step
from bot.conversation.visit_questions import ask_agreed, under_way
from bot.phrases import Says, phrases
from trajectory.said import CANCELLED

NAME = AGREEING
ask = ask_agreed
_NOT_MET = "not-met"


def reply(step: Step, text: str, option: str | None) -> None:
    """Write the patient's words into the plan, unless nothing was agreed or nobody was met."""
    answer = option or chosen(step, text, no="nothing") or _not_met(step, text)
    if answer == _NOT_MET:
        _note_not_met(step)
    elif answer is not None or says_nothing(step, text):
        asking.leave(step, "visit.agreed.all-right")
    elif is_bare_answer(step, text) or is_one_word_question(text):
        ask(step)
    else:
        detail = {"visit": under_way(step).id}
        step.do(Record(step.new_id(), "plan", text=text, detail=detail))
        asking.leave(step, "visit.agreed.kept")


def _not_met(step: Step, text: str) -> str | None:
    said = phrases(text, step.person.language)
    return _NOT_MET if any(each.says is Says.NOT_MET for each in said) else None


def _note_not_met(step: Step) -> None:
    """Take the visit out, so that the questions for it still stand."""
    visit = under_way(step)
    step.do(
        Record(step.new_id(), "visit", code=CANCELLED, text=visit.who or None, at=visit.at,
               detail={"reason": "not-met"}, supersedes=visit.id)
    )  # fmt: skip
    asking.leave(step, "visit.agreed.left")
