"""What the clock brings to a patient: the pathway's steps and their due rows."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta

from bot import schedule
from bot.conversation import muting, pausing, timers
from bot.conversation.admission import is_muted
from bot.conversation.asking import request
from bot.conversation.effects import Audit, DropDue, SavePatient, SetDue
from bot.conversation.how_often import weekly_line
from bot.conversation.memory import Waiting
from bot.conversation.step import Step
from flows import model

_Place = tuple[datetime, int]
SOON = timedelta(days=3)
"""By no more than this a changed rhythm puts off what would have come before."""


def rhythm(step: Step) -> schedule.Rhythm | None:
    """What this patient chose; None without a pathway, or before it has begun."""
    person, memory, pathway = step.person, step.memory, step.pathway
    if pathway is None or person.started_at is None:
        return None
    return schedule.Rhythm(
        person.started_at,
        person.zone,
        person.hour,
        person.weekday,
        schedule.check_in_delay(pathway),
        week_one=date.fromisoformat(memory.week_one) if memory.week_one else None,
        **memory.rhythm,
    )


def start(step: Step) -> None:
    """Ask what is asked at the start, and set the next occurrence of all the rest."""
    pathway = step.pathway
    if pathway is None:
        return
    for line in pathway.steps:
        if line.at_start:
            step.memory.done[line.key] = 1
            request(step, _waiting(step, line, step.now, 1))
    set_all(step)


def set_all(step: Step) -> None:
    """Set the due row of every step that still happens after this moment."""
    pathway, chosen = step.pathway, rhythm(step)
    if pathway is None or chosen is None:
        return
    for line in pathway.steps:
        if following := _following(step, line, chosen):
            _set(step, line, *following)
    _note_version(step, pathway)


def _following(step: Step, line: model.Step, chosen: schedule.Rhythm) -> _Place | None:
    """When a step comes next by this rhythm, and for the how manieth time."""
    return schedule.next_occurrence(line, chosen, step.now, _number(step, line, chosen))


def _number(step: Step, line: model.Step, chosen: schedule.Rhythm) -> int:
    """For the how manieth time a step comes next; what fell due late has not come."""
    done = step.memory.done
    if done or line.at_start:
        return schedule.number_after(line, done.get(line.key, 0))
    # Planned before any count was kept: as the calendar says.
    return schedule.happened(line, chosen, step.now) + 1


def follow(step: Step, before: schedule.Rhythm, *, moved: bool = False) -> None:
    """Set the due rows anew after a change of hour, weekday or (`moved`) time zone.

    What has happened does not happen again. What the new rhythm would have in the past stays
    where it was; in another zone, where that may be night, it falls due now. In a pause only the
    weekly questions move: of the rest some wait for its end.
    """
    pathway = step.pathway
    if pathway is None:
        return
    if moved:
        step.memory.week_one = schedule.week_one(before).isoformat()
    chosen = rhythm(step)
    for line in pathway.steps if chosen else ():
        if line.at_start or (step.paused and line.weekly_until is None):
            continue
        number = _number(step, line, before)
        stood = schedule.next_occurrence(line, before, None, number)
        if chosen and stood:
            at, row = _stands(step, line) or stood
            # What is due by now is acted on in a moment, and goes on by the new rhythm then.
            if at > step.now:
                _move(step, line, chosen, (at, row if moved else stood[1]), moved=moved)


def _stands(step: Step, line: model.Step) -> _Place | None:
    """Where the step's due row stands, if the rhythm has it elsewhere."""
    kept = step.memory.stands.get(line.key)
    return (datetime.fromisoformat(kept[0]), kept[1]) if kept else None


def _stand(step: Step, line: model.Step, at: datetime, number: int) -> None:
    step.memory.stands[line.key] = [at.isoformat(), number]


def _move(
    step: Step, line: model.Step, chosen: schedule.Rhythm, stood: _Place, *, moved: bool
) -> None:
    _, number = stood
    moment = schedule.occurrence(line, chosen, number)
    if moment is not None and moment > step.now:
        _set(step, line, moment, number)
    elif moved:
        _set(step, line, step.now, number)
    else:
        _keep_or_pass_over(step, line, chosen, stood)


def _keep_or_pass_over(
    step: Step, line: model.Step, chosen: schedule.Rhythm, stood: _Place
) -> None:
    """The new time is past: this week's stays, unless the next is close.

    What is passed over may still come, should the patient change the rhythm again.
    """
    at, number = stood
    following = schedule.next_occurrence(line, chosen, step.now, number)
    if line.weekly_until is None or following is None or following[0] - at > SOON:
        step.memory.stands.setdefault(line.key, [at.isoformat(), number])
        return
    step.memory.week_one = schedule.week_one(chosen).isoformat()
    _put(step, line, *following)
    _stand(step, line, *following)


