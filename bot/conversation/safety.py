"""What happens at once when a warning sign is reported.

Urgencies and what each asks the patient to do: NICE NG59, the CSP and NHS cauda equina
cards, IFOMPT 2020. A "no" never earns a reassuring sentence.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.conversation import consents
from bot.conversation.effects import Audit, Mail, OpenCase, Record, SetDue
from bot.conversation.memory import HANDS, OpenSession
from bot.conversation.records import HELPER, author_of
from bot.conversation.step import Step
from bot.deployment import Clinic
from bot.messages import Message, Priority
from bot.schedule import awake, follow_up_time
from flows.events import RedFlag
from flows.model import Flow, Urgency
from flows.session import ANSWER, Session
from flows.signs import SELF_HARM, Found, Report
from trajectory.care_team import Member
from trajectory.cases import Kind
from trajectory.views import scope_of

UNCLEAR = "new-symptoms"
"""The sign of somebody who reported a new symptom and did not say which."""
OTHER_IN_DANGER = "self-harm-of-another"
"""The message on somebody who is not the patient and may harm themselves."""
FOLLOW_UP = "follow-up"
"""The due row that asks whether a doctor has looked."""
FOLLOW_UP_AFTER = timedelta(hours=3)
"""When the patient is asked whether a doctor has looked; at night the next morning."""
QUIET_AFTER_SELF_HARM = timedelta(hours=24)
"""How long no questionnaire comes after somebody has written of harming themselves."""
SCREEN = "red-flags"
"""The screen whose items name the signs, for those told in a patient's own words as well."""


def raise_flag(step: Step, flow: Flow, open: OpenSession, flag: RedFlag) -> None:
    """An answer is a warning sign; one that the same words have raised already is not anew."""
    if flag.item in step.raised:
        return
    _say_once(step, flag.urgency)
    _raise(step, flag.item, flag.urgency, flag.raw, author_of(step, open), flow.id, open)


def raise_told(
    step: Step, signs: Sequence[Found], text: str, *, by_helper: Set[str] = frozenset()
) -> None:
    """Words report signs, some of them `by_helper`: one message, on the most urgent.

    Before consent a sign is told of and put on the clinic's list, but no words are kept.
    """
    kept = text if consents.is_agreed(step) else None

    def author(sign: str) -> str:
        return HELPER if sign in by_helper else _patient(step)

    physical = _physical(signs)
    if len(physical) < len(signs):
        _raise_self_harm(step, kept, author(SELF_HARM))
    if physical:
        _say_once(step, physical[0].urgency)
    for found in physical:
        _raise(step, found.sign, found.urgency, kept, author(found.sign))


def say_whom_to_call(step: Step) -> None:
    """Somebody who is not the patient may harm themselves: the numbers, and no case for that."""
    step.memory.other_in_danger_at = step.now.isoformat()
    _say_fixed(step, OTHER_IN_DANGER)


def was_told_of_another(step: Step) -> bool:
    """Whether the patient wrote lately of somebody else in danger: "me too" is about that."""
    told_at = step.memory.other_in_danger_at
    return bool(told_at) and step.now < datetime.fromisoformat(told_at) + QUIET_AFTER_SELF_HARM


def fixed_texts(report: Report) -> list[str]:
    """Which fixed messages this calls for: self-harm has its own, then the most urgent."""
    physical = _physical(report.signs)
    harm = [OTHER_IN_DANGER] if report.other_in_danger else []
    if len(physical) < len(report.signs):
        harm = [SELF_HARM]
    return harm + [found.urgency.value for found in physical[:1]]


def _physical(signs: Sequence[Found]) -> list[Found]:
    return [found for found in signs if found.sign != SELF_HARM]


def raise_unanswered(step: Step) -> None:
    """The questions about a new symptom have run out unanswered: it may be any of the signs.

    A doctor is to look the same day, since nobody knows that it is not urgent.
    """
    _say_once(step, Urgency.SAME_DAY)
    _raise(step, UNCLEAR, Urgency.SAME_DAY, None, _patient(step))


def raise_left_open(step: Step) -> None:
    """The questions about a new symptom will not come any more, nor a yes or no to what may have
    been one: as when they run out.
    """
    left = any(not was_flagged(step.flow_of(each), each.session) for each in screens(step))
    own = (step.open, step.suspended)
    left |= any(each is not None and is_left_in_doubt(step, each) for each in own)
    library = step.world.library
    if left or any(library.flow(w.flow).asks_for_signs for w in step.memory.waiting):
        raise_unanswered(step)


def screens(step: Step) -> list[OpenSession]:
    """The questions about warning signs that are under way, or were put aside."""
    own = (step.open, step.suspended)
    return [each for each in own if each is not None and step.flow_of(each).asks_for_signs]


def say_what_cannot_wait(step: Step) -> None:
    """Before the questions about warning signs: what must not wait for their end."""
    step.add_line("safety.before-questions", emergency=emergency(step))


