"""Answers that came on paper, by telephone or on the clinic's tablet.

They become what answers in the chat become, in a session of their own. Nothing is said of the
questions themselves; warning signs are told of and put on the clinic's list as ever. What the
chat had under way for the same answers is done.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from msgspec import structs

from bot.conversation import asking, known, pathways, safety, with_desk
from bot.conversation.effects import DropDue, SaveSession, SetCase
from bot.conversation.memory import OpenSession
from bot.conversation.records import record_correction, record_given, record_score
from bot.conversation.silence import SILENT
from bot.conversation.step import Step
from bot.conversation.timers import again_key
from bot.schedule import awake
from flows import events as happened
from flows import forms
from flows.forms import Form
from flows.model import Flow
from flows.session import EXPIRED, SKIP, Given
from flows.signs import SELF_HARM, Found
from trajectory.cases import Kind, State

REPLACED = "answered_in"
"""Under this an unfinished session's `form` says which session took its place."""


class Told(NamedTuple):
    """Own words on a form, and the warning signs that they report."""

    text: str
    signs: tuple[Found, ...]


def take(
    step: Step, flow: Flow, form: Form, told: Sequence[Told], about: Mapping[str, Any]
) -> OpenSession:
    """Take a form without faults; the session that it became.

    `step.entering` says how it came. `about` is kept beside the session: see `OpenSession.form`.
    """
    assert step.entering is not None
    _raise_told(step, told)
    session = forms.empty(flow, language=step.person.language, facts=step.memory.facts)
    turn = forms.fill(flow, session, form)
    open = OpenSession(
        turn.session,
        step.entering.at,
        {},
        step.new_id(),
        closed_at=step.now,
        reminded=0,
        form={**about, "marked": _two_marked(form)},
    )
    replaced = _replace(step, flow, open)
    step.do(SaveSession(open, opened=True))
    for event in turn.events:
        _tell(step, flow, open, form, event)
    if _is_recent(step, flow):
        _end_silence(step)
        step.do(DropDue((again_key(flow.id),)))
        step.memory.over = "due" if step.memory.over == "again" else step.memory.over
    open.due = pathways.note_answered(step, flow, _said(open)) if replaced is None else replaced
    return open


def correct(step: Step, open: OpenSession, form: Form, told: Sequence[Told]) -> bool:
    """What was typed is put right; both values stay. Whether anything has changed."""
    flow = step.flow_of(open)
    turn = forms.fill(flow, open.session, form)
    if not turn.events:
        return False
    _raise_told(step, told)
    open.session = turn.session
    open.form = {**open.form, "marked": _two_marked(form)}
    step.do(SaveSession(open))
    for event in turn.events:
        _tell(step, flow, open, form, event)
    return True


def go_on(step: Step, mode: str, *, closed: bool) -> None:
    """Open what waits in the chat, by its limits; a kind word where a question was `closed` there.

    At night nothing is said, nor while a person at the clinic writes; what waits comes later.
    """
    step.bulk = step.hushed = True
    is_day = awake(step.now, step.person.zone) <= step.now
    speaks = step.person.status == "active" and is_day and not with_desk.is_on(step)
    if closed and speaks and not step.told and not step.memory.held:
        step.add_line(f"elsewhere.{mode}")
    if step.open is None:
        asking.open_next(step)
    step.flush()


def _raise_told(step: Step, told: Sequence[Told]) -> None:
    for text, signs in told:
        if signs:
            safety.raise_told(step, signs, text)
            if step.memory.held or any(found.sign == SELF_HARM for found in signs):
                safety.put_tasks_aside(step)


def _tell(step: Step, flow: Flow, open: OpenSession, form: Form, event: happened.Event) -> None:
    match event:
        case happened.Answered(item, given):
            record_given(step, flow, open, item, given, detail=_marks(form, item))
            _remember(step, flow, item, given)
        case happened.Corrected(item, given, previous):
            record_correction(step, flow, open, item, given, previous, _marks(form, item))
            _remember(step, flow, item, given)
        case happened.Skipped(item, given) | happened.NotApplicable(item, given):
            left = {"left": given.text or forms.Left.BLANK} if given.kind is SKIP else None
            record_given(step, flow, open, item, given, detail=left)
        case happened.RedFlag():
            safety.raise_flag(step, flow, open, event)
        case happened.Opened(wanted):
            _open(step, open, wanted)
        case happened.Scored(score):
            record_score(step, flow, open, score)
        case happened.Finished():
            _finish(step, flow, open)


