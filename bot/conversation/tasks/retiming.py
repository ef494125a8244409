"""Changing the hour and the weekday of the questions; the quiet hours are refused kindly."""

from __future__ import annotations

from datetime import time

from bot.commands import without_politeness
from bot.conversation import asking, pathways, visits
from bot.conversation.choices import chosen, is_no
from bot.conversation.effects import SavePatient
from bot.conversation.step import Step
from bot.schedule import QUIET_FROM, QUIET_UNTIL
from bot.times import When, read_wished_rhythm

NAME = "retiming"
LAST = time(20, 30)
"""The last hour that is offered before the quiet ones begin."""
_DEEP_NIGHT = time(3)
"""From here on the morning is nearer than the evening."""


def begin(step: Step, words: str) -> None:
    """Change to what these words name; ask where they name nothing."""
    step.begin(NAME, "ask")
    said = read_wished_rhythm(words) if words else None
    if said is None:
        ask(step)
    else:
        _take(step, said)


def ask(step: Step) -> None:
    """Put the question of the present step."""
    task = step.memory.task
    assert task is not None
    if task.step == "ask":
        step.offer("retiming.ask")
    else:
        options = [("yes", "button.yes"), ("no", "button.no")]
        step.offer("retiming.quiet", options, clock=task.data["instead"])


def reply(step: Step, text: str, option: str | None) -> None:
    """Take a day or an hour, in any present step; a plain no leaves all as it was."""
    task = step.memory.task
    assert task is not None
    words = without_politeness(text)
    said = None if option else read_wished_rhythm(words)
    answer = option or chosen(step, text)
    if answer == "no" or (answer is None and is_no(step, text)):
        asking.leave(step, "task.left")
    elif answer == "yes":
        _change(step, task.data["weekday"], time.fromisoformat(task.data["instead"]))
    elif said is not None:
        _take(step, said)
    else:
        ask(step)


def named(step: Step, words: str) -> str:
    """Day and hour that would be changed to, in words that can be read again."""
    said = read_wished_rhythm(words)
    assert said is not None
    parts = [] if said.weekday is None else [step.words.say(f"weekday.{said.weekday}")]
    if said.clock is not None:
        clock = said.clock if is_awake(said.clock) else _nearest(said.clock, sure=said.half_day)
        parts.append(f"{clock:%H:%M}")
    return " ".join(parts)


def _take(step: Step, said: When) -> None:
    task = step.memory.task
    assert task is not None
    if said.clock is None or is_awake(said.clock):
        _change(step, said.weekday, said.clock)
        return
    task.step = "instead"
    task.data["weekday"] = said.weekday
    task.data["instead"] = f"{_nearest(said.clock, sure=said.half_day):%H:%M}"
    ask(step)


def is_awake(clock: time) -> bool:
    """Whether patients may be written to at this hour."""
    return QUIET_UNTIL <= clock < QUIET_FROM


def _nearest(clock: time, *, sure: bool) -> time:
    """The hour that may be meant, or the nearest that is not quiet: "at 7" may be 19:00."""
    if not sure and 0 < clock.hour < 12:
        later = clock.replace(hour=clock.hour + 12)
        if is_awake(later):
            return later
    return QUIET_UNTIL if _DEEP_NIGHT <= clock < QUIET_UNTIL else LAST


def _change(step: Step, weekday: int | None, clock: time | None) -> None:
    change(step, weekday, clock)
    asking.leave(step, "retiming.done", **done(step))


def done(step: Step) -> dict[str, str]:
    """Hour and day of the questions, as the message that confirms a change takes them."""
    person = step.person
    return {"clock": f"{person.hour:%H:%M}", "day": step.words.say(f"weekday.{person.weekday}")}


def change(step: Step, weekday: int | None, clock: time | None) -> None:
    """Ask on this weekday and at this hour from now on; None: as before."""
    before = pathways.rhythm(step)
    person = step.person
    person.hour = person.hour if clock is None else clock
    person.weekday = person.weekday if weekday is None else weekday
    step.do(SavePatient())
    if before is not None:
        pathways.follow(step, before)
    visits.set_anew(step)
