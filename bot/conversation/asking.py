"""From the engine's events to records and words, and from one flow to the next."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time

from bot.conversation import safety
from bot.conversation.choices import is_question
from bot.conversation.effects import DropDue, Record, SaveSession, SetDue
from bot.conversation.giving_way import give_way, waits_until
from bot.conversation.lists import joined
from bot.conversation.memory import OpenSession, Waiting
from bot.conversation.questions import label, layout, letter, question
from bot.conversation.records import record_correction, record_given, record_score
from bot.conversation.step import Step
from bot.messages import Choice, Layout, Message
from bot.schedule import awake, next_clock
from flows import engine
from flows import events as happened
from flows.model import Flow, FlowKind, Item, ItemKind
from flows.replies import Reply
from flows.session import Given, GivenKind, Status

SITTING_ENDS = time(4)
"""A "today" instrument stays open until this local hour."""


def request(step: Step, wanted: Waiting) -> None:
    """Open a flow now, or let it wait its turn behind what is open."""
    waiting = step.memory.waiting
    is_open = step.open is not None and step.open.session.flow == wanted.flow
    if is_open or any(w.flow == wanted.flow and w.items == wanted.items for w in waiting):
        return
    waiting.append(wanted)
    waiting.sort(key=lambda flow: flow.priority)
    open_next(step)


def open_next(step: Step, bridge: str | None = None) -> None:
    """Open what waits, the most urgent first, unless something is open already.

    `bridge` is the message that leads over to it from what was said before. After an
    emergency only screens open until somebody has looked. Unasked, nothing opens in the quiet
    hours.
    """
    if step.person.status == "stopped":
        return
    library = step.world.library
    if step.hushed and step.memory.waiting and awake(step.now, step.person.zone) > step.now:
        step.do(SetDue("waiting", "waiting", awake(step.now, step.person.zone)))
        return
    if step.bulk and step.memory.waiting and step.open is None and not give_way(step):
        _look_again(step)
    for waiting in list(step.memory.waiting):
        if step.open is not None or step.memory.task is not None:
            return
        flow = library.flow(waiting.flow)
        if flow.kind is not FlowKind.SCREEN and (step.memory.held or step.suspended is not None):
            continue
        step.memory.waiting.remove(waiting)
        if bridge is not None:
            step.add_line(bridge)
        _open(step, flow, waiting)
    if step.open is None and step.memory.task is None and not step.memory.held:
        _take_back(step)


def _look_again(step: Step) -> None:
    """Come back when the task under way gives way, if it ever does."""
    at = waits_until(step)
    if at is not None:
        step.do(SetDue("waiting", "waiting", at))


def _open(step: Step, flow: Flow, waiting: Waiting) -> None:
    turn = engine.start(
        flow,
        language=step.person.language,
        facts=dict(step.memory.facts),
        items=waiting.items,
    )
    if turn.session.status is not Status.WAITING:
        return
    step.open = OpenSession(step.new_id(), turn.session, step.now, last=waiting.last)
    step.do(SaveSession(step.open, opened=True))
    set_timers(step)
    if flow.intro is not None:
        step.lead.append(flow.intro[step.person.language])
    tell(step, flow, step.open, turn.events)


def set_timers(step: Step) -> None:
    """Set when the open session reminds and when it expires, if there is one."""
    if step.open is None:
        return
    step.do(SetDue("expire", "expire", expires(step, step.open), step.open.id))
    set_reminder(step, step.flow_of(step.open))


def set_reminder(step: Step, flow: Flow) -> None:
    """Set the timer of the open session's next reminder, if one is still to come."""
    if step.open is None:
        return
    planned = (step.open.opened_at + after for after in flow.reminders)
    coming = next((at for at in planned if at > step.now), None)
    if coming is not None:
        step.do(SetDue("remind", "remind", awake(coming, step.person.zone), step.open.id))


def take_up(step: Step) -> None:
    """Go on after a pause: an open session whose time has run out meanwhile is closed first."""
    if step.open is not None and expires(step, step.open) <= step.now:
        expire(step, step.open)
    set_timers(step)
    repeat(step)


def expires(step: Step, open: OpenSession) -> datetime:
    """When this session runs out."""
    flow = step.flow_of(open)
    if flow.one_sitting:
        return next_clock(open.opened_at, step.person.zone, SITTING_ENDS)
    return open.opened_at + flow.expires


