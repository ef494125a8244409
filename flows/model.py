"""What a definition says, once it has been read and found right.

The semantics follow the FHIR Questionnaire: an item's `id` is its linkId, an option is an
answerOption with a score, `enable_when` is enableWhen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from functools import cached_property

Texts = Mapping[str, str]
"""Words by language code (`en`, `da`)."""


class FlowKind(StrEnum):
    """What a flow is for; decides priority, limits and how it is named to people."""

    INSTRUMENT = "instrument"
    CHECK_IN = "check-in"
    SCREEN = "screen"
    INTAKE = "intake"


class ItemKind(StrEnum):
    """How an item is answered."""

    CHOICE = "choice"
    """One of several lettered statements or labels."""
    SCALE = "scale"
    """A whole number between two anchors, such as pain 0-10."""
    COUNT = "count"
    """A whole number of something, such as days 0-7."""
    YES_NO = "yes-no"
    """Options `yes` and `no`."""
    TEXT = "text"
    """The patient's own words."""


class Urgency(StrEnum):
    """How soon a red flag must be seen (CLINICAL facts: NICE NG59, IFOMPT 2020)."""

    EMERGENCY = "emergency"
    SAME_DAY = "same-day"
    SOON = "soon"


class Operator(StrEnum):
    """FHIR enableWhen operators."""

    EXISTS = "exists"
    EQUALS = "="
    NOT_EQUALS = "!="
    GREATER = ">"
    LESS = "<"
    GREATER_OR_EQUAL = ">="
    LESS_OR_EQUAL = "<="


@dataclass(frozen=True, slots=True)
class Test:
    """One enableWhen test: `question` is an item id, or `flow/item` for a known fact."""

    __test__ = False

    question: str
    operator: Operator
    answer: str | int | bool


@dataclass(frozen=True, slots=True)
class Condition:
    """All or any of several tests (FHIR enableBehavior)."""

    tests: tuple[Test, ...]
    behavior: str = "all"


@dataclass(frozen=True, slots=True)
class Option:
    """One answer that can be chosen; `score` is None where the item is not scored."""

    id: str
    text: Texts
    score: int | None = None
    also: Mapping[str, tuple[str, ...]] | None = None
    """Further words, by language, that mean this option and nothing else."""


@dataclass(frozen=True, slots=True)
class Follow:
    """How a score, or a number that is asked again, is followed over time.

    A change counts from `important` points on, or from `share` percent of the first value. The
    errors are what measuring again may bring by itself: a change must be larger to be beyond it.
    """

    name: Texts | None = None
    """What professionals call it; None: as the flow or the item is called."""
    plain_name: Texts | None = None
    """What it is called when the patient is told of it; None: the patient is not told."""
    important: int | None = None
    share: int | None = None
    error_better: int | None = None
    error_worse: int | None = None
    higher_is_better: bool = False
    source: str | None = None
    """Who published the numbers."""


@dataclass(frozen=True)
class Item:
    """One question.

    It is hashed by its id, so that what is made of it once can be kept.
    """

    id: str
    kind: ItemKind
    text: Texts
    options: tuple[Option, ...] = ()
    minimum: int = 0
    maximum: int = 0
    unit: Texts | None = None
    """What a number counts, such as "days"; None for a bare scale."""
    unit_one: Texts | None = None
    """The unit of one, where a language tells it apart: `day` beside `days`."""
    anchors: tuple[Texts, Texts] | None = None
    """What the lowest and the highest number of a scale mean."""
    title: Texts | None = None
    """A short name for tables and echoes, such as "Lifting"."""
    brief: Texts | None = None
    """The question in a few words with what answers it, for asking all in one message."""
    enable_when: Condition | None = None
    may_not_apply: bool = False
    flag: Urgency | None = None
    """Answering `yes` is a red flag of this urgency."""
    opens: Mapping[str, str] | None = None
    """Option id to the id of the flow that this answer opens."""
    loinc: str | None = None
    known_for: timedelta | None = None
    """How long an answer is shown for confirmation instead of being asked anew."""
    follow: Follow | None = None
    """A number that is followed over time by itself, whichever flow asks for it."""

    def __hash__(self) -> int:
        return hash(self.id)

    @cached_property
    def is_sign(self) -> bool:
        """Whether a yes tells of a warning sign, or asks for the questions about them."""
        opens = "yes" in (self.opens or {})
        return self.kind is ItemKind.YES_NO and (self.flag is not None or opens)

    def option(self, option_id: str) -> Option | None:
        """The option with this id, or None."""
        return self._by_id.get(option_id)

    @cached_property
    def _by_id(self) -> Mapping[str, Option]:
        return {option.id: option for option in self.options}


@dataclass(frozen=True, slots=True)
class Band:
    """A named range of a score, both ends included; `text` is its name for people.

    Fractional scores fall into the first band whose `highest` they do not exceed.
    """

    id: str
    lowest: int
    highest: int
    text: Texts


