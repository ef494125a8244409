"""What happens at once when a warning sign is reported.

Urgencies and what each asks the patient to do: NICE NG59, the CSP and NHS cauda equina
cards, IFOMPT 2020. A "no" never earns a reassuring sentence.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.conversation.effects import Audit, Mail, OpenCase, Record, SetDue
from bot.conversation.memory import OpenSession
from bot.conversation.step import Step
from bot.messages import Message, Priority
from bot.schedule import follow_up_time
from flows.events import RedFlag
from flows.model import Flow, FlowKind, Urgency
from flows.session import Session
from trajectory.cases import Kind

FOLLOW_UP_AFTER = timedelta(hours=3)
"""When the patient is asked whether a doctor has looked; at night the next morning."""


def raise_flag(step: Step, flow: Flow, open: OpenSession, flag: RedFlag) -> None:
    """Tell the patient what to do, record it, alert those allowed, and ask again later."""
    _say_what_to_do(step, flag.urgency)
    entry_id = step.new_id()
    step.do(
        Record(
            id=entry_id,
            kind="red-flag",
            flow=flow.id,
            definition=flow.definition,
            item=flag.item,
            code=flag.urgency.value,
            text=flag.raw,
            session_id=open.id,
            turn=open.session.turn,
        )
    )
    step.do(OpenCase(Kind.RED_FLAG, flag.urgency, entry_id))
    step.do(Audit("red-flag", f"entry:{entry_id}"))
    if _remember(step, flag.urgency):
        _alert(step)
    step.memory.flagged_at = step.now.isoformat()
    set_follow_up(step)


def set_follow_up(step: Step) -> None:
    """Ask three hours after the newest flag whether a doctor has looked; at night, at 07:30."""
    at = follow_up_time(_fresh_until(step), step.person.zone)
    step.do(SetDue("follow-up", "follow-up", max(at, step.now)))


def is_fresh(step: Step) -> bool:
    """Whether the newest flag is so new that only what to do is said again."""
    return bool(step.memory.flagged_at) and step.now < _fresh_until(step)


def _fresh_until(step: Step) -> datetime:
    return datetime.fromisoformat(step.memory.flagged_at) + FOLLOW_UP_AFTER


def say_again(step: Step) -> None:
    """Repeat what to do in an emergency that no doctor has looked at yet."""
    _say_what_to_do(step, Urgency.EMERGENCY)


def remind(step: Step) -> None:
    """Say once more how soon a doctor must look; the fixed message came with the answer."""
    clinic = step.world.clinic
    step.add_line(
        f"follow-up.said.not-yet.{step.memory.urgency or Urgency.SAME_DAY.value}",
        emergency=clinic.emergency_number,
        doctor=clinic.doctor_number,
    )


def is_held(step: Step) -> bool:
    """Whether the open questionnaire must wait, since an emergency comes first."""
    return (
        step.memory.held
        and step.open is not None
        and step.flow_of(step.open).kind is not FlowKind.SCREEN
    )


def was_flagged(flow: Flow, session: Session) -> bool:
    """Whether an answer of this session is a warning sign."""
    return any(
        item.flag is not None and item.id in session.given and session.given[item.id].code == "yes"
        for item in flow.items
    )


def _remember(step: Step, urgency: Urgency) -> bool:
    """Keep the most urgent flag that waits for a doctor; whether this one is worse than all."""
    memory = step.memory
    memory.held |= urgency is Urgency.EMERGENCY
    order = list(Urgency)
    worse = not memory.urgency or order.index(urgency) < order.index(Urgency(memory.urgency))
    if worse:
        memory.urgency = urgency.value
    return worse


def _say_what_to_do(step: Step, urgency: Urgency) -> None:
    """The fixed message, first and by itself; in an emergency nothing else is said."""
    clinic = step.world.clinic
    text = step.words.say(
        f"safety.{urgency.value}", emergency=clinic.emergency_number, doctor=clinic.doctor_number
    )
    lead, step.lead = step.lead, []
    step.say(Message(text, priority=Priority.SAFETY))
    step.lead = [] if urgency is Urgency.EMERGENCY else lead


def _alert(step: Step) -> None:
    """Mail whom the patient allows to be alerted; the mail says nothing about the flag."""
    told = {grant.member.id for grant in step.care.grants if "alert" in grant.purposes}
    for member in step.care.members:
        if member.id in told and member.email:
            words = step.words
            step.do(
                Mail(
                    member.id,
                    member.email,
                    words.say("mail.alert.subject"),
                    words.say("mail.alert.text", clinic=step.world.clinic.name),
                )
            )
            step.do(Audit("alerted", f"member:{member.id}", actor="system"))
