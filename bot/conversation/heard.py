"""What a message is by itself, before the conversation is looked at."""

from __future__ import annotations

from dataclasses import dataclass

from bot.commands import Command, recognise
from bot.inbound import Inbound


@dataclass(frozen=True, slots=True)
class Heard:
    """A message, and the command that the whole of it is, if any."""

    message: Inbound
    command: Command | None


def hear(message: Inbound, language: str) -> Heard:
    """Look at the words once, for whoever loads what they need and for whoever answers."""
    return Heard(message, recognise(message.text, language))
