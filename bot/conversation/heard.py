"""What a message is by itself, before the conversation is looked at."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.commands import Command, recognise
from bot.inbound import Inbound, InboundKind
from flows.signs import Found, Scanner

_STOP = "stop"
_SENTENCES = re.compile(r"[.!?;\n]+")
_CLAUSES = re.compile(r"[.!?;,:\n]+|\b(?:and|also|but|og|men|samt)\b", re.IGNORECASE)
_WRITTEN = (InboundKind.TEXT, InboundKind.EDIT)


@dataclass(frozen=True, slots=True)
class Heard:
    """A message, the command that the whole of it is, and what else it says.

    `signs` are warning signs that its words report, the most urgent first; `stops`: it asks
    for an end of the messages, also where that is not all it says.
    """

    message: Inbound
    command: Command | None
    signs: tuple[Found, ...] = ()
    stops: bool = False


def hear(message: Inbound, language: str, scanner: Scanner) -> Heard:
    """Look at the words once, for whoever loads what they need and for whoever answers."""
    text = message.text
    command = recognise(text, language)
    if message.kind not in _WRITTEN:
        return Heard(message, command)
    signs = scanner.scan(text)
    whole = command is not None and command.name == _STOP
    return Heard(message, command, signs, whole or _asks_to_stop(text, language, bool(signs)))


def _asks_to_stop(text: str, language: str, has_signs: bool) -> bool:
    """Whether a sentence of several is an opt-out; beside a warning sign, a clause is enough."""
    cuts = _CLAUSES if has_signs else _SENTENCES
    if cuts.search(text) is None:
        return False
    parts = [part for part in cuts.split(text) if part and not part.isspace()]
    return len(parts) > 1 and any(
        (command := recognise(part, language)) is not None and command.name == _STOP
        for part in parts
    )
