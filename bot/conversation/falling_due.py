"""What a due row does when its time has come."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.conversation import asking, looked, pathways, pausing
from bot.conversation.effects import SetDue
from bot.conversation.giving_way import give_way, waits_until
from bot.conversation.memory import Waiting
from bot.conversation.step import Step
from bot.schedule import awake


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
    step.hushed = due.kind != "flow"
    if step.person.status not in ("active", "enrolling"):
        return
    if pausing.holds(step, due.kind):
        _put_off(step, due)
        return
    match due.kind:
        case "step":
            pathways.fall_due(step, due.payload["step"], due.payload["number"])
        case "flow":
            _start_flow(step, due.payload)
        case "remind" if step.open is not None and step.open.id == due.session_id:
            _remind(step)
        case "expire" if step.open is not None and step.open.id == due.session_id:
            asking.expire(step, step.open)
        case "waiting":
            asking.open_next(step)
            if due.key == "after-quiet":
                asking.repeat(step)
        case "follow-up":
            looked.begin(step)
        case pausing.OVER:
            pausing.end(step, "pause.over")
    step.flush()


def _put_off(step: Step, due: Fallen) -> None:
    """To the end of the pause; reminders are set anew then, and what waits opens by itself."""
    until = pausing.until(step)
    if due.kind == "step":
        pathways.put_off(step, due.payload["step"], due.payload["number"], until)
    elif due.kind == "flow":
        step.do(SetDue(due.key, due.kind, until, due.session_id, payload=dict(due.payload)))


def _start_flow(step: Step, payload: Mapping[str, Any]) -> None:
    flow = step.world.library.flow(payload["flow"])
    asking.request(step, Waiting(flow.id, None, flow.priority, payload.get("last", False)))


def _remind(step: Step) -> None:
    assert step.open is not None
    at = waits_until(step)
    if give_way(step):
        asking.set_reminder(step, step.flow_of(step.open))
        asking.repeat(step)
    elif at is not None:
        step.do(SetDue("remind", "remind", awake(at, step.person.zone), step.open.id))
