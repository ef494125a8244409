"""Where a dialogue stands: small, frozen, versioned JSON."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Literal, NamedTuple

from msgspec import Struct, structs


class Status(StrEnum):
    """Whether a session still waits for an answer."""

    WAITING = "waiting"
    FINISHED = "finished"
    EXPIRED = "expired"


class GivenKind(StrEnum):
    """The three different things that a patient can do with a question."""

    ANSWER = "answer"
    SKIP = "skip"
    NOT_APPLICABLE = "not-applicable"


WAITING, FINISHED, EXPIRED = Status
ANSWER, SKIP, NOT_APPLICABLE = GivenKind
"""The members by themselves: through its class Python 3.11 is slow to find one."""

AND_THEN = " / "
"""Between the words of two replies that are one answer, such as "7 or so / yes"."""


class Given(NamedTuple):
    """What stands for an item now, with the raw words it was read from.

    `value` is an option's score or the number itself; None for text, skips and
    unscored options. `code` is the option id.
    """

    kind: GivenKind
    raw: str
    turn: int
    value: int | None = None
    code: str | None = None
    text: str | None = None


class Session(Struct, frozen=True):
    """One run through a flow, as it is kept: msgspec writes and reads it.

    `trail` lists the item asked at each turn (turn 1 first), so that a tap on an older
    button or an edited message finds its own question. `offered` holds the candidates of
    a question that was asked back ("Do you mean C?"), as option ids or digits. `known` holds
    by item what was answered earlier and is shown for confirmation in place of the question,
    until the item is answered or the patient says that it is not right any more. `asked_back`
    holds by item what was on offer where its answer was chosen after words in doubt; of a warning
    sign that may have had a yes it does so already before there is an answer.
    """

    flow: str
    definition: str
    language: str
    status: Status = WAITING
    items: tuple[str, ...] | None = None
    given: Mapping[str, Given] = {}
    facts: Mapping[str, str] = {}
    trail: tuple[str, ...] = ()
    misunderstood: int = 0
    offered: tuple[str, ...] = ()
    offered_raw: str = ""
    known: Mapping[str, Given] = {}
    asked_back: Mapping[str, tuple[str, ...]] = {}
    v: Literal[1, 2] = 2
    """The version of what is kept: both are read, and one to come is refused."""

    @property
    def turn(self) -> int:
        """Number of the question that waits (or waited last); 0 before the first."""
        return len(self.trail)

    @property
    def pending(self) -> str | None:
        """Id of the item that waits for an answer, or None."""
        return self.trail[-1] if self.trail and self.status is WAITING else None

    def asked_at(self, turn: int) -> str | None:
        """Id of the item asked at this turn, or None when there was no such turn."""
        return self.trail[turn - 1] if 1 <= turn <= len(self.trail) else None

    def offers(self, given: Given) -> bool:
        """Whether this answer is one of those that are on offer."""
        if not self.offered or given.turn != self.turn:
            return False
        return (given.code or str(given.value)) in self.offered

    def answering(self, item_id: str, given: Given, offered: tuple[str, ...] = ()) -> Session:
        """The session with this answer in place of any earlier one; it was one of `offered`."""
        return structs.replace(
            self,
            given={**self.given, item_id: given},
            asked_back=self._asked_back(item_id, given, offered),
        )

    def _asked_back(
        self, item_id: str, given: Given, offered: tuple[str, ...]
    ) -> Mapping[str, tuple[str, ...]]:
        if offered:
            return {**self.asked_back, item_id: offered}
        if item_id in self.asked_back and (given.kind is ANSWER or item_id in self.given):
            return {item: each for item, each in self.asked_back.items() if item != item_id}
        return self.asked_back

    def doubting(self, item_id: str, offered: tuple[str, ...]) -> Session:
        """The session in which what may be a yes to this warning sign is asked back with these."""
        if item_id in self.given:
            return self
        return structs.replace(self, asked_back={**self.asked_back, item_id: offered})

    def without_doubt(self, item_id: str) -> Session:
        """The session in which that is a yes no more: a no was said, or may have been."""
        if item_id in self.given or item_id not in self.asked_back:
            return self
        left = {item: each for item, each in self.asked_back.items() if item != item_id}
        return structs.replace(self, asked_back=left)

    def unsettled(self) -> list[str]:
        """Ids of the items that were asked back about and have no answer; a skip is none."""
        given = self.given
        return [
            item for item in self.asked_back if item not in given or given[item].kind is not ANSWER
        ]

    def asking(self, item_id: str) -> Session:
        """The session with this item put next; nothing is on offer for it yet."""
        return structs.replace(
            self, trail=(*self.trail, item_id), misunderstood=0, offered=(), offered_raw=""
        )
