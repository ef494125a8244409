"""What a message is by itself, before the conversation is looked at."""

from __future__ import annotations

from dataclasses import dataclass

from bot.commands import Command, recognise
from bot.inbound import Inbound, InboundKind
from bot.phrases import Phrase, phrases


@dataclass(frozen=True, slots=True)
class Heard:
    """A message, and the command or the phrases that the whole of it is, if any."""

    message: Inbound
    command: Command | None
    phrases: tuple[Phrase, ...] = ()


def hear(message: Inbound, language: str) -> Heard:
    """Look at the words once, for whoever loads what they need and for whoever answers."""
    command = recognise(message.text, language)
    written = message.kind in (InboundKind.TEXT, InboundKind.EDIT) and command is None
    return Heard(message, command, tuple(phrases(message.text, language)) if written else ())
