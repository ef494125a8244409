"""My plan: the patient's goal, what was agreed, and what the professionals have written."""

from __future__ import annotations

from collections.abc import Iterable

from bot.conversation.dates import day_name
from bot.conversation.own_summary import own_summary
from bot.conversation.receipts import field_lines
from bot.conversation.step import Step
from bot.conversation.visit_questions import called
from trajectory.entries import Entry
from trajectory.notes import PLAIN, Note
from trajectory.said import Said, author_of, said
from trajectory.summary import Summary

MOST_LINES = 3
LONGEST_LINE = 160
"""Characters of a line that are told again; a note was sent whole when it was written."""


def plan_lines(step: Step) -> list[str]:
    """The goal and the newest lines, newest first; or that there is nothing yet."""
    summary = own_summary(step)
    written: list[Said | Note] = [*_lines(step), *summary.notes]
    newest = sorted(written, key=lambda each: each.at, reverse=True)[:MOST_LINES]
    lines = [*goal_lines(step, summary), *(_told(step, each) for each in newest)]
    return lines or [step.words.say("plan.nothing")]


def goal_lines(step: Step, summary: Summary) -> list[str]:
    """The goal, as the patient last put it, in one line; none where none was told."""
    goal = summary.goal
    if goal is None or not goal.text:
        return []
    return [step.words.say("plan.goal", goal=in_one_line(goal.text))]


def _lines(step: Step) -> Iterable[Said]:
    """What stands in the plan, but for what a note that is told anyway has put there."""
    noted = {each.id for each in step.timeline if "note" in (each.detail or {})}
    return (each for each in said(step.timeline, "plan") if each.text and each.id not in noted)


def _told(step: Step, line: Said | Note) -> str:
    return _note(step, line) if isinstance(line, Note) else _line(step, line)


def _note(step: Step, note: Note) -> str:
    names = {author_of(member.id): member.name for member in step.care.members}
    who = names.get(note.author) or step.words.say("plan.somebody")
    fields = [line.rstrip(".") for line in field_lines(step.words, note.said)]
    text = in_one_line(note.said.get(PLAIN) or "; ".join(fields))
    day = day_name(note.at, step.person.zone, step.person.language)
    return step.words.say("plan.note", day=day, name=who, text=text)


def _line(step: Step, line: Said) -> str:
    day = day_name(line.at, step.person.zone, step.person.language)
    text = in_one_line(line.text or "")
    visit = next((each for each in step.timeline if each.id == line.visit), None)
    if visit is None:
        return step.words.say("plan.own", day=day, text=text)
    who, met = _whom(step, visit), day_name(visit.at, step.person.zone, step.person.language)
    key = "plan.agreed-with" if who else "plan.agreed"
    return step.words.say(key, day=met, who=who, text=text)


def _whom(step: Step, visit: Entry) -> str:
    """Whom a visit was with, or whom a sentence about one names."""
    if visit.kind == "contact":
        return step.words.say(f"provider.{visit.code}")
    return called(step, visit.text or "")


def in_one_line(text: str) -> str:
    """As it is told: one line, cut where it is long."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_LINE else line[: LONGEST_LINE - 3].rstrip() + "..."
