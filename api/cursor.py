"""How far a page has read: the `id:` of a server-sent event.

Messages are recorded a little after their time, and two processes' clocks differ: one may
show up with a time just before another that was read already. A cursor therefore remembers
what it has seen of the last minute, and reading starts that far back: nothing comes twice,
and nothing is missed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Self

from bot.transcript import Bubble

OVERLAP = 60_000_000
"""How far back reading starts, in microseconds."""

_TEXT = re.compile(r"\d{1,17}(\.\d{1,19}){0,200}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Cursor:
    """The newest `order` that was read, and the bubbles seen shortly before it by id."""

    order: int = 0
    seen: frozenset[tuple[int, int]] = field(default_factory=frozenset)
    """Pairs of a bubble's order and id."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what `str` wrote; anything else starts at the beginning."""
        if not _TEXT.fullmatch(text):
            return cls()
        order, *ids = map(int, text.split("."))
        return cls(order, frozenset((order, id) for id in ids))

    def __str__(self) -> str:
        return ".".join(map(str, (self.order, *sorted(id for _, id in self.seen))))

    @property
    def after(self) -> int:
        """Where to start reading."""
        return max(0, self.order - OVERLAP)

    def fresh(self, bubbles: Iterable[Bubble]) -> list[Bubble]:
        """Those that were not seen yet."""
        known = {id for _, id in self.seen}
        return [bubble for bubble in bubbles if bubble.id not in known]

    def past(self, bubbles: Iterable[Bubble]) -> Self:
        """The cursor after these were read too."""
        seen = {*self.seen, *((bubble.order, bubble.id) for bubble in bubbles)}
        order = max((order for order, _ in seen), default=self.order)
        order = max(order, self.order)
        recent = frozenset(pair for pair in seen if pair[0] > order - OVERLAP)
        return type(self)(order, recent)
