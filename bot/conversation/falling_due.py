"""What a due row does when its time has come."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.conversation import (
    admission,
    asking,
    desk_talk,
    looked,
    pathways,
    pausing,
    returning,
    safety,
    silence,
    timers,
    visits,
    with_desk,
)
from bot.conversation.effects import SaveSession, SetDue
from bot.conversation.giving_way import give_way, waits_until
from bot.conversation.memory import OpenSession, Waiting
from bot.conversation.step import Step
from bot.conversation.tasks import enrolment, hands
from bot.schedule import awake

HELD = timedelta(days=1)
"""When what falls due is looked at again, as long as it is in doubt who reads."""
_OPENING = ("step", "flow", "waiting")
_SPEAKING = ("remind", pausing.OVER)
"""What speaks by itself, and was set for an hour of the day; it may come late, or elsewhere."""
_AT_HAND_BACK = frozenset({"remind", pausing.OVER})
"""What a person's conversation makes needless: the hand-back asks again, and ends a pause."""


@dataclass(frozen=True, slots=True)
class Fallen:
    """A due row whose time has come."""

    kind: str
    key: str
    session_id: int | None
    payload: Mapping[str, Any]


def fall_due(step: Step, due: Fallen) -> None:
    """Act on a due row; one whose session has moved on, or whose owner stopped, does nothing."""
    step.bulk = True
    # What somebody has asked for by name comes at once; the rest waits for the morning.
    step.hushed = due.kind != "flow" or bool(due.payload.get("last"))
    if step.person.status not in ("active", "enrolling"):
        return
    if step.memory.unreachable == "nowhere":
        returning.be_reached(step)
    if pausing.holds(step, due.kind):
        _wait_for_the_end_of_the_pause(step, due)
        return
    if _is_put_off(step, due):
        step.flush()
        return
    if due.kind in _AT_HAND_BACK and with_desk.is_on(step):
        return
    waking = awake(step.now, step.person.zone)
    if due.kind in _SPEAKING and waking > step.now:
        _put_off(step, due, waking)
        return
    match due.kind:
        case "step":
            payload = due.payload
            planned = payload.get("at", "")
            pathways.fall_due(step, payload["step"], payload["number"], planned)
        case "flow":
            _start_flow(step, due.payload)
        case "remind" if step.open is not None and step.open.id == due.session_id:
            _remind(step, promised=bool(due.payload.get("promised")))
        case "expire" if step.open is not None and step.open.id == due.session_id:
            step.off_hours = not admission.is_their_hour(step)
            asking.expire(step, step.open)
        case "expire" if step.suspended is not None and step.suspended.id == due.session_id:
            asking.expire(step, step.suspended)
        case "waiting":
            before = step.open
            asking.open_next(step)
            if due.key == "after-quiet" and before is not None and step.open is before:
                asking.repeat(step)
        case "follow-up":
            looked.begin(step)
        case visits.KIND:
            visits.fall_due(step, due.payload["visit"])
            asking.open_next(step)
        case desk_talk.DUE:
            desk_talk.fall_due(step)
        case enrolment.STANDS_STILL:
            enrolment.notice(step)
        case pausing.OVER:
            pausing.end(step, "pause.over")
    step.flush()


def _wait_for_the_end_of_the_pause(step: Step, due: Fallen) -> None:
    """To the end of the pause; reminders are set anew then, and what waits opens by itself."""
    until = pausing.until(step)
    if due.kind == "step":
        pathways.put_off(step, due.payload["step"], due.payload["number"], until)
    elif due.kind == "flow":
        _put_off(step, due, until)
        step.memory.put_off[due.key] = [due.kind, dict(due.payload)]


def _is_put_off(step: Step, due: Fallen) -> bool:
    """While it is in doubt who reads here, nothing falls due; it comes a day later.

    After long silence that is asked first, and what begins a conversation waits behind it.
    """
    waking = awake(step.now, step.person.zone)
    if hands.waits(step):
        _put_off(step, due, waking + HELD)
        hands.note_put_off(step, due.key, due.kind, due.payload)
        if waking <= step.now:
            hands.ask_again_in_time(step)
        return True
    # That a sign was reported is no silence.
    if due.kind == "follow-up" or not hands.is_long_silent(step):
        return False
    if waking > step.now:
        _put_off(step, due, waking)
        return True
    give_way(step)
    # What that says is for the patient only, and may wait for ever.
    step.lead.clear()
    hands.ask_who_reads(step)
    if due.kind in _OPENING:
        return False
    _put_off(step, due, step.now + HELD)
    hands.note_put_off(step, due.key, due.kind, due.payload)
    return True


def _put_off(step: Step, due: Fallen, at: datetime) -> None:
    step.do(SetDue(due.key, due.kind, at, due.session_id, payload=dict(due.payload)))


def _start_flow(step: Step, payload: Mapping[str, Any]) -> None:
    """A flow that somebody asked for by name, or a sitting that is offered once more."""
    flow = step.world.library.flow(payload["flow"])
    again = payload.get("last", False)
    if again and step.memory.over == "again":
        step.memory.over = "due"
    due = step.now.isoformat() if again else ""
    wanted = Waiting(flow.id, None, flow.priority, last=again, due=due, free=not again)
    asking.request(step, wanted)


def _remind(step: Step, *, promised: bool) -> None:
    """Put the pending question again; only what the patient asked for is never too much."""
    open = step.open
    assert open is not None
    if safety.is_quiet(step):
        # What waits is put again when the quiet day after words of self-harm is over.
        return
    if not promised and silence.put_off_reminder(step, open, timers.expires(step, open)):
        return
    at = waits_until(step)
    if give_way(step):
        timers.set_reminder(step, step.flow_of(open))
        if not promised:
            _count_reminder(step, open)
        asking.repeat(step)
    elif at is not None:
        step.do(SetDue("remind", "remind", awake(at, step.person.zone), open.id))


def _count_reminder(step: Step, open: OpenSession) -> None:
    """For the limits, and for good: messages are deleted after a while, and sessions are not."""
    if open.due:
        admission.note_opening(step)
    if open.reminded is not None:
        open.reminded += 1
        step.do(SaveSession(open))