def replan(step: Step, standing: Mapping[str, _Place]) -> None:
    """The pathway was edited: what still comes is planned by what it says now.

    `standing` says when each step that has a due row falls due, with its number. What has happened
    does not happen again, and what is due by now is left to itself. Of a step that stands, and has
    only times in the past now, the time that it had stays; a weekly one ends.
    """
    pathway, chosen = step.pathway, rhythm(step)
    if pathway is None or chosen is None:
        return
    _count(step, pathway, chosen)
    if not step.memory.quiet and step.memory.over != "said":
        known = {line.key for line in pathway.steps}
        gone = [key for key in standing if key not in known]
        if gone:
            step.do(DropDue(tuple(_key(key) for key in gone)))
        for line in pathway.steps:
            _replan(step, line, chosen, standing.get(line.key))
    _note_version(step, pathway)


def _replan(step: Step, line: model.Step, chosen: schedule.Rhythm, stands: _Place | None) -> None:
    weekly = line.weekly_until is not None
    waits = stands is not None and (stands[0] <= step.now or (step.paused and not weekly))
    if line.at_start or waits:
        return
    if following := _following(step, line, chosen):
        step.memory.over = "" if step.memory.over == "due" else step.memory.over
        if following != stands:
            _set(step, line, *following)
    elif stands is not None and weekly:
        step.do(DropDue((_key(line.key),)))
        _ask_how_on(step, line, chosen)


def _count(step: Step, pathway: model.Pathway, chosen: schedule.Rhythm) -> None:
    """Keep the count for whom none was kept so far."""
    memory = step.memory
    if not memory.done:
        for line in pathway.steps:
            _note_done(step, line, chosen, schedule.happened(line, chosen, step.now))


def _note_done(step: Step, line: model.Step, chosen: schedule.Rhythm, number: int) -> None:
    """A step has come for the `number`-th time: from now on the weeks stay where they are."""
    if number == 0:
        return
    memory = step.memory
    memory.done[line.key] = max(schedule.reached(line, number), memory.done.get(line.key, 0))
    if line.weekly_until is not None or line.weeks:
        memory.week_one = schedule.week_one(chosen).isoformat()


def _note_version(step: Step, pathway: model.Pathway) -> None:
    version = step.world.library.version(pathway.id)
    if step.person.planned_by != version:
        step.person.planned_by = version
        step.do(SavePatient())


def put_off(step: Step, key: str, number: int, until: datetime) -> None:
    """A step has fallen due in a pause: it waits for the end; the next weekly one comes anyway."""
    pathway, chosen = step.pathway, rhythm(step)
    line = next((s for s in pathway.steps if s.key == key), None) if pathway else None
    if line is None or chosen is None:
        return
    if line.weekly_until is None:
        _set(step, line, until, number)
        payload = {"step": key, "number": number, "at": until.isoformat()}
        step.memory.put_off[_key(key)] = ["step", payload]
        return
    _note_done(step, line, chosen, number)
    if following := schedule.next_occurrence(line, chosen, step.now, number + 1):
        _set(step, line, *following)


def set_anew(step: Step) -> None:
    """The patient has chosen another rhythm: what stood is dropped, and all is planned again."""
    pathway = step.pathway
    if pathway is not None:
        keys = tuple(_key(line.key) for line in pathway.steps)
        step.memory.stands.clear()
        for key in keys:
            step.memory.put_off.pop(key, None)
        step.do(DropDue(keys))
        set_all(step)


def go_on(step: Step) -> None:
    """All that still comes is planned again."""
    set_all(step)
    offer_check_ins(step)


def offer_check_ins(step: Step) -> None:
    """Where no check-in comes any more, and the patient has not said so, ask how often."""
    memory = step.memory
    ended = "only" in memory.rhythm or "until" in memory.rhythm or memory.over == "said"
    if weekly_line(step) is not None and not ended and next_check_in(step) is None:
        memory.choose = memory.choose or "again"


def note_answered(step: Step, flow: model.Flow, items: Collection[str]) -> str:
    """The patient has answered these items elsewhere: what was to ask them about now is done.

    That is the next occurrence, if it is no further from the answers than its questions stay open.
    The ISO time for which it was planned; empty: there is none.
    """
    pathway, chosen, planned = step.pathway, rhythm(step), ""
    if pathway is None or chosen is None or step.memory.quiet or step.person.status != "active":
        return planned
    for line in pathway.steps:
        asks = line.flow == flow.id and (line.items is None or any(i in items for i in line.items))
        stood = _stood(step, line, chosen) if asks else None
        if stood is not None and abs(stood[0] - step.said_at) <= flow.expires:
            _pass(step, pathway, line, chosen, stood[1])
            planned = stood[0].isoformat()
    return planned


