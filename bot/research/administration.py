"""One run of a patient through a flow, put together from its session and its entries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from zoneinfo import ZoneInfo

from bot.conversation.memory import OpenSession
from bot.research.episodes import Episode
from flows.conditions import enabled_items
from flows.model import Flow
from trajectory.entries import Entry

MIXED = "mixed"
_CORRECTION, _SCORE = "correction", "score"


class State(StrEnum):
    """How an item stands, each apart from the others: none of them is a zero."""

    ANSWERED = "answered"
    DECLINED = "declined"
    """The patient would rather not answer."""
    NOT_APPLICABLE = "not-applicable"
    """The patient says that the question does not apply."""
    NOT_ASKED = "not-asked"
    """It was no part of this administration, or another answer made it one that is not asked."""
    MISSING = "missing"
    """It was a part of it, and nothing was said to it."""


_STATES = {
    "answer": State.ANSWERED,
    "skip": State.DECLINED,
    "not-applicable": State.NOT_APPLICABLE,
}


def state_of(entry: Entry) -> State:
    """What an entry says to its question; what was left blank on a form is no declining."""
    detail = entry.detail or {}
    if detail.get("left") == "blank":
        return State.MISSING
    return _STATES[detail.get("given", "answer") if entry.kind == _CORRECTION else entry.kind]


@dataclass(frozen=True)
class Administration:
    """A run through a flow with all that was said in it, oldest first. Times are UTC."""

    pseudonym: str
    flow: Flow
    """As it was asked."""
    open: OpenSession
    number: int
    """The how manieth of this flow for this patient."""
    episode: Episode
    consent: Entry
    """What says that the patient agrees to research."""
    zone: ZoneInfo
    entries: Sequence[Entry]

    @cached_property
    def given(self) -> Mapping[str, Sequence[Entry]]:
        """By item everything that was said to it."""
        found: dict[str, list[Entry]] = {}
        for entry in self.entries:
            if entry.kind != _SCORE and entry.item is not None:
                found.setdefault(entry.item, []).append(entry)
        return found

    @cached_property
    def scores(self) -> Sequence[Entry]:
        """The score as it was computed, and what followed from corrections."""
        return [entry for entry in self.entries if entry.kind == _SCORE]

    @cached_property
    def enabled(self) -> frozenset[str]:
        """The items that were asked, as its answers stand."""
        return frozenset(item.id for item in enabled_items(self.flow, self.open.session))

    @cached_property
    def states(self) -> Mapping[str, State]:
        """By item of the flow how it stands in the end."""
        return {item.id: self._state(item.id) for item in self.flow.items}

    def _state(self, item: str) -> State:
        if item not in self.enabled:
            return State.NOT_ASKED
        return state_of(self.given[item][-1]) if item in self.given else State.MISSING

    def count(self, state: State) -> int:
        """How many items stand so."""
        return sum(each is state for each in self.states.values())

    @cached_property
    def firsts(self) -> Sequence[Entry]:
        """Of every item the first thing that was said to it."""
        return [said[0] for said in self.given.values()]

    @cached_property
    def changed(self) -> Sequence[Entry]:
        """All that was said to an item after the first time."""
        return [entry for said in self.given.values() for entry in said[1:]]

    @property
    def corrected(self) -> int:
        """How many items were answered anew."""
        return sum(len(said) > 1 for said in self.given.values())

    @property
    def corrected_late(self) -> bool:
        """Whether one was more than a day after the end: the score may have been read before."""
        return any((entry.detail or {}).get("late") for entry in self.changed)

    @property
    def confirmed(self) -> int:
        """How many items were shown with an earlier answer that the patient said still holds."""
        final = (said[-1] for said in self.given.values())
        return sum(bool((entry.detail or {}).get("confirmed")) for entry in final)

    @property
    def due_at(self) -> datetime | None:
        """When the calendar brought it; None where somebody asked for it by name."""
        return datetime.fromisoformat(self.open.due) if self.open.due else None

    @property
    def first_answer_at(self) -> datetime | None:
        """When the first item was answered, declined or said not to apply."""
        return min((entry.at for entry in self.firsts), default=None)

    @property
    def last_answer_at(self) -> datetime | None:
        """When the last item was, corrections aside."""
        return max((entry.at for entry in self.firsts), default=None)

    @property
    def corrected_at(self) -> datetime | None:
        """When an item was last answered anew."""
        return max((entry.at for entry in self.changed), default=None)

    @property
    def recorded_at(self) -> datetime | None:
        """When the newest of it reached the record."""
        return max((entry.recorded_at for entry in self.entries), default=None)

    @cached_property
    def modes(self) -> Sequence[str]:
        """How it was answered, in alphabetical order."""
        said = (entry.channel for each in self.given.values() for entry in each)
        return sorted({channel for channel in said if channel})

    @cached_property
    def authors(self) -> Sequence[str]:
        """Who answered."""
        return sorted({entry.author for each in self.given.values() for entry in each})


def one_of(found: Sequence[str]) -> str | None:
    """The only one, or that there were several; None: there was none."""
    return MIXED if len(found) > 1 else next(iter(found), None)
