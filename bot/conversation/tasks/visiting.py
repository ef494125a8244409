"""When the next visit is and with whom, asked back until day and time are sure."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, time

from bot.commands import without_politeness
from bot.conversation import asking, visits
from bot.conversation.choices import chosen, is_no, is_question
from bot.conversation.effects import Record
from bot.conversation.people import bare
from bot.conversation.step import Step
from bot.conversation.tasks import keeping
from bot.conversation.visit_questions import called, on_day
from bot.conversation.visits import Visit
from bot.schedule import at_local
from bot.times import When, day_of, read_hour, read_when
from templates.command_words import load_command_words
from trajectory.entries import Entry
from trajectory.said import CANCELLED, said

NAME = "visit"
_LONGEST_NAME = 60
_MOST = 8
"""Visits that are offered by a letter."""
_NONE = "none"
_LAST_SMALL_HOUR = 6
_MOST_TRIES = 2
"""After so many replies that are no day, time or visit it is left, and what was said is kept."""


def begin(step: Step, words: str) -> None:
    """Note the visit that these words name; ask for what they leave open."""
    step.begin(NAME, "when", day="", company="")
    _take(step, words)


def move(step: Step, words: str, whom: str) -> None:
    """The visit with somebody, or the only one, is at another time; else it is a new one."""
    coming = _coming(step)
    meant = _with(coming, whom) if whom else coming
    if len(meant) > 1:
        asking.leave(step, "visit.more-than-one")
        return
    company = (meant[0].text or "") if meant else bare(whom)
    step.begin(NAME, "when", day="", company=company)
    _take(step, words)


def ask(step: Step) -> None:
    """Put the question of the present step."""
    task = step.memory.task
    assert task is not None
    if task.step == "which":
        _ask_which(step)
    elif task.step == "when":
        step.offer("visit.when")
    else:
        step.offer("visit.clock", day=on_day(step, date.fromisoformat(task.data["day"])))


def reply(step: Step, text: str, option: str | None) -> None:
    """Take a day, a time, or both; a plain no notes nothing."""
    task = step.memory.task
    assert task is not None
    if task.step == "which":
        _take_which(step, option or chosen(step, text, no=_NONE), text)
    elif is_no(step, text):
        asking.leave(step, "task.left")
    elif _read(task.step, text)[0] is None:
        _ask_anew(step, text)
    else:
        _take(step, text)


def _ask_anew(step: Step, text: str) -> None:
    """The question once more: a question in between is kept, and words that lead nowhere, too."""
    task = step.memory.task
    assert task is not None
    if is_question(step, text):
        keeping.keep_in_between(step, text)
        ask(step)
        return
    unread = [*task.data.get("unread", []), text]
    if len(unread) < _MOST_TRIES:
        task.data["unread"] = unread
        ask(step)
        return
    keeping.keep_silently(step, "\n".join(unread))
    asking.leave(step, "visit.not-noted")


def _take(step: Step, words: str) -> None:
    task = step.memory.task
    assert task is not None
    known, company = _read(task.step, words)
    task.data["company"] = company or task.data["company"]
    day = None if known is None else day_of(known, step.now, step.person.zone)
    task.data["day"] = day.isoformat() if day else task.data["day"]
    clock = None if known is None else _by_day(known)
    if task.data["day"] and clock is not None:
        _note(step, date.fromisoformat(task.data["day"]), clock)
    else:
        if known is not None and known.has_day and day is None:
            _say_no_such_day(step, known)
        task.step = "clock" if task.data["day"] else "when"
        ask(step)


def _read(asked: str, words: str) -> tuple[When | None, str]:
    """The day and time that these words name, an hour alone where that was asked; and whom."""
    when, company = _split(without_politeness(words))
    return (read_hour(when) if asked == "clock" else None) or read_when(when), company


def _by_day(known: When) -> time | None:
    """The hour meant: nobody is seen in the small hours, so that "at 3" is in the afternoon."""
    clock = known.clock
    if clock is None or known.half_day or not 1 <= clock.hour <= _LAST_SMALL_HOUR:
        return clock
    return clock.replace(hour=clock.hour + 12)


def tell_next(step: Step) -> None:
    """Say when the next visit is."""
    visit = next(iter(_coming(step)), None)
    if visit is None:
        asking.leave(step, "visit.unknown")
        return
    local = visit.at.astimezone(step.person.zone)
    day, clock = on_day(step, local.date()), f"{local:%H:%M}"
    key = "visit.next-with" if visit.text else "visit.next"
    asking.leave(step, key, day=day, clock=clock, who=called(step, visit.text or ""))


def cancel(step: Step, whom: str) -> None:
    """Take the visit out that is cancelled; ask which where several are noted."""
    visits = _coming(step)
    meant = _with(visits, whom)
    found = (meant if whom else visits) or visits
    if not found:
        asking.leave(step, "visit.nothing")
    elif len(found) == 1 and (meant or not whom):
        _cancel(step, found[0])
    else:
        step.begin(NAME, "which")
        ask(step)


def _with(visits: list[Entry], whom: str) -> list[Entry]:
    return [each for each in visits if bare(whom).casefold() in (each.text or "").casefold()]


def _ask_which(step: Step) -> None:
    visits = _coming(step)[:_MOST]
    options = [(str(each.id), _named(step, each)) for each in visits]
    none = (_NONE, step.words.say("visit.none-of"))
    step.offer_words(step.words.say("visit.which"), [*options, none])


def _take_which(step: Step, option: str | None, text: str) -> None:
    found = next((each for each in _coming(step) if str(each.id) == option), None)
    if found is not None:
        _cancel(step, found)
    elif option == _NONE:
        asking.leave(step, "task.left")
    else:
        _ask_anew(step, text)


def _cancel(step: Step, visit: Entry) -> None:
    step.do(
        Record(step.new_id(), "visit", code=CANCELLED, text=visit.text, at=visit.at,
               supersedes=visit.id)
    )  # fmt: skip
    visits.forget(step, visit.id)
    local = visit.at.astimezone(step.person.zone)
    day, clock = on_day(step, local.date()), f"{local:%H:%M}"
    asking.leave(step, "visit.cancelled", day=day, clock=clock)


def _named(step: Step, visit: Entry) -> str:
    local = visit.at.astimezone(step.person.zone)
    when = f"{on_day(step, local.date())} {local:%H:%M}"
    return f"{when}, {visit.text}" if visit.text else when


def _coming(step: Step) -> list[Entry]:
    """The visits that are still to come, the nearest first."""
    standing = {each.id for each in said(step.timeline, "visit")}
    coming = [each for each in step.timeline if each.id in standing and each.at > step.now]
    return sorted(coming, key=lambda each: each.at)


def _say_no_such_day(step: Step, known: When) -> None:
    if known.weekday is not None and known.day is not None:
        step.add_line("visit.not-that-day", weekday=step.words.say(f"weekday.{known.weekday}"))
    elif known.day is not None and _comes_never(step, known):
        step.add_line("visit.no-such-day")
    else:
        step.add_line("visit.past")


def _comes_never(step: Step, known: When) -> bool:
    return day_of(replace(known, year=None), step.now, step.person.zone) is None


def _split(words: str) -> tuple[str, str]:
    """Day and time, and whom it is with: `Thursday 10 with Anne`, `with Anne on Thursday`."""
    if read_when(words) is not None:
        return words, ""
    either = "|".join(sorted(w for each in load_command_words().values() for w in each.company))
    for found in re.finditer(rf"(?<!\S)(?:{either})\s+", words, re.IGNORECASE):
        before, after = words[: found.start()].strip(" ,"), words[found.end() :]
        for place in range(1, len(after) + 1):
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
    moved, visit = _moved(step, company), Visit(step.new_id(), at, company)
    step.do(
        Record(visit.id, "visit", text=company or None, at=at,
               supersedes=moved.id if moved else None)
    )  # fmt: skip
    if moved is not None:
        visits.forget(step, moved.id)
    visits.plan(step, visit)
    key = "visit.noted-with" if company else "visit.noted"
    asking.leave(
        step, key, day=on_day(step, day), clock=f"{clock:%H:%M}", who=called(step, company)
    )


def _moved(step: Step, company: str) -> Entry | None:
    """The coming visit with the same person, which takes place at the new time instead."""
    same = (e for e in _coming(step) if (e.text or "").casefold() == company.casefold())
    return next(same, None)
