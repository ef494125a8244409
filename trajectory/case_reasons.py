"""Why a case may be taken off the clinic's list: the reasons that there are, by kind."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from trajectory.cases import Kind


class Reason(StrEnum):
    """What somebody at the clinic has done about a case."""

    DOCTOR_LOOKED = "doctor-looked"
    """A doctor has looked at it."""
    SPOKE = "spoke"
    """Somebody spoke with the patient; of a warning sign: who knows what to do, and does it."""
    RANG_EMERGENCY = "rang-emergency"
    """The patient was not reached; the emergency number or somebody near them was rung."""
    MISTAKE = "mistake"
    """It is not so: the patient says so, or somebody has seen."""
    ANSWERED = "answered"
    """The patient was answered in writing."""
    BOOKED = "booked"
    """A visit was booked."""
    CORRECTED = "corrected"
    """The number or the address is right now."""
    NEW_CARD = "new-card"
    """The patient has got a new card or code."""
    ON_PAPER = "on-paper"
    """The patient has agreed on paper."""
    DECLINED = "declined"
    """The patient does not want to take part."""
    HANDED_OVER = "handed-over"
    """The patient has got what they asked for."""
    CONFIRMED = "confirmed"
    """It is true, and what follows from it is done."""
    LEFT = "left"
    """The course is over: moved, discharged, or not wanted any more."""
    NOTHING = "nothing"
    """There is nothing to be done."""


_WARNING = (Reason.DOCTOR_LOOKED, Reason.SPOKE, Reason.RANG_EMERGENCY, Reason.MISTAKE)
_WORDS = (Reason.ANSWERED, Reason.SPOKE, Reason.NOTHING)
_LOST = (Reason.CORRECTED, Reason.SPOKE, Reason.LEFT, Reason.NOTHING)

REASONS: Mapping[Kind, tuple[Reason, ...]] = {
    Kind.RED_FLAG: _WARNING,
    Kind.SELF_HARM: _WARNING,
    Kind.NOT_REACHED: (Reason.SPOKE, Reason.DOCTOR_LOOKED, Reason.RANG_EMERGENCY),
    Kind.PERSON: (Reason.ANSWERED, Reason.SPOKE, Reason.BOOKED, Reason.NOTHING),
    Kind.DIED: (Reason.CONFIRMED, Reason.MISTAKE),
    Kind.FAILED: _WORDS,
    Kind.NOT_UNDERSTOOD: _WORDS,
    Kind.NOT_ME: _LOST,
    Kind.UNREACHABLE: _LOST,
    Kind.CODE_UNUSED: (Reason.NEW_CARD, Reason.SPOKE, Reason.DECLINED, Reason.NOTHING),
    Kind.CONSENT_MISSING: (Reason.ON_PAPER, Reason.SPOKE, Reason.DECLINED, Reason.NOTHING),
    Kind.MAIL_BOUNCED: (Reason.CORRECTED, Reason.SPOKE, Reason.NOTHING),
    Kind.EXPORT: (Reason.HANDED_OVER, Reason.DECLINED),
    Kind.SILENT: (Reason.SPOKE, Reason.LEFT, Reason.NOTHING),
}
"""By kind the reasons to choose from. A warning sign takes a clinical one: never "nothing"."""
