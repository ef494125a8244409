"""The engine: pure functions that move a dialogue from one question to the next.

Nothing that a patient sends raises; only callers can be wrong, and get a ValueError.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec import structs

from flows.conditions import enabled_items
from flows.events import (
    Answered,
    Asked,
    AskedBack,
    Event,
    Expired,
    Finished,
    NotUnderstood,
    Scored,
    Turn,
    Why,
)
from flows.known import still_holds, without_known
from flows.lexicon import Lexicon
from flows.model import Flow, Item, ItemKind
from flows.own_words import is_quoted, names_nothing
from flows.reading import (
    Ambiguous,
    Denied,
    NotAReply,
    Reading,
    Understood,
    given_as,
    offer,
    read,
    read_confirmation,
)
from flows.reading.sign_among import doubt
from flows.recording import answered, ends_at_once, record
from flows.replies import Amend, Back, Chose, DoesNotApply, Reply, Said, Skip
from flows.scoring import score
from flows.session import (
    AND_THEN,
    ANSWER,
    EXPIRED,
    FINISHED,
    NOT_APPLICABLE,
    SKIP,
    WAITING,
    Given,
    Session,
)


def start(
    flow: Flow,
    *,
    language: str,
    facts: Mapping[str, str] | None = None,
    items: Iterable[str] | None = None,
    known: Mapping[str, Given] | None = None,
) -> Turn:
    """Open a session and ask its first question; without any it is finished at once.

    `facts` are known answers of other flows (`flow/item` to option id), for conditions;
    `items` limits the session to some items of the flow; `known` are answers given before,
    by item, that only have to be confirmed.
    """
    session = Session(
        flow=flow.id,
        definition=flow.definition,
        language=language,
        items=None if items is None else tuple(items),
        facts=dict(facts or {}),
        known=dict(known or {}),
    )
    return go_on(flow, session)


def resume(flow: Flow, session: Session, reply: Reply, lexicon: Lexicon) -> Turn:
    """Feed one reply to a session; return the new session and what happened.

    A finished or expired session takes corrections only (`Chose`, `Amend`), of what was given
    before its end; an expired sitting takes none. A warning sign is never too late. The session
    stays closed, also where a correction enables a question that was never asked.

    Raises:
        ValueError: the session runs on another definition, or is closed and this is no
            correction.
    """
    _check(flow, session)
    match reply:
        case Chose(turn, option):
            return _chosen(flow, session, turn, option)
        case Amend():
            return _amended(flow, session, reply, lexicon)
    item = _pending(flow, session)
    match reply:
        case Said():
            return _said(flow, session, item, reply, lexicon)
        case Back(_, wanted):
            return _back(flow, session, item, wanted)
        case Skip(raw):
            return _answer(flow, session, item, Given(SKIP, raw, session.turn))
        case DoesNotApply(raw):
            kind = NOT_APPLICABLE if item.may_not_apply else SKIP
            return _answer(flow, session, item, Given(kind, raw, session.turn))


def ask_again(flow: Flow, session: Session) -> Turn:
    """Put the pending question once more; what had been offered for it is forgotten.

    Raises:
        ValueError: the session runs on another definition, or is closed.
    """
    _check(flow, session)
    return _again(flow, session, _pending(flow, session))


def expire(flow: Flow, session: Session) -> Turn:
    """Close a session with questions open; what was answered stays, and is scored.

    The score says itself whether the answers are enough. Without any answer there is none.

    Raises:
        ValueError: the session runs on another definition, or is closed.
    """
    _check(flow, session)
    _pending(flow, session)
    session = _settled(structs.replace(session, status=EXPIRED))
    standing = _standing(flow, session)
    return Turn(session, (standing, *(_scored(flow, session) if answered(session) else ())))


def _check(flow: Flow, session: Session) -> None:
    if (session.flow, session.definition) != (flow.id, flow.definition):
        raise ValueError(f"session of {session.flow!r} resumed with another definition")


def _pending(flow: Flow, session: Session) -> Item:
    if session.pending is None:
        raise ValueError(f"session of {session.flow!r} is {session.status.value}")
    return flow.item(session.pending)


def _said(flow: Flow, session: Session, item: Item, reply: Said, lexicon: Lexicon) -> Turn:
    text, raw = reply.text, reply.raw or reply.text
    if item.id in session.known and not session.offered:
        still = still_holds(text, lexicon)
        if still is not None:
            return _confirmed(flow, session, item, raw) if still else _outdated(flow, session, item)
    if session.offered:
        reading = read_confirmation(item, session.offered, text, lexicon, alone=not reply.raw)
    else:
        reading = _read(flow, item, text, lexicon)
    match reading:
        case Understood():
            given = _given(session, reading, raw, session.turn)
            return _answer(flow, session, item, given, chosen=reply.chosen)
        case Ambiguous():
            return _ask_back(session, item, raw, reading)
        case Denied():
            return _again(flow, session.without_doubt(item.id), item)
        case NotAReply(why):
            return _not_understood(flow, session, item, raw, why)


def _read(flow: Flow, item: Item, text: str, lexicon: Lexicon) -> Reading:
    """What a later question quotes must name something: "no" is not hard for anybody."""
    if is_quoted(flow, item) and names_nothing(text, lexicon):
        return NotAReply(Why.NOT_A_REPLY)
    return read(item, text, lexicon)


def _confirmed(flow: Flow, session: Session, item: Item, raw: str) -> Turn:
    """The earlier answer once more, in today's words."""
    given = session.known[item.id]._replace(raw=raw, turn=session.turn)
    turn = _answer(flow, session, item, given)
    first, *rest = turn.events
    if isinstance(first, Answered):
        first = Answered(first.item, first.given, confirmed=True)
    return Turn(turn.session, (first, *rest))


