"""From the engine's events to records and words, and from one flow to the next."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.conversation import (
    admission,
    clarifying,
    in_one,
    known,
    looked,
    now_or_tomorrow,
    safety,
    silence,
    visit_questions,
    with_desk,
)
from bot.conversation.admission import Verdict
from bot.conversation.closing_words import asks_before_all, is_there_more, say_closing_words
from bot.conversation.effects import DropDue, SaveSession, SetDue
from bot.conversation.giving_way import give_way, make_way, waits_until
from bot.conversation.memory import OpenSession, Waiting
from bot.conversation.questions import label, question, title
from bot.conversation.records import (
    does_a_helper_answer,
    record_correction,
    record_given,
    record_score,
)
from bot.conversation.step import Step
from bot.conversation.timers import (
    ASIDE,
    again_key,
    comes_again,
    expires,
    set_ends,
    set_timers,
)
from bot.schedule import awake
from flows import engine
from flows import events as happened
from flows.model import Flow, FlowKind, Item
from flows.own_words import names_the_same, quoting
from flows.replies import Back, Reply
from flows.session import ANSWER, EXPIRED, FINISHED, WAITING, Given


def request(step: Step, wanted: Waiting) -> None:
    """Open a flow now, or let it wait its turn behind what is open.

    A check-in is about the days before it: the newer one takes the place of one that still
    waits, or is still open. One that the patient does not want is not kept: there is the next.
    """
    waiting = step.memory.waiting
    flow = step.world.library.flow(wanted.flow)
    if flow.asks_for_signs:
        step.memory.sought_by = None
    twins = [w for w in waiting if w.flow == wanted.flow and w.items == wanted.items]
    renews = flow.kind is FlowKind.CHECK_IN and bool(wanted.due)
    open = step.open if step.open and step.open.session.flow == wanted.flow else None
    if (open and not (renews and open.due)) or (twins and not renews):
        return
    if renews and admission.is_muted(step, flow):
        open_next(step)
        return
    for older in twins:
        silence.give_way_to_newer(step, flow, older)
    waiting.append(wanted)
    waiting.sort(key=lambda flow: flow.priority)
    if open is not None:
        expire(step, open)
    else:
        open_next(step)


def open_next(step: Step, bridge: str | None = None) -> None:
    """Open what waits, the most urgent first, unless something is open already.

    `bridge` is the message that leads over to it from what was said before. After an
    emergency only screens open until somebody has looked, and so it is while a person at the
    clinic writes with the patient. Unasked, nothing opens in the quiet
    hours, nor more than the limits allow; what is over them comes later, at the patient's hour,
    and none is lost.
    """
    if step.person.status in ("stopped", "ended") or safety.is_quiet(step):
        return
    if looked.stands(step):
        looked.ask_anew(step)
        return
    silence.drop_stale(step)
    more = bool(step.memory.waiting) or is_there_more(step) or visit_questions.is_any(step)
    at = _speaks_at(step) if step.hushed and more else step.now
    if at > step.now:
        step.do(SetDue("waiting", "waiting", at))
        return
    with_person = with_desk.is_on(step)
    if not with_person and (asks_before_all(step) or visit_questions.ask_in_time(step, bridge)):
        return
    limited = step.bulk and step.memory.quiet
    for waiting in list(step.memory.waiting):
        if step.open is not None:
            return
        flow = step.world.library.flow(waiting.flow)
        if _is_held_back(step, flow) or (limited and not admission.is_free(flow, waiting)):
            continue
        limited |= not _admit(step, flow, waiting, bridge)
        if step.memory.task is not None:
            return
    if with_person:
        return
    if step.open is None and step.memory.task is None and not step.memory.held:
        _take_back(step)
        if step.open is None:
            say_closing_words(step)


def _speaks_at(step: Step) -> datetime:
    """When the clock may speak first: now, or at the patient's hour; the start in the morning."""
    waking, library = awake(step.now, step.person.zone), step.world.library
    if any(admission.is_free(library.flow(w.flow), w) for w in step.memory.waiting):
        return waking
    return admission.next_hour(step) if waking > step.now or step.off_hours else step.now


def _is_held_back(step: Step, flow: Flow) -> bool:
    """Behind an emergency, a screen, a person at the clinic, a pause, or as long as unwanted."""
    held = step.memory.held or step.suspended is not None or step.paused or with_desk.is_on(step)
    return not flow.is_screen and (held or admission.is_muted(step, flow))


