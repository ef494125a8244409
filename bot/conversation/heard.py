"""What a message is by itself, before the conversation is looked at."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from bot import commands, inbound
from bot.commands import START, STOP, Command, recognise
from bot.conversation.places import is_place
from bot.enrolment_codes import is_start_with_code
from bot.inbound import Inbound
from bot.phrases import Phrase, Says, phrases
from flows.signs import Found, Report, Scanner

_WRITTEN = (inbound.TEXT, inbound.EDIT)
_ANYTHING = "a few words"


class Heard(NamedTuple):
    """A message, the command that the whole of it is, and what else it says.

    `report` is what its words say of warning signs; `stops`: it asks for an end of the
    messages, be that all it says or not. `phrases` are what the whole of it may say of an
    answer, or of who writes.
    """

    message: Inbound
    command: Command | None
    report: Report = Report()
    stops: bool = False
    phrases: tuple[Phrase, ...] = ()

    @property
    def signs(self) -> tuple[Found, ...]:
        """The warning signs that its words report, the most urgent first."""
        return self.report.signs

    @property
    def alarms(self) -> bool:
        """Whether its words report a sign, or somebody else in danger: what to do was said."""
        return bool(self.signs) or self.report.other_in_danger


def hear(
    message: Inbound,
    language: str,
    scanner: Scanner,
    *,
    silent: bool = False,
    helped: bool = False,
) -> Heard:
    """Look at the words once, for whoever loads what they need and for whoever answers.

    `silent`: the patient has stopped, or everything is over. Only then is a word with which the
    provider has opened the line again our START as well, whichever word it was ("yes"): at any
    other time it may be an answer. `helped`: somebody may be writing for the patient.
    """
    if message.handled is inbound.STOP:
        return Heard(
            message, Command(STOP), scanner.report(message.text, helped=helped), stops=True
        )
    if silent and message.handled is inbound.START:
        return Heard(message, Command(START))
    if message.kind not in _WRITTEN:
        return Heard(message, None)
    text = message.text
    command = recognise(text, language)
    report = Report() if is_start_with_code(text) else scanner.report(text, helped=helped)
    if command is not None and not _is_about_an_answer(command, text, language):
        return Heard(message, command, report, command.name == STOP)
    return Heard(message, None, report, phrases=tuple(phrases(text, language)))


def prepare(languages: Iterable[str], scanner: Scanner) -> None:
    """Make what is made only once before the first patient waits for it."""
    commands.prepare()
    for language in languages:
        recognise(_ANYTHING, language)
        phrases(_ANYTHING, language)
    scanner.scan(_ANYTHING)


def _is_about_an_answer(command: Command, text: str, language: str) -> bool:
    """Whether "question" names one of ours by its place: "question 2 should be D"."""
    if command.name != "question":
        return False
    said = (phrase for phrase in phrases(text, language) if phrase.says is Says.CORRECTION_OF)
    return any(is_place(phrase.slots["item"]) for phrase in said)
