"""Words that are not simply an answer: "I meant 4", "no, 4", "she says 6"."""

from __future__ import annotations

from bot.conversation import asking, safety
from bot.conversation.heard import Heard
from bot.conversation.last import (
    Last,
    correct,
    finished_too_long_ago,
    is_warning,
    last_answer,
)
from bot.conversation.memory import OpenSession
from bot.conversation.step import Step
from bot.conversation.tasks import changing, helping
from bot.phrases import Phrase, Says
from flows.model import Item, ItemKind
from flows.reading import Ambiguous, NotAReply, Reading, Understood, given_as, read
from flows.reading.polarity import poles
from flows.replies import Back, Said

_CORRECTIONS = (Says.CORRECTION, Says.CORRECTION_OR_ANSWER)
_HELPERS = (Says.HELPER, Says.HELPER_NAMES)


def take(step: Step, heard: Heard) -> bool:
    """Deal with a correction or a helper's answer; False where the words are neither."""
    if not heard.phrases or safety.is_held(step):
        return False
    text = heard.message.text
    return any(_take_one(step, phrase, text) for phrase in heard.phrases)


def answering_words(step: Step, open: OpenSession, turn: int, heard: Heard) -> str:
    """The words of an edited message that answer the question of that turn, if a part does."""
    text = heard.message.text
    item_id = open.session.asked_at(turn)
    if item_id is None:
        return text
    item = step.flow_of(open).item(item_id)
    parts = [phrase.slots["answer"] for phrase in heard.phrases if "answer" in phrase.slots]
    fitting = (each for each in (text, *parts) if _is_answer(step, item, each))
    return next(fitting, text)


def _is_answer(step: Step, item: Item, words: str) -> bool:
    return isinstance(read(item, words, step.lexicon), Understood)


def _take_one(step: Step, phrase: Phrase, text: str) -> bool:
    if phrase.says in _HELPERS:
        return helping.take(step, phrase, text)
    return phrase.says in _CORRECTIONS and _correct(step, phrase, text)


def _correct(step: Step, phrase: Phrase, text: str) -> bool:
    """Change the last answer where the words fit it and nothing else; else ask which.

    Words that take something back ("sorry, I meant 4", "4, not 6") are about what was said.
    """
    answer, open = phrase.slots["answer"], step.open
    if _is_plain_yes_or_no(step, text):
        return False
    if open is not None and _speaks_of_pending(open):
        return _answer_pending(step, open, answer, text)
    last = last_answer(step)
    if open is not None and _is_yes_to_a_sign(step, open, last, phrase):
        return _answer_pending(step, open, answer, text)
    if last is None and open is None:
        return _is_too_late(step, answer)
    if last is None or not _fits_what_was(step, last, phrase):
        return False
    reading = read(last.item, answer, step.lexicon)
    pending = _fits_pending(step, answer, text)
    if isinstance(reading, Understood):
        urgent = last.open is step.open and is_warning(last.item, reading)
        if pending and not (urgent or _takes_back(step, phrase)):
            changing.which(step, last, answer, text)
        else:
            correct(step, last, answer, text)
        return True
    doubtful = isinstance(reading, Ambiguous) and (phrase.says is Says.CORRECTION or not pending)
    return doubtful and _ask_back(step, last, answer, text)


def _is_yes_to_a_sign(step: Step, open: OpenSession, last: Last | None, phrase: Phrase) -> bool:
    """Whether a warning sign waits that this says yes to; only a sign just before comes first."""
    item = _pending(step)
    if item is None or "other" in phrase.slots or (last is not None and last.open is open):
        return False
    return is_warning(item, read(item, phrase.slots["answer"], step.lexicon))


def _is_too_late(step: Step, answer: str) -> bool:
    """Say so where the words would have changed an answer that is closed by now."""
    last = finished_too_long_ago(step)
    if last is None or last.item.kind is ItemKind.TEXT:
        return False
    if not _is_answer(step, last.item, answer):
        return False
    step.add_line("old.closed")
    asking.repeat(step)
    return True


def _is_plain_yes_or_no(step: Step, text: str) -> bool:
    """Whether the whole of it answers the question that waits ("no, I do not agree")."""
    item = _pending(step)
    if item is None or poles(item) is None:
        return False
    return _is_answer(step, item, text)


def _speaks_of_pending(open: OpenSession) -> bool:
    """Whether the pending question was asked back, or was answered before and is put again."""
    return bool(open.session.offered) or open.session.pending in open.session.given


def _answer_pending(step: Step, open: OpenSession, answer: str, text: str) -> bool:
    item = _pending(step)
    if item is None or not _is_answer(step, item, answer):
        return False
    step.answered = (open.id, open.session.turn)
    asking.resume(step, open, Said(answer, text))
    return True


def _fits_what_was(step: Step, last: Last, phrase: Phrase) -> bool:
    """Own words change by a plain "I meant ..." only; an old answer that is named must be it."""
    other = phrase.slots.get("other")
    if last.item.kind is ItemKind.TEXT:
        return phrase.says is Says.CORRECTION and other is None
    return other is None or _is(last, read(last.item, other, step.lexicon))


def _is(last: Last, reading: Reading) -> bool:
    """Whether this reading is the answer that stands, perhaps by its place on the list."""
    if isinstance(reading, Ambiguous) and len(reading.candidates) == 1:
        reading = given_as(last.item, reading.candidates[0])
    if not isinstance(reading, Understood):
        return False
    return (reading.value, reading.code) == (last.given.value, last.given.code)


def _takes_back(step: Step, phrase: Phrase) -> bool:
    """Whether this cannot be an answer to the question that waits.

    After a failed try at that question only the old answer's name makes it sure.
    """
    tried = step.open is not None and step.open.session.misunderstood > 0
    return "other" in phrase.slots or (phrase.says is Says.CORRECTION and not tried)


def _fits_pending(step: Step, answer: str, text: str) -> bool:
    item = _pending(step)
    if item is None:
        return False
    if _is_answer(step, item, answer):
        return True
    return poles(item) is not None and not isinstance(read(item, text, step.lexicon), NotAReply)


def _ask_back(step: Step, last: Last, answer: str, text: str) -> bool:
    """The last question again, with what may have been meant."""
    if last.open is not step.open:
        return changing.reopen(step)
    mark = len(step.effects), list(step.lead)
    asking.resume(step, last.open, Back(text))
    if last.open.session.pending != last.item.id:
        return True
    # The question itself need not be read again: what is asked back names it.
    del step.effects[mark[0] :]
    step.lead[:] = mark[1]
    asking.resume(step, last.open, Said(answer, text))
    return True


def _pending(step: Step) -> Item | None:
    if step.open is None or step.open.session.pending is None:
        return None
    return step.flow_of(step.open).item(step.open.session.pending)
