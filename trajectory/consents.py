"""What a patient agrees to, out of the timeline: the newest word on each purpose counts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from trajectory.entries import Entry

KIND = "consent"
GIVEN, WITHDRAWN, DECLINED = "given", "withdrawn", "declined"
"""Codes of such entries."""


def given(entries: Iterable[Entry]) -> Mapping[str, Entry]:
    """By purpose (`store`, `remind`, `share`, `alert`, `research`) the entry that stands.

    `entries` in the order in which they were recorded. Whoever exports for research takes nobody
    without `research` here.
    """
    newest: dict[str, Entry] = {}
    for entry in entries:
        if entry.kind == KIND and not _is_about_one_person(entry):
            newest |= dict.fromkeys((entry.detail or {}).get("purposes", ()), entry)
    return {purpose: entry for purpose, entry in newest.items() if entry.code == GIVEN}


def _is_about_one_person(entry: Entry) -> bool:
    """A no about somebody of the care team takes back nothing that was said of others."""
    return entry.code != GIVEN and "member" in (entry.detail or {})
