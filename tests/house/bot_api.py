"""Calls held against the published description of Telegram's Bot API.

`BACKTRACE_SPECS` names the folder that it lies in; without it only the limits are held.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest

LONGEST = {"text": 4096, "caption": 1024}
MOST_BUTTONS = 100
DATA_BYTES = 64


@cache
def described() -> Any | None:
    """The description, or None where it is not at hand."""
    folder = os.environ.get("BACKTRACE_SPECS")
    if folder is None:
        return None
    return json.loads((Path(folder) / "telegram-bot-api.json").read_text("utf-8"))


def bot_api() -> Any:
    """The description; skips the test where it is not at hand."""
    found = described()
    if found is None:
        pytest.skip("BACKTRACE_SPECS names no folder with the published API descriptions")
    return found


def wrong_call(method: str, body: Mapping[str, Any]) -> list[str]:
    """What Telegram would refuse of this call, files aside; types only with the description."""
    found = [*_beyond_limits(body)]
    spec = described()
    if spec is not None:
        if method not in spec["methods"]:
            return [f"{method} is no method"]
        found += wrong_fields(body, spec["methods"][method])
    return found


def _beyond_limits(body: Mapping[str, Any]) -> Iterator[str]:
    for name, longest in LONGEST.items():
        text = body.get(name)
        if isinstance(text, str) and not 0 < len(text.encode("utf-16-le")) // 2 <= longest:
            yield f"{name} has not 1 to {longest} characters"
    keyboard = (body.get("reply_markup") or {}).get("inline_keyboard", [])
    buttons = [button for row in keyboard for button in row]
    if len(buttons) > MOST_BUTTONS or any(len(row) > 8 for row in keyboard):
        yield "too many buttons"
    for button in buttons:
        if not button["text"]:
            yield "a button without words"
        if not 0 < len(button.get("callback_data", "").encode()) <= DATA_BYTES:
            yield f"a button's data has not 1 to {DATA_BYTES} bytes"


def wrong(value: Any, kinds: Sequence[str]) -> Iterator[str]:
    """What keeps a value from being of any of these types of the Bot API."""
    found = [list(_wrong(value, kind)) for kind in kinds]
    yield from min(found, key=len)


def _wrong(value: Any, kind: str) -> Iterator[str]:
    plain = {"Integer": int, "String": str, "Boolean": bool}
    if kind.startswith("Array of "):
        for each in value if isinstance(value, list) else [f"{value!r} is no list"]:
            yield from _wrong(each, kind.removeprefix("Array of "))
    elif kind == "InputFile":
        if not isinstance(value, bytes):
            yield "no file"
    elif kind in plain:
        if type(value) is not plain[kind]:
            yield f"{value!r} is no {kind}"
    elif isinstance(value, dict):
        yield from wrong_fields(value, bot_api()["types"][kind])
    else:
        yield f"{value!r} is no {kind}"


def wrong_fields(values: Mapping[str, Any], described: Mapping[str, Any]) -> Iterator[str]:
    """What is unknown, missing or of another type."""
    fields = {field["name"]: field for field in described.get("fields", [])}
    yield from (f"{name} is unknown" for name in values.keys() - fields.keys())
    for name, field in fields.items():
        if name in values:
            yield from (f"{name}: {reason}" for reason in wrong(values[name], field["types"]))
        elif field["required"]:
            yield f"{name} is missing"
