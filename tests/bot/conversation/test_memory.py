"""What older versions wrote is still read, and what is written is read back the same."""

from __future__ import annotations

import json
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from bot.conversation.memory import Lapsed, Memory, OpenSession, Talk, Task, Today, Waiting
from flows.session import ANSWER, Given, Session

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


def test_a_session_is_read_back_with_all_that_it_has() -> None:
    begun = datetime(2026, 1, 6, 17, tzinfo=UTC)
    session = Session("odi", "d", "da", known={"lifting": Given(ANSWER, "let", 1, 0, "light")})
    open = OpenSession(
        7, session, begun, begun, {"lifting": 8}, True, True, True, begun.isoformat(), True, True,
        2, {"mode": "paper"}, {"4": 2},
    )  # fmt: skip

    assert all(getattr(open, part.name) for part in fields(OpenSession))
    assert OpenSession.from_json(7, stored(open.to_json())) == open


@pytest.mark.parametrize("reminded", [0, None])
def test_of_a_session_what_is_empty_is_left_out(reminded: int | None) -> None:
    begun = datetime(2026, 1, 6, 17, tzinfo=UTC)
    open = OpenSession(7, Session("odi", "d", "da"), begun, reminded=reminded)
    written = stored(open.to_json())

    assert written.keys() == {"session", "opened_at", "entries", "reminded"}
    assert OpenSession.from_json(7, written) == open


def test_an_empty_memory_is_an_empty_document() -> None:
    assert Memory().to_json() == {}


SAMPLES: dict[str, Any] = {
    "bool": True,
    "int": 3,
    "int | None": 7,
    "str": "2026-01-06T17:00:00+00:00",
    "list[int]": [7, 9],
    "list[str]": ["2026-01-06T17:00:00+00:00"],
    "dict[str, str]": {"intake/work-status": "working"},
    "dict[str, int]": {"only": 0},
    "dict[str, Any]": {"status": "active", "session": 7},
    "dict[str, list[Any]]": {"odi/lifting": ["2026-01-06", 2, "heavy", "two"]},
    "Task | None": Task("sharing", "preview", 3, {"member": 7}, "2026-01-06T17:00:00+00:00"),
    "list[Waiting]": [Waiting("odi", ("lifting",), 30, True, "2026-01-06", True, True)],
    "Today | None": Today("2026-01-06", 7, "more"),
    "Talk | None": Talk(2, "2026-01-06T17:00:00+00:00", 7, "Mette Dam", told=True),
    "Lapsed | None": Lapsed("odi", "lifting", "2026-01-06T17:00:00+00:00"),
}
"""Something else than the default for each type that a memory has a field of."""


def test_everything_is_read_back() -> None:
    memory = Memory(**{part.name: SAMPLES[str(part.type)] for part in fields(Memory)})

    assert Memory.from_json(stored(memory.to_json())) == memory
