"""Several answers in one message, told back in one line."""

from __future__ import annotations

from collections.abc import Sequence

from bot.conversation import asking, in_one, late
from bot.conversation.effects import SaveSession
from bot.conversation.memory import OpenSession
from bot.conversation.questions import short_answer, title
from bot.conversation.records import record_given
from bot.conversation.step import Step
from flows.engine import ask_again, still_counts
from flows.events import Answered, AskedBack, Corrected, Event, Opened, Turn
from flows.lexicon import Sense
from flows.model import Flow, Item
from flows.own_words import in_own_words
from flows.reading import Understood, read
from flows.reading.several import Part, may_be_several, read_all, read_several, undotted
from flows.reading.sign_among import read_up_to_sign
from flows.several import left, left_at, take_several


def take(step: Step, text: str) -> bool:
    """Take the message as the answers to several questions; False where it may be only one.

    Warning signs are asked about one by one, always.
    """
    open = step.open
    if open is None or open.session.offered or not may_be_several(text):
        return False
    flow = step.flow_of(open)
    items = one_after_another(flow, left(flow, open.session))
    if not items:
        return False
    at_once = in_one.is_asked(step, flow, open)
    text = undotted(text) if at_once else text
    parts = (read_all if at_once else read_several)(items, text, step.lexicon)
    if not parts:
        return at_once and _one_by_one(step, flow, open, text)
    take_parts(step, flow, open, items, parts)
    return True


def take_parts(
    step: Step, flow: Flow, open: OpenSession, items: Sequence[Item], parts: Sequence[Part]
) -> None:
    """Take the message as these answers to the questions that wait."""
    step.answered = (open.id, open.session.turn)
    open.at_once[str(open.session.turn)] = len(parts)
    give(step, flow, open, items, parts)


def amend(step: Step, open: OpenSession, turn: int, text: str) -> bool:
    """Take an edited message as the several answers that it is now; False where it is one.

    They belong to the questions that waited at this turn of the session, which may be closed.
    Of a message that had given more, the patient hears what stands.
    """
    flow = step.flow_of(open)
    items = one_after_another(flow, left_at(flow, open.session, turn))
    parts = _parts(step, items, text) or _sure_parts(step, items, text)
    had = items[: open.at_once.get(str(turn), 0)]
    if parts or (had and isinstance(read(had[0], text, step.lexicon), Understood)):
        _say_what_stands(step, flow, open, had[max(len(parts), 1) :], "changing.left")
    if parts:
        open.at_once[str(turn)] = max(len(had), len(parts))
        give(step, flow, open, items, parts)
    return bool(parts)


def say_unread(step: Step, open: OpenSession, turn: int) -> bool:
    """Of a message with several answers, whose edit is none, say what stands; False: it had one."""
    flow = step.flow_of(open)
    had = left_at(flow, open.session, turn)[: open.at_once.get(str(turn), 0)]
    _say_what_stands(step, flow, open, had, "changing.unread")
    if had and open is step.open:
        asking.repeat(step)
    return bool(had)


def amend_aside(step: Step, open: OpenSession, turn: int, text: str) -> bool:
    """As `amend`, of a session that is put aside: what it has not asked yet it asks later."""
    flow = step.flow_of(open)
    items = one_after_another(flow, left_at(flow, open.session, turn))
    parts = _parts(step, items, text)
    given = [pair for pair in zip(items, parts, strict=False) if pair[0].id in open.session.given]
    if not given:
        return False
    asked, said = zip(*given, strict=True)
    taken = take_several(flow, open.session, asked, said, step.lexicon)
    keep_corrected(step, flow, open, taken)
    return True


def _parts(step: Step, items: Sequence[Item], text: str) -> tuple[Part, ...]:
    return read_several(items, text, step.lexicon) if may_be_several(text) else ()


def _sure_parts(step: Step, items: Sequence[Item], text: str) -> tuple[Part, ...]:
    """As `_parts`, with a yes to a warning sign at the end that has more words."""
    parts = read_up_to_sign(items, text, step.lexicon)
    return parts if all(isinstance(reading, Understood) for _, reading in parts) else ()


def keep_corrected(step: Step, flow: Flow, open: OpenSession, taken: Turn) -> None:
    """Of a session that is put aside the answers are corrected, and nothing is asked."""
    corrected = [event for event in taken.events if isinstance(event, Corrected)]
    if corrected:
        open.session = taken.session
        step.do(SaveSession(open))
        asking.tell(step, flow, open, corrected)


def _say_what_stands(
    step: Step, flow: Flow, open: OpenSession, items: Sequence[Item], key: str
) -> None:
    """What an edit leaves as it was, and how that is changed."""
    given, language = open.session.given, step.person.language
    left = [item for item in items if item.id in given]
    if left:
        answers = ", ".join(short_answer(item, given[item.id], language) for item in left)
        step.add_line(key, answers=answers, title=title(flow, left[-1], language))


def one_after_another(flow: Flow, items: Sequence[Item]) -> Sequence[Item]:
    """The questions that one message may answer."""
    return () if flow.is_screen or len(items) < 2 else items


def give(
    step: Step, flow: Flow, open: OpenSession, items: Sequence[Item], parts: Sequence[Part]
) -> None:
    """Give these answers to these questions, also such as were answered before, and tell of it."""
    too_late = [
        (item, reading.code)
        for item, (_, reading) in zip(items, parts, strict=False)
        if isinstance(reading, Understood) and not still_counts(flow, open.session, item)
    ]
    turn = take_several(flow, open.session, items, parts, step.lexicon)
    open.session = turn.session
    step.do(SaveSession(open))
    tell(step, flow, open, turn.events)
    late.thank_for_edit(step, flow, too_late)


def tell(step: Step, flow: Flow, open: OpenSession, events: tuple[Event, ...]) -> None:
    """Say in one line what was taken; a part in doubt is asked about under its question."""
    answers = [event for event in events if isinstance(event, Answered)]
    for answer in answers:
        record_given(step, flow, open, answer.item, answer.given)
        asking.remember(step, flow, answer.item, answer.given)
    language = step.person.language
    told = [short_answer(flow.item(answer.item), answer.given, language) for answer in answers]
    if told:
        step.add_line("echo.several", answers=", ".join(told))
    rest = [event for event in events if event not in answers]
    opens = any(isinstance(event, Opened) for event in rest)
    asked_back = next((event for event in rest if isinstance(event, AskedBack)), None)
    if asked_back is not None and not opens:
        text = flow.item(asked_back.item).text[language]
        step.lead.append(in_own_words(text, open.session.given))
    asking.tell(step, flow, open, rest)


def _one_by_one(step: Step, flow: Flow, open: OpenSession, text: str) -> bool:
    """Numbers of which nobody knows whose answers they are: the questions come singly."""
    first = left(flow, open.session)[0]
    numbers = [token for token in step.lexicon.tokens(text) if token.means(Sense.NUMBER)]
    if len(numbers) < 2 or isinstance(read(first, text, step.lexicon), Understood):
        return False
    open.in_one = False
    step.do(SaveSession(open))
    step.add_line("in-one.one-by-one")
    asking.tell(step, flow, open, ask_again(flow, open.session).events)
    return True
