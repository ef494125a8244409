"""The replies of the corpus, and what may come of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from flows import yaml_text
from flows.model import Item, ItemKind
from tests.flows.samples import library

LANGUAGES = ("en", "da")
_REPLIES = Path(__file__).parent / "replies"
_NO_VALUE = ("skip", "not-applicable")


@dataclass(frozen=True)
class Reply:
    """One reply as a patient might write it; exactly one of the three says what it is.

    `means` is what must be stored at once, `perhaps` what may be offered; with neither, the
    reply is no answer.
    """

    id: str
    language: str
    flow: str
    item: str
    say: str
    means: str | None
    perhaps: tuple[str, ...]
    held: bool

    @property
    def asked(self) -> Item:
        """The question just asked."""
        return library().flow(self.flow).item(self.item)

    @property
    def is_answer(self) -> bool:
        """Whether it is for the reading to understand; to skip is a command."""
        return self.means is not None and self.means not in _NO_VALUE

    @property
    def section(self) -> str:
        """What kind of question it answers, as the report lists them."""
        item = self.asked
        if self.means in _NO_VALUE:
            return "skipped"
        if item.kind is ItemKind.CHOICE and item.option("agree"):
            return "agree or disagree"
        return {
            ItemKind.SCALE: "scale 0-10",
            ItemKind.COUNT: "days 0-7",
            ItemKind.YES_NO: "yes or no",
            ItemKind.CHOICE: "lettered list",
            ItemKind.TEXT: "own words",
        }[item.kind]


@cache
def replies(language: str) -> Sequence[Reply]:
    """All replies of a language, both halves."""
    rows = yaml_text.load((_REPLIES / f"{language}.yaml").read_text("utf-8"))
    return [_reply(row, language) for row in rows]


def _reply(row: dict[str, Any], language: str) -> Reply:
    flow, item = row["item"].split("/")
    return Reply(
        id=row["id"],
        language=language,
        flow=flow,
        item=item,
        say=row["say"],
        means=str(row["means"]) if "means" in row else None,
        perhaps=tuple(map(str, row.get("perhaps", ()))),
        held=row.get("held", False),
    )
