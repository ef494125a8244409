"""What happened in a dialogue, in the past tense; the patient's record is their log."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from flows.model import Urgency
from flows.scores import Score
from flows.session import Given, Session


class Why(StrEnum):
    """Why a reply was not taken as an answer."""

    NOT_A_REPLY = "not-a-reply"
    OUT_OF_RANGE = "out-of-range"
    HALF = "half"
    SEVERAL = "several"
    DIGIT_FOR_LETTER = "digit-for-letter"
    UNCERTAIN = "uncertain"


class Asked(NamedTuple):
    """An item was put to the patient; `again` when it is the one that already waited.

    With `known` the earlier answer is shown for confirmation instead of the question.
    """

    item: str
    turn: int
    position: int
    total: int
    again: bool = False
    known: Given | None = None


class Answered(NamedTuple):
    """The patient gave a usable answer (`given.raw` is what they wrote).

    `confirmed`: they said that an earlier answer still holds.
    """

    item: str
    given: Given
    confirmed: bool = False


@dataclass(frozen=True, slots=True)
class Corrected:
    """An answer was changed, during the session or after its end; both values stay."""

    item: str
    given: Given
    previous: Given


@dataclass(frozen=True, slots=True)
class Skipped:
    """The patient would rather not answer."""

    item: str
    given: Given


@dataclass(frozen=True, slots=True)
class NotApplicable:
    """The question does not apply to this patient."""

    item: str
    given: Given


@dataclass(frozen=True, slots=True)
class NotUnderstood:
    """The reply could not be read; `attempt` counts from 1 for each question."""

    item: str
    raw: str
    attempt: int
    why: Why


@dataclass(frozen=True, slots=True)
class AskedBack:
    """Several readings, or one uncertain one: the patient chooses, nothing is stored yet.

    `candidates` are option ids, or digits for scales and counts, never more than four.
    """

    item: str
    raw: str
    candidates: tuple[str, ...]
    why: Why


@dataclass(frozen=True, slots=True)
class RedFlag:
    """A warning sign was reported."""

    item: str
    urgency: Urgency
    raw: str


@dataclass(frozen=True, slots=True)
class Opened:
    """An answer asks for another flow at once."""

    flow: str


@dataclass(frozen=True, slots=True)
class Finished:
    """Every enabled item has been answered, skipped or does not apply."""

    answered: int
    of: int


@dataclass(frozen=True, slots=True)
class Scored:
    """The instrument was scored, or could not be (then the score says why)."""

    score: Score


@dataclass(frozen=True, slots=True)
class Expired:
    """The session was closed with questions still open."""

    answered: int
    of: int


Event = (
    Asked
    | Answered
    | Corrected
    | Skipped
    | NotApplicable
    | NotUnderstood
    | AskedBack
    | RedFlag
    | Opened
    | Finished
    | Scored
    | Expired
)


class Turn(NamedTuple):
    """A new session and what happened on the way there."""

    session: Session
    events: tuple[Event, ...]