def _raise(
    step: Step,
    sign: str,
    urgency: Urgency,
    raw: str | None,
    author: str,
    flow: str = SCREEN,
    open: OpenSession | None = None,
) -> None:
    """Record it, put it on the clinic's list, alert those allowed, and ask again later."""
    step.raised += (sign,)
    entry_id = _record(step, sign, urgency, raw, author, flow, open)
    step.do(OpenCase(Kind.RED_FLAG, urgency, entry_id))
    step.do(Audit("red-flag", f"entry:{entry_id}"))
    if _remember(step, urgency):
        _alert(step)
    step.memory.flagged_at = step.now.isoformat()
    step.memory.looking = False
    _put_question_off(step)
    set_follow_up(step)


def _put_question_off(step: Step) -> None:
    """Whether a doctor has looked is asked anew in three hours: nobody can have looked at this."""
    memory = step.memory
    if memory.task is not None and memory.task.name == FOLLOW_UP:
        memory.task, memory.set_aside = memory.set_aside, None


def _patient(step: Step) -> str:
    return "patient" if step.entering is None else step.entering.author


def _record(
    step: Step,
    sign: str,
    urgency: Urgency,
    raw: str | None,
    author: str,
    flow: str = SCREEN,
    open: OpenSession | None = None,
) -> int:
    definition = step.world.library.flow(flow).definition if open is None else None
    entry_id, entering = step.new_id(), step.entering
    step.do(
        Record(
            id=entry_id,
            kind="red-flag",
            flow=flow,
            definition=definition or (open.session.definition if open else None),
            item=sign,
            code=urgency.value,
            text=raw,
            detail=None if entering is None else {"worker": entering.worker},
            author=author,
            session_id=open.id if open else None,
            turn=open.session.turn if open else None,
            # It is known of, and told of, from now on, however old the paper is.
            at=step.now,
        )
    )
    return entry_id


def _raise_self_harm(step: Step, raw: str | None, author: str) -> None:
    """As a red flag, with its own message and no questions for a day; never the only route."""
    _say_fixed(step, SELF_HARM)
    entry_id = _record(step, SELF_HARM, Urgency.EMERGENCY, raw, author)
    step.do(OpenCase(Kind.SELF_HARM, Urgency.EMERGENCY, entry_id))
    step.do(Audit("red-flag", f"entry:{entry_id}"))
    if not is_quiet(step):
        _alert(step)
    step.memory.self_harm_at = step.now.isoformat()
    until = awake(_quiet_until(step), step.person.zone)
    step.do(SetDue("after-quiet", "waiting", until))


def is_quiet(step: Step) -> bool:
    """Whether no questionnaire comes, since the patient wrote of harming themselves."""
    return bool(step.memory.self_harm_at) and step.now < _quiet_until(step)


def is_held_now(step: Step) -> bool:
    """Whether an emergency waits for a doctor, and no question about it is being asked."""
    return step.memory.task is None and (step.memory.held or is_quiet(step))


def is_screen_open(step: Step) -> bool:
    """Whether a screen for warning signs is open; it goes on in an emergency as well."""
    return step.open is not None and step.flow_of(step.open).is_screen


def _quiet_until(step: Step) -> datetime:
    return datetime.fromisoformat(step.memory.self_harm_at) + QUIET_AFTER_SELF_HARM


def put_tasks_aside(step: Step) -> None:
    """End the task under way; an enrolment goes on when somebody has looked, or at once.

    Who reads here is in doubt as before.
    """
    memory, task = step.memory, step.memory.task
    if task is not None and task.name == HANDS:
        return
    if task is None or task.name != "enrolment":
        step.drop_task()
        task, memory.set_aside = memory.set_aside, None
    memory.task = task
    if memory.held:
        memory.set_aside, memory.task = task, None


def set_follow_up(step: Step, since: datetime | None = None) -> None:
    """Ask three hours after the newest flag whether a doctor has looked; at night, at 07:30.

    `since` is a later moment to count from.
    """
    from_then = since + FOLLOW_UP_AFTER if since else _fresh_until(step)
    at = follow_up_time(from_then, step.person.zone)
    step.do(SetDue(FOLLOW_UP, FOLLOW_UP, max(at, step.now)))


def move_follow_up(step: Step, before: ZoneInfo) -> None:
    """The patient's clock ran in zone `before`: what was to be asked by it comes by the new one."""
    memory = step.memory
    waits = bool(memory.flagged_at and memory.urgency) and not memory.looking
    if waits and follow_up_time(_fresh_until(step), before) > step.now:
        set_follow_up(step)


def is_fresh(step: Step) -> bool:
    """Whether the newest flag is so new that only what to do is said again."""
    return bool(step.memory.flagged_at) and step.now < _fresh_until(step)


def _fresh_until(step: Step) -> datetime:
    return datetime.fromisoformat(step.memory.flagged_at) + FOLLOW_UP_AFTER


def say_again(step: Step) -> None:
    """Repeat what to do in an emergency that no doctor has looked at yet."""
    _say_once(step, Urgency.EMERGENCY)


def say_quiet(step: Step) -> None:
    """No question comes now; whom to call stands in every reply."""
    step.add_line("safety.quiet", **_numbers(step))
    step.flush()


