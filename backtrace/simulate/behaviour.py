"""Whether and when an invented patient reacts to a message, and with what."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from random import Random

from backtrace.simulate import answers
from backtrace.simulate.answers import Mood, Said
from backtrace.simulate.people import ZONE, Character, Person
from backtrace.simulate.reading import Question
from bot.messages import Priority

MINUTE = timedelta(minutes=1)
_LOOKS = tuple(
    time(hour, minute)
    for hour, minute in ((7, 15), (10, 0), (12, 15), (15, 30), (17, 0), (18, 15), (19, 30), (21, 0))
)
"""When phones are taken in hand. All do so at the same times of day, and answer a question a
minute, for what happens at one moment goes through the pipeline as one batch."""
_ANSWERS = {
    Character.KEEN: 0.97,
    Character.LATE: 0.9,
    Character.FADING: 0.95,
    Character.CHATTY: 0.85,
    Character.CHANGING: 0.92,
    Character.SILENT: 0.05,
    Character.STOPPING: 0.9,
    Character.ALARMED: 0.95,
}
"""How likely a message that comes unasked is answered in the first week."""
_STAYS = {Character.SILENT: 0.6, Character.FADING: 0.97}
"""How likely somebody goes on from one question to the next; for the others `_USUALLY`."""
_USUALLY = 0.995


@dataclass(slots=True)
class Phone:
    """What somebody has before them: what wants an answer, and what could be pressed before."""

    asked: Question | None = None
    before: Question | None = None

    def show(self, question: Question) -> None:
        """Something new is asked."""
        self.before, self.asked = self.asked, question


def reacts_at(person: Person, priority: Priority, now: datetime, chance: Random) -> datetime | None:
    """When the person takes up what has just been asked; None: never."""
    if priority is not Priority.BULK:
        stays = chance.random() < _STAYS.get(person.character, _USUALLY)
        return now + MINUTE if stays else None
    return _begins_at(person, now, chance)


def _begins_at(person: Person, now: datetime, chance: Random) -> datetime | None:
    likely = _ANSWERS[person.character]
    if person.character is Character.FADING:
        likely -= 0.08 * person.week(now)
    if chance.random() >= likely:
        return None
    late = person.character is Character.LATE
    looks = chance.randrange(5, 24) if late else int(min(chance.expovariate(0.7), 10))
    return _look(now, looks)


def reaction(person: Person, phone: Phone, seed: int, now: datetime) -> Said:
    """What the person writes or presses now."""
    chance = person.chance(seed)
    mood = _mood(person, now, chance)
    asked = phone.asked
    assert asked is not None
    if person.character is Character.STOPPING and person.week(now) >= person.turning_week:
        person.gone = True
        return answers.stop(mood)
    if person.character is Character.CHATTY and chance.random() < 0.12:
        return answers.side_remark(mood)
    if person.character is Character.CHANGING and chance.random() < 0.08:
        before = phone.before
        pressed = before.buttons if before and before.item else ()
        return answers.another(pressed, mood) if pressed else answers.back(mood)
    return answers.answer(asked, mood)


def _mood(person: Person, now: datetime, chance: Random) -> Mood:
    in_week = person.week(now) == person.turning_week
    alarmed = person.character is Character.ALARMED and in_week
    return Mood(person.language, person.severity(now, chance), alarmed, chance)


def _look(now: datetime, passed: int) -> datetime:
    """When the phone is next taken in hand, after it was so many times in vain."""
    local = now.astimezone(ZONE)
    looks = len(_LOOKS)
    days, place = divmod(sum(look <= local.time() for look in _LOOKS) + passed, looks)
    day = local.date() + timedelta(days=days)
    return datetime.combine(day, _LOOKS[place], ZONE).astimezone(UTC)