def _marks(form: Form, item: str) -> dict[str, Any] | None:
    """Both statements where two were marked: one counts, and the other was marked as well."""
    marked = _two_marked(form).get(item)
    return None if marked is None else {"marked": marked}


def _two_marked(form: Form) -> dict[str, list[str]]:
    return {item: list(mark.chosen) for item, mark in form.items() if len(mark.chosen) > 1}


def _remember(step: Step, flow: Flow, item: str, given: Given) -> None:
    """What an old paper says does not stand in place of what is known since."""
    if _is_recent(step, flow):
        asking.remember(step, flow, item, given)
    elif flow.is_intake and given.code is not None:
        step.memory.facts.setdefault(f"{flow.id}/{item}", given.code)
        if f"{flow.id}/{item}" not in step.memory.known:
            known.remember(step, flow, item, given)


def _open(step: Step, open: OpenSession, wanted: str) -> None:
    """An answer asks for the questions about warning signs: in the chat too, if there is one.

    Where there is none, nobody will have asked them unless it is done by hand: as when they run
    out unanswered.
    """
    if step.person.status == "active" and step.channel:
        asking.put_first(step, open, wanted)
    else:
        safety.raise_unanswered(step)


def _finish(step: Step, flow: Flow, open: OpenSession) -> None:
    if not flow.asks_for_signs or safety.was_flagged(flow, open.session):
        return
    if safety.is_left_open(flow, open.session):
        safety.raise_unanswered(step)


def _said(open: OpenSession) -> set[str]:
    """What was answered, declined or does not apply: not what was left blank."""
    given = open.session.given.items()
    return {item for item, each in given if each.kind is not SKIP or each.text is not None}


def _is_recent(step: Step, flow: Flow) -> bool:
    return step.now - step.said_at <= flow.expires


def _end_silence(step: Step) -> None:
    """Who answers at the clinic is not silent; whether a phone reaches them is another matter."""
    memory = step.memory
    was_quiet, memory.quiet, memory.unanswered = memory.quiet, False, 0
    memory.choose = "" if memory.choose == SILENT else memory.choose
    if was_quiet:
        step.do(SetCase(Kind.SILENT, State.PASSED))
        if step.person.status == "active":
            pathways.go_on(step)


def _replace(step: Step, flow: Flow, new: OpenSession) -> str | None:
    """End what the chat has of this flow for about the same time; when that was due, if ever.

    None: there was nothing. Answers given there stay, and those of the form stand in their place;
    the half of it is not scored beside the whole.
    """
    found = [each for each in step.memory.waiting if _is_meant(step, flow, each.flow, each.due)]
    said = _said(new)
    found = [each for each in found if each.items is None or said & set(each.items)]
    for waiting in found:
        step.memory.waiting.remove(waiting)
    halves = [each for each in (step.open, step.suspended) if each is not None]
    halves = [h for h in halves if _is_meant(step, flow, h.session.flow, h.due or _opened(h))]
    for half in halves:
        _end(step, half, new)
    return next(iter([*(each.due for each in halves), *(each.due for each in found)]), None)


def _opened(open: OpenSession) -> str:
    return open.opened_at.isoformat()


def _is_meant(step: Step, flow: Flow, other: str, due: str) -> bool:
    """Whether the chat's questions are these, about a time no further than they stay open."""
    if other != flow.id:
        return False
    about = datetime.fromisoformat(due) if due else step.now
    return abs(about - step.said_at) <= flow.expires


def _end(step: Step, half: OpenSession, new: OpenSession) -> None:
    half.session = structs.replace(half.session, status=EXPIRED, offered=(), offered_raw="")
    half.closed_at, half.form = step.now, {REPLACED: new.id}
    step.do(SaveSession(half))
    said = _said(new)
    new.entries.update({item: row for item, row in half.entries.items() if item in said})
    if half is step.open:
        step.open = None
        step.do(DropDue(("remind", "expire")))
    else:
        step.suspended, step.memory.suspended = None, None