def _admit(step: Step, flow: Flow, waiting: Waiting, bridge: str | None) -> bool:
    """Open a flow that waits, unless a task or a limit is in the way; False: a limit is."""
    turn = _begun(step, flow, waiting)
    questions = next((e.total for e in turn.events if isinstance(e, happened.Asked)), 0)
    verdict = admission.judge(step, flow, waiting, questions)
    if verdict is Verdict.WAITS or not _is_clear(step):
        return verdict is not Verdict.WAITS
    if verdict is Verdict.IS_OFFERED:
        admission.note_opening(step)
        now_or_tomorrow.put(step, flow, questions)
        return True
    step.memory.waiting.remove(waiting)
    if bridge is not None and not flow.is_screen:
        step.add_line(bridge)
    _open(step, flow, waiting, turn)
    return True


def _is_clear(step: Step) -> bool:
    """Whether no task is in the way any more; one that gives way later is waited for."""
    if step.memory.task is None:
        return True
    if step.bulk and give_way(step):
        return True
    at = waits_until(step)
    if step.bulk and at is not None:
        step.do(SetDue("waiting", "waiting", at))
    return False


def _begun(step: Step, flow: Flow, waiting: Waiting) -> happened.Turn:
    return engine.start(
        flow,
        language=step.person.language,
        facts=dict(step.memory.facts),
        items=waiting.items,
        known=known.answers(step, flow),
    )


def _open(step: Step, flow: Flow, waiting: Waiting, turn: happened.Turn) -> None:
    if turn.session.status is not WAITING:
        return
    step.open = OpenSession(
        turn.session,
        step.now,
        {},
        step.new_id(),
        reminded=0,
        last=waiting.last,
        helped=does_a_helper_answer(step),
        maybe_helped=waiting.maybe_helped,
        due=waiting.due,
        free=waiting.free,
        in_one=waiting.in_one,
    )
    if waiting.due:
        admission.note_opening(step)
    step.do(SaveSession(step.open, opened=True))
    set_timers(step)
    if flow.intro is not None and not in_one.is_asked(step, flow, step.open):
        step.lead.append(flow.intro[step.person.language])
    if flow.asks_for_signs:
        safety.say_what_cannot_wait(step)
    tell(step, flow, step.open, turn.events)


def take_up(step: Step, *, stopped: bool = False) -> None:
    """Go on after a pause: an open session whose time has run out meanwhile is closed first.

    `stopped`: the patient had stopped the messages, so that it is no check-in missed.
    """
    if step.open is not None and expires(step, step.open) <= step.now:
        expire(step, step.open, stopped=stopped)
        return
    set_timers(step)
    repeat(step)


def resume(step: Step, open: OpenSession, reply: Reply) -> None:
    """Feed a reply to a session, the open one or an older one that is being corrected."""
    flow = step.flow_of(open)
    step.led_back |= isinstance(reply, Back)
    turn = engine.resume(flow, open.session, reply, step.lexicon)
    open.session = turn.session
    step.do(SaveSession(open))
    tell(step, flow, open, turn.events)


def repeat(step: Step) -> None:
    """Put the pending question again, after something else was dealt with.

    A yes is to that question from now on, and not to "No, is that right?" that came before.
    """
    if step.memory.task is not None or step.open is None or looked.stands(step):
        open_next(step)
    elif _is_silent(step):
        pass
    else:
        flow, open = step.flow_of(step.open), step.open
        again = engine.ask_again(flow, open.session)
        if again.session is not open.session:
            open.session = again.session
            step.do(SaveSession(open))
        tell(step, flow, open, again.events)
    step.flush()


def _is_silent(step: Step) -> bool:
    """Whether the open question is not put again now."""
    stopped = step.person.status == "stopped"
    return stopped or safety.is_held(step) or with_desk.holds_back(step)


def leave(step: Step, key: str, **params: object) -> None:
    """Drop the task, say how it ended, and put what waits."""
    step.memory.task = None
    step.add_line(key, **params)
    repeat(step)


def put_down(step: Step) -> None:
    """Close whatever is open without a word; what was answered stays, and is scored if enough."""
    opened, step.open, step.suspended = (step.open, step.suspended), None, None
    step.memory.suspended = None
    for open in opened:
        if open is not None:
            flow = step.flow_of(open)
            turn = engine.expire(flow, open.session)
            open.session, open.closed_at = turn.session, step.now
            tell(step, flow, open, turn.events)
            step.do(SaveSession(open))
    step.do(DropDue(("remind", "expire")))


def expire(step: Step, open: OpenSession, *, stopped: bool = False) -> None:
    """Close a session whose time is up; what was answered stays, and is scored if enough.

    `stopped`: as in `take_up`.
    """
    flow = step.flow_of(open)
    turn = engine.expire(flow, open.session)
    again = comes_again(step, open)
    silence.note_expiry(step, open, stopped=stopped)
    if again is not None:
        step.memory.over = "again" if step.memory.over == "due" else step.memory.over
        payload = {"flow": flow.id, "last": True}
        step.do(SetDue(again_key(flow.id), "flow", again, payload=payload))
    open.session = turn.session
    tell(step, flow, open, turn.events)
    if open is step.suspended:
        open.closed_at = step.now
        step.do(SaveSession(open))
        step.memory.suspended, step.suspended = None, None


