"""Somebody answers for the patient ("she says 6"): confirmed once a session, then marked."""

from __future__ import annotations

from datetime import datetime

from bot.conversation import asking
from bot.conversation.choices import chosen
from bot.conversation.effects import SaveSession
from bot.conversation.last import is_warning
from bot.conversation.memory import OpenSession
from bot.conversation.own_name import is_about_the_patient
from bot.conversation.questions import said_as
from bot.conversation.records import HELPS_FOR
from bot.conversation.step import Step
from bot.phrases import Phrase, Says, phrases
from flows.model import Item, ItemKind
from flows.reading import NotAReply, Understood, read
from flows.replies import Said
from flows.session import AND_THEN
from flows.signs import Report

NAME = "helping"


def take(step: Step, phrase: Phrase, text: str) -> bool:
    """Take a helper's answer to the question that waits; False where these words are none.

    A warning sign is not held up by asking who wrote it.
    """
    item = _pending(step)
    if step.open is None or item is None or item.kind is ItemKind.TEXT:
        return False
    if not is_about_the_patient(step, phrase):
        return False
    answer = phrase.slots["answer"]
    reading = read(item, answer, step.lexicon)
    plain = isinstance(reading, Understood)
    if isinstance(reading, NotAReply) or (phrase.says is Says.HELPER_NAMES and not plain):
        return False
    if step.open.helped or is_warning(item, reading):
        _answer(step, step.open, answer, text)
    else:
        step.open.maybe_helped = True
        step.do(SaveSession(step.open))
        step.begin(NAME, "confirm", answer=answer, raw=text)
        ask(step)
    return True


def may_write(step: Step, amends: tuple[int, int] | None) -> bool:
    """Whether somebody writes for the patient, or may: the relative they name is the patient.

    `amends` is the session and turn that an edited message answered. Whoever has said who they
    are may go on in another message, by day or night.
    """
    said_at = step.memory.helper_at
    if said_at and step.now < datetime.fromisoformat(said_at) + HELPS_FOR:
        return True
    if step.open is not None and step.open.is_helped:
        return True
    if step.suspended is not None and step.suspended.is_helped:
        return True
    edited = None if amends is None else step.older.get(amends[0])
    return edited is not None and edited.is_helped


def told(step: Step, report: Report) -> frozenset[str]:
    """The signs that a helper tells: all where one is confirmed, else those told of another."""
    sessions = (step.open, step.suspended)
    if any(each is not None and each.helped for each in sessions):
        return frozenset(found.sign for found in report.signs)
    return report.of_relative


def note_writer(step: Step) -> None:
    """Remember for a while that somebody has said they write for the patient."""
    step.memory.helper_at = step.now.isoformat()


def forget_writer(step: Step) -> None:
    """Nobody writes for the patient, or does so no longer."""
    step.memory.helper_at = step.memory.helper_answers_at = ""


def ask(step: Step) -> None:
    """Ask whether it is right that a helper answers."""
    task, item = step.memory.task, _pending(step)
    assert task is not None
    options = [("yes", "button.yes"), ("no", "button.no")]
    reading = read(item, task.data["answer"], step.lexicon) if item is not None else None
    if step.open is not None and item is not None and isinstance(reading, Understood):
        answer = said_as(item, reading, step.open.session.language)
        step.offer("helping.ask", options, answer=answer)
    else:
        step.offer("helping.ask-unclear", options)


def reply(step: Step, text: str, option: str | None) -> None:
    """A yes takes the answer; other words are what the patient answers instead."""
    task, open = step.memory.task, step.open
    assert task is not None
    answer = option or chosen(step, text) or _said(step, text)
    step.memory.task = None
    if answer == "no":
        forget_writer(step)
    if open is not None and answer == "no":
        open.maybe_helped = False
        step.do(SaveSession(open))
    if open is None or answer == "no":
        step.add_line("helping.not-written")
        asking.repeat(step)
    elif answer == "yes":
        raw = f"{task.data['raw']}{AND_THEN}{text}"
        _answer(step, open, task.data["answer"], raw, chosen=True)
    else:
        step.answered = (open.id, open.session.turn)
        asking.resume(step, open, Said(text))


def _said(step: Step, text: str) -> str | None:
    """A yes or no in other words: who writes."""
    said = phrases(text, step.person.language)
    says = {phrase.says for phrase in said if is_about_the_patient(step, phrase)}
    if Says.HELPER_WRITES in says:
        return "yes"
    return "no" if says & {Says.ME, Says.ME_AGAIN} else None


def _answer(step: Step, open: OpenSession, answer: str, raw: str, *, chosen: bool = False) -> None:
    open.helped = True
    step.answered = (open.id, open.session.turn)
    asking.resume(step, open, Said(answer, raw, chosen))


def _pending(step: Step) -> Item | None:
    if step.open is None or step.open.session.pending is None:
        return None
    return step.flow_of(step.open).item(step.open.session.pending)
