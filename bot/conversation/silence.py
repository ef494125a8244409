"""Check-ins that nobody answered: counted, kept for completeness, and drawn the line under."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.conversation.admission import is_muted, opens_at
from bot.conversation.effects import DropDue, OpenCase, Record, SetDue
from bot.conversation.memory import Lapsed, OpenSession, Waiting
from bot.conversation.safety import is_quiet
from bot.conversation.step import Step
from flows.model import Flow, FlowKind
from trajectory.cases import Kind

ASKS_AT = 2
"""So many in a row, and the patient is asked how often."""
QUIET_AT = 4
"""So many in a row, and nothing more is scheduled; the clinic's list shows it."""
WORTH_ASKING = timedelta(hours=24)
"""A check-in opens only while it can still be answered for so long."""
SILENT = "silent"
NOT_ANSWERED, NOT_ASKED = "not-answered", "not-asked"


def note_expiry(step: Step, open: OpenSession, *, stopped: bool = False) -> None:
    """Keep which question ran out; a check-in without any answer is one more missed.

    Not where the patient had `stopped` the messages: then no answer was expected.
    """
    flow, pending = step.flow_of(open), open.session.pending
    if pending is not None:
        step.memory.lapsed = Lapsed(flow.id, pending, step.now.isoformat())
    missed = open.due and flow.kind is FlowKind.CHECK_IN and not open.session.given
    if missed and not stopped:
        miss(step, flow, open.due, NOT_ANSWERED)


def drop_stale(step: Step) -> None:
    """A check-in that has waited so long is about another week by now, and is not asked.

    What has waited in a pause is no miss: the patient had asked for quiet.
    """
    for waiting in list(step.memory.waiting):
        flow = step.world.library.flow(waiting.flow)
        if flow.kind is not FlowKind.CHECK_IN or not waiting.due:
            continue
        if datetime.fromisoformat(waiting.due) + flow.expires - WORTH_ASKING <= step.now:
            step.memory.waiting.remove(waiting)
            if waiting.due >= step.memory.paused_until:
                miss(step, flow, waiting.due, NOT_ASKED)


def give_way_to_newer(step: Step, flow: Flow, older: Waiting) -> None:
    """The check-in of the week before has not been asked, and this week's takes its place."""
    step.memory.waiting.remove(older)
    if older.due:
        miss(step, flow, older.due, NOT_ASKED)


def miss(step: Step, flow: Flow, due: str, why: str) -> None:
    """Record a check-in that stays without answers, and what follows from several in a row.

    Where nothing was asked or could be answered, or the patient wanted nothing, that is no silence.
    """
    step.do(
        Record(
            step.new_id(),
            "missed",
            flow=flow.id,
            definition=flow.definition,
            code=why,
            detail={"due": due},
            author="system",
        )
    )
    memory = step.memory
    if why == NOT_ASKED or memory.held or step.paused or is_quiet(step) or is_muted(step, flow):
        return
    memory.unanswered += 1
    if memory.unanswered >= QUIET_AT:
        _fall_quiet(step)
    elif memory.unanswered == ASKS_AT:
        memory.choose = memory.choose or SILENT


def _fall_quiet(step: Step) -> None:
    if step.memory.quiet:
        return
    step.memory.quiet, step.memory.choose = True, ""
    steps = step.pathway.steps if step.pathway else ()
    step.do(DropDue((*(f"step:{each.key}" for each in steps), "waiting")))
    step.do(OpenCase(Kind.SILENT))


def put_off_reminder(step: Step, open: OpenSession, expires: datetime) -> bool:
    """Whether a reminder has to wait, since enough has been asked; it is set anew if it can."""
    if open.free and not open.due:
        return False
    at = opens_at(step)
    if at > step.now and at < expires:
        step.do(SetDue("remind", "remind", at, open.id))
    return at > step.now
