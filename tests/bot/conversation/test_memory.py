"""What older versions wrote is still read, and what is written is read back the same."""

from __future__ import annotations

import json
from typing import Any

import orjson

from bot.conversation.memory import Lapsed, Memory, OpenSession, Today, Waiting

OLDER = """
{"waiting": [{"flow": "odi", "items": null, "priority": 30, "last": true},
             {"flow": "intake", "items": ["goal"], "priority": 40, "last": false}],
 "facts": {"intake/work-status": "working"}, "turns": 3}
"""
OLDER_SESSION = """
{"session": {"v": 1, "flow": "odi", "definition": "d", "language": "da", "status": "waiting",
             "items": null, "given": {}, "facts": {}, "trail": ["pain-intensity"],
             "misunderstood": 0, "offered": [], "offered_raw": ""},
 "opened_at": "2026-01-06T17:00:00+00:00", "closed_at": null, "entries": {}, "last": false}
"""


def test_a_memory_of_an_older_version_is_read() -> None:
    memory = Memory.from_json(json.loads(OLDER))

    assert memory.waiting == [Waiting("odi", None, 30, last=True), Waiting("intake", ("goal",), 40)]
    assert memory.turns == 3
    assert (memory.openings, memory.unanswered, memory.quiet, memory.rhythm) == ([], 0, False, {})


def stored(data: dict[str, Any]) -> dict[str, Any]:
    """What is read back after it was sealed as JSON."""
    read: dict[str, Any] = orjson.loads(orjson.dumps(data))
    return read


def test_a_session_of_an_older_version_is_read() -> None:
    open = OpenSession.from_json(7, json.loads(OLDER_SESSION))

    assert (open.due, open.free, open.in_one) == ("", False, False)
    assert OpenSession.from_json(7, stored(open.to_json())) == open


def test_an_empty_memory_is_an_empty_document() -> None:
    assert Memory().to_json() == {}


def test_everything_is_read_back() -> None:
    memory = Memory(
        waiting=[Waiting("odi", ("lifting",), 30, due="2026-01-06", free=True, in_one=True)],
        openings=["2026-01-06T17:00:00+00:00"],
        today=Today("2026-01-06", 7, "more"),
        unanswered=3,
        quiet=True,
        rhythm={"only": 0},
        choose="silent",
        choice_turn=4,
        over="due",
        lapsed=Lapsed("odi", "lifting", "2026-01-06T17:00:00+00:00"),
    )

    assert Memory.from_json(stored(memory.to_json())) == memory