def _outdated(flow: Flow, session: Session, item: Item) -> Turn:
    """The earlier answer is not right any more: the question itself."""
    return _again(flow, without_known(session, item), item)


def _given(session: Session, reading: Understood, raw: str, turn: int) -> Given:
    """The answer as it is kept; one that was asked back keeps the words of both replies."""
    given = Given(ANSWER, raw, turn, reading.value, reading.code, reading.text)
    if session.offers(given):
        return given._replace(raw=f"{session.offered_raw}{AND_THEN}{raw}")
    return given


def _ask_back(session: Session, item: Item, text: str, reading: Ambiguous) -> Turn:
    candidates = offer(item, reading)
    if candidates == session.offered:
        # Asking back the same once more would be a loop; a hint leads on.
        return _missed(session, item, text, reading.why)
    session = structs.replace(session, offered=candidates, offered_raw=text)
    side = doubt(item, text, reading)
    if side == "yes":
        session = session.doubting(item.id, candidates)
    elif side == "no":
        session = session.without_doubt(item.id)
    return Turn(session, (AskedBack(item.id, text, candidates, reading.why),))


def _missed(session: Session, item: Item, raw: str, why: Why) -> Turn:
    attempt = session.misunderstood + 1
    session = structs.replace(session, misunderstood=attempt, offered=(), offered_raw="")
    return Turn(session, (NotUnderstood(item.id, raw, attempt, why),))


def _not_understood(flow: Flow, session: Session, item: Item, raw: str, why: Why) -> Turn:
    """Nothing changes; where another question waits, that one is asked again."""
    if session.pending == item.id:
        return _missed(session, item, raw, why)
    missed = NotUnderstood(item.id, raw, 1, why)
    if session.pending is None:
        return Turn(session, (missed,))
    turn = ask_again(flow, session)
    return Turn(turn.session, (missed, *turn.events))


def _chosen(flow: Flow, session: Session, turn: int, option: str) -> Turn:
    item = _asked_at(flow, session, turn)
    if item is None:
        return _unchanged(flow, session)
    reading = choice(item, option)
    if reading is None:
        return _not_understood(flow, session, item, option, Why.NOT_A_REPLY)
    given = _given(session, reading, _label(session, item, option), turn)
    return _take(flow, session, item, given)


def choice(item: Item, option: str) -> Understood | None:
    """The answer behind an option id, or a digit; None where the question has no such one."""
    chosen = item.option(option)
    if chosen is not None:
        return Understood(chosen.score, chosen.id)
    digits = option.isascii() and option.isdecimal() and len(option) <= len(str(item.maximum))
    if item.kind in (ItemKind.SCALE, ItemKind.COUNT) and digits:
        return given_as(item, option) if item.minimum <= int(option) <= item.maximum else None
    return None


def _label(session: Session, item: Item, option_id: str) -> str:
    option = item.option(option_id)
    return option_id if option is None else option.text.get(session.language, option_id)


def _amended(flow: Flow, session: Session, reply: Amend, lexicon: Lexicon) -> Turn:
    turn, text, raw = reply.turn, reply.text, reply.raw or reply.text
    item = _asked_at(flow, session, turn)
    if item is None:
        return _unchanged(flow, session)
    if item.id == session.pending:
        # In place of words in doubt, and so no reply to what was offered for them.
        return _said(flow, _settled(session), item, Said(text, raw, reply.chosen), lexicon)
    reading = _read(flow, item, text, lexicon)
    if isinstance(reading, Understood):
        given = _given(session, reading, raw, turn)
        return _take(flow, session, item, given, chosen=reply.chosen)
    return _not_understood(flow, session, item, raw, reading.why)


def _asked_at(flow: Flow, session: Session, turn: int) -> Item | None:
    """The item asked at that turn, if there was one and an answer to it still counts."""
    item_id = session.asked_at(turn)
    for item in enabled_items(flow, session):
        if item.id == item_id:
            return item if _is_changeable(flow, session, item) else None
    return None


def still_counts(flow: Flow, session: Session, item: Item) -> bool:
    """Whether an answer to the item is taken: it is among those asked, and not closed for good."""
    return item in enabled_items(flow, session) and _is_changeable(flow, session, item)


