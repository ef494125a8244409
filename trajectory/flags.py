"""Warning signs, each with what has come of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from trajectory.entries import Entry
from trajectory.said import Said, is_professional

HANDLED = "flag-handled"
"""The kind of a professional's word that they have seen a sign and deal with it."""
MISTAKE = "mistake"
"""The patient's answer to the follow-up that the warning sign was written by mistake."""


@dataclass(frozen=True, slots=True)
class Flag:
    """A reported warning sign.

    `follow_up` is what the patient last answered when asked whether a doctor has looked
    (code `seen`, `not-yet` or `mistake`), `note`
    the first note in which a professional says that it is about this sign; any other note
    leaves it open. `handled` is the professional's word that they have seen it and deal with
    it. `mistaken` means that the patient took it back.
    """

    id: int
    at: datetime
    flow: str | None
    item: str | None
    urgency: str | None
    text: str | None
    is_new: bool
    follow_up: Said | None = None
    note: Said | None = None
    mistaken: bool = False
    handled: Said | None = None
    by_helper: bool = False
    """Somebody else has told of it, or answered so, for the patient."""

    @property
    def is_open(self) -> bool:
        """Whether no professional has answered it and the patient stands by it."""
        return self.note is None and self.handled is None and not self.mistaken


def flags(rows: Sequence[Entry], since: datetime | None) -> tuple[Flag, ...]:
    """Every warning sign of the rows, given in recorded order: open ones first, then newest."""
    found = [_flag(entry, rows, since) for entry in rows if entry.kind == "red-flag"]
    return tuple(sorted(found, key=lambda flag: (not flag.is_open, -flag.at.timestamp(), -flag.id)))


def _flag(entry: Entry, rows: Sequence[Entry], since: datetime | None) -> Flag:
    after = [row for row in rows if row.sequence > entry.sequence]
    follow_ups = _follow_ups(after)
    noted = [Said.from_entry(row) for row in after if _answers(row, entry, "note")]
    handled = [Said.from_entry(row) for row in after if _answers(row, entry, HANDLED)]
    return Flag(
        entry.id,
        entry.at,
        entry.flow,
        entry.item,
        entry.code,
        entry.text,
        since is None or entry.recorded_at > since,
        follow_ups[-1] if follow_ups else None,
        noted[0] if noted else None,
        _taken_back(entry, after) or (bool(follow_ups) and follow_ups[-1].code == MISTAKE),
        handled[0] if handled else None,
        entry.author == "helper",
    )


def _answers(row: Entry, flag: Entry, kind: str) -> bool:
    """Whether a professional says by a row of this kind that it is about this warning sign."""
    about = (row.detail or {}).get("flags", ())
    return row.kind == kind and is_professional(row.author) and flag.id in about


def _follow_ups(after: Sequence[Entry]) -> list[Said]:
    """Answers about this flag: once one has come, a new flag begins a new story."""
    found: list[Said] = []
    for row in after:
        if row.kind == "flag-follow-up":
            found.append(Said.from_entry(row))
        elif row.kind == "red-flag" and found:
            break
    return found


def _taken_back(flag: Entry, after: Sequence[Entry]) -> bool:
    answers = [
        row
        for row in after
        if row.kind == "correction"
        and row.flow == flag.flow
        and row.item == flag.item
        and row.session_id == flag.session_id
    ]
    return bool(answers) and answers[-1].code == "no"
