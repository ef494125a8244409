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
from flows.reading import NotAReply, Understood, read
from flows.reading.several import may_be_several
from flows.reading.sign_among import is_sign, may_be_yes, says_yes_to_sign
from flows.session import EXPIRED, Session
from flows.several import left

FORGOTTEN = timedelta(days=7)
"""After this a bare number is nobody's late answer any more."""


def is_for_lapsed(step: Step, text: str) -> bool:
    """Whether these words answer the question that ran out, and not the one that waits."""
    lapsed = step.memory.lapsed
    if lapsed is None or datetime.fromisoformat(lapsed.at) + FORGOTTEN < step.now:
        return False
    item = _item(step, lapsed)
    if item is None:
        return False
    understood = isinstance(read(item, text, step.lexicon), Understood)
    meant = item if understood else _sign_said(step, lapsed, item, text)
    if meant is None or step.open is None:
        return meant is not None
    if meant is item:
        return _fits_nothing_open(step, step.open, text)
    return not _may_answer_open(step, step.open, text)


def _fits_nothing_open(step: Step, open: OpenSession, text: str) -> bool:
    pending = open.session.pending
    if pending is None or open.session.offered:
        return False
    reading = read(step.flow_of(open).item(pending), text, step.lexicon)
    return isinstance(reading, NotAReply)


def _may_answer_open(step: Step, open: OpenSession, text: str) -> bool:
    """Whether several answers with a yes to a sign are to what waits, which asks about one too.

    Or are one answer to the question that waits; own words they never are.
    """
    items = left(step.flow_of(open), open.session)
    if any(map(is_sign, items)):
        return True
    item = step.pending_item
    if item is None or item.kind is ItemKind.TEXT:
        return False
    return isinstance(read(item, text, step.lexicon), Understood)


def take_lapsed(step: Step, text: str) -> None:
    """Thank, and put what waits; a warning sign is never too late, and is asked about now."""
    lapsed = step.memory.lapsed
    item = _item(step, lapsed) if lapsed else None
    if lapsed is None or item is None:
        return
    flow, sign = step.world.library.flow(lapsed.flow), _sign_said(step, lapsed, item, text)
    if sign is None:
        reading = read(item, text, step.lexicon)
        _thank(step, flow, item, reading.code if isinstance(reading, Understood) else None)
    else:
        _thank(step, flow, sign, "yes")
    asking.repeat(step)


def _sign_said(step: Step, lapsed: Lapsed, item: Item, text: str) -> Item | None:
    """The warning sign that these words say yes to, or may: too late to be asked whether they do.

    It is that of the question that ran out, or stands behind it where they are several answers, or
    right behind it where they may be: nobody asks for it after these words, as in an open check-in.
    """
    reading = read(item, text, step.lexicon)
    if is_sign(item):
        return item if may_be_yes(reading) else None
    if not may_be_several(text):
        return None
    items = _from(step, lapsed, item)
    coming = next((each for each in items[1:2] if is_sign(each)), None)
    if coming is None or isinstance(reading, NotAReply):
        return says_yes_to_sign(items, text, step.lexicon)
    return coming if may_be_yes(read(coming, text, step.lexicon)) else None


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
