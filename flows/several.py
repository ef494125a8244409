"""Several answers to a session at once: each taken at its own question, in order."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile

from msgspec import structs

from flows.conditions import enabled_items
from flows.engine import after_corrections, go_on, resume, still_counts
from flows.events import AskedBack, Event, Turn, Why
from flows.lexicon import Lexicon
from flows.model import Flow, Item
from flows.reading import Ambiguous, Understood, offer, read
from flows.reading.several import Part
from flows.reading.sign_among import begins_with_several
from flows.recording import record
from flows.replies import Said
from flows.session import ANSWER, WAITING, Given, Session


def left(flow: Flow, session: Session) -> tuple[Item, ...]:
    """The questions that are still to be answered, the one that waits first.

    After "back" the one that waits has an answer already; then only that one is asked about.
    """
    items = [item for item in enabled_items(flow, session) if item.id not in session.given]
    return tuple(items) if items and items[0].id == session.pending else ()


def left_at(flow: Flow, session: Session, turn: int) -> tuple[Item, ...]:
    """The questions that were still to be answered at that turn, its own first.

    Only as far as no answer among them decides which one comes next. Empty where nobody can tell
    any more, as after "back".
    """
    first, before = session.asked_at(turn), session.trail[: turn - 1]
    items: list[Item] = []
    for item in enabled_items(flow, session):
        given = session.given.get(item.id)
        if given is not None and given.turn < turn:
            continue
        if item.id in before and item.id != first:
            return ()
        items.append(item)
    certain = takewhile(lambda item: item.id == first or not _hangs_on_answers(item), items)
    return tuple(certain) if items and items[0].id == first else ()


def _hangs_on_answers(item: Item) -> bool:
    """Whether an answer of its own flow decides if it is asked; what other flows say is known."""
    tests = item.enable_when.tests if item.enable_when else ()
    return any("/" not in test.question for test in tests)


def take_several(
    flow: Flow, session: Session, items: Sequence[Item], parts: Sequence[Part], lexicon: Lexicon
) -> Turn:
    """Take what is understood, and ask back the first part that is in doubt.

    The parts answer these questions, in order. An answer that is there already is corrected; the
    question that waits goes on waiting where none of them answers it.
    """
    events: tuple[Event, ...] = ()
    doubtful: tuple[str, str] | None = None
    waited, answered = session.pending, set()
    for item, (raw, reading) in zip(items, parts, strict=False):
        if not still_counts(flow, session, item):
            continue
        if isinstance(reading, Understood):
            session = _asked(session, item.id)
            turn = _turn_of(session, item.id)
            given = Given(ANSWER, raw, turn, reading.value, reading.code, reading.text)
            recorded = record(flow, session, item, given)
            session, events = recorded.session, (*events, *recorded.events)
            answered.add(item.id)
        elif doubtful is None:
            doubtful = (item.id, raw)
    if session.status is WAITING and (waited in answered or not _is_asked(flow, session, waited)):
        taken = go_on(flow, session, events)
    else:
        if waited is not None and session.pending != waited:
            session = session.asking(waited)
        taken = after_corrections(flow, session, events)
    if doubtful is None or taken.session.pending != doubtful[0]:
        return taken
    again = resume(flow, taken.session, Said(doubtful[1]), lexicon)
    return Turn(again.session, (*events, *again.events))


def ask_first(session: Session, sign: Item, text: str, lexicon: Lexicon) -> Turn:
    """Ask whether these words are a yes to this sign; what waits before it is asked after it.

    They stand among other answers, so that also a plain yes is one in doubt.
    """
    reading = read(sign, text, lexicon)
    doubtful = reading if isinstance(reading, Ambiguous) else Ambiguous(("yes",), Why.UNCERTAIN)
    candidates = offer(sign, doubtful)
    asked = structs.replace(session.asking(sign.id), offered=candidates, offered_raw=text)
    if begins_with_several(text, lexicon):
        asked = asked.doubting(sign.id, candidates)
    return Turn(asked, (AskedBack(sign.id, text, candidates, doubtful.why),))


def _is_asked(flow: Flow, session: Session, item_id: str | None) -> bool:
    return any(item.id == item_id for item in enabled_items(flow, session))


def _asked(session: Session, item_id: str) -> Session:
    """The session as if this question had been put by itself, so that a tap can correct it."""
    if item_id in session.trail:
        return session
    return structs.replace(session, trail=(*session.trail, item_id), misunderstood=0)


def _turn_of(session: Session, item_id: str) -> int:
    """When this question was put last."""
    return session.turn - session.trail[::-1].index(item_id)
