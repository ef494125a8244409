"""Showing the summary in the room: a code to be said aloud, good once, for a short while.

The patient's own four digits are not asked for: the code opens nothing but to somebody of the
clinic's directory who is signed in, by name, and the patient hears who it was (ADR 0035).
"""

from __future__ import annotations

from bot.conversation import terms
from bot.conversation.effects import Audit, MakeRoomCode
from bot.conversation.step import Step
from trajectory import room_codes

MINUTES = int(room_codes.LIFE.total_seconds() // 60)


def show(step: Step) -> None:
    """Give a code, and say what it opens, for how long, and how to end it."""
    if not any(each.ready for each in step.directory):
        step.add_line("show.not-here")
        return
    code = room_codes.draw(step.world.chance.random)
    step.do(MakeRoomCode(code))
    step.do(Audit("room-code-made"))
    day = terms.default_day(step)
    step.add_line("show.code", code=room_codes.shown(code), minutes=MINUTES, day=day)
