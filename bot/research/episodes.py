"""Episodes of a patient: when each began, and on which pathway."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from trajectory.patients import LockedPatient


@dataclass(frozen=True, slots=True)
class Episode:
    """One course of a patient on a pathway, or on none."""

    number: int
    """From 1."""
    pathway: str | None
    began_at: datetime


def episodes_of(row: LockedPatient, opened: Sequence[datetime]) -> Sequence[Episode]:
    """The episodes of a patient, oldest first; without a start it begins with the first question.

    `opened`: when each run through a flow was.
    """
    began = row.started_at or min(opened, default=None)
    return [] if began is None else [Episode(1, row.pathway, began)]


def episode_at(episodes: Sequence[Episode], moment: datetime) -> Episode:
    """The one that was under way at this moment; before the first it is the first."""
    begun = [each for each in episodes if each.began_at <= moment]
    return begun[-1] if begun else episodes[0]
