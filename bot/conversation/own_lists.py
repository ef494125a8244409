"""What the patient has kept: questions for the next visit, which can be taken off, and notes."""

from __future__ import annotations

from bot.conversation.dates import day_name
from bot.conversation.effects import Record
from bot.conversation.own_summary import own_summary
from bot.conversation.plan import in_one_line
from bot.conversation.step import Step
from trajectory.said import CANCELLED, Said, is_professional, said

MOST_NOTES = 3


def tell_questions(step: Step) -> None:
    """List the open questions by number, as they stand on the professional's page."""
    questions = _open(step)
    if not questions:
        step.add_line("questions.none")
        return
    step.add_line("questions.intro")
    for number, question in enumerate(questions, 1):
        step.lead.append(f"{number}. {in_one_line(question.text or '')}")
    step.add_line("questions.outro", number=len(questions))


def drop_question(step: Step, number: str) -> None:
    """Take one question off the list; without its number only where there is no other."""
    questions = _open(step)
    place = int(number) if number else len(questions)
    if not 1 <= place <= len(questions) or (not number and len(questions) > 1):
        if questions and number:
            step.add_line("questions.no-such")
        tell_questions(step)
        return
    dropped = questions[place - 1]
    step.do(
        Record(step.new_id(), "question", code=CANCELLED, text=dropped.text, supersedes=dropped.id)
    )  # fmt: skip
    step.add_line("questions.dropped", text=in_one_line(dropped.text or ""))


def tell_notes(step: Step) -> None:
    """The patient's newest own notes; nobody else reads them."""
    own = [note for note in said(step.timeline, "note") if not is_professional(note.author)]
    if not own:
        step.add_line("notes.none")
        return
    step.add_line("notes.intro")
    for note in reversed(own[-MOST_NOTES:]):
        day = day_name(note.at, step.person.zone, step.person.language)
        step.lead.append(f"{day}: {in_one_line(note.text or '')}")


def _open(step: Step) -> tuple[Said, ...]:
    return own_summary(step).questions
