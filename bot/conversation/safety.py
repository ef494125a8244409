"""What happens at once when a warning sign is reported.

Urgencies and what each asks the patient to do: NICE NG59, the CSP and NHS cauda equina
cards, IFOMPT 2020. A "no" never earns a reassuring sentence.
"""

from __future__ import annotations

from datetime import timedelta

from bot.conversation.effects import Audit, Mail, Record, SetDue
from bot.conversation.memory import OpenSession
from bot.conversation.step import Step
from bot.messages import Message, Priority
from bot.schedule import follow_up_time
from flows.events import RedFlag
from flows.model import Flow, Urgency

FOLLOW_UP_AFTER = timedelta(hours=3)
"""When the patient is asked whether a doctor has looked; at night the next morning."""


def raise_flag(step: Step, flow: Flow, open: OpenSession, flag: RedFlag) -> None:
    """Tell the patient what to do, record it, alert those allowed, and ask again later."""
    _say_what_to_do(step, flag.urgency)
    step.do(
        Record(
            id=step.new_id(),
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
    step.do(Audit("red-flag", f"item:{flow.id}/{flag.item}"))
    if flag.urgency is Urgency.EMERGENCY:
        step.memory.held = True
    _alert(step)
    at = follow_up_time(step.now + FOLLOW_UP_AFTER, step.person.zone)
    step.do(SetDue("follow-up", "follow-up", at))


def _say_what_to_do(step: Step, urgency: Urgency) -> None:
    clinic = step.world.clinic
    text = step.words.say(
        f"safety.{urgency.value}", emergency=clinic.emergency_number, doctor=clinic.doctor_number
    )
    lead, step.lead = step.lead, []
    step.say(Message(text, priority=Priority.SAFETY))
    step.lead = lead


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
