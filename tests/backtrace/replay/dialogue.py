"""What a replay prints, as a dialogue that a clinician reads in a diff."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, tzinfo
from typing import Any

Line = dict[str, Any]
_MARGIN = " " * 9


def dialogue(steps: Sequence[Line], lines: Sequence[Line]) -> str:
    """Who wrote what, when, with what buttons, and what was recorded, day by day."""
    zone = datetime.fromisoformat(lines[0]["at"]).tzinfo if lines else None
    told: list[str] = []
    day = None
    for at, text in _merged(steps, lines, zone):
        if at.date() != day:
            day = at.date()
            told.append(f"{'' if not told else chr(10)}=== {at:%A} {at.day} {at:%B %Y}")
        told.append(text)
    return "\n".join(told) + "\n"


def _merged(
    steps: Sequence[Line], lines: Sequence[Line], zone: tzinfo | None
) -> Iterator[tuple[datetime, str]]:
    """Every step, and after it all that came until the next."""
    left = list(lines)
    for number, step in enumerate(steps):
        at = _at(step)
        while left and _at(left[0]) < at:
            yield _told(left.pop(0))
        said = _said(step)
        if said:
            yield _local(at, step, zone), f"{_local(at, step, zone):%H:%M}  {said}"
        following = _at(steps[number + 1]) if number + 1 < len(steps) else None
        while left and (following is None or _at(left[0]) < following):
            yield _told(left.pop(0))


def _at(line: Line) -> datetime:
    return datetime.fromisoformat(line["at"])


def _local(at: datetime, step: Line, zone: tzinfo | None) -> datetime:
    return at.astimezone(zone) if zone and at.utcoffset() != zone.utcoffset(at) else at


def _said(step: Line) -> str:
    match step:
        case {"enrol": who}:
            how = f"{who['channel']}, {who['language']}, {who['pathway'] or 'no pathway'}"
            return f"* {who['patient']} is enrolled ({how})"
        case {"start": {"patient": patient, "flow": flow}}:
            return f"* {flow} falls due for {patient}"
        case {"from": who, "text": text}:
            edits = f" [edits {step['edits']}]" if "edits" in step else ""
            same = f" [id {step['id']}]" if "id" in step else ""
            return f"{who}: {text}{edits}{same}"
        case {"from": who, "tap": label}:
            on = f" (on message {step['on']})" if "on" in step else ""
            return f"{who} presses [{label}]{on}"
        case {"professional": who, "open": number}:
            return f"{who} opens the link in message {number}"
        case {"professional": who, "code": code}:
            return f"{who} gives the code ({code})"
        case {"directory": {"name": name, "role": role}}:
            return f"* {name}, {role}, is put into the clinic's directory"
        case {"professional": who, "room": code}:
            return f"{who} types the code of the room ({code})"
        case {"professional": who, "note": note}:
            fields = note.items() if isinstance(note, dict) else ()
            return f"{who} notes: {'; '.join(map(': '.join, fields)) or note}"
        case {"desk": {"say": text}}:
            return f"the clinic's desk says: {text}"
        case {"desk": {"take-over": _}}:
            return "the clinic's desk takes over"
        case {"desk": {"hand-back": _}}:
            return "the clinic's desk hands back"
        case {"professional": who, "handled": _}:
            return f"{who} has seen it and handles it"
        case _:
            return ""


def _told(line: Line) -> tuple[datetime, str]:
    at = _at(line)
    if "entry" in line:
        return at, f"{_MARGIN}+ {_entry(line['entry'])}"
    head = f"{at:%H:%M}  -> {line['to']} ({', '.join(_how(line))})"
    subject = [f"Subject: {line['subject']}"] if "subject" in line else []
    body = [f"{_MARGIN}| {part}".rstrip() for part in (*subject, *line["text"].split("\n"))]
    buttons = " ".join(f"[{label}]" for label in line["buttons"])
    return at, "\n".join([head, *body, *([f"{_MARGIN}| {buttons}"] if buttons else [])])


def _how(line: Line) -> Iterator[str]:
    yield line["channel"]
    if "segments" in line:
        yield f"{line['segments']} segment{'s' if line['segments'] > 1 else ''}"


def _entry(entry: Line) -> str:
    where = "/".join(part for part in (entry["flow"], entry["item"]) if part)
    value = "" if entry["value"] is None and entry["kind"] != "score" else f"= {entry['value']}"
    known = {"kind", "flow", "item", "value", "raw", "wording"}
    more = [f"{key} {_plain(value)}" for key, value in entry.items()
            if key not in known and value is not None]  # fmt: skip
    raw = entry.get("raw")
    words = "" if raw is None else '"' + raw.replace("\n", " | ") + '"'
    parts = [entry["kind"], where, value, words]
    told = " ".join(part for part in parts if part)
    return f"{told} ({', '.join(more)})" if more else told


def _plain(value: Any) -> str:
    return "+".join(map(str, value)) if isinstance(value, list) else str(value)
