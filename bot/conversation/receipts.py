"""What the patient hears of the people who look and write: at once, or after a stop.

Nothing is sent between STOP and START, so what came meanwhile is told when they start again.
"""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from bot.conversation.dates import day_name
from bot.conversation.step import Step
from bot.messages import Message
from bot.schedule import quiet_since
from templates.catalogue import Catalogue
from trajectory.care_team import Member
from trajectory.said import author_of


def look_words(
    words: Catalogue, member: Member, moment: datetime, zone: ZoneInfo, language: str
) -> str:
    """Who has looked, and when."""
    return words.say(
        "receipt.looked",
        name=member.name,
        day=day_name(moment, zone, language),
        clock=moment.astimezone(zone).strftime("%H:%M"),
    )


def note_words(words: Catalogue, member: Member, note: str) -> str:
    """What a professional has written, and who it is."""
    role = f"receipt.role.{member.role}"
    if not words.has(role):
        return words.say("receipt.note.from", name=member.name, text=note)
    return words.say("receipt.note.from-role", name=member.name, role=words.say(role), text=note)


def note_stop(step: Step) -> None:
    """Remember from when on nothing is told; what waited for the morning is not told either."""
    step.memory.stopped_at = quiet_since(step.now, step.person.zone).isoformat()


def tell_what_came_meanwhile(step: Step) -> None:
    """First looks and notes since the patient's stop; needs the care and the timeline."""
    if not step.memory.stopped_at:
        return
    since = datetime.fromisoformat(step.memory.stopped_at)
    step.memory.stopped_at = ""
    for text in [*_looks(step, since), *_notes(step, since)]:
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
    people = {author_of(member.id): member for member in step.care.members}
    return [
        note_words(step.words, people[entry.author], entry.text or "")
        for entry in step.timeline
        if entry.kind == "note" and entry.author in people and entry.recorded_at >= since
    ]