@dataclass(frozen=True, slots=True)
class Subscale:
    """A sum over some items of an instrument; `positive_from`: the screen is positive from it."""

    id: str
    items: tuple[str, ...]
    text: Texts
    positive_from: int | None = None


@dataclass(frozen=True)
class Flow:
    """One questionnaire, check-in, screen or intake, in every language it is offered in."""

    id: str
    kind: FlowKind
    title: Texts
    items: tuple[Item, ...]
    definition: str
    """SHA-256 of the canonical definition, wording included: what a session finishes on."""
    scoring: str | None = None
    minimum_answered: int | None = None
    """Fewer answers than this are not scored; None leaves it to the scoring rule."""
    bands: tuple[Band, ...] = ()
    subscales: tuple[Subscale, ...] = ()
    intro: Texts | None = None
    closing: Texts | None = None
    wording: str = "demonstration"
    wordings: Texts | None = None
    """By language, where a wording pack stands in place of `wording`: whose texts they are."""
    licensed: bool = False
    """The instrument's own texts belong to somebody; production needs a wording pack."""
    loinc: str | None = None
    one_sitting: bool = False
    """Recall is today: open until 04:00 of the next morning only."""
    reminders: tuple[timedelta, ...] = ()
    """How long after the opening the pending question is repeated."""
    expires: timedelta = timedelta(days=7)
    """How long after the opening late answers count."""
    priority: int = 50
    """What waits goes by this, lowest first."""
    follow: Follow | None = None
    """How the score is followed over time; None: it is a finding of one day."""

    def item(self, item_id: str) -> Item:
        """The item with this id; KeyError when the flow has none (a caller's mistake)."""
        return self._by_id[item_id]

    @cached_property
    def _by_id(self) -> Mapping[str, Item]:
        return {item.id: item for item in self.items}

    @cached_property
    def is_conditional(self) -> bool:
        """Whether any question depends on another's answer."""
        return any(item.enable_when is not None for item in self.items)

    @cached_property
    def is_screen(self) -> bool:
        """Whether it looks for warning signs, before everything else."""
        return self.kind is FlowKind.SCREEN

    @cached_property
    def is_intake(self) -> bool:
        """Whether its answers are facts that the conditions of other flows ask for."""
        return self.kind is FlowKind.INTAKE

    @cached_property
    def asks_for_signs(self) -> bool:
        """Whether it asks for the warning signs one by one."""
        return self.is_screen and self.has_flags

    @cached_property
    def has_flags(self) -> bool:
        """Whether an answer may be a warning sign."""
        return any(item.flag is not None for item in self.items)

    def wording_in(self, language: str) -> str:
        """Whose texts are asked in this language; `demonstration` for our own."""
        return (self.wordings or {}).get(language, self.wording)

    @property
    def languages(self) -> tuple[str, ...]:
        """Languages that every text of this flow exists in, sorted."""
        return tuple(sorted(self.title))


@dataclass(frozen=True, slots=True)
class Frequency:
    """How often a patient may choose to be asked: every so many `weeks`."""

    id: str
    weeks: int
    text: Texts


@dataclass(frozen=True, slots=True)
class Step:
    """One line of a pathway's plan. Exactly one of the four timings is set."""

    key: str
    """Unique in the pathway; names the due row."""
    flow: str
    items: tuple[str, ...] | None = None
    """Only these items of the flow, or None for all."""
    at_start: bool = False
    day: int | None = None
    """So many days after the start, at the chosen hour."""
    weekly_until: int | None = None
    """Weekly on the chosen weekday, first at least `delay` after the start, so many times."""
    delay: timedelta = timedelta(0)
    in_one_from: int | None = None
    """From this week on, all is asked in one message where every message costs."""
    frequencies: tuple[Frequency, ...] = ()
    """What the patient may choose instead of every week, and after `weekly_until`."""
    then_until: int | None = None
    """The last week in which it can be asked where the patient has chosen to go on."""
    once_more: int | None = None
    """The week in which somebody who wants no more may be asked once more."""
    weeks: tuple[int, ...] = ()
    """The day after the check-in of each of these weeks."""


@dataclass(frozen=True, slots=True)
class Pathway:
    """What a group of patients is asked, and when."""

    id: str
    title: Texts
    steps: tuple[Step, ...]
    about: Texts | None = None
    """What the patient is asked about, in their words: "your back"."""
    gates: tuple[str, ...] = ()
    measures: tuple[str, ...] = ()
    """What of its flows comes first in a summary, by flow or item id; empty: by its steps."""
    curves: tuple[str, ...] = ()
    """Which of them are drawn for professionals; empty: all."""
    told: tuple[str, ...] = ()
    """Which of them the patient is told of, and in this order; empty: all with a plain name."""
