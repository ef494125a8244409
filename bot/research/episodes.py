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


def episodes_of(
    row: LockedPatient, opened: Sequence[datetime], renewed: Sequence[datetime]
) -> Sequence[Episode]:
    """The episodes of a patient who was asked something, oldest first.

    `opened`: when each run through a flow was; `renewed`: when a new episode was begun. The start
    of the first is kept only until then: where there were others, it is when something was asked
    first.
    """
    first = min(opened)
    if not renewed and row.started_at is not None:
        first = row.started_at
    starts = [first, *(moment for moment in renewed if moment > first)]
    return [Episode(number, row.pathway, at) for number, at in enumerate(starts, start=1)]


def episode_at(episodes: Sequence[Episode], moment: datetime) -> Episode:
    """The one that was under way at this moment; before the first it is the first."""
    begun = [each for each in episodes if each.began_at <= moment]
    return begun[-1] if begun else episodes[0]
