"""What a conversation remembers between turns (sealed in table `conversation`)."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

from flows.session import Session

SCORE = "#score"
KEEPING = "keeping"
"""The task that asks whether words which came unasked should be kept."""


@dataclass(slots=True)
class Task:
    """A short dialogue under way, such as enrolling or sharing; `turn` dates its buttons."""

    name: str
    step: str
    turn: int = 0
    data: dict[str, Any] = field(default_factory=dict)
    asked_at: str = ""
    """ISO time of its newest question."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A flow that has fallen due while something else was open."""

    flow: str
    items: tuple[str, ...] | None = None
    priority: int = 50
    last: bool = False
    """A sitting that ran out once already; it is not offered a third time."""


@dataclass(slots=True)
class Memory:
    """Everything but the open session."""

    task: Task | None = None
    waiting: list[Waiting] = field(default_factory=list)
    facts: dict[str, str] = field(default_factory=dict)
    """Option ids of answers that other flows' conditions ask for, by `flow/item`."""
    held: bool = False
    """An emergency was reported: no flow opens until somebody has looked."""
    flagged_at: str = ""
    """ISO time of the newest flag."""
    suspended: int | None = None
    """Id of the session that was put aside for a screen; it goes on when that is done."""
    urgency: str = ""
    """The most urgent of the flags that no doctor has looked at, as far as the patient says."""
    wrong_codes: int = 0
    """Wrong tries at the patient's own code since the last right one."""
    code_locked_until: str = ""
    """ISO time until which the code is not asked for, after too many wrong tries."""
    turns: int = 0
    """Counts the tasks' questions, so that an old button is known for one."""

    def to_json(self) -> dict[str, Any]:
        """A dictionary for orjson, which writes the parts itself; empty ones are left out."""
        return {name: value for name in _PARTS if (value := getattr(self, name))}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Memory:
        """Read what `to_json` wrote, once it is JSON."""
        task = data.get("task")
        return cls(
            task=Task(**task) if task else None,
            waiting=[
                Waiting(
                    w["flow"],
                    None if w["items"] is None else tuple(w["items"]),
                    w["priority"],
                    w["last"],
                )
                for w in data.get("waiting", [])
            ],
            facts=data.get("facts", {}),
            held=data.get("held", False),
            flagged_at=data.get("flagged_at", ""),
            suspended=data.get("suspended"),
            urgency=data.get("urgency", ""),
            wrong_codes=data.get("wrong_codes", 0),
            code_locked_until=data.get("code_locked_until", ""),
            turns=data.get("turns", 0),
        )


_PARTS = tuple(part.name for part in fields(Memory))


@dataclass(slots=True)
class OpenSession:
    """A session with its row's id, and the entry that now stands for each item.

    The instrument's score stands under the key `SCORE`.
    """

    id: int
    session: Session
    opened_at: datetime
    closed_at: datetime | None = None
    entries: dict[str, int] = field(default_factory=dict)
    last: bool = False

    def to_json(self) -> dict[str, Any]:
        """What table `session` keeps sealed: a dictionary for orjson, which writes times itself."""
        return {
            "session": self.session.to_json(),
            "opened_at": self.opened_at,
            "closed_at": self.closed_at,
            "entries": self.entries,
            "last": self.last,
        }

    @classmethod
    def from_json(cls, row_id: int, data: dict[str, Any]) -> OpenSession:
        """Read what `to_json` wrote, once it is JSON."""
        closed_at = data["closed_at"]
        return cls(
            row_id,
            Session.from_json(data["session"]),
            datetime.fromisoformat(data["opened_at"]),
            datetime.fromisoformat(closed_at) if closed_at else None,
            dict(data["entries"]),
            data["last"],
        )
