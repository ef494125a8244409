"""A yes to a warning sign among several answers: it is never lost, and never comes last."""

from __future__ import annotations

from bot.conversation import asking, in_one, safety, several
from bot.conversation.effects import SaveSession
from bot.conversation.last import answer_about
from bot.conversation.memory import OpenSession
from bot.conversation.step import Step
from bot.conversation.tasks import changing
from flows.model import Flow, Item
from flows.reading.several import may_be_several, read_all, read_several
from flows.reading.sign_among import leaves_sign, read_up_to_sign, sign_among
from flows.replies import Said
from flows.several import ask_first, left, left_at


def take(step: Step, text: str) -> bool:
    """Take several answers with a yes to a warning sign that has more words beside it, or may be.

    Where it is not certain whose answers they are, the sign is asked about before all others,
    whatever else these words may be. False where there is no such yes.
    """
    open = step.open
    if open is None or safety.is_held(step) or not may_be_several(text):
        return False
    flow = step.flow_of(open)
    items = several.one_after_another(flow, left(flow, open.session))
    at_once = in_one.is_asked(step, flow, open)
    taken = (read_all if at_once else read_several)(items, text, step.lexicon)
    if taken and not leaves_sign(items, taken):
        return False
    parts = read_up_to_sign(items, text, step.lexicon)
    sign = None if parts else sign_among(items, text, step.lexicon)
    if parts:
        several.take_parts(step, flow, open, items, parts)
    elif sign is not None:
        _ask(step, flow, open, sign, text)
    return bool(parts) or sign is not None


def amend(step: Step, open: OpenSession, turn: int, text: str) -> bool:
    """Of an edit to several answers with what may be a yes to a warning sign, ask about that.

    What it says of the others without doubt is taken. False where there is no such yes, and where
    the sign can be asked about no more.
    """
    flow = step.flow_of(open)
    items = several.one_after_another(flow, left_at(flow, open.session, turn))
    parts = read_up_to_sign(items, text, step.lexicon)
    sign = items[len(parts) - 1] if parts else sign_among(items, text, step.lexicon)
    if sign is None or (open is not step.open and answer_about(step, open, sign.id) is None):
        return False
    words = parts[-1][0] if parts else text
    if parts:
        several.give(step, flow, open, items, parts[:-1])
    last = answer_about(step, open, sign.id)
    if last is not None:
        changing.ask_back(step, last, words, text)
    elif open.session.pending == sign.id:
        asking.resume(step, open, Said(words, text))
    else:
        _ask(step, flow, open, sign, words)
    return True


def _ask(step: Step, flow: Flow, open: OpenSession, sign: Item, text: str) -> None:
    """Ask whether these words are a yes to the sign; the questions before it come after it."""
    turn = ask_first(open.session, sign, text, step.lexicon)
    open.session, open.in_one = turn.session, False
    step.answered = (open.id, open.session.turn)
    step.do(SaveSession(open))
    step.add_line("in-one.one-by-one")
    several.tell(step, flow, open, turn.events)
