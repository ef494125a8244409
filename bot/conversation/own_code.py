"""The patient's own four digits: asked for before anything is disclosed or destroyed."""

from __future__ import annotations

import hmac
import re
from datetime import datetime, timedelta
from enum import Enum

from bot.conversation.effects import Audit
from bot.conversation.step import Step
from bot.deployment import Chance

LENGTH = 4
TRIES = 3
_TOGETHER = re.compile(rf"\D*\d(?:[ .-]?\d){{{LENGTH - 1}}}\D*")
LOCK = timedelta(hours=24)
"""How long the code is not asked for after too many wrong tries, whatever it is for."""


class Tried(Enum):
    """How a try came out."""

    RIGHT = "right"
    WRONG = "wrong"
    WORDS = "words"
    """There is no digit in it: whatever that was, it guesses nothing."""
    LOCKED = "locked"


def draw_code(chance: Chance) -> str:
    """A code for somebody who has not chosen one; none that everybody tries first."""
    while True:
        code = chance.digits(LENGTH)
        if len(set(code)) > 1 and code not in "0123456789876543210":
            return code


def is_locked(step: Step) -> bool:
    """Whether too many wrong codes were tried of late."""
    until = step.memory.code_locked_until
    return bool(until) and step.now < datetime.fromisoformat(until)


def read_code(step: Step, text: str) -> str:
    """The digits in what was written where a code was asked, as in `it's 47 11.`.

    Whatever has digits in it may be the code, so that its text is not kept.
    """
    digits = "".join(character for character in text if character.isdecimal())
    step.secret = bool(digits)
    return digits


def read_new_code(step: Step, text: str) -> str:
    """The four digits that somebody chooses; empty where they do not stand together.

    A sentence with a date and an hour in it chooses none.
    """
    digits = read_code(step, text)
    return digits if _TOGETHER.fullmatch(text) else ""


def try_code(step: Step, text: str) -> Tried:
    """Compare what was written with the code; wrong tries are counted and audited."""
    memory = step.memory
    digits = read_code(step, text)
    if not digits:
        return Tried.WORDS
    if hmac.compare_digest(digits.encode(), step.person.code.encode()):
        memory.wrong_codes = 0
        return Tried.RIGHT
    memory.wrong_codes += 1
    step.do(Audit("wrong-code"))
    if memory.wrong_codes < TRIES:
        return Tried.WRONG
    memory.wrong_codes = 0
    memory.code_locked_until = (step.now + LOCK).isoformat()
    return Tried.LOCKED
