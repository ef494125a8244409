"""What is asked about a visit: before it what to talk about, after it what was agreed.

Each visit has one due row, the next of the two moments. What could not be asked then waits until
something else has been dealt with, and is dropped once it is of no use any more.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import NamedTuple
from zoneinfo import ZoneInfo

from bot.conversation.effects import DropDue, SetDue
from bot.conversation.step import Step
from bot.schedule import at_local

KIND = "visit"
"""The kind of the due rows."""
_DAY = timedelta(days=1)
FORGOTTEN = timedelta(days=7)
"""So long after a visit nobody is asked any more what was agreed."""


class About(StrEnum):
    """What is asked."""

    TALK = "talk"
    AGREED = "agreed"


class Moments(NamedTuple):
    """When each of the two is asked."""

    talk: datetime
    agreed: datetime


@dataclass(frozen=True, slots=True)
class Visit:
    """A visit about which something is still to be asked; `talked`: the first was asked."""

    id: int
    at: datetime
    who: str
    talked: bool = False


def moments(at: datetime, zone: ZoneInfo, hour: time) -> Moments:
    """The chosen hour of the days before and after a visit, as the patient's calendar has them."""
    day = at.astimezone(zone).date()
    return Moments(at_local(day - _DAY, hour, zone), at_local(day + _DAY, hour, zone))


def next_moment(visit: Visit, now: datetime, zone: ZoneInfo, hour: time) -> datetime | None:
    """When something is to be asked next about this visit; None: nothing later than `now`."""
    talk, agreed = moments(visit.at, zone, hour)
    coming = (agreed,) if visit.talked else (talk, agreed)
    return next((moment for moment in coming if moment > now), None)


def wanted(visit: Visit, now: datetime, zone: ZoneInfo, hour: time) -> About | None:
    """What is to be asked about this visit at this moment, be that late."""
    talk, agreed = moments(visit.at, zone, hour)
    if now < visit.at:
        return About.TALK if talk <= now and not visit.talked else None
    return About.AGREED if agreed <= now < visit.at + FORGOTTEN else None


def plan(step: Step, visit: Visit) -> None:
    """Ask about this visit in its time; one that is planned already is planned anew."""
    step.memory.visits[str(visit.id)] = [visit.at.isoformat(), visit.who, visit.talked]
    set_row(step, visit)


def forget(step: Step, visit_id: int) -> None:
    """Ask nothing more about this visit: it is off, takes place at another time, or is done."""
    if step.memory.visits.pop(str(visit_id), None) is not None:
        step.do(DropDue((_key(visit_id),)))


def set_anew(step: Step) -> None:
    """The patient's clock or hour is another one, or the rows were dropped: set them as it is."""
    for visit in list(planned(step)):
        set_row(step, visit)


def set_row(step: Step, visit: Visit) -> None:
    """Set the due row of the next moment; there is none after the last."""
    at = next_moment(visit, step.now, step.person.zone, step.person.hour)
    if at is None:
        step.do(DropDue((_key(visit.id),)))
    else:
        step.do(SetDue(_key(visit.id), KIND, at, payload={"visit": visit.id}))


def fall_due(step: Step, visit_id: int) -> None:
    """A moment has come: the row of the next one takes its place."""
    for visit in planned(step):
        if visit.id == visit_id:
            set_row(step, visit)


def planned(step: Step) -> Iterator[Visit]:
    """The visits about which something is still to be asked, the earliest first."""
    kept = step.memory.visits.items()
    for key, (at, who, talked) in sorted(kept, key=lambda each: (each[1][0], each[0])):
        yield Visit(int(key), datetime.fromisoformat(at), who, talked)


def to_ask(step: Step) -> tuple[Visit, About] | None:
    """The visit that something is to be asked about now, and what."""
    for visit in planned(step):
        about = wanted(visit, step.now, step.person.zone, step.person.hour)
        if about is not None:
            return visit, about
    return None


def note_asked(step: Step, visit: Visit, about: About) -> None:
    """It is asked once; after the second question a visit is done with."""
    if about is About.AGREED:
        forget(step, visit.id)
    else:
        plan(step, replace(visit, talked=True))


def forget_old(step: Step) -> None:
    """Drop the visits that nothing can be asked about any more."""
    for visit in list(planned(step)):
        if step.now >= visit.at + FORGOTTEN:
            forget(step, visit.id)


def _key(visit_id: int) -> str:
    return f"visit:{visit_id}"
