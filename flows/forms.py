"""A form that lies filled in: all its answers at once, from paper, by telephone or from a tablet.

Every answer goes the way that one in a chat goes (`flows.recording`, `flows.scoring`), so that
events, scores and warning signs are the same. Only two things differ: all that stands on the
form is taken, also behind an emergency, since nobody is asked any more; and a form that is
corrected says for every question what holds now.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from msgspec import structs

from flows.conditions import enabled_items, holds
from flows.engine import choice
from flows.events import Event, Finished, Scored, Turn
from flows.lexicon import Lexicon
from flows.model import Flow, Item, ItemKind
from flows.own_words import is_quoted, names_nothing
from flows.reading import given_as
from flows.recording import answered, record
from flows.scoring import RULES, score
from flows.session import ANSWER, FINISHED, NOT_APPLICABLE, SKIP, WAITING, Given, Session

LONGEST = 1000
"""Characters of own words."""


class Left(StrEnum):
    """Why a question has no answer: three different things, and none is a number."""

    BLANK = "blank"
    """Nothing is marked."""
    DECLINED = "declined"
    """The patient would rather not answer."""
    NOT_APPLICABLE = "not-applicable"


@dataclass(frozen=True, slots=True)
class Mark:
    """What stands at one question: option ids or a number, own words, or why there is nothing.

    Two options where two are marked on paper.
    """

    chosen: tuple[str, ...] = ()
    words: str = ""
    left: Left | None = None


class Fault(StrEnum):
    """What is wrong at a question of a form."""

    OPEN = "open"
    """Nothing is said: neither an answer nor why there is none."""
    BOTH = "both"
    """An answer, and that there is none."""
    TWO = "two"
    """Two are marked, and no published rule says which counts."""
    NO_SUCH = "no-such"
    """Not one of the answers of this question."""
    NOT_ASKED = "not-asked"
    """By the answers before, this question is not asked."""
    NAMES_NOTHING = "names-nothing"
    """A later question quotes these words, and they name nothing."""
    TOO_LONG = "too-long"


Form = Mapping[str, Mark]
"""By item id."""
NOTHING = Mark()


def empty(flow: Flow, *, language: str, facts: Mapping[str, str]) -> Session:
    """The session that a form is filled into; `facts` as for `engine.start`."""
    return Session(flow.id, flow.definition, language, facts=dict(facts))


def asked(flow: Flow, session: Session) -> tuple[Item, ...]:
    """The questions that a form shows: those that some answers on it may ask."""
    return tuple(item for item in flow.items if _may_be_asked(item, session))


def faults(flow: Flow, session: Session, form: Form, lexicon: Lexicon) -> dict[str, Fault]:
    """What is wrong, by item; a form without faults can be filled in."""
    enabled = {item.id for item in enabled_items(flow, _supposed(flow, session, form))}
    found = {}
    for item in flow.items:
        mark = form.get(item.id, NOTHING)
        fault = _fault(flow, item, mark, lexicon) if item.id in enabled else _not_asked(mark)
        if fault is not None:
            found[item.id] = fault
    return found


def fill(flow: Flow, session: Session, form: Form) -> Turn:
    """Take a form without faults, to its end; one that is closed already is corrected by it.

    A question that the form leaves out is blank. Where nothing changes, nothing happens.

    Raises:
        ValueError: the session runs on another definition, or has run out.
    """
    if session.definition != flow.definition or session.status not in (WAITING, FINISHED):
        raise ValueError(f"session of {session.flow!r} takes no form of this kind")
    was_open = session.status is WAITING
    events: list[Event] = []
    for item in flow.items:
        if item in enabled_items(flow, session):
            session = session if item.id in session.trail else session.asking(item.id)
            turn = 1 + session.trail.index(item.id)
            given = _given(item, form.get(item.id, NOTHING), session.language, turn)
            recorded = record(flow, session, item, given)
            session, events = recorded.session, [*events, *recorded.events]
    session = structs.replace(session, status=FINISHED)
    if was_open:
        events.append(Finished(answered(session), len(enabled_items(flow, session))))
    result = score(flow, session.given) if events else None
    return Turn(session, tuple(events if result is None else [*events, Scored(result)]))


def read_back(flow: Flow, session: Session, marked: Mapping[str, tuple[str, ...]]) -> Form:
    """The form as it was filled in; `marked` are the questions at which two were marked."""
    return {
        item.id: _mark(item, session.given[item.id], marked.get(item.id, ()))
        for item in flow.items
        if item.id in session.given
    }


def counting(item: Item, mark: Mark) -> str:
    """Which of the options marked counts: the higher one of two."""
    return max(mark.chosen, key=lambda each: _score(item, each))


def _given(item: Item, mark: Mark, language: str, turn: int) -> Given:
    if mark.chosen:
        chosen = counting(item, mark)
        reading = given_as(item, chosen)
        option = item.option(chosen)
        raw = chosen if option is None else option.text.get(language, chosen)
        return Given(ANSWER, raw, turn, reading.value, reading.code)
    if mark.words.strip():
        words = mark.words.strip()
        return Given(ANSWER, words, turn, text=words)
    if mark.left is Left.NOT_APPLICABLE and item.may_not_apply:
        return Given(NOT_APPLICABLE, "", turn, text=None)
    return Given(SKIP, "", turn, text=mark.left if mark.left is Left.DECLINED else None)


def _mark(item: Item, given: Given, marked: tuple[str, ...]) -> Mark:
    if given.kind is ANSWER:
        if item.kind is ItemKind.TEXT:
            return Mark(words=given.text or "")
        return Mark(chosen=marked or (given.code or str(given.value),))
    if given.kind is NOT_APPLICABLE:
        return Mark(left=Left.NOT_APPLICABLE)
    return Mark(left=Left.DECLINED if given.text == Left.DECLINED else Left.BLANK)


def _score(item: Item, chosen: str) -> int:
    option = item.option(chosen)
    return int(chosen) if option is None else option.score or 0


def _fault(flow: Flow, item: Item, mark: Mark, lexicon: Lexicon) -> Fault | None:
    words = mark.words.strip()
    said = bool(mark.chosen or words)
    if said and mark.left is not None:
        return Fault.BOTH
    if not said:
        return _fault_of_nothing(item, mark)
    if item.kind is ItemKind.TEXT:
        return _fault_of_words(flow, item, words, lexicon)
    if not all(is_answer(item, each) for each in mark.chosen):
        return Fault.NO_SUCH
    two = len(set(mark.chosen)) > 1
    return Fault.TWO if two and not takes_two(flow, item) else None


def _fault_of_nothing(item: Item, mark: Mark) -> Fault | None:
    if mark.left is None:
        return Fault.OPEN
    wrong = mark.left is Left.NOT_APPLICABLE and not item.may_not_apply
    return Fault.NO_SUCH if wrong else None


def _fault_of_words(flow: Flow, item: Item, words: str, lexicon: Lexicon) -> Fault | None:
    if not words:
        return Fault.NO_SUCH
    if len(words) > LONGEST:
        return Fault.TOO_LONG
    quoted = is_quoted(flow, item) and names_nothing(words, lexicon)
    return Fault.NAMES_NOTHING if quoted else None


def _not_asked(mark: Mark) -> Fault | None:
    """Whoever left a question alone that is not asked has done nothing wrong."""
    return Fault.NOT_ASKED if mark.chosen or mark.words.strip() else None


def is_answer(item: Item, chosen: str) -> bool:
    """Whether the question has this option, or takes this number."""
    return choice(item, chosen) is not None


def takes_two(flow: Flow, item: Item) -> bool:
    """Whether a published rule says which of two marked statements counts."""
    rule = RULES.get(flow.scoring or "")
    return rule is not None and rule.higher_of_two and item.kind is ItemKind.CHOICE


def _may_be_asked(item: Item, session: Session) -> bool:
    """Whether only answers that are known from elsewhere stand against it."""
    when = item.enable_when
    if when is None:
        return True
    own = [test for test in when.tests if "/" not in test.question]
    elsewhere = tuple(test for test in when.tests if "/" in test.question)
    if own and when.behavior == "any":
        return True
    return holds(replace(when, tests=elsewhere), {}, session.facts)


def _supposed(flow: Flow, session: Session, form: Form) -> Session:
    """The session as the form would have it, faults or not: for what depends on answers."""
    given = {}
    for item in flow.items:
        mark = form.get(item.id, NOTHING)
        if item.kind is ItemKind.TEXT or all(is_answer(item, each) for each in mark.chosen):
            given[item.id] = _given(item, mark, session.language, 0)
    return structs.replace(session, given=given)
