"""What is printed: one line for every message sent and every entry recorded."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from backtrace.replay.stage import Sent
from bot.segments import segments
from trajectory.entries import Entry

Line = dict[str, Any]
_SCORE = ("answered", "of", "band", "group", "subscale", "reason")
_OF_SOME = ("positive", "variant", "share")
_MORE = ("previous", "previous_code", "given", "late", "confirmed", "purposes", "until", "version")


def message_line(sent: Sent, to: str, number: int, zone: ZoneInfo) -> Line:
    """A message, as its channel rendered it; `number` counts per recipient."""
    rendered = sent.parcel.rendered
    line: Line = {
        "at": sent.at.astimezone(zone).isoformat(),
        "to": to,
        "n": number,
        "channel": sent.channel,
        "text": rendered.text,
        "buttons": [button.label for button in rendered.buttons],
    }
    if sent.channel == "sms":
        line["segments"] = segments(rendered.text)
    if rendered.subject:
        line["subject"] = rendered.subject
    return line


def entry_line(entry: Entry, patient: str, zone: ZoneInfo) -> Line:
    """An entry of the trajectory; scores carry how complete they are."""
    return {
        "at": entry.recorded_at.astimezone(zone).isoformat(),
        "patient": patient,
        "entry": _score(entry) if entry.kind == "score" else _entry(entry),
    }


def _score(entry: Entry) -> Line:
    detail = entry.detail or {}
    line: Line = {"kind": entry.kind, "flow": entry.flow, "item": None}
    line["value"] = _number(entry.value)
    line.update({key: detail.get(key) for key in _SCORE})
    line.update({key: detail[key] for key in _OF_SOME if key in detail})
    line["wording"] = detail.get("wording")
    return line


def _entry(entry: Entry) -> Line:
    line: Line = {
        "kind": entry.kind,
        "flow": entry.flow,
        "item": entry.item,
        "value": _number(entry.value),
    }
    if entry.code is not None:
        line["code"] = entry.code
    line["raw"] = entry.text
    if entry.author != "patient":
        line["author"] = entry.author
    detail = entry.detail or {}
    line.update({key: detail[key] for key in _MORE if key in detail})
    return line


def _number(value: float | None) -> float | int | None:
    """Whole numbers without a fraction; the rest as recorded, two decimals half up."""
    return int(value) if value is not None and value.is_integer() else value
