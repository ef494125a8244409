"""When an open questionnaire reminds, runs out, and is offered once more."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from bot.conversation.effects import SetDue
from bot.conversation.memory import OpenSession
from bot.conversation.step import Step
from bot.schedule import at_local, awake, next_clock
from flows import engine
from flows import events as happened
from flows.model import Flow, FlowKind

DAY = timedelta(days=1)
SITTING_ENDS = time(4)
"""A "today" instrument stays open until this local hour."""
ASIDE = "expire-aside"
"""The due row of the questionnaire that was put aside for a screen: an emergency may last."""


def set_timers(step: Step) -> None:
    """Set when the open session reminds and when it expires, if there is one."""
    set_ends(step)
    if step.open is None:
        return
    set_reminder(step, step.flow_of(step.open))


def set_ends(step: Step) -> None:
    """Set when the open session runs out, and the one that was put aside."""
    for key, open in (("expire", step.open), (ASIDE, step.suspended)):
        if open is not None:
            step.do(SetDue(key, "expire", expires(step, open), open.id))


def set_reminder(step: Step, flow: Flow) -> None:
    """Set the timer of the open session's next reminder, if one is still to come."""
    if step.open is None:
        return
    opened_at = step.open.opened_at
    planned = (_after(step, flow, opened_at, length) for length in flow.reminders)
    coming = next((at for at in planned if at > step.now), None)
    if coming is not None:
        step.do(SetDue("remind", "remind", awake(coming, step.person.zone), step.open.id))


def expires(step: Step, open: OpenSession) -> datetime:
    """When this session runs out."""
    flow = step.flow_of(open)
    if flow.one_sitting:
        moved_at = step.memory.moved_at
        since = datetime.fromisoformat(moved_at) if moved_at else open.opened_at
        # Elsewhere that hour may be just past: a sitting under way keeps its evening.
        return next_clock(max(since, open.opened_at), step.person.zone, SITTING_ENDS)
    if open.due and flow.kind is FlowKind.CHECK_IN:
        # However long it waited its turn: it is about the days before it was due.
        return datetime.fromisoformat(open.due) + flow.expires
    return _after(step, flow, open.opened_at, flow.expires)


def _after(step: Step, flow: Flow, moment: datetime, length: timedelta) -> datetime:
    """So much later: a questionnaire counts whole days on the patient's calendar, at the same
    hour; the check-ins and the questions about warning signs count hours.
    """
    if length % DAY or flow.kind not in (FlowKind.INSTRUMENT, FlowKind.INTAKE):
        return moment + length
    local = moment.astimezone(step.person.zone)
    return at_local(local.date() + length, local.time(), step.person.zone)


def comes_again(step: Step, open: OpenSession) -> datetime | None:
    """When a sitting that runs out as it stands is offered once more, whole; None: it is not."""
    flow = step.flow_of(open)
    events = engine.expire(flow, open.session).events
    scored = any(isinstance(e, happened.Scored) and e.score.value is not None for e in events)
    if not flow.one_sitting or scored or open.last:
        return None
    return next_clock(max(expires(step, open), step.now), step.person.zone, step.person.hour)


def again_key(flow_id: str) -> str:
    """The due row of a sitting that is offered once more."""
    return f"again:{flow_id}"
