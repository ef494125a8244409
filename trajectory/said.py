"""What somebody said in words: goals, plans, questions, notes, contacts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from trajectory.entries import Entry

CANCELLED = "cancelled"
"""The code of a row that only takes the one out which it supersedes: a visit that is off."""
FIRST = "first"
"""The code of a question that the patient wants to talk about before all others."""


@dataclass(frozen=True, slots=True)
class Said:
    """Somebody's own words; `author` as in the timeline (`patient`, `professional:7`)."""

    id: int
    at: datetime
    text: str | None
    author: str
    code: str | None = None
    item: str | None = None
    visit: int | None = None
    """The id of the visit, or of the contact told of, that it was agreed at or is meant for."""

    @classmethod
    def from_entry(cls, entry: Entry) -> Said:
        """The words of one row."""
        visit = (entry.detail or {}).get("visit")
        return cls(entry.id, entry.at, entry.text, entry.author, entry.code, entry.item, visit)


def said(rows: Iterable[Entry], kind: str) -> list[Said]:
    """What was said of this kind and still stands, in the order it was recorded."""
    of_kind = [entry for entry in rows if entry.kind == kind]
    replaced = {entry.supersedes for entry in of_kind}
    gone = {entry.id for entry in of_kind if entry.code == CANCELLED}
    return [Said.from_entry(e) for e in of_kind if e.id not in replaced | gone]


def author_of(member_id: int) -> str:
    """How the trajectory and the audit call somebody of the care team."""
    return f"professional:{member_id}"


def member_of(author: str) -> int:
    """Which member of the care team `author_of` was asked about."""
    return int(author.partition(":")[2])


def is_professional(author: str) -> bool:
    """Whether the author is somebody whom the patient shares with."""
    return author.startswith("professional:")