def resume(step: Step, open: OpenSession, reply: Reply) -> None:
    """Feed a reply to a session, the open one or an older one that is being corrected."""
    flow = step.flow_of(open)
    turn = engine.resume(flow, open.session, reply, step.lexicon)
    open.session = turn.session
    step.do(SaveSession(open))
    tell(step, flow, open, turn.events)


def repeat(step: Step) -> None:
    """Put the pending question again, after something else was dealt with."""
    if step.memory.task is not None or step.open is None:
        open_next(step)
    elif step.person.status != "stopped" and not safety.is_held(step):
        flow = step.flow_of(step.open)
        tell(step, flow, step.open, engine.ask_again(flow, step.open.session).events)
    step.flush()


def expire(step: Step, open: OpenSession) -> None:
    """Close a session whose time is up; what was answered stays, and is scored if enough."""
    flow = step.flow_of(open)
    turn = engine.expire(flow, open.session)
    again = comes_again(step, open)
    if again is not None:
        payload = {"flow": flow.id, "last": True}
        step.do(SetDue(f"again:{flow.id}", "flow", again, payload=payload))
    open.session = turn.session
    tell(step, flow, open, turn.events)


def comes_again(step: Step, open: OpenSession) -> datetime | None:
    """When a sitting that runs out as it stands is offered once more, whole; None: it is not."""
    flow = step.flow_of(open)
    events = engine.expire(flow, open.session).events
    scored = any(isinstance(e, happened.Scored) and e.score.value is not None for e in events)
    if not flow.one_sitting or scored or open.last:
        return None
    return next_clock(max(expires(step, open), step.now), step.person.zone, step.person.hour)


def tell(step: Step, flow: Flow, open: OpenSession, events: Sequence[happened.Event]) -> None:
    """Record what happened and say what the patient should hear, in that order."""
    for event in events:
        _tell(step, flow, open, event)
    if open.session.status is not Status.WAITING and open is step.open:
        _close(step, open)


def _tell(step: Step, flow: Flow, open: OpenSession, event: happened.Event) -> None:
    match event:
        case happened.Asked():
            _ask(step, flow, open, event)
        case happened.Answered(item, given):
            record_given(step, flow, open, item, given)
            _remember(step, flow, item, given)
            _echo(step, flow, item, given, "echo.answered")
        case happened.Corrected(item, given, previous):
            record_correction(step, flow, open, item, given, previous)
            _remember(step, flow, item, given)
            _echo(step, flow, item, given, "echo.corrected")
        case happened.Skipped(item, given) | happened.NotApplicable(item, given):
            record_given(step, flow, open, item, given)
            step.add_line(f"echo.{given.kind.value}")
        case happened.NotUnderstood():
            _hint(step, flow, open, event)
        case happened.AskedBack():
            _ask_back(step, flow, open, event)
        case happened.RedFlag():
            safety.raise_flag(step, flow, open, event)
        case happened.Opened(wanted):
            _put_first(step, open, wanted)
        case happened.Scored(score):
            record_score(step, flow, open, score)
        case happened.Finished():
            _thank(step, flow, open)
        case happened.Expired():
            pass


def _ask(step: Step, flow: Flow, open: OpenSession, event: happened.Asked) -> None:
    message = question(
        flow.item(event.item),
        open.session.language,
        step.words,
        place=(event.position, event.total),
        session_id=open.id,
        turn=event.turn,
    )
    step.say(message)


def _echo(step: Step, flow: Flow, item_id: str, given: Given, key: str) -> None:
    item = flow.item(item_id)
    if given.kind is not GivenKind.ANSWER:
        step.add_line(f"echo.{given.kind.value}")
    elif item.kind is ItemKind.TEXT:
        step.add_line("echo.noted")
    else:
        answer = label(item, given.code, given.value, step.person.language)
        step.add_line(key, answer=answer, title=_title(step, flow, item))


def _title(step: Step, flow: Flow, item: Item) -> str:
    return (item.title or flow.title)[step.person.language]


def _remember(step: Step, flow: Flow, item_id: str, given: Given) -> None:
    """Keep option ids of the intake, which other flows' conditions ask for."""
    if flow.kind is FlowKind.INTAKE and given.code is not None:
        step.memory.facts[f"{flow.id}/{item_id}"] = given.code


