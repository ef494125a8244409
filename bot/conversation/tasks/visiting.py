"""When the next visit is and with whom, asked back until day and time are sure."""

from __future__ import annotations

import re
from datetime import date, datetime, time

from bot.commands import without_politeness
from bot.conversation import asking
from bot.conversation.choices import is_no
from bot.conversation.dates import day_name
from bot.conversation.effects import Record
from bot.conversation.people import bare
from bot.conversation.step import Step
from bot.schedule import at_local
from bot.times import day_of, read_hour, read_when
from templates.command_words import load_command_words
from trajectory.entries import Entry
from trajectory.said import said

NAME = "visit"
_LONGEST_NAME = 60


def begin(step: Step, words: str) -> None:
    """Note the visit that these words name; ask for what they leave open."""
    step.begin(NAME, "when", day="", company="")
    _take(step, words)


def ask(step: Step) -> None:
    """Put the question of the present step."""
    task = step.memory.task
    assert task is not None
    if task.step == "when":
        step.offer("visit.when")
    else:
        step.offer("visit.clock", day=_told(step, date.fromisoformat(task.data["day"])))


def reply(step: Step, text: str, option: str | None) -> None:
    """Take a day, a time, or both; a plain no notes nothing."""
    if is_no(step, text):
        asking.leave(step, "task.left")
    else:
        _take(step, text)


def _take(step: Step, words: str) -> None:
    task = step.memory.task
    assert task is not None
    when, company = _split(without_politeness(words))
    task.data["company"] = company or task.data["company"]
    known = (read_hour(when) if task.step == "clock" else None) or read_when(when)
    day = None if known is None else day_of(known, step.now, step.person.zone)
    task.data["day"] = day.isoformat() if day else task.data["day"]
    clock = None if known is None else known.clock
    if task.data["day"] and clock is not None:
        _note(step, date.fromisoformat(task.data["day"]), clock)
    else:
        if known is not None and known.has_day and day is None:
            step.add_line("visit.past")
        task.step = "clock" if task.data["day"] else "when"
        ask(step)


def _split(words: str) -> tuple[str, str]:
    """Day and time, and whom it is with: `Thursday 10 with Anne`, `with Anne on Thursday`."""
    if read_when(words) is not None:
        return words, ""
    either = "|".join(sorted(w for each in load_command_words().values() for w in each.company))
    for found in re.finditer(rf"(?<!\S)(?:{either})\s+", words, re.IGNORECASE):
        before, after = words[: found.start()].strip(" ,"), words[found.end() :]
        for place in range(len(after), 0, -1):
            if place < len(after) and not after[place].isspace():
                continue
            when = f"{before} {after[place:]}".strip(" ,")
            if read_when(when) is not None:
                return when, bare(after[:place])[:_LONGEST_NAME]
    return words, ""


def _note(step: Step, day: date, clock: time) -> None:
    assert step.memory.task is not None
    company, at = step.memory.task.data["company"], at_local(day, clock, step.person.zone)
    if at <= step.now:
        step.memory.task.step, step.memory.task.data["day"] = "when", ""
        step.add_line("visit.past")
        ask(step)
        return
    moved = _moved(step, company)
    step.do(
        Record(step.new_id(), "visit", text=company or None, at=at,
               supersedes=moved.id if moved else None)
    )  # fmt: skip
    key = "visit.noted-with" if company else "visit.noted"
    asking.leave(step, key, day=_told(step, day), clock=f"{clock:%H:%M}", who=company)


def _moved(step: Step, company: str) -> Entry | None:
    """The coming visit with the same person, which takes place at the new time instead."""
    standing = {each.id for each in said(step.timeline, "visit")}
    coming = [e for e in step.timeline if e.id in standing and e.at > step.now]
    same = (e for e in coming if (e.text or "").casefold() == company.casefold())
    return next(same, None)


def _told(step: Step, day: date) -> str:
    noon = datetime.combine(day, time(12), tzinfo=step.person.zone)
    name = day_name(noon, step.person.zone, step.person.language)
    return step.words.say("visit.day", weekday=step.words.say(f"weekday.{day.weekday()}"), day=name)
