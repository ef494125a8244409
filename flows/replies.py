"""What a session can be resumed with.

Commands such as "skip" and "back" are recognised by whoever holds the conversation and
arrive here as `Skip` and `Back`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Said:
    """Free words of the patient; `raw` is the whole message where these are a part of it.

    `chosen`: they are what the patient chose when asked what was meant, and `raw` has both.
    """

    text: str
    raw: str = ""
    chosen: bool = False


class Chose(NamedTuple):
    """A button of the question of that turn; an option id, or a digit for scales and counts."""

    turn: int
    option: str


@dataclass(frozen=True, slots=True)
class Skip:
    """The patient would rather not answer."""

    raw: str


@dataclass(frozen=True, slots=True)
class DoesNotApply:
    """The question does not apply to this patient."""

    raw: str


@dataclass(frozen=True, slots=True)
class Back:
    """The patient wants the question before this one again, or the one with this id."""

    raw: str
    item: str = ""


@dataclass(frozen=True, slots=True)
class Amend:
    """New words for the answer to the question of that turn, such as an edited message.

    `raw` and `chosen` are as in `Said`.
    """

    turn: int
    text: str
    raw: str = ""
    chosen: bool = False


Reply = Said | Chose | Skip | DoesNotApply | Back | Amend
