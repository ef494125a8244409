"""What the clock brings to a patient: the pathway's steps and their due rows."""

from __future__ import annotations

from datetime import datetime

from bot import schedule
from bot.conversation import muting, pausing, timers
from bot.conversation.admission import is_muted
from bot.conversation.asking import request
from bot.conversation.effects import Audit, DropDue, SavePatient, SetDue
from bot.conversation.how_often import weekly_line
from bot.conversation.memory import Waiting
from bot.conversation.step import Step
from flows import model


def rhythm(step: Step) -> schedule.Rhythm | None:
    """What this patient chose; None without a pathway, or before it has begun."""
    person, pathway = step.person, _pathway(step)
    if pathway is None or person.started_at is None:
        return None
    return schedule.Rhythm(
        person.started_at,
        person.zone,
        person.hour,
        person.weekday,
        schedule.check_in_delay(pathway),
        **step.memory.rhythm,
    )


def start(step: Step) -> None:
    """Ask what is asked at the start, and set the next occurrence of all the rest."""
    pathway = _pathway(step)
    if pathway is None:
        return
    for line in pathway.steps:
        if line.at_start:
            request(step, _waiting(step, line, step.now, 1))
    set_all(step, step.now)


def set_all(step: Step, after: datetime) -> None:
    """Set the due row of every step that still happens after this moment."""
    pathway, chosen = _pathway(step), rhythm(step)
    if pathway is None or chosen is None:
        return
    for line, moment, number in schedule.plan(pathway, chosen, after):
        _set(step, line, moment, number)


def follow(step: Step, before: schedule.Rhythm) -> None:
    """Set the due rows anew after a change of hour or weekday.

    What has happened by the rhythm before does not happen again, and what the new rhythm would
    have in the past stays where it was. In a pause only the weekly questions move: of the rest
    some wait for its end.
    """
    pathway, chosen = _pathway(step), rhythm(step)
    if pathway is None or chosen is None:
        return
    for line in pathway.steps:
        weekly = line.weekly_until is not None
        if line.at_start or (step.paused and not weekly):
            continue
        number = schedule.happened(line, before, step.now) + 1
        moment = schedule.occurrence(line, chosen, number)
        if moment is not None and moment > step.now:
            _set(step, line, moment, number)
        elif weekly and (following := schedule.next_occurrence(line, chosen, step.now, number)):
            _set(step, line, *following)


def put_off(step: Step, key: str, number: int, until: datetime) -> None:
    """A step has fallen due in a pause: it waits for the end; the next weekly one comes anyway."""
    pathway, chosen = _pathway(step), rhythm(step)
    line = next((s for s in pathway.steps if s.key == key), None) if pathway else None
    if line is None or chosen is None:
        return
    if line.weekly_until is None:
        _set(step, line, until, number)
    elif following := schedule.next_occurrence(line, chosen, step.now, number + 1):
        _set(step, line, *following)


def set_anew(step: Step) -> None:
    """The patient has chosen another rhythm: what stood is dropped, and all is planned again."""
    pathway = _pathway(step)
    if pathway is not None:
        step.do(DropDue(tuple(f"step:{line.key}" for line in pathway.steps)))
        set_all(step, step.now)


def go_on(step: Step) -> None:
    """All that still comes is planned again."""
    set_all(step, step.now)
    offer_check_ins(step)


def offer_check_ins(step: Step) -> None:
    """Where no check-in comes any more, and the patient has not said so, ask how often."""
    memory = step.memory
    ended = "only" in memory.rhythm or "until" in memory.rhythm or memory.over == "said"
    if weekly_line(step) is not None and not ended and next_check_in(step) is None:
        memory.choose = memory.choose or "again"


def begin_anew(step: Step) -> None:
    """A new episode: the start's questions and the baseline come again, on a new calendar."""
    step.person.started_at = step.now
    memory = step.memory
    memory.rhythm, memory.over, memory.choose, memory.lapsed = {}, "", "", None
    memory.waiting.clear()
    muting.unmute(step)
    pausing.lift(step)
    step.do(DropDue(tuple(timers.again_key(flow_id) for flow_id in step.world.library.flows)))
    step.do(SavePatient())
    step.do(Audit("new-episode"))
    start(step)


def next_check_in(step: Step) -> datetime | None:
    """When the patient is asked next, by the rhythm that holds; None: not any more."""
    pathway, chosen = _pathway(step), rhythm(step)
    line = next((s for s in pathway.steps if s.weekly_until), None) if pathway else None
    following = schedule.next_occurrence(line, chosen, step.now) if line and chosen else None
    return following[0] if following else None


def fall_due(step: Step, key: str, number: int) -> None:
    """A step of the pathway has fallen due: ask it, and set its next occurrence."""
    pathway, chosen = _pathway(step), rhythm(step)
    line = next((s for s in pathway.steps if s.key == key), None) if pathway else None
    if pathway is None or line is None or chosen is None or step.memory.quiet:
        return
    due = schedule.occurrence(line, chosen, number) or step.now
    following = schedule.next_occurrence(line, chosen, step.now, number + 1)
    if following is not None:
        _set(step, line, *following)
    else:
        _note_end(step, pathway, line, chosen)
    request(step, _waiting(step, line, due, number))


def _note_end(
    step: Step, pathway: model.Pathway, line: model.Step, chosen: schedule.Rhythm
) -> None:
    """After a step's last time: ask how to go on, or say goodbye when nothing else comes."""
    unwanted = is_muted(step, step.world.library.flow(line.flow))
    if line.frequencies and not unwanted and chosen.until is None and chosen.only is None:
        step.memory.choose = "weeks"
    elif not schedule.plan(pathway, chosen, step.now):
        step.memory.over = "due"


def _set(step: Step, line: model.Step, at: datetime, number: int) -> None:
    payload = {"step": line.key, "number": number}
    step.do(SetDue(f"step:{line.key}", "step", at, payload=payload))


def _waiting(step: Step, line: model.Step, due: datetime, number: int) -> Waiting:
    return Waiting(
        line.flow,
        line.items,
        step.world.library.flow(line.flow).priority,
        due=due.isoformat(),
        free=line.at_start,
        in_one=line.in_one_from is not None and number >= line.in_one_from,
    )


def _pathway(step: Step) -> model.Pathway | None:
    name = step.person.pathway
    return step.world.library.pathway(name) if name else None
