"""Changing the language: at once where it is named, else asked."""

from __future__ import annotations

from msgspec import structs

from bot.conversation import asking
from bot.conversation.choices import chosen, is_no
from bot.conversation.effects import Audit, SavePatient, SaveSession
from bot.conversation.memory import OpenSession
from bot.conversation.step import Step

NAME = "speaking"


def begin(step: Step) -> None:
    """Ask which."""
    step.begin(NAME, "which")
    ask(step)


def ask(step: Step) -> None:
    """Put the question."""
    names = [(code, words.say("language.name")) for code, words in step.world.catalogues.items()]
    step.offer_words(step.words.say("enrol.language"), names)


def reply(step: Step, text: str, option: str | None) -> None:
    """Take a language; a plain no leaves all as it was."""
    answer = option or chosen(step, text)
    if answer is not None and answer in step.world.catalogues:
        leave(step)
        switch(step, answer)
        asking.repeat(step)
    elif is_no(step, text):
        asking.leave(step, "task.left")
    else:
        ask(step)


def leave(step: Step) -> None:
    """Ask no longer which: the patient has named one."""
    if step.memory.task is not None and step.memory.task.name == NAME:
        step.memory.task = None


def switch(step: Step, language: str) -> None:
    """Speak another language from here on; open questions go on in it where they have it."""
    step.person.language = language
    step.do(SavePatient())
    step.do(Audit("language-changed"))
    for open in (step.open, step.suspended):
        if open is not None:
            _translate(step, open, language)
    step.add_line("language.changed")


def _translate(step: Step, open: OpenSession, language: str) -> None:
    if language in step.flow_of(open).languages:
        open.session = structs.replace(open.session, language=language)
        step.do(SaveSession(open))
