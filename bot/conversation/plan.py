"""My plan: the patient's goal, and what the professionals have written, newest first."""

from __future__ import annotations

from bot.conversation.dates import day_name
from bot.conversation.progress import person_of
from bot.conversation.receipts import field_lines
from bot.conversation.step import Step
from trajectory.notes import PLAIN, Note
from trajectory.summary import summarise

MOST_NOTES = 3
LONGEST_NOTE = 160
"""Characters of a note that are told again; it was sent whole when it was written."""


def plan_lines(step: Step) -> list[str]:
    """The goal and the newest notes, each in one line; or that there is nothing yet."""
    summary = summarise(step.timeline, person_of(step), step.now, None)
    lines = []
    if summary.goal is not None and summary.goal.text:
        lines.append(step.words.say("plan.goal", goal=in_one_line(summary.goal.text)))
    lines += [_told(step, note) for note in summary.notes[:MOST_NOTES]]
    return lines or [step.words.say("plan.nothing")]


def _told(step: Step, note: Note) -> str:
    day = day_name(note.at, step.person.zone, step.person.language)
    name = next((m.name for m in step.care.members if note.author.endswith(f":{m.id}")), None)
    who = name or step.words.say("plan.somebody")
    lines = [line.rstrip(".") for line in field_lines(step.words, note.said)]
    said = note.said.get(PLAIN) or "; ".join(lines)
    return step.words.say("plan.note", day=day, name=who, text=in_one_line(said))


def in_one_line(text: str) -> str:
    """As it is told: one line, cut where it is long."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_NOTE else line[: LONGEST_NOTE - 3].rstrip() + "..."
