"""Answers that come when their question has run out: a kind word, and never the wrong question."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.conversation import asking
from bot.conversation.last import is_recorded
from bot.conversation.memory import Lapsed, OpenSession
from bot.conversation.step import Step
from flows.model import Flow, Item, ItemKind
from flows.reading import NotAReply, Understood, read
from flows.session import EXPIRED

FORGOTTEN = timedelta(days=7)
"""After this a bare number is nobody's late answer any more."""


def is_for_lapsed(step: Step, text: str) -> bool:
    """Whether these words answer the question that ran out, and not the one that waits."""
    lapsed = step.memory.lapsed
    if lapsed is None or datetime.fromisoformat(lapsed.at) + FORGOTTEN < step.now:
        return False
    item = _item(step, lapsed)
    if item is None or not isinstance(read(item, text, step.lexicon), Understood):
        return False
    return step.open is None or _fits_nothing_open(step, step.open, text)


def _fits_nothing_open(step: Step, open: OpenSession, text: str) -> bool:
    pending = open.session.pending
    if pending is None or open.session.offered:
        return False
    reading = read(step.flow_of(open).item(pending), text, step.lexicon)
    return isinstance(reading, NotAReply)


def take_lapsed(step: Step, text: str) -> None:
    """Thank, and put what waits; a warning sign is never too late, and is asked about now."""
    lapsed = step.memory.lapsed
    item = _item(step, lapsed) if lapsed else None
    if lapsed is None or item is None:
        return
    reading = read(item, text, step.lexicon)
    code = reading.code if isinstance(reading, Understood) else None
    _thank(step, step.world.library.flow(lapsed.flow), item, code)
    asking.repeat(step)


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
