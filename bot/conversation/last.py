"""The answer that was given last, which "I meant 4" and "back" are about.

Of an open questionnaire that is the one before its pending question; before anything is
answered there, and where nothing is open, the last one of the questionnaire just finished.
That stands open to such words for 24 hours, one about "today" until its sitting ends:
later words would no longer be about that day. An edit or a tap on its own button comes
later too, and is marked.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.conversation import asking, timers
from bot.conversation.effects import Record, Say
from bot.conversation.heard import Heard
from bot.conversation.memory import CHANGING, OpenSession
from bot.conversation.questions import short_answer
from bot.conversation.records import LATE_AFTER
from bot.conversation.step import Step
from bot.phrases import Says
from flows.engine import choice
from flows.model import Flow, Item
from flows.reading import Ambiguous, Reading, Understood, given_as, read
from flows.replies import Amend
from flows.session import ANSWER, Given


@dataclass(frozen=True, slots=True)
class Last:
    """An answer, with the session that holds it."""

    open: OpenSession
    flow: Flow
    item: Item
    given: Given

    @property
    def place(self) -> tuple[int, int]:
        """Session and turn."""
        return self.open.id, self.given.turn

    @property
    def offered(self) -> tuple[str, ...]:
        """What was on offer where it was chosen after words in doubt; else nothing."""
        return self.open.session.asked_back.get(self.item.id, ())


def needs_finished(step: Step, heard: Heard) -> bool:
    """Whether this message may be about the questionnaire that was finished last."""
    if step.memory.finished is None:
        return False
    if step.memory.task is not None:
        return step.memory.task.name == CHANGING
    goes_back = heard.command is not None and heard.command.name == "back"
    return goes_back or any(phrase.says is not Says.ME_AGAIN for phrase in heard.phrases)


def last_answer(step: Step) -> Last | None:
    """The answer given last, if it can still be changed by words."""
    if step.memory.held:
        return None
    if step.open is not None and step.open.session.given:
        return _last_of(step, step.open)
    return just_finished(step)


def changeable(step: Step) -> list[Last]:
    """Every answer that words may change: those of the open questionnaire come first."""
    if step.memory.held:
        return []
    finished = just_finished(step)
    sessions = [step.open, finished.open if finished else None]
    return [each for open in sessions if open is not None for each in _answers(step, open)]


def answer_at(step: Step, place: tuple[int, int]) -> Last | None:
    """The answer of this session and turn, if it can still be changed by words."""
    return next((each for each in changeable(step) if each.place == place), None)


def answer_to(step: Step, open: OpenSession, turn: int) -> Last | None:
    """The answer to what this session asked at that turn, if it can still be changed by words."""
    item_id = open.session.asked_at(turn)
    return None if item_id is None else answer_about(step, open, item_id)


def answer_about(step: Step, open: OpenSession, item_id: str) -> Last | None:
    """This session's answer to this question, if it can still be changed by words."""
    found = (each for each in changeable(step) if each.open is open)
    return next((each for each in found if each.item.id == item_id), None)


def _answers(step: Step, open: OpenSession) -> list[Last]:
    flow = step.flow_of(open)
    given = open.session.given
    return [Last(open, flow, item, given[item.id]) for item in flow.items if item.id in given]


def stands_as(last: Last, reading: Reading) -> bool:
    """Whether this reading is the answer that stands, perhaps by its place on the list."""
    if isinstance(reading, Ambiguous) and len(reading.candidates) == 1:
        reading = given_as(last.item, reading.candidates[0])
    if not isinstance(reading, Understood) or last.given.kind is not ANSWER:
        return False
    return (reading.value, reading.code) == (last.given.value, last.given.code)


def is_recorded(step: Step, open: OpenSession, turn: int, option: str) -> bool:
    """Whether this button says what is recorded already for its question: a double press."""
    item_id = open.session.asked_at(turn)
    given = open.session.given.get(item_id or "")
    if item_id is None or given is None:
        return False
    flow = step.flow_of(open)
    item = flow.item(item_id)
    reading = choice(item, option)
    return reading is not None and stands_as(Last(open, flow, item, given), reading)


def just_finished(step: Step) -> Last | None:
    """The last answer of the questionnaire finished last, while words may change it."""
    open = step.older.get(step.memory.finished or 0)
    if open is None or open.closed_at is None or not open.session.given:
        return None
    ends = open.closed_at + LATE_AFTER
    if step.flow_of(open).one_sitting:
        ends = min(ends, timers.expires(step, open))
    return _last_of(step, open) if step.now < ends else None


def _last_of(step: Step, open: OpenSession) -> Last:
    item_id, given = max(open.session.given.items(), key=lambda pair: pair[1].turn)
    flow = step.flow_of(open)
    return Last(open, flow, flow.item(item_id), given)


def finished_too_long_ago(step: Step) -> Last | None:
    """The last answer of the questionnaire finished last, where words change it no more."""
    open = step.older.get(step.memory.finished or 0)
    if open is None or not open.session.given or just_finished(step) is not None:
        return None
    return _last_of(step, open)


def is_warning(item: Item, reading: Reading) -> bool:
    """Whether this is a yes to a warning sign, which nothing may hold up."""
    said_yes = isinstance(reading, Understood) and reading.code == "yes"
    return said_yes and (item.flag is not None or "yes" in (item.opens or {}))


def correct(step: Step, last: Last, answer: str, raw: str, *, chosen: bool = False) -> None:
    """Read `answer`, which is in the words `raw`, as the new answer; the score follows.

    `chosen`: as in `flows.replies.Said`.
    """
    step.answered = last.place
    reading = read(last.item, answer, step.lexicon)
    if isinstance(reading, Understood) and stands_as(last, reading):
        say_same(step, last)
        return
    effects = len(step.effects)
    asking.resume(step, last.open, Amend(last.given.turn, answer, raw, chosen))
    if last.open is not step.open:
        said = step.lead or any(isinstance(each, Record | Say) for each in step.effects[effects:])
        if not said:
            step.add_line("old.closed")
        asking.repeat(step)


def say_same(step: Step, last: Last) -> None:
    """The answer stands like that already; what waits comes again."""
    stands = short_answer(last.item, last.given, last.open.session.language)
    step.add_line("changing.same", answer=stands)
    asking.repeat(step)
