"""Whom the patient has seen and where they were sent, told in one sentence.

The grammar is closed (`templates/commands`): a sentence that only nearly fits is kept as any
other words are. What stands behind a colon or a dash, or behind words such as "we agreed", is
the plan.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, time, timedelta

from bot.commands import recognise, role_of, tidy
from bot.conversation import visits
from bot.conversation.dates import day_name
from bot.conversation.effects import Record
from bot.conversation.people import resolve
from bot.conversation.plan import in_one_line
from bot.conversation.step import Step
from bot.conversation.visits import Visit
from bot.schedule import at_local
from templates.command_words import load_command_words

CONTACT, REFERRAL = "contact", "referral"
TOLD = frozenset({CONTACT, REFERRAL})
"""Commands that tell of others."""
SECTORS: Mapping[str, str] = {
    "hospital": "hospital",
    "pain-clinic": "hospital",
    "surgeon": "hospital",
    "rehabilitation": "municipality",
}
"""Where somebody works, by kind of provider; all others are in primary care."""
_NOON = time(12)
_MARK = re.compile(r":|\s[-\u2013\u2014]+\s")


def note_contact(step: Step, slots: Mapping[str, str]) -> None:
    """Record whom the patient has seen and when, and what was agreed, if that was said."""
    said, language = slots["said"], step.person.language
    provider, at = providers_in(said)[0], _when(step, said)
    contact = step.new_id()
    step.do(Record(contact, CONTACT, code=provider, text=said, detail=_sector(provider), at=at))
    who = step.words.say(f"provider.{provider}")
    step.add_line("contact.noted", who=who, day=day_name(at, step.person.zone, language))
    plan = slots.get("plan") or _behind_mark(said, language)
    if plan:
        _note_plan(step, plan, contact, _visit(step, provider, at))


def note_referral(step: Step, slots: Mapping[str, str]) -> None:
    """Record to whom the patient was sent, and by whom, if that was said."""
    found = providers_in(slots["said"])
    detail = _sector(found[-1]) | ({"by": found[0]} if len(found) > 1 else {})
    step.do(Record(step.new_id(), REFERRAL, code=found[-1], text=slots["said"], detail=detail))
    step.add_line("contact.referral", who=step.words.say(f"provider.{found[-1]}"))


def _sector(provider: str) -> dict[str, str]:
    return {"sector": SECTORS.get(provider, "primary")}


def _note_plan(step: Step, plan: str, contact: int, visit: Visit | None) -> None:
    """What was agreed need not be asked on the next day."""
    detail = {"visit": visit.id if visit else contact}
    step.do(Record(step.new_id(), "plan", text=plan, detail=detail))
    step.add_line("contact.plan", plan=in_one_line(plan))
    if visit is not None:
        visits.forget(step, visit.id)


def _visit(step: Step, provider: str, at: datetime) -> Visit | None:
    """The visit that was to be there on that day, if it was noted."""
    day = at.astimezone(step.person.zone).date()
    past = [each for each in visits.planned(step) if each.at <= step.now]
    same = (each for each in past if each.at.astimezone(step.person.zone).date() == day)
    return next((each for each in same if _is_with(step, each, provider)), None)


def _is_with(step: Step, visit: Visit, provider: str) -> bool:
    roles = {role_of(visit.who), *(each.role for each in resolve(visit.who, step.care.members))}
    return not visit.who or provider in roles


def _when(step: Step, said: str) -> datetime:
    """Today is now; on an earlier day the hour was not said, so that noon stands for it."""
    words = f" {tidy(said).casefold()} "
    ago = {word: days for each in load_command_words().values() for word, days in each.ago.items()}
    days = max((number for word, number in ago.items() if _has(words, word)), default=0)
    day = step.now.astimezone(step.person.zone).date() - timedelta(days=days)
    return step.now if days == 0 else at_local(day, _NOON, step.person.zone)


def providers_in(said: str) -> list[str]:
    """The kinds of providers that these words name, in their order; the longest word counts."""
    words, found = tidy(said).casefold(), []
    known = {
        word: kind
        for each in load_command_words().values()
        for kind, names in each.providers.items()
        for word in names
    }
    longest_first = "|".join(map(re.escape, sorted(known, key=len, reverse=True)))
    for match in re.finditer(rf"(?<!\w)(?:{longest_first})(?!\w)", words):
        found.append(known[match.group()])
    return found


def _has(words: str, word: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(word)}(?!\w)", words) is not None


def _behind_mark(said: str, language: str) -> str:
    """What follows a colon or a dash, where all before it says whom the patient has seen."""
    head, *behind = _MARK.split(said, maxsplit=1)
    rest = behind[0] if behind else ""
    command = recognise(head, language)
    whole = command is not None and command.name == CONTACT and "text" not in command.slots
    return rest.strip() if whole else ""
