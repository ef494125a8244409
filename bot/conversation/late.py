"""Answers that come when their question has run out: a kind word, and never the wrong question."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.conversation import asking
from bot.conversation.last import is_recorded
from bot.conversation.memory import Lapsed, OpenSession
from bot.conversation.step import Step
from flows.conditions import enabled_items
from flows.model import Flow, Item, ItemKind
from flows.reading import Ambiguous, NotAReply, Understood, read
from flows.reading.several import may_be_several
from flows.reading.sign_among import doubt, says_yes_to_sign
from flows.session import EXPIRED, Session

FORGOTTEN = timedelta(days=7)
"""After this a bare number is nobody's late answer any more."""


def take(step: Step, text: str) -> bool:
    """Take an answer to the question that ran out: thank, and put what waits.

    A warning sign is never too late, and is asked about now. False where these words answer what
    waits, or nothing.
    """
    lapsed = step.memory.lapsed
    if lapsed is None or datetime.fromisoformat(lapsed.at) + FORGOTTEN < step.now:
        return False
    if step.open is not None and not _fits_nothing_open(step, step.open, text):
        return False
    meant = _meant(step, lapsed, text)
    if meant is None:
        return False
    _thank(step, step.world.library.flow(lapsed.flow), *meant)
    asking.repeat(step)
    return True


def _fits_nothing_open(step: Step, open: OpenSession, text: str) -> bool:
    pending = open.session.pending
    if pending is None or open.session.offered:
        return False
    reading = read(step.flow_of(open).item(pending), text, step.lexicon)
    return isinstance(reading, NotAReply)


def _meant(step: Step, lapsed: Lapsed, text: str) -> tuple[Item, str | None] | None:
    """The question that these words answer too late, and the option that they choose.

    Where several certain answers hold a yes to a warning sign, or what may be one, it is that sign:
    too late to be asked whether they do.
    """
    item = _item(step, lapsed)
    if item is None:
        return None
    if may_be_several(text) and not item.is_sign:
        sign = says_yes_to_sign(_from(step, lapsed, item), text, step.lexicon)
        if sign is not None:
            return sign, "yes"
    reading = read(item, text, step.lexicon)
    if isinstance(reading, Understood):
        return item, reading.code
    if step.open is not None or not isinstance(reading, Ambiguous):
        return None
    return (item, "yes") if doubt(item, text, reading) == "yes" else None


def _from(step: Step, lapsed: Lapsed, item: Item) -> Sequence[Item]:
    """The question that ran out, and those that were to come after it."""
    flow = step.world.library.flow(lapsed.flow)
    begun = Session(flow.id, flow.definition, step.person.language, facts=step.memory.facts)
    items = enabled_items(flow, begun)
    return items[items.index(item) :] if item in items else ()


def thank_for_tap(step: Step, open: OpenSession, turn: int, option: str) -> bool:
    """The same for a button of a session that ran out; False where that is not what it is.

    A press that repeats what stands came in time before, and gets no word.
    """
    flow = step.flow_of(open)
    item_id = open.session.asked_at(turn)
    if open.session.status is not EXPIRED or item_id is None:
        return False
    item = flow.item(item_id)
    if _opened(flow, item, option) is not None or not is_recorded(step, open, turn, option):
        _thank(step, flow, item, option)
    return True


def thank_for_edit(step: Step, flow: Flow, given: Sequence[tuple[Item, str | None]]) -> None:
    """The same for an edited message; of several answers the one that asks for a doctor counts."""
    if given:
        item, code = next((each for each in given if _opened(flow, *each) is not None), given[0])
        _thank(step, flow, item, code)


def _thank(step: Step, flow: Flow, item: Item, code: str | None) -> None:
    opened = _opened(flow, item, code)
    if opened is None:
        step.add_line("late.closed")
        if step.open is None and not step.memory.waiting:
            step.add_line("late.next")
    else:
        step.add_line("late.sign")
        asking.put_first(step, None, opened)


def _opened(flow: Flow, item: Item, code: str | None) -> str | None:
    """The questions about warning signs that this answer asks for."""
    if item.flag is not None and code == "yes":
        return flow.id
    return (item.opens or {}).get(code or "")


def _item(step: Step, lapsed: Lapsed) -> Item | None:
    """The question, unless it took any words: then nothing tells a late answer from a remark."""
    flow = step.world.library.flows.get(lapsed.flow)
    items = [item for item in (flow.items if flow else ()) if item.kind is not ItemKind.TEXT]
    return next((item for item in items if item.id == lapsed.item), None)