def _put_first(step: Step, open: OpenSession, flow_id: str) -> None:
    flow = step.world.library.flow(flow_id)
    step.memory.waiting[:] = [w for w in step.memory.waiting if w.flow != flow_id]
    step.memory.waiting.insert(0, Waiting(flow_id, None, flow.priority))
    if step.open is not None and step.open is not open and flow.kind is FlowKind.SCREEN:
        _suspend(step, step.open)


def _suspend(step: Step, open: OpenSession) -> None:
    """Put the open questionnaire aside for a screen that comes before everything."""
    step.memory.suspended, step.suspended = open.id, open
    step.open = None


def _take_back(step: Step) -> None:
    """Go on with the questionnaire that was put aside, if there is one."""
    if step.suspended is not None:
        step.open, step.suspended, step.memory.suspended = step.suspended, None, None
        take_up(step)


def _hint(step: Step, flow: Flow, open: OpenSession, event: happened.NotUnderstood) -> None:
    """Say what would be an answer; a question in between is kept, never taken for one."""
    item = flow.item(event.item)
    if open is not step.open or open.session.pending != event.item:
        step.add_line("hint.unchanged", title=_title(step, flow, item))
        return
    if is_question(step, event.raw):
        _keep_question(step, event.raw)
    elif event.why is happened.Why.OUT_OF_RANGE and layout(item) is Layout.DIGITS:
        step.add_line("hint.range", low=item.minimum, high=item.maximum)
    elif event.attempt >= 3:
        safe = item.flag is None and not item.opens
        key = "hint.way-out" if safe else "hint.way-out-safety"
        step.add_line(key, doctor=step.world.clinic.doctor_number)
    else:
        step.add_line(f"hint.{layout(item).value}", high=item.maximum)
    _put_pending(step, flow, open)


def _keep_question(step: Step, text: str) -> None:
    step.do(Record(step.new_id(), "question", text=text))
    step.add_line("keep.in-between")


def _put_pending(step: Step, flow: Flow, open: OpenSession) -> None:
    tell(step, flow, open, engine.ask_again(flow, open.session).events)


def _ask_back(step: Step, flow: Flow, open: OpenSession, event: happened.AskedBack) -> None:
    item = flow.item(event.item)
    if is_question(step, event.raw):
        _keep_question(step, event.raw)
    if len(event.candidates) == 1:
        _offer_one(step, open, item, event.candidates[0])
        return
    message = question(
        item,
        open.session.language,
        step.words,
        place=(1, 1),
        session_id=open.id,
        turn=open.session.turn,
        only=event.candidates,
    )
    key = "ask-back.half" if event.why is happened.Why.HALF else "ask-back.several"
    named = joined([choice.key for choice in message.choices], step.words.say("or"))
    in_text = Layout.IN_TEXT if message.layout is Layout.DIGITS else message.layout
    text = step.words.say(key, candidates=named)
    step.say(message._replace(text=text, anchors=None, layout=in_text))


def _offer_one(step: Step, open: OpenSession, item: Item, candidate: str) -> None:
    option = item.option(candidate)
    if option is None:
        meant = label(item, None, int(candidate), step.person.language)
    elif item.kind is ItemKind.YES_NO:
        meant = option.text[open.session.language]
    else:
        meant = f"{letter(item, candidate)}: {option.text[open.session.language]}"
    place = f"{open.id}.{open.session.turn}"
    choices = (
        Choice(step.words.say("key.yes"), step.words.say("button.yes"), f"q.{place}.{candidate}"),
        Choice(step.words.say("key.no"), step.words.say("button.no"), f"n.{place}"),
    )
    step.say(
        Message(
            step.words.say("ask-back.one", meant=meant),
            choices,
            Layout.YES_NO,
            session_id=open.id,
            turn=open.session.turn,
        )
    )


def _thank(step: Step, flow: Flow, open: OpenSession) -> None:
    if safety.was_flagged(flow, open.session):
        if not step.memory.held:
            safety.remind(step)
    elif open is step.open and flow.closing is not None and not _is_alarming(flow, open):
        step.lead.append(flow.closing[step.person.language])


def _is_alarming(flow: Flow, open: OpenSession) -> bool:
    """Whether a screen's closing words would calm where something was said or left out."""
    given = open.session.given.values()
    return flow.kind is FlowKind.SCREEN and any(each.code != "no" for each in given)


def _close(step: Step, open: OpenSession) -> None:
    open.closed_at = step.now
    step.do(SaveSession(open))
    step.do(DropDue(("remind", "expire")))
    step.open = None
    open_next(step, "bridge" if step.lead else None)
    step.flush()
