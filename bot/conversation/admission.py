"""Whether a flow that waits may open now, by what the patient has been asked already."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from bot.conversation import pace
from bot.conversation.effects import SetDue
from bot.conversation.memory import Today, Waiting
from bot.conversation.step import Step
from bot.schedule import at_local, next_clock
from flows.model import Flow

HOUR = timedelta(hours=1)
MORE, NO_MORE = "more", "no-more"
"""What the patient has said about further questions today."""


def opens_at(step: Step) -> datetime:
    """When the clock may speak first: now, or at the chosen hour of the next day that allows it."""
    openings = [datetime.fromisoformat(each) for each in step.memory.openings]
    person = step.person
    return pace.next_opening(openings, step.world.limits, step.now, person.zone, person.hour)


def note_opening(step: Step) -> None:
    """Count that the clock has spoken first; a reply to the patient is no opening."""
    if not step.bulk:
        return
    known = [datetime.fromisoformat(each) for each in step.memory.openings]
    kept = pace.still_counting([*known, step.now], step.now, step.person.zone)
    step.memory.openings = [moment.isoformat() for moment in kept]


class Verdict(StrEnum):
    """What becomes of a flow that waits."""

    OPENS = "opens"
    IS_OFFERED = "is-offered"
    """The patient is asked whether now or tomorrow."""
    WAITS = "waits"


def judge(step: Step, flow: Flow, waiting: Waiting, questions: int) -> Verdict:
    """Whether a flow with so many questions opens; where it waits, it is looked at in time."""
    if is_free(flow, waiting):
        return Verdict.OPENS
    at = opens_at(step) if step.bulk else step.now
    if at > step.now:
        step.do(SetDue("waiting", "waiting", at))
        return Verdict.WAITS
    if fits_today(step, questions):
        return Verdict.OPENS
    step.do(SetDue("waiting", "waiting", tomorrow(step)))
    return Verdict.IS_OFFERED if is_to_be_offered(step) else Verdict.WAITS


def is_free(flow: Flow, waiting: Waiting) -> bool:
    """Whether no limit holds it back: the start, safety, and what somebody asked for by name."""
    return waiting.free or flow.is_screen


def is_muted(step: Step, flow: Flow) -> bool:
    """Whether the patient does not want this one; the questions about warning signs stay."""
    return not flow.is_screen and flow.kind.value in step.memory.muted


def today(step: Step) -> Today:
    """What has been asked on the patient's present day, to be counted on."""
    date = step.now.astimezone(step.person.zone).date().isoformat()
    known = step.memory.today
    if known is None or known.date != date:
        known = step.memory.today = Today(date)
    return known


def tomorrow(step: Step) -> datetime:
    """The chosen hour of the patient's next day."""
    zone = step.person.zone
    day = step.now.astimezone(zone).date() + timedelta(days=1)
    return at_local(day, step.person.hour, zone)


def tomorrow_at_the_earliest(step: Step) -> datetime:
    """The chosen hour of the next day that allows one more conversation, from tomorrow on."""
    openings = [datetime.fromisoformat(each) for each in step.memory.openings]
    person = step.person
    return pace.next_opening(openings, step.world.limits, tomorrow(step), person.zone, person.hour)


def next_hour(step: Step) -> datetime:
    """The next time that the patient's clock shows the hour at which they want to be asked."""
    return next_clock(step.now, step.person.zone, step.person.hour)


def is_their_hour(step: Step) -> bool:
    """Whether the hour that begins when the patient wants to be asked has not passed yet."""
    return next_clock(step.now - HOUR, step.person.zone, step.person.hour) <= step.now


def fits_today(step: Step, questions: int) -> bool:
    """Whether so many questions are still within today's number, or the patient wants them."""
    asked = today(step)
    left = step.world.limits.questions(step.channel) - asked.questions
    return asked.answer == MORE or questions <= left


def is_to_be_offered(step: Step) -> bool:
    """Whether to ask "now or tomorrow?" about what does not fit today.

    Not twice a day; and the clock, which speaks first, rather waits than asks, unless the
    flow is too long for any day.
    """
    asked = today(step)
    return not asked.answer and not (step.bulk and asked.questions)
