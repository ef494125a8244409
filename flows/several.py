"""Several answers to a session at once: each taken at its own question, in order."""

from __future__ import annotations

from collections.abc import Sequence

from flows.conditions import enabled_items
from flows.engine import go_on, resume
from flows.events import Event, Turn
from flows.lexicon import Lexicon
from flows.model import Flow, Item
from flows.reading.outcome import Understood
from flows.reading.several import Part
from flows.recording import record
from flows.replies import Said
from flows.session import ANSWER, Given, Session


def left(flow: Flow, session: Session) -> tuple[Item, ...]:
    """The questions that are still to be answered, the one that waits first.

    After "back" the one that waits has an answer already; then only that one is asked about.
    """
    items = [item for item in enabled_items(flow, session) if item.id not in session.given]
    return tuple(items) if items and items[0].id == session.pending else ()


def take_several(flow: Flow, session: Session, parts: Sequence[Part], lexicon: Lexicon) -> Turn:
    """Take what is understood, and ask back the first part that is in doubt.

    The parts answer the questions of `left`, in order.
    """
    events: tuple[Event, ...] = ()
    doubtful: tuple[str, str] | None = None
    for item, (raw, reading) in zip(left(flow, session), parts, strict=False):
        if isinstance(reading, Understood):
            session = _asked(session, item)
            given = Given(ANSWER, raw, session.turn, reading.value, reading.code, reading.text)
            recorded = record(flow, session, item, given)
            session, events = recorded.session, (*events, *recorded.events)
        elif doubtful is None:
            doubtful = (item.id, raw)
    turn = go_on(flow, session, events)
    if doubtful is None or turn.session.pending != doubtful[0]:
        return turn
    again = resume(flow, turn.session, Said(doubtful[1]), lexicon)
    return Turn(again.session, (*events, *again.events))


def _asked(session: Session, item: Item) -> Session:
    """The session as if this question had been put by itself, so that a tap can correct it."""
    if session.pending == item.id:
        return session
    return session._replace(trail=(*session.trail, item.id), misunderstood=0)