def _stood(step: Step, line: model.Step, chosen: schedule.Rhythm) -> _Place | None:
    number = _number(step, line, chosen)
    return _stands(step, line) or schedule.next_occurrence(line, chosen, None, number)


def _pass(
    step: Step, pathway: model.Pathway, line: model.Step, chosen: schedule.Rhythm, number: int
) -> None:
    """This occurrence has come without being asked; the one after it is set."""
    _note_done(step, line, chosen, number)
    step.memory.stands.pop(line.key, None)
    step.memory.put_off.pop(_key(line.key), None)
    following = schedule.next_occurrence(line, chosen, step.now, number + 1)
    if following is not None:
        _set(step, line, *following)
    else:
        step.do(DropDue((_key(line.key),)))
        _note_end(step, pathway, line, chosen)


def begin_anew(step: Step) -> None:
    """A new episode: the start's questions and the baseline come again, on a new calendar."""
    step.person.started_at = step.now
    memory = step.memory
    memory.rhythm, memory.over, memory.choose, memory.lapsed = {}, "", "", None
    memory.done, memory.week_one = {}, ""
    memory.stands, memory.put_off = {}, {}
    memory.waiting.clear()
    muting.unmute(step)
    pausing.lift(step)
    step.do(DropDue(tuple(timers.again_key(flow_id) for flow_id in step.world.library.flows)))
    step.do(SavePatient())
    step.do(Audit("new-episode"))
    start(step)


def next_check_in(step: Step) -> datetime | None:
    """When the patient is asked next, by the rhythm that holds; None: not any more."""
    pathway, chosen = step.pathway, rhythm(step)
    line = next((s for s in pathway.steps if s.weekly_until), None) if pathway else None
    following = _following(step, line, chosen) if line and chosen else None
    return following[0] if following else None


def fall_due(step: Step, key: str, number: int, planned: str = "") -> None:
    """A step of the pathway has fallen due: ask it, and set its next occurrence.

    `planned` is the ISO time for which it was set; its row may have been put off since.
    """
    pathway, chosen = step.pathway, rhythm(step)
    if pathway is None:
        _note_not_offered(step)
        return
    line = next((s for s in pathway.steps if s.key == key), None)
    if line is None or chosen is None or step.memory.quiet:
        return
    due = datetime.fromisoformat(planned) if planned else step.now
    step.memory.stands.pop(key, None)
    _note_done(step, line, chosen, number)
    _note_other_version(step, pathway)
    following = schedule.next_occurrence(line, chosen, step.now, number + 1)
    if following is not None:
        _set(step, line, *following)
    else:
        _note_end(step, pathway, line, chosen)
    request(step, _waiting(step, line, due, number))


def _note_not_offered(step: Step) -> None:
    """Should the pathway be offered again, what comes is planned anew from where it stands."""
    if step.person.planned_by:
        step.person.planned_by = ""
        step.do(SavePatient())


def _note_other_version(step: Step, pathway: model.Pathway) -> None:
    """This process and the one that planned the rest know different pathways: to be looked at."""
    if step.person.planned_by not in ("", step.world.library.version(pathway.id)):
        step.person.planned_by = ""
        step.do(SavePatient())


def _note_end(
    step: Step, pathway: model.Pathway, line: model.Step, chosen: schedule.Rhythm
) -> None:
    """After a step's last time: ask how to go on, or say goodbye when nothing else comes."""
    if not _ask_how_on(step, line, chosen) and not any(
        _following(step, each, chosen) for each in pathway.steps
    ):
        step.memory.over = "due"


def _ask_how_on(step: Step, line: model.Step, chosen: schedule.Rhythm) -> bool:
    """Whether the patient is to be asked how the check-ins go on after the last one."""
    unwanted = is_muted(step, step.world.library.flow(line.flow))
    asks = bool(line.frequencies) and not unwanted and chosen.until is None and chosen.only is None
    if asks:
        step.memory.choose = "weeks"
    return asks


def _key(key: str) -> str:
    """The due row of a step."""
    return f"step:{key}"


def _set(step: Step, line: model.Step, at: datetime, number: int) -> None:
    chosen = rhythm(step)
    if chosen is not None:
        # What was passed over does not come any more, and is not late either.
        _note_done(step, line, chosen, number - 1)
    _put(step, line, at, number)


def _put(step: Step, line: model.Step, at: datetime, number: int) -> None:
    step.memory.stands.pop(line.key, None)
    payload = {"step": line.key, "number": number, "at": at.isoformat()}
    step.do(SetDue(_key(line.key), "step", at, payload=payload))


def _waiting(step: Step, line: model.Step, due: datetime, number: int) -> Waiting:
    return Waiting(
        line.flow,
        line.items,
        step.world.library.flow(line.flow).priority,
        due=due.isoformat(),
        free=line.at_start,
        in_one=line.in_one_from is not None and number >= line.in_one_from,
    )
