"""A conversation with a person at the clinic, from the take-over to the hand-back.

What the patient writes meanwhile goes to the clinic's desk. What falls due waits, and so does
the question that was interrupted: both follow when the assistant is back.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from bot.conversation import asking, clinic_list, looked, pausing, safety, told, with_desk
from bot.conversation.effects import Audit, DropDue, OpenCase, Record, SetDue
from bot.conversation.pending import ask_again
from bot.conversation.step import Step
from bot.messages import Message
from bot.schedule import awake
from trajectory.cases import Kind

DUE = "talk"
"""The kind and key of the due row that looks after a conversation which nobody goes on with."""
MESSAGE = "desk-message"
"""The kind of the entries that hold what a person at the desk wrote."""
UNANSWERED = timedelta(hours=4)
"""After so long without an answer from the desk it waits on the work list anew."""
OVER = timedelta(hours=24)
"""So long after the last word from the desk, or the first unanswered one, it is handed back."""
LATELY = timedelta(minutes=30)
"""A desk that wrote so lately is taken to be there."""


def begin(step: Step, who: int, name: str, actor: str) -> None:
    """Somebody at the desk takes over, from the assistant or openly from somebody else there.

    The patient is told once that a person writes, in a line that the next message begins with;
    whoever takes over from a colleague signs their own words, and that is enough.
    """
    talk, goes_on = with_desk.newest(step), with_desk.is_on(step)
    step.do(Audit("talk-taken", actor=actor))
    if goes_on:
        step.memory.talk = replace(talk, who=who, name=name)
        return
    step.memory.talk = replace(talk, who=who, name=name, taken_at=step.now.isoformat())
    step.do(OpenCase(Kind.PERSON))
    step.do(SetDue(DUE, DUE, step.now + OVER))
    emergency = safety.emergency(step)
    step.add_line("desk.begun", name=name, clinic=step.world.clinic.name, emergency=emergency)


def say(step: Step, text: str, form: str, author: str) -> None:
    """Whoever holds the conversation writes; it goes out signed, and is kept as their words."""
    talk = step.memory.talk
    assert talk is not None
    entry_id = step.new_id()
    clinic = step.world.clinic.name
    signed = step.words.say("desk.says", name=talk.name, clinic=clinic, text=text)
    detail = {"talk": talk.number, "form": form}
    step.do(Record(entry_id, MESSAGE, text=signed, detail=detail, author=author))
    step.do(Audit("talk-said", f"entry:{entry_id}", actor=author))
    step.memory.talk = replace(talk, waits_since="", said_at=step.now.isoformat(), told=False)
    step.do(SetDue(DUE, DUE, step.now + OVER))
    step.say(Message(signed, entry_id=entry_id))


def hand_back(step: Step, actor: str) -> None:
    """The desk is done: the assistant is back, and asks what has waited."""
    talk = step.memory.talk
    assert talk is not None
    step.do(Audit("talk-ended", actor=actor))
    step.add_line("desk.over", name=talk.name, clinic=step.world.clinic.name)
    _take_back(step)


def hear(step: Step) -> None:
    """The patient writes to the person at the desk; who is not there is said when that is so."""
    keep(step)
    if step.memory.held and not _is_desk_there(step):
        # An emergency that no doctor has looked at: what to do comes before all else.
        looked.insist(step)


def keep(step: Step) -> None:
    """What the patient writes is shown at the desk, and waits for an answer from there."""
    talk = step.memory.talk
    if talk is None or not with_desk.is_on(step):
        return
    step.for_desk = True
    if not (talk.told or step.memory.held or _is_desk_there(step)):
        clinic_list.say_when(step)
        talk = replace(talk, told=True)
    if not talk.waits_since:
        talk = replace(talk, waits_since=step.now.isoformat())
        step.do(SetDue(DUE, DUE, step.now + UNANSWERED))
    step.memory.talk = talk


def say_who_writes(step: Step) -> None:
    """A button of a question that waits was pressed: it comes again at the end."""
    talk = step.memory.talk
    assert talk is not None
    step.add_line("desk.button", name=talk.name, clinic=step.world.clinic.name)


def say_how(step: Step) -> None:
    """What can be written while a person reads it."""
    talk, emergency = with_desk.newest(step), safety.emergency(step)
    step.add_line("desk.help", name=talk.name, clinic=step.world.clinic.name, emergency=emergency)


def note_correction(step: Step) -> None:
    """An edited message has changed an earlier answer; nothing else is asked now."""
    told.hush(step)
    step.add_line("echo.noted")


def fall_due(step: Step) -> None:
    """Nobody has gone on: back on the list after some hours, back to the assistant after a day."""
    talk = step.memory.talk
    if talk is None or not with_desk.is_on(step):
        return
    if talk.waits_since and step.now < _moment(talk.waits_since) + OVER:
        step.do(OpenCase(Kind.PERSON))
        step.do(Audit("talk-unanswered", actor="system"))
        step.do(SetDue(DUE, DUE, _moment(talk.waits_since) + OVER))
        return
    waking = awake(step.now, step.person.zone)
    if waking > step.now:
        step.do(SetDue(DUE, DUE, waking))
        return
    step.do(Audit("talk-ended", actor="system"))
    if talk.waits_since:
        step.do(OpenCase(Kind.PERSON))
        step.add_line("desk.over-unanswered", clinic=step.world.clinic.name)
        clinic_list.say_when(step)
    else:
        step.add_line("desk.over", name=talk.name, clinic=step.world.clinic.name)
    _take_back(step)


def _take_back(step: Step) -> None:
    """Ask again what was interrupted; else what has fallen due meanwhile, with a bridging line."""
    with_desk.end(step)
    step.do(DropDue((DUE,)))
    if step.memory.paused_until and not step.paused:
        pausing.lift(step)
    if step.memory.task is not None:
        ask_again(step)
    elif step.open is not None:
        asking.take_up(step)
    else:
        asking.open_next(step, "desk.waited")
    step.flush()


def _is_desk_there(step: Step) -> bool:
    talk = step.memory.talk
    assert talk is not None
    wrote = max(talk.said_at, talk.taken_at)
    return bool(wrote) and step.now - _moment(wrote) < LATELY


def _moment(iso: str) -> datetime:
    return datetime.fromisoformat(iso)
