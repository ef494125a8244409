"""Until when somebody may look: what the patient says, and what is told back."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from bot.commands import without_politeness
from bot.conversation.dates import day_name, months_later
from bot.conversation.step import Step
from bot.times import end_of, read_ends

MONTHS = 3
ONCE_LASTS = timedelta(days=14)
"""How long a link that opens once waits to be opened."""
_CHOICES = ("months", "once", "stop")
_LAST_MINUTE = time(23, 59)


def understood(step: Step, words: str) -> str | None:
    """One of the choices, or the ISO time of the end of the day that these words name."""
    ends = read_ends(without_politeness(words))
    if ends is None:
        return None
    if ends.once:
        return "once"
    if ends.open_ended:
        return "stop"
    moment = end_of(ends, step.now, step.person.zone, _LAST_MINUTE)
    return None if moment is None else moment.isoformat()


def options(step: Step) -> list[tuple[str, str]]:
    """What can be chosen where the patient has not said it."""
    months = step.words.say("share.until.months", day=_day(step, _after_months(step)))
    keys = ("once", "stop")
    return [("months", months), *((key, step.words.say(f"share.until.{key}")) for key in keys)]


def default_day(step: Step) -> str:
    """The day on which sharing ends where the patient says nothing else."""
    return _day(step, _after_months(step))


def is_choice(option: str | None) -> bool:
    """Whether this is one of the choices that share."""
    return option in _CHOICES


def end(step: Step, until: str) -> datetime | None:
    """When it ends; None: when the patient ends it."""
    match until:
        case "stop":
            return None
        case "once":
            return step.now + ONCE_LASTS
        case "months":
            return _after_months(step)
        case _:
            return datetime.fromisoformat(until)


def told(step: Step, until: str) -> str:
    """How long it lasts, in a sentence."""
    moment = end(step, until)
    if moment is None:
        return step.words.say("share.lasts.stop")
    key = "share.lasts.once" if until == "once" else "share.lasts.day"
    return step.words.say(key, day=_day(step, moment))


def _after_months(step: Step) -> datetime:
    return months_later(step.now, MONTHS, step.person.zone)


def _day(step: Step, moment: datetime) -> str:
    return day_name(moment, step.person.zone, step.person.language)
