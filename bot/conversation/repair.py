"""Words that are not simply an answer: "I meant 4", "no, 4", "she says 6"."""

from __future__ import annotations

from collections.abc import Sequence

from bot.conversation import asking, named, safety
from bot.conversation.heard import Heard
from bot.conversation.last import (
    Last,
    changeable,
    correct,
    finished_too_long_ago,
    is_warning,
    last_answer,
    stands_as,
)
from bot.conversation.memory import OpenSession
from bot.conversation.places import is_place
from bot.conversation.questions import title
from bot.conversation.step import Step
from bot.conversation.tasks import changing, helping
from bot.phrases import Phrase, Says
from flows.model import Item, ItemKind
from flows.reading import NotAReply, Understood, read
from flows.reading.polarity import poles
from flows.replies import Back, Said

_CORRECTIONS = (Says.CORRECTION, Says.CORRECTION_OR_ANSWER)
_HELPERS = (Says.HELPER, Says.HELPER_NAMES)


def take(step: Step, heard: Heard) -> bool:
    """Deal with a correction or a helper's answer; False where the words are neither."""
    if not heard.phrases or safety.is_held(step):
        return False
    text = heard.message.text
    if any(phrase.says is Says.NO_CORRECTION for phrase in heard.phrases):
        return _take_bound(step, heard.phrases, text)
    # "No, I meant 4 for the one before" names an answer, whatever else it may be.
    likeliest = sorted(heard.phrases, key=lambda each: each.says is not Says.CORRECTION_OF)
    return any(_take_one(step, phrase, text) for phrase in likeliest) or any(
        _correct_some(step, phrase, text) for phrase in heard.phrases
    )


def _take_bound(step: Step, said: Sequence[Phrase], text: str) -> bool:
    """Of a message whose no belongs to the word behind it: "no more than 4", "no idea, 4".

    Such a no takes nothing back: what the question that waits cannot take is asked about.
    """
    return any(
        _ask_which(step, phrase.slots["answer"], text)
        if phrase.says is Says.CORRECTION_OR_ANSWER
        else _take_one(step, phrase, text)
        for phrase in said
    )


def _ask_which(step: Step, answer: str, text: str) -> bool:
    open, last = step.open, last_answer(step)
    if open is None or last is None or _speaks_of_pending(open):
        return False
    if last.item.kind is ItemKind.TEXT or _may_be_pending(step, text):
        return False
    if isinstance(read(last.item, answer, step.lexicon), NotAReply):
        return False
    changing.which(step, last, answer, text)
    return True


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
    if phrase.says is Says.BACK_TO:
        return _go_back_to(step, phrase.slots["item"], text)
    if phrase.says is Says.CORRECTION_OF:
        return _correct_named(step, phrase.slots["item"], phrase.slots["answer"], text)
    return phrase.says in _CORRECTIONS and _correct(step, phrase, text)


def _go_back_to(step: Step, words: str, text: str) -> bool:
    """Put the question that is named again; where own words are asked for, only by its place."""
    item = step.pending_item
    if item is not None and item.kind is ItemKind.TEXT and not is_place(words):
        return False
    found = named.by_words(step, words)
    if len(found) != 1:
        return False
    (last,) = found
    if last.open is step.open:
        step.answered = (last.open.id, last.open.session.turn)
        asking.resume(step, last.open, Back(text, last.item.id))
    else:
        changing.put(step, last)
    return True


def _correct_named(step: Step, words: str, answer: str, text: str) -> bool:
    """Change the answer that is named, or ask which; False where none is."""
    open, item = step.open, step.pending_item
    found = named.by_words(step, words)
    if count := named.is_beyond(step, words):
        step.add_line("changing.no-such", count=count)
        asking.repeat(step)
        return True
    if open is not None and item is not None and item.id not in open.session.given:
        is_named = named.names(step.flow_of(open), open.session, item, words)
        if is_named and not found:
            return _answer_pending(step, open, answer, text)
        if is_place(words) and not found:
            return _say_not_answered(step)
    if open is None and not found and _was_named_too_late(step, words, answer):
        return True
    return _correct_one_of(step, found or named.by_value(step, words), answer, text)


def _say_not_answered(step: Step) -> bool:
    step.add_line("changing.not-answered")
    asking.repeat(step)
    return True


def _was_named_too_late(step: Step, words: str, answer: str) -> bool:
    """As `_is_too_late`, for any answer that is named."""
    last = finished_too_long_ago(step)
    if last is None:
        return False
    session = last.open.session
    items = [item for item in last.flow.items if named.names(last.flow, session, item, words)]
    if not any(_is_answer(step, item, answer) for item in items if item.kind is not ItemKind.TEXT):
        return False
    _say_closed(step)
    return True


def _say_closed(step: Step) -> None:
    step.add_line("old.closed")
    asking.repeat(step)


