"""A flow as canonical JSON: what is stored, hashed, and read back years later.

Fields that have their default are left out, so that a new field with a default changes
neither the JSON nor the hash of a definition. The defaults in `model` are thereby part of
the stored form: a change to one would change what is read back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass, replace
from datetime import timedelta
from enum import Enum
from hashlib import sha256
from typing import Any

import orjson

from flows.model import (
    Band,
    Condition,
    Flow,
    FlowKind,
    Follow,
    Item,
    ItemKind,
    Operator,
    Option,
    Pathway,
    Subscale,
    Test,
    Urgency,
)


def dump_flow(flow: Flow) -> str:
    """The canonical JSON of a flow; its SHA-256 is `flow.definition`."""
    plain = _plain(replace(flow, definition=""))
    return orjson.dumps(plain, option=orjson.OPT_SORT_KEYS).decode()


def restore_flow(json: str) -> Flow:
    """Read what `dump_flow` wrote back to an equal flow.

    Raises:
        ValueError: this is no JSON, or holds a word that this code does not know.
        KeyError, TypeError: this is some other JSON.
    """
    data = orjson.loads(json)
    flow = Flow(
        id=data.pop("id"),
        kind=FlowKind(data.pop("kind")),
        title=data.pop("title"),
        items=tuple(_item(item) for item in data.pop("items")),
        definition=_digest(json),
        bands=tuple(Band(**band) for band in data.pop("bands", ())),
        subscales=tuple(_subscale(each) for each in data.pop("subscales", ())),
        reminders=tuple(timedelta(seconds=s) for s in data.pop("reminders", ())),
    )
    if "expires" in data:
        data["expires"] = timedelta(seconds=data["expires"])
    if "follow" in data:
        data["follow"] = Follow(**data["follow"])
    return replace(flow, **data)


def version_of(pathway: Pathway) -> str:
    """A short hash of what a pathway asks and when: the same plan, the same version."""
    return _digest(orjson.dumps(_plain(pathway.steps), option=orjson.OPT_SORT_KEYS).decode())[:16]


def sealed(flow: Flow) -> Flow:
    """The flow with the hash of its content as `definition`."""
    return replace(flow, definition=_digest(dump_flow(flow)))


def _digest(json: str) -> str:
    return sha256(json.encode()).hexdigest()


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return {
            field.name: _plain(getattr(value, field.name))
            for field in fields(value)
            if getattr(value, field.name) != _default(field) and field.name != "definition"
        }
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, timedelta):
        return int(value.total_seconds())
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    return value


def _default(field: Field[Any]) -> Any:
    return field.default if field.default is not MISSING else MISSING


def _item(data: dict[str, Any]) -> Item:
    data["kind"] = ItemKind(data["kind"])
    data["options"] = tuple(_option(option) for option in data.get("options", ()))
    if "anchors" in data:
        data["anchors"] = tuple(data["anchors"])
    if "enable_when" in data:
        data["enable_when"] = _condition(data["enable_when"])
    if "flag" in data:
        data["flag"] = Urgency(data["flag"])
    if "known_for" in data:
        data["known_for"] = timedelta(seconds=data["known_for"])
    if "follow" in data:
        data["follow"] = Follow(**data["follow"])
    return Item(**data)


def _subscale(data: dict[str, Any]) -> Subscale:
    return Subscale(items=tuple(data.pop("items")), **data)


def _option(data: dict[str, Any]) -> Option:
    if "also" in data:
        data["also"] = {language: tuple(words) for language, words in data["also"].items()}
    return Option(**data)


def _condition(data: dict[str, Any]) -> Condition:
    tests = tuple(
        Test(test["question"], Operator(test["operator"]), test["answer"])
        for test in data.pop("tests")
    )
    return Condition(tests, **data)
