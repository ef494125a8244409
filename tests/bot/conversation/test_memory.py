"""What older versions wrote is still read, and what is written is read back the same."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from msgspec import structs

from bot.conversation.memory import Lapsed, Memory, OpenSession, Talk, Task, Today, Waiting
from flows.session import ANSWER, Given, Session

OLDER = b"""
{"waiting": [{"flow": "odi", "items": null, "priority": 30, "last": true},
             {"flow": "intake", "items": ["goal"], "priority": 40, "last": false}],
 "facts": {"intake/work-status": "working"}, "turns": 3}
"""
OLDER_SESSION = b"""
{"session": {"v": 1, "flow": "odi", "definition": "d", "language": "da", "status": "waiting",
             "items": null, "given": {}, "facts": {}, "trail": ["pain-intensity"],
             "misunderstood": 0, "offered": [], "offered_raw": ""},
 "opened_at": "2026-01-06T17:00:00+00:00", "closed_at": null, "entries": {}, "last": false}
"""


def test_a_memory_of_an_older_version_is_read() -> None:
    memory = Memory.from_json(OLDER)

    assert memory.waiting == [Waiting("odi", None, 30, last=True), Waiting("intake", ("goal",), 40)]
    assert memory.turns == 3
    assert (memory.openings, memory.unanswered, memory.quiet, memory.rhythm) == ([], 0, False, {})


def test_a_session_of_an_older_version_is_read() -> None:
    open = OpenSession.from_json(7, OLDER_SESSION)

    assert (open.id, open.due, open.free, open.in_one) == (7, "", False, False)
    assert open.reminded is None
    assert OpenSession.from_json(7, open.to_json()) == open


def test_a_session_is_read_back_with_all_that_it_has() -> None:
    begun = datetime(2026, 1, 6, 17, tzinfo=UTC)
    session = Session("odi", "d", "da", known={"lifting": Given(ANSWER, "let", 1, 0, "light")})
    open = OpenSession(
        session, begun, {"lifting": 8}, 7, begun, True, True, True, begun.isoformat(), True, True,
        2, {"mode": "paper"}, {"4": 2},
    )  # fmt: skip

    assert all(structs.asdict(open).values())
    assert OpenSession.from_json(7, open.to_json()) == open


@pytest.mark.parametrize("reminded", [0, None])
def test_of_a_session_what_is_empty_is_left_out(reminded: int | None) -> None:
    begun = datetime(2026, 1, 6, 17, tzinfo=UTC)
    open = OpenSession(Session("odi", "d", "da"), begun, {}, 7, reminded=reminded)
    written = orjson.loads(open.to_json())

    assert written.keys() - {"reminded"} == {"session", "opened_at", "entries", "id"}
    assert OpenSession.from_json(7, open.to_json()) == open


def test_an_empty_memory_is_an_empty_document() -> None:
    assert Memory().to_json() == b"{}"


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


def _name(kind: Any) -> str:
    """A type as it is written: `list[Waiting]`."""
    written = kind.__name__ if type(kind) is type else str(kind)
    return written.replace(f"{Memory.__module__}.", "").replace("typing.", "")


def test_everything_is_read_back() -> None:
    memory = Memory(**{part.name: SAMPLES[_name(part.type)] for part in structs.fields(Memory)})

    assert Memory.from_json(memory.to_json()) == memory
