"""Taking an answer into a session, and what follows from it."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import structs

from flows.conditions import enabled_items
from flows.events import (
    Answered,
    Corrected,
    Event,
    NotApplicable,
    Opened,
    RedFlag,
    Skipped,
    Turn,
)
from flows.model import Flow, Item, Urgency
from flows.own_words import names_the_same, quoting
from flows.session import ANSWER, NOT_APPLICABLE, SKIP, WAITING, Given, Session


def record(flow: Flow, session: Session, item: Item, given: Given, *, chosen: bool = False) -> Turn:
    """The session with this answer, and what happened; nothing where it says the same again.

    `chosen`: the patient was asked whether this is meant, elsewhere than in the session.

    Answers to items that it disables are dropped from the session, and those that were given
    for another thing than it names now; the log has them.
    """
    previous = session.given.get(item.id)
    if previous is not None and _same(previous, given):
        return Turn(session, ())
    events = (_event(item, given, previous), *_consequences(item, given))
    answering = session.answering(item.id, given, _offered(session, given, chosen=chosen))
    session = _without_disabled(flow, answering)
    return Turn(_without_outdated(flow, session, item, given, previous), events)


def answered(session: Session) -> int:
    """How many questions have an answer, zero included; skips are none."""
    return sum(given.kind is ANSWER for given in session.given.values())


def ends_at_once(flow: Flow, events: Iterable[Event]) -> bool:
    """Whether a screen has found an emergency: then no further question may delay help."""
    return flow.is_screen and any(
        isinstance(event, RedFlag) and event.urgency is Urgency.EMERGENCY for event in events
    )


def _offered(session: Session, given: Given, *, chosen: bool) -> tuple[str, ...]:
    """What was on offer when this was chosen; nothing where it was said without a doubt."""
    if session.offers(given):
        return session.offered
    return (given.code or str(given.value),) if chosen else ()


def _same(one: Given, other: Given) -> bool:
    """Whether both say the same, in whatever words."""
    return (one.kind, one.value, one.code, one.text) == (
        other.kind,
        other.value,
        other.code,
        other.text,
    )


def _event(item: Item, given: Given, previous: Given | None) -> Event:
    if given.kind is SKIP:
        return Skipped(item.id, given)
    if given.kind is NOT_APPLICABLE:
        return NotApplicable(item.id, given)
    if previous is not None and previous.kind is ANSWER:
        return Corrected(item.id, given, previous)
    return Answered(item.id, given)


def _consequences(item: Item, given: Given) -> tuple[Event, ...]:
    events: list[Event] = []
    if item.flag is not None and given.code == "yes":
        events.append(RedFlag(item.id, item.flag, given.raw))
    if item.opens is not None and given.code is not None and given.code in item.opens:
        events.append(Opened(item.opens[given.code]))
    return tuple(events)


def _without_disabled(flow: Flow, session: Session) -> Session:
    enabled = enabled_items(flow, session)
    if len(enabled) == len(flow.items):
        return session
    still = {item.id for item in enabled}
    kept = {item: given for item, given in session.given.items() if item in still}
    return structs.replace(session, given=kept)


def _without_outdated(
    flow: Flow, session: Session, item: Item, given: Given, previous: Given | None
) -> Session:
    """Without the rating of "lifting" where that has become "walking": it is asked anew.

    A corrected spelling keeps it. So does a closed session, which asks nothing any more.
    """
    if previous is None or previous.text is None or session.status is not WAITING:
        return session
    if names_the_same(previous.text, given.text or ""):
        return session
    outdated = {each.id for each in quoting(flow, item.id)}
    kept = {item: given for item, given in session.given.items() if item not in outdated}
    return structs.replace(session, given=kept)
