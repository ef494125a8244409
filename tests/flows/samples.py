"""Small definitions and the real languages, for tests of the engine."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from flows.lexicon import Lexicon, lexicons
from flows.library import Library
from flows.model import (
    Condition,
    Flow,
    FlowKind,
    Item,
    ItemKind,
    Operator,
    Option,
    Test,
    Urgency,
)

FLOWS = Path(__file__).parents[2] / "flows"
ASKED = {"en": "How is it?", "da": "Hvordan går det?"}
YES_NO = (
    Option("yes", {"en": "Yes", "da": "Ja"}),
    Option("no", {"en": "No", "da": "Nej"}),
)

PAIN = Item(
    "pain",
    ItemKind.SCALE,
    ASKED,
    maximum=10,
    anchors=(
        {"en": "no pain", "da": "ingen smerter"},
        {"en": "worst you can imagine", "da": "værst tænkelige"},
    ),
)
DAYS = Item("days", ItemKind.COUNT, ASKED, maximum=7, unit={"en": "days", "da": "dage"})
NUMB = Item("numb", ItemKind.YES_NO, ASKED, options=YES_NO)
BOTHERED = Item(
    "bothered",
    ItemKind.CHOICE,
    ASKED,
    options=(
        Option("not-at-all", {"en": "Not at all", "da": "Slet ikke"}, 0),
        Option("slightly", {"en": "Slightly", "da": "Lidt"}, 0),
        Option("moderately", {"en": "Moderately", "da": "En del"}, 0),
        Option("very-much", {"en": "Very much", "da": "Meget"}, 1, also={"en": ("loads",)}),
        Option("extremely", {"en": "Extremely", "da": "Ekstremt"}, 1),
    ),
)
WALKING = Item(
    "walking",
    ItemKind.CHOICE,
    ASKED,
    options=(
        Option("a", {"en": "I walk as far as I like", "da": "Jeg går så langt, jeg vil"}, 0),
        Option("b", {"en": "I walk for an hour", "da": "Jeg går en time"}, 1),
        Option("c", {"en": "I walk with a stick", "da": "Jeg går med stok"}, 2),
    ),
)
WORRIED = Item(
    "worried",
    ItemKind.CHOICE,
    ASKED,
    options=(
        Option("agree", {"en": "I agree", "da": "Enig"}, 1),
        Option("disagree", {"en": "I disagree", "da": "Uenig"}, 0),
    ),
)
GOAL = Item("goal", ItemKind.TEXT, ASKED)


def flow(*items: Item, kind: FlowKind = FlowKind.CHECK_IN, scoring: str | None = None) -> Flow:
    """A flow of these items."""
    return Flow("sample", kind, {"en": "Sample", "da": "Prøve"}, items, "sha", scoring=scoring)


def when(question: str, operator: Operator, answer: str | int | bool) -> Condition:
    """A condition of one test."""
    return Condition((Test(question, operator, answer),))


def flagged(item_id: str, urgency: Urgency) -> Item:
    """A yes/no question after a warning sign."""
    return Item(item_id, ItemKind.YES_NO, ASKED, options=YES_NO, flag=urgency)


@cache
def languages() -> dict[str, Lexicon]:
    """The languages that are shipped."""
    files = (FLOWS / "languages").glob("*.yaml")
    return lexicons({file.name: file.read_text(encoding="utf-8") for file in files})


@cache
def library() -> Library:
    """The definitions that are shipped."""
    files = (FLOWS / "definitions").rglob("*.yaml")
    return Library.read(
        {
            str(file.relative_to(FLOWS / "definitions")): file.read_text(encoding="utf-8")
            for file in files
        }
    )
