"""What the clock brings to a patient: the pathway's steps and their due rows."""

from __future__ import annotations

from datetime import datetime

from bot import schedule
from bot.conversation.asking import request
from bot.conversation.effects import SetDue
from bot.conversation.memory import Waiting
from bot.conversation.step import Step
from flows import model


def rhythm(step: Step, pathway: model.Pathway) -> schedule.Rhythm | None:
    """What this patient chose; None before the pathway has begun."""
    person = step.person
    if person.started_at is None:
        return None
    return schedule.Rhythm(
        person.started_at,
        person.zone,
        person.hour,
        person.weekday,
        schedule.check_in_delay(pathway),
    )


def start(step: Step) -> None:
    """Ask what is asked at the start, and set the next occurrence of all the rest."""
    pathway = _pathway(step)
    if pathway is None:
        return
    for line in pathway.steps:
        if line.at_start:
            request(step, _waiting(step, line))
    set_all(step, step.now)


def set_all(step: Step, after: datetime) -> None:
    """Set the due row of every step that still happens after this moment."""
    pathway = _pathway(step)
    chosen = rhythm(step, pathway) if pathway else None
    if pathway is None or chosen is None:
        return
    for line, moment, number in schedule.plan(pathway, chosen, after):
        _set(step, line, moment, number)


def fall_due(step: Step, key: str, number: int) -> None:
    """A step of the pathway has fallen due: ask it, and set its next occurrence."""
    pathway = _pathway(step)
    chosen = rhythm(step, pathway) if pathway else None
    line = next((s for s in pathway.steps if s.key == key), None) if pathway else None
    if line is None or chosen is None:
        return
    following = schedule.next_occurrence(line, chosen, step.now, number + 1)
    if following is not None:
        _set(step, line, *following)
    request(step, _waiting(step, line))


def _set(step: Step, line: model.Step, at: datetime, number: int) -> None:
    payload = {"step": line.key, "number": number}
    step.do(SetDue(f"step:{line.key}", "step", at, payload=payload))


def _waiting(step: Step, line: model.Step) -> Waiting:
    flow = step.world.library.flow(line.flow)
    return Waiting(line.flow, line.items, flow.priority)


def _pathway(step: Step) -> model.Pathway | None:
    name = step.person.pathway
    return step.world.library.pathway(name) if name else None