def _is_changeable(flow: Flow, session: Session, item: Item) -> bool:
    """Whether the session is open, or its answer to the item may change after the end.

    A score of "today" must not come about days later by answers that were missing.
    """
    if session.status is WAITING or item.flag is not None:
        return True
    if session.status is EXPIRED and flow.one_sitting:
        return False
    return item.id in session.given


def _take(flow: Flow, session: Session, item: Item, given: Given, *, chosen: bool = False) -> Turn:
    if item.id == session.pending:
        return _answer(flow, session, item, given, chosen=chosen)
    return _correct(flow, session, item, given, chosen=chosen)


def _answer(
    flow: Flow, session: Session, item: Item, given: Given, *, chosen: bool = False
) -> Turn:
    """An answer to the pending question (or that it is left out), then the next one."""
    recorded = record(flow, without_known(session, item), item, given, chosen=chosen)
    if ends_at_once(flow, recorded.events):
        return _finish(flow, recorded.session, recorded.events)
    return go_on(flow, recorded.session, recorded.events)


def _correct(flow: Flow, session: Session, item: Item, given: Given, *, chosen: bool) -> Turn:
    """An answer to a question that does not wait."""
    recorded = record(flow, session, item, given, chosen=chosen)
    if _asks_anew(flow, session, recorded.session):
        return go_on(flow, *recorded)
    return after_corrections(flow, recorded.session, recorded.events)


def _asks_anew(flow: Flow, before: Session, after: Session) -> bool:
    """Whether something answered has to be asked anew, and nothing else is put again meanwhile."""
    return before.pending not in before.given and any(
        item.id in before.given and item.id not in after.given
        for item in enabled_items(flow, after)
    )


def after_corrections(flow: Flow, session: Session, events: tuple[Event, ...]) -> Turn:
    """The question that waits again, or the score anew.

    No events: nothing changed.
    """
    if not events:
        return _unchanged(flow, session)
    if session.status is not WAITING:
        return Turn(session, (*events, *_scored(flow, session)))
    if ends_at_once(flow, events):
        return _finish(flow, session, events)
    if any(enabled.id == session.pending for enabled in enabled_items(flow, session)):
        again = ask_again(flow, session)
        return Turn(again.session, (*events, *again.events))
    return go_on(flow, session, events)


def _unchanged(flow: Flow, session: Session) -> Turn:
    """Nothing to take: the pending question again, or how the closed session stands."""
    if session.pending is not None:
        return ask_again(flow, session)
    return Turn(session, (_standing(flow, session),))


def _back(flow: Flow, session: Session, item: Item, wanted: str) -> Turn:
    enabled = enabled_items(flow, session)
    before = enabled[: enabled.index(item)]
    fitting = (each for each in reversed(before) if wanted in ("", each.id))
    previous = next((each for each in fitting if each.id in session.given), None)
    if previous is None:
        return _again(flow, session, item)
    return _ask(session, previous, (_place(enabled, previous), len(enabled)))


def _again(flow: Flow, session: Session, item: Item) -> Turn:
    enabled = enabled_items(flow, session)
    known = session.known.get(item.id)
    asked = Asked(item.id, session.turn, _place(enabled, item), len(enabled), True, known)
    return Turn(_settled(session), (asked,))


def go_on(flow: Flow, session: Session, events: tuple[Event, ...] = ()) -> Turn:
    """Ask the first question that nothing was given for, or finish; `events` came before."""
    enabled, given = enabled_items(flow, session), session.given
    for position, item in enumerate(enabled, 1):
        if item.id not in given:
            return _ask(session, item, (position, len(enabled)), events)
    return _finish(flow, session, events)


def _ask(
    session: Session, item: Item, place: tuple[int, int], events: tuple[Event, ...] = ()
) -> Turn:
    session = session.asking(item.id)
    position, total = place
    asked = Asked(item.id, session.turn, position, total, False, session.known.get(item.id))
    return Turn(session, (*events, asked))


def _place(enabled: tuple[Item, ...], item: Item) -> int:
    return 1 + [each.id for each in enabled].index(item.id)


def _finish(flow: Flow, session: Session, events: tuple[Event, ...]) -> Turn:
    session = _settled(structs.replace(session, status=FINISHED))
    return Turn(session, (*events, _standing(flow, session), *_scored(flow, session)))


def _settled(session: Session) -> Session:
    """The session with nothing on offer."""
    return structs.replace(session, offered=(), offered_raw="") if session.offered else session


def _standing(flow: Flow, session: Session) -> Finished | Expired:
    """How a closed session stands."""
    of = len(enabled_items(flow, session))
    if session.status is EXPIRED:
        return Expired(answered(session), of)
    return Finished(answered(session), of)


def _scored(flow: Flow, session: Session) -> tuple[Scored, ...]:
    result = score(flow, session.given)
    return () if result is None else (Scored(result),)
