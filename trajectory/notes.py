"""What professionals have written: notes in four fields, each field a row of its own.

The rows of one note have its key in `detail.note`. A note without fields is one row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from trajectory.entries import Entry
from trajectory.said import is_professional

FOUND, AGREED, WHO, BY = FIELDS = ("found", "agreed", "who", "by")
"""What was found, what was agreed, who does what, and by when; in this order."""
PLAIN = ""
"""Stands for the words of a note without fields."""


@dataclass(frozen=True, slots=True)
class Note:
    """One note of a professional; `said` holds its words by field, or under `PLAIN`."""

    id: int
    at: datetime
    author: str
    said: Mapping[str, str]

    @property
    def text(self) -> str:
        """All its words, a line for each field."""
        return "\n".join(self.said.values())


def notes(rows: Sequence[Entry]) -> tuple[Note, ...]:
    """The professionals' notes of these rows, given in recorded order; newest first."""
    found: dict[tuple[str, str], Note] = {}
    for row in rows:
        if row.kind != "note" or not is_professional(row.author) or row.text is None:
            continue
        field = row.item or PLAIN
        key = (row.author, (row.detail or {}).get("note", "") if field else f"row {row.id}")
        before = found.get(key)
        said = {**(before.said if before else {}), field: row.text}
        first = before or Note(row.id, row.at, row.author, {})
        found[key] = Note(first.id, first.at, row.author, said)
    return tuple(reversed(found.values()))