def tell(step: Step, flow: Flow, open: OpenSession, events: Sequence[happened.Event]) -> None:
    """Record what happened and say what the patient should hear, in that order."""
    opened = _opened(events)
    if opened is not None and open is step.open and open.session.status is WAITING:
        _tell_before(step, flow, open, events, opened)
        return
    for event in events:
        _tell(step, flow, open, event)
    if open.session.status is not WAITING and open is step.open:
        _close(step, open)


def _opened(events: Sequence[happened.Event]) -> str | None:
    """The flow that an answer asks for, if one does."""
    for event in events:
        if isinstance(event, happened.Opened):
            return event.flow
    return None


def _tell(step: Step, flow: Flow, open: OpenSession, event: happened.Event) -> None:
    match event:
        case happened.Asked():
            _ask(step, flow, open, event)
        case happened.Answered(item, given, confirmed):
            record_given(step, flow, open, item, given, confirmed=confirmed)
            remember(step, flow, item, given)
            _echo(step, flow.item(item), given)
        case happened.Corrected(item, given, previous):
            record_correction(step, flow, open, item, given, previous)
            remember(step, flow, item, given)
            _echo(step, flow.item(item), given, title(flow, flow.item(item), step.person.language))
            if not names_the_same(previous.text or "", given.text or ""):
                _say_what_stands(step, flow, open, item)
            _end_signs(step, flow, open, event)
        case happened.Skipped(item, given) | happened.NotApplicable(item, given):
            record_given(step, flow, open, item, given)
            known.forget(step, flow, item)
            step.add_line(f"echo.{given.kind.value}")
        case happened.NotUnderstood():
            if clarifying.hint(step, flow, open, event):
                _put_again(step, flow, open)
        case happened.AskedBack():
            if clarifying.ask_back(step, flow, open, event):
                _put_again(step, flow, open)
        case happened.RedFlag():
            safety.raise_flag(step, flow, open, event)
        case happened.Opened(wanted):
            put_first(step, open, wanted)
        case happened.Scored(score):
            record_score(step, flow, open, score, _ran_out_at(step, open))
        case happened.Finished():
            _thank(step, flow, open)
        case happened.Expired():
            unanswered = flow.asks_for_signs and not safety.was_flagged(flow, open.session)
            if unanswered or safety.is_left_in_doubt(step, open):
                safety.raise_unanswered(step)


def _tell_before(
    step: Step, flow: Flow, open: OpenSession, events: Sequence[happened.Event], opened: str
) -> None:
    """A warning sign goes before what is still asked here, be it in doubt; that comes after it."""
    for event in events:
        if not isinstance(event, happened.Opened | happened.Asked | happened.AskedBack):
            _tell(step, flow, open, event)
    put_first(step, None, opened)
    open_next(step, "bridge")


def _ran_out_at(step: Step, open: OpenSession) -> datetime | None:
    """When a session that ran out had done so, however late that is acted upon, as after STOP."""
    if open.session.status is not EXPIRED:
        return None
    return min(expires(step, open), step.said_at)


def _put_again(step: Step, flow: Flow, open: OpenSession) -> None:
    """The pending question once more; nothing is on offer for it any longer."""
    turn = engine.ask_again(flow, open.session)
    open.session = turn.session
    tell(step, flow, open, turn.events)


def _ask(step: Step, flow: Flow, open: OpenSession, event: happened.Asked) -> None:
    all_in_one = in_one.is_asked(step, flow, open)
    if not event.again and not _is_by_name(open):
        admission.today(step).questions += event.total if all_in_one else 1
    if event.known is not None:
        step.say(known.question(step, flow, open, event))
        return
    if all_in_one:
        step.say(in_one.message(step, flow, open))
        return
    message = question(
        flow.item(event.item),
        open.session.language,
        step.words,
        place=(event.position, event.total),
        session_id=open.id,
        turn=event.turn,
        given=open.session.given,
    )
    step.say(message)


def _is_by_name(open: OpenSession) -> bool:
    """Whether somebody asked for it by name, so that it takes nothing from the day's questions."""
    return open.free and not open.due


def _echo(step: Step, item: Item, given: Given, corrected: str = "") -> None:
    """Say what was taken, `corrected` being the name of what was asked before."""
    if given.kind is not ANSWER:
        step.add_line(f"echo.{given.kind.value}")
    elif given.text is not None:
        step.add_line("echo.noted")
    else:
        answer = label(item, given.code, given.value, step.person.language)
        if corrected:
            step.add_line("echo.corrected", answer=answer, title=corrected)
        else:
            step.add_line("echo.answered", answer=answer)


