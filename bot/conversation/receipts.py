"""What the patient hears of the people who look and write: at once, or after a stop.

Nothing is sent between STOP and START, so what came meanwhile is told when they start again.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.conversation.dates import day_name
from bot.conversation.step import Person, Step
from bot.deployment import Clinic
from bot.messages import Message
from bot.schedule import quiet_since
from templates.catalogue import Catalogue
from trajectory.care_team import Member
from trajectory.flags import flags
from trajectory.grants import Opener
from trajectory.notes import FIELDS, PLAIN, notes
from trajectory.said import author_of


def look_words(
    words: Catalogue,
    member: Member,
    moment: datetime,
    zone: ZoneInfo,
    language: str,
    opener: Opener | None = None,
) -> str:
    """Who has looked, and when; who that is and what for, where the mailbox has many readers."""
    when = {
        "day": day_name(moment, zone, language),
        "clock": moment.astimezone(zone).strftime("%H:%M"),
    }
    if opener is None:
        return words.say("receipt.looked", name=member.name, **when)
    said = {"who": opener.name, "purpose": opener.purpose}
    return words.say("receipt.opened", name=member.name, **said, **when)


def note_words(words: Catalogue, member: Member, said: Mapping[str, str]) -> str:
    """What a professional has written, by field as in `trajectory.notes`, and who it is."""
    name = _with_role(words, member)
    if PLAIN in said:
        return words.say("receipt.note.from", name=name, text=said[PLAIN])
    return "\n".join([words.say("receipt.note.wrote", name=name), *field_lines(words, said)])


def field_lines(words: Catalogue, said: Mapping[str, str]) -> list[str]:
    """The fields of a note that say something, each with what it is."""
    return [words.say(f"receipt.note.{name}", text=said[name]) for name in FIELDS if name in said]


def handled_words(
    words: Catalogue, member: Member, reported: datetime, person: Person, clinic: Clinic
) -> str:
    """That a professional has seen a warning sign, and still whom to call if it is worse."""
    day, number = day_name(reported, person.zone, person.language), clinic.emergency_number
    if person.timezone != clinic.timezone:
        number = words.say("safety.number-elsewhere", number=number)
    return words.say("receipt.handled", name=_with_role(words, member), day=day, emergency=number)


def letter_words(
    words: Catalogue, member: Member, sector: str, dated: datetime, person: Person
) -> str:
    """That a professional has put a letter into the record, where it is from and of when."""
    day, source = day_name(dated, person.zone, person.language), words.say(f"sector.{sector}")
    return words.say("receipt.letter", name=_with_role(words, member), source=source, day=day)


def _with_role(words: Catalogue, member: Member) -> str:
    role = f"receipt.role.{member.role}"
    if not words.has(role):
        return member.name
    return words.say("receipt.name", name=member.name, role=words.say(role))


def note_stop(step: Step) -> None:
    """Remember from when on nothing is told; what waited for the morning is not told either."""
    step.memory.stopped_at = quiet_since(step.now, step.person.zone).isoformat()


def tell_what_came_meanwhile(step: Step) -> None:
    """Who looked and wrote since the patient's stop; needs the care and the timeline."""
    if not step.memory.stopped_at:
        return
    since = datetime.fromisoformat(step.memory.stopped_at)
    step.memory.stopped_at = ""
    told = (_looks, _handled, _notes, _letters)
    for text in (text for each in told for text in each(step, since)):
        step.say(Message(text))


def _looks(step: Step, since: datetime) -> list[str]:
    return [
        look_words(
            step.words, grant.member, grant.first_seen_at, step.person.zone, step.person.language
        )
        for grant in step.care.grants
        if grant.first_seen_at is not None and grant.first_seen_at >= since
    ]


def _notes(step: Step, since: datetime) -> list[str]:
    people, new = _people(step), [e for e in step.timeline if e.recorded_at >= since]
    return [
        note_words(step.words, people[note.author], note.said)
        for note in reversed(notes(new))
        if note.author in people
    ]


def _handled(step: Step, since: datetime) -> list[str]:
    people, clinic = _people(step), step.world.clinic
    return [
        handled_words(step.words, people[flag.handled.author], flag.at, step.person, clinic)
        for flag in flags(step.timeline, None)
        if flag.handled is not None and flag.handled.at >= since and flag.handled.author in people
    ]


def _letters(step: Step, since: datetime) -> list[str]:
    people = _people(step)
    return [
        letter_words(step.words, people[e.author], e.code, e.at, step.person)
        for e in step.timeline
        if e.kind == "contact" and e.code and e.author in people and e.recorded_at >= since
    ]


def _people(step: Step) -> dict[str, Member]:
    return {author_of(member.id): member for member in step.care.members}