def _correct_one_of(step: Step, found: Sequence[Last], answer: str, text: str) -> bool:
    """Change the one that takes the words for an answer, or ask which; else it is put again."""
    fitting = [each for each in found if _fits(step, each, answer)]
    if len(fitting) > 1:
        changing.which_of(step, fitting, answer, text)
    elif fitting:
        correct(step, fitting[0], answer, text)
    elif len(found) == 1 and found[0].item.kind is not ItemKind.TEXT:
        changing.ask_back(step, found[0], answer, text)
        return True
    return bool(fitting)


def _correct_some(step: Step, phrase: Phrase, text: str) -> bool:
    """After the end: words that speak of an answer, but not of the last one, are no note."""
    if step.open is not None or phrase.says not in (*_CORRECTIONS, Says.CORRECTION_OF):
        return False
    answer, other = phrase.slots["answer"], phrase.slots.get("other")
    answers = changeable(step)
    fitting = [each for each in answers if _fits(step, each, answer)]
    if other is not None or not fitting:
        was = named.by_value(step, other) if other is not None else []
        return _correct_one_of(step, was, answer, text) or _say_how(step, fitting)
    if phrase.says is Says.CORRECTION_OF:
        return _say_how(step, fitting)
    changing.which_of(step, fitting, answer, text)
    return True


def _fits(step: Step, last: Last, answer: str) -> bool:
    return last.item.kind is not ItemKind.TEXT and _is_answer(step, last.item, answer)


def _say_how(step: Step, fitting: Sequence[Last]) -> bool:
    """How to name an answer, by one that these words could have changed."""
    if not fitting:
        return False
    example = title(fitting[0].flow, fitting[0].item, step.person.language)
    step.add_line("changing.how", title=example)
    asking.repeat(step)
    return True


def _correct(step: Step, phrase: Phrase, text: str) -> bool:
    """Change the last answer where the words fit it and nothing else; else ask which.

    In doubt as well: "no, not more than 4" may be about either.

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
    last = _only_one_that_was(step, phrase) or last
    if last is None or not _fits_what_was(step, last, phrase):
        return False
    reading = read(last.item, answer, step.lexicon)
    if isinstance(reading, NotAReply):
        return False
    understood = isinstance(reading, Understood)
    if not understood and phrase.says is not Says.CORRECTION and _fits_pending(step, answer, text):
        return False
    urgent = last.open is step.open and is_warning(last.item, reading)
    if not urgent and not _takes_back(step, phrase) and _may_be_pending(step, answer, text):
        changing.which(step, last, answer, text)
    elif understood:
        correct(step, last, answer, text)
    else:
        changing.ask_back(step, last, answer, text)
    return True


def _is_yes_to_a_sign(step: Step, open: OpenSession, last: Last | None, phrase: Phrase) -> bool:
    """Whether a warning sign waits that this says yes to; only a sign just before comes first."""
    item = step.pending_item
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
    _say_closed(step)
    return True


def _is_plain_yes_or_no(step: Step, text: str) -> bool:
    """Whether the whole of it answers the question that waits ("no, I do not agree")."""
    item = step.pending_item
    if item is None or poles(item) is None:
        return False
    return _is_answer(step, item, text)


def _speaks_of_pending(open: OpenSession) -> bool:
    """Whether the pending question was asked back, or was answered before and is put again."""
    return bool(open.session.offered) or open.session.pending in open.session.given


def _answer_pending(step: Step, open: OpenSession, answer: str, text: str) -> bool:
    item = step.pending_item
    if item is None or not _is_answer(step, item, answer):
        return False
    step.answered = (open.id, open.session.turn)
    asking.resume(step, open, Said(answer, text))
    return True


def _only_one_that_was(step: Step, phrase: Phrase) -> Last | None:
    """The answer whose old value is named, where no other has the same."""
    other = phrase.slots.get("other")
    was = named.by_value(step, other) if other is not None else []
    return was[0] if len(was) == 1 else None


def _fits_what_was(step: Step, last: Last, phrase: Phrase) -> bool:
    """Own words change by a plain "I meant ..." only; an old answer that is named must be it."""
    other = phrase.slots.get("other")
    if last.item.kind is ItemKind.TEXT:
        return phrase.says is Says.CORRECTION and other is None
    return other is None or stands_as(last, read(last.item, other, step.lexicon))


def _takes_back(step: Step, phrase: Phrase) -> bool:
    """Whether this cannot be an answer to the question that waits.

    After a failed try at that question only the old answer's name makes it sure.
    """
    tried = step.open is not None and step.open.session.misunderstood > 0
    return "other" in phrase.slots or (phrase.says is Says.CORRECTION and not tried)


def _may_be_pending(step: Step, *said: str) -> bool:
    """Whether any of these words may answer the question that waits, be it in doubt."""
    item = step.pending_item
    return item is not None and any(
        not isinstance(read(item, words, step.lexicon), NotAReply) for words in said
    )


def _fits_pending(step: Step, answer: str, text: str) -> bool:
    item = step.pending_item
    if item is None:
        return False
    if _is_answer(step, item, answer):
        return True
    return poles(item) is not None and not isinstance(read(item, text, step.lexicon), NotAReply)