def _say_what_stands(step: Step, flow: Flow, open: OpenSession, item_id: str) -> None:
    """What was answered about something goes on counting where another thing is named too late.

    And how it is changed.
    """
    for item in quoting(flow, item_id):
        given = open.session.given.get(item.id)
        if given is not None and given.kind is ANSWER:
            language = step.person.language
            answer = label(item, given.code, given.value, language)
            step.add_line("echo.stands", answer=answer, title=title(flow, item, language))


def remember(step: Step, flow: Flow, item_id: str, given: Given) -> None:
    """Keep what need not be asked anew, and what other flows' conditions ask for."""
    step.memory.lapsed = None
    known.remember(step, flow, item_id, given)
    if flow.is_intake and given.code is not None:
        step.memory.facts[f"{flow.id}/{item_id}"] = given.code


def put_first(step: Step, open: OpenSession | None, flow_id: str) -> None:
    """Let the flow that an answer of session `open` opens come before everything else.

    Nothing changes where it is being asked already, as when two answers ask for it.
    """
    flow, memory = step.world.library.flow(flow_id), step.memory
    asked = step.open is not None and step.open.session.flow == flow_id
    if flow.asks_for_signs:
        again = asked or any(w.flow == flow_id for w in memory.waiting)
        memory.sought_by = None if open is None or again else open.id
    if asked:
        return
    memory.waiting[:] = [w for w in memory.waiting if w.flow != flow_id]
    helped = open is not None and open.is_helped
    memory.waiting.insert(0, Waiting(flow_id, None, flow.priority, maybe_helped=helped))
    if not flow.is_screen:
        return
    make_way(step)
    if step.open is not None and step.open is not open:
        _suspend(step, step.open)


def _end_signs(step: Step, flow: Flow, open: OpenSession, changed: happened.Corrected) -> None:
    """A yes that asked for the questions about warning signs is a no: then they are over.

    Not where a sign was reported since. What follows a no follows, with its closing words; and
    as nothing is asked any more, silence reports nothing.
    """
    wanted = (flow.item(changed.item).opens or {}).get(changed.previous.code or "")
    if wanted is None or changed.given.code != "no" or step.memory.sought_by != open.id:
        return
    if any(safety.has_found(step, screen) for screen in safety.screens(step)):
        return
    step.memory.waiting[:] = [w for w in step.memory.waiting if w.flow != wanted]
    if step.open is not None and step.open.session.flow == wanted:
        _break_off(step, step.open)
    if flow.closing is not None and not _is_alarming(flow, open):
        step.lead.append(flow.closing[step.person.language])


def _break_off(step: Step, open: OpenSession) -> None:
    """Close what is open where it stands, without a word and without what would follow."""
    open.session = engine.expire(step.flow_of(open), open.session).session
    open.closed_at = step.now
    step.open = None
    step.do(SaveSession(open))
    step.do(DropDue(("remind", "expire")))


def _suspend(step: Step, open: OpenSession) -> None:
    """Put the open questionnaire aside for a screen that comes before everything."""
    step.memory.suspended, step.suspended = open.id, open
    step.open = None
    set_ends(step)


def _take_back(step: Step) -> None:
    """Go on with the questionnaire that was put aside, if there is one."""
    put_aside, step.suspended, step.memory.suspended = step.suspended, None, None
    if put_aside is not None:
        step.do(DropDue((ASIDE,)))
    if put_aside is not None and put_aside.session.status is WAITING:
        step.open = put_aside
        take_up(step)


def _thank(step: Step, flow: Flow, open: OpenSession) -> None:
    if safety.was_flagged(flow, open.session):
        if not step.memory.held:
            safety.remind(step)
    elif safety.is_passed_over(step, open):
        safety.raise_unanswered(step)
    elif open is step.open and flow.closing is not None and not _is_alarming(flow, open):
        step.lead.append(flow.closing[step.person.language])


def _is_alarming(flow: Flow, open: OpenSession) -> bool:
    """Whether closing words would calm where something was said, or left out of a screen."""
    given = open.session.given
    opened = any(
        item.opens and item.id in given and given[item.id].code in item.opens for item in flow.items
    )
    left_out = any(each.code != "no" for each in given.values())
    return opened or (flow.is_screen and left_out)


def _close(step: Step, open: OpenSession) -> None:
    open.closed_at = step.now
    if open.session.status is FINISHED:
        step.memory.finished = open.id
    step.do(SaveSession(open))
    step.do(DropDue(("remind", "expire")))
    step.open = None
    open_next(step, "bridge" if step.lead else None)
    step.flush()