def remind(step: Step) -> None:
    """Say once more how soon a doctor must look; the fixed message came with the answer."""
    urgency = step.memory.urgency or Urgency.SAME_DAY.value
    step.add_line(f"follow-up.said.not-yet.{urgency}", **_numbers(step))


def is_held(step: Step) -> bool:
    """Whether the open questionnaire must wait, since an emergency comes first."""
    return (
        (step.memory.held or is_quiet(step))
        and step.open is not None
        and not step.flow_of(step.open).is_screen
    )


def is_left_open(flow: Flow, session: Session) -> bool:
    """Whether a question about an emergency was passed over: the new symptom may be that."""
    return any(
        item.flag is Urgency.EMERGENCY
        and item.id in session.given
        and session.given[item.id].kind is not ANSWER
        for item in flow.items
    )


def was_flagged(flow: Flow, session: Session) -> bool:
    """Whether an answer of this session is a warning sign."""
    return flow.has_flags and any(
        item.flag is not None and item.id in session.given and session.given[item.id].code == "yes"
        for item in flow.items
    )


def is_passed_over(step: Step, open: OpenSession) -> bool:
    """Whether a finished session leaves open whether there is a sign that cannot wait."""
    flow = step.flow_of(open)
    left_open = flow.asks_for_signs and is_left_open(flow, open.session)
    return left_open or is_left_in_doubt(step, open)


def is_left_in_doubt(step: Step, open: OpenSession) -> bool:
    """Whether what may be a yes to a warning sign stays without an answer, and none was reported.

    Nobody knows whether it was one: as with questions about a new symptom that run out.
    """
    flow, unsettled = step.flow_of(open), open.session.unsettled()
    doubted = any(flow.item(item).is_sign for item in unsettled)
    return doubted and not has_found(step, open)


def has_found(step: Step, open: OpenSession) -> bool:
    """Whether a warning sign was reported since these questions began, as an answer or in words."""
    flagged_at = step.memory.flagged_at
    told = bool(flagged_at) and datetime.fromisoformat(flagged_at) >= open.opened_at
    return told or was_flagged(step.flow_of(open), open.session)


def _remember(step: Step, urgency: Urgency) -> bool:
    """Keep the most urgent flag that waits for a doctor; whether this one is worse than all.

    One that a doctor has looked at alerts again only when it is worse.
    """
    memory = step.memory
    memory.held |= urgency is Urgency.EMERGENCY
    known = worse_of(memory.urgency, memory.assessed)
    memory.urgency = worse_of(memory.urgency, urgency.value)
    return worse_of(known, urgency.value) != known


def worse_of(one: str, other: str) -> str:
    """The more pressing of two urgencies, either of which may be empty."""
    return next((each.value for each in Urgency if each.value in (one, other)), "")


def _say_once(step: Step, urgency: Urgency) -> None:
    """Say what to do, unless this step has said something as urgent; first and by itself.

    In an emergency nothing else is said; until a doctor has looked, nothing less.
    """
    if step.memory.held:
        urgency = Urgency.EMERGENCY
    if worse_of(step.told, urgency.value) == step.told:
        return
    step.told = urgency.value
    lead = step.lead
    _say_fixed(step, urgency.value)
    step.lead = [] if urgency is Urgency.EMERGENCY else lead


def _say_fixed(step: Step, key: str) -> None:
    text = step.words.say(f"safety.{key}", **_numbers(step))
    step.lead = []
    step.say(Message(text, priority=Priority.SAFETY))


def _numbers(step: Step) -> dict[str, str]:
    return {**numbers(step.world.clinic), "emergency": emergency(step)}


def emergency(step: Step) -> str:
    """The emergency number; of somebody who goes by another clock than the clinic it may not do."""
    clinic = step.world.clinic
    if step.person.timezone == clinic.timezone:
        return clinic.emergency_number
    return step.words.say("safety.number-elsewhere", number=clinic.emergency_number)


def numbers(clinic: Clinic) -> dict[str, str]:
    """The numbers to call, as this deployment has them."""
    return {
        "emergency": clinic.emergency_number,
        "doctor": clinic.doctor_number,
        "helpline": clinic.helpline_number,
    }


def _alert_text(step: Step, member: Member) -> str:
    """Whoever signs in has no link of their own to go by."""
    clinic = step.world.clinic
    if member.professional_id is None:
        return step.words.say("mail.alert.text", clinic=clinic.name)
    link = f"{clinic.public_url}/pro"
    return step.words.say("mail.alert.text-listed", clinic=clinic.name, link=link)


def _alert(step: Step) -> None:
    """Mail whom the patient allows to be alerted; the mail says nothing about the flag."""
    told = {
        grant.member.id
        for grant in step.care.grants
        if "alert" in grant.purposes and scope_of(grant).may_be_told
    }
    for member in step.care.members:
        if member.id in told and member.email and not member.bounced:
            step.do(
                Mail(
                    member.id,
                    member.email,
                    step.words.say("mail.alert.subject"),
                    _alert_text(step, member),
                )
            )
            step.do(Audit("alerted", f"member:{member.id}", actor="system"))
