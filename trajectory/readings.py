"""A reading is one answer or score with everything that has been said about it since.

Rows are only ever added: a correction supersedes an earlier row and both stay. The reading
puts them together again: the latest value counts, the earlier ones are kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from trajectory.entries import Entry

_READ = frozenset({"answer", "skip", "not-applicable", "correction", "score"})


@dataclass(frozen=True, slots=True)
class Reading:
    """What was said about one question at one time, oldest first, the last one counting."""

    history: tuple[Entry, ...]
    is_late: bool = False
    """Whether it was changed so late that somebody may have seen the value before."""

    @property
    def first(self) -> Entry:
        """The answer as it was first given."""
        return self.history[0]

    @property
    def last(self) -> Entry:
        """The answer that counts."""
        return self.history[-1]

    @property
    def at(self) -> datetime:
        """When it holds for the patient: a correction does not move an answer in time."""
        return self.first.at

    @property
    def value(self) -> float | None:
        """The number that counts; None when it was skipped or could not be scored."""
        return self.last.value

    @property
    def state(self) -> str:
        """`answer`, `skip` or `not-applicable`, whichever counts; `score` for scores."""
        if self.last.kind != "correction":
            return self.last.kind
        return str((self.last.detail or {}).get("given", "answer"))

    @property
    def earlier(self) -> tuple[float, ...]:
        """The numbers it had before, oldest first, without those equal to the next one."""
        values = [entry.value for entry in self.history]
        return tuple(
            before for before, after in pairwise(values) if before is not None and before != after
        )

    def known(self, when: datetime) -> Entry | None:
        """The row that counted at that moment, or None when nothing had been said yet."""
        until = [entry for entry in self.history if entry.recorded_at <= when]
        return until[-1] if until else None


def in_order(timeline: Iterable[Entry]) -> list[Entry]:
    """The rows as they were recorded: by number, since a clock may be set back in between."""
    return sorted(timeline, key=lambda entry: (entry.sequence, entry.id))


def readings(timeline: Sequence[Entry]) -> list[Reading]:
    """Answers and scores, each with its corrections, in order of the time they hold for."""
    rows = {entry.id: entry for entry in timeline if entry.kind in _READ}
    gathered: dict[object, list[Entry]] = {}
    for entry in in_order(rows.values()):
        gathered.setdefault(_about(_root(entry, rows)), []).append(entry)
    late = _corrected_late(rows.values())
    found = [Reading(tuple(each), _is_late(each, late)) for each in gathered.values()]
    return sorted(found, key=lambda each: (each.at, each.first.sequence, each.first.id))


def _corrected_late(rows: Iterable[Entry]) -> dict[int, datetime]:
    """When each sitting was first corrected late, as the correction itself is marked."""
    late: dict[int, datetime] = {}
    for entry in in_order(rows):
        if entry.session_id is not None and (entry.detail or {}).get("late"):
            late.setdefault(entry.session_id, entry.recorded_at)
    return late


def _is_late(history: Sequence[Entry], late: Mapping[int, datetime]) -> bool:
    """Whether the last value is such a correction, or a score that follows from one."""
    last = history[-1]
    if last.kind != "score" or last.session_id is None:
        return bool((last.detail or {}).get("late"))
    return (
        len(history) > 1 and last.session_id in late and last.recorded_at >= late[last.session_id]
    )


def _root(entry: Entry, rows: dict[int, Entry]) -> Entry:
    while entry.supersedes is not None and entry.supersedes in rows:
        entry = rows[entry.supersedes]
    return entry


def _about(entry: Entry) -> object:
    if entry.session_id is None:
        return entry.id
    return (entry.session_id, entry.flow, entry.item, entry.kind == "score")
