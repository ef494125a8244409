"""The answer to "what would you most like to talk about?": a question at the top for the visit."""

from __future__ import annotations

from bot.conversation import asking
from bot.conversation.choices import chosen, is_bare_answer, is_one_word_question, says_nothing
from bot.conversation.effects import Record
from bot.conversation.memory import TALKING
from bot.conversation.step import Step
from bot.conversation.visit_questions import ask_talk, called, is_read_by, under_way
from trajectory.said import FIRST

NAME = TALKING
ask = ask_talk


def reply(step: Step, text: str, option: str | None) -> None:
    """Keep the patient's words as what comes first at the visit; nothing special is an answer."""
    answer = option or chosen(step, text, no="nothing")
    if answer is not None or says_nothing(step, text):
        asking.leave(step, "visit.talk.all-right")
    elif is_bare_answer(step, text) or is_one_word_question(text):
        ask(step)
    else:
        _keep(step, text)


def _keep(step: Step, text: str) -> None:
    visit = under_way(step)
    step.do(
        Record(step.new_id(), "question", code=FIRST, text=text, detail={"visit": visit.id})
    )  # fmt: skip
    key = "visit.talk.seen-by" if is_read_by(step, visit.who) else "visit.talk.kept"
    asking.leave(step, key, who=called(step, visit.who))
