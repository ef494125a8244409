"""Which of a task's choices a typed reply means."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from bot.commands import asks
from bot.conversation.step import Step
from bot.phrases import Says, phrases
from flows.lexicon import Sense, Token
from flows.model import Item, ItemKind, Option
from flows.reading import Ambiguous, Reading, Understood, read
from flows.reading.labels import content

_YES_NO = {"yes", "no"}
_PLAIN = (("yes", "yes"), ("no", "no"))
_ANSWERS = (
    Sense.YES, Sense.NO, Sense.WEAK_YES, Sense.CONFIRM, Sense.DENY, Sense.AGREE, Sense.DISAGREE,
    Sense.NUMBER, Sense.HALF, Sense.UNIT, Sense.NONE, Sense.EVERY_DAY, Sense.HEDGE,
)  # fmt: skip


def is_bare_answer(step: Step, text: str) -> bool:
    """Whether this is nothing but thanks, a yes or no, a number or a letter."""
    return all(_is_answer(token) for token in step.lexicon.tokens(text))


def says_nothing(step: Step, text: str) -> bool:
    """Whether this says that there is nothing to say: "not really", "I don't know"."""
    return any(each.says is Says.NOTHING for each in phrases(text, step.person.language))


def is_one_word_question(text: str) -> bool:
    """Whether somebody only wonders what was asked: "what?"."""
    return text.rstrip().endswith("?") and len(text.split()) == 1


def is_no(step: Step, text: str) -> bool:
    """Whether this is a no and nothing else."""
    said = content(step.lexicon.tokens(text))
    return bool(said) and all(token.means(Sense.NO, Sense.DENY) for token in said)


def yes_or_no(step: Step, text: str) -> str | None:
    """A yes or no that more words may follow ("no it is 11:00"), or that confirms ("that's it").

    With another number behind it a yes is none.
    """
    tokens = step.lexicon.tokens(text)
    said = [token for token in tokens if not token.means(Sense.HEDGE, Sense.SUBJECT)]
    said = said or list(tokens)
    if not said:
        return None
    against = (Sense.NO, Sense.DENY, Sense.NEGATION, Sense.DISAGREE)
    if said[0].means(*against):
        return "no"
    turned = any(token.means(*against, Sense.NUMBER) for token in said)
    sure = any(token.means(Sense.YES, Sense.CONFIRM, Sense.AGREE) for token in said[:3])
    return "yes" if sure and not turned else None


def leans_to_no(step: Step, text: str) -> bool:
    """Whether this is probably a no, such as "not yet"."""
    match _reading(step, ItemKind.YES_NO, _PLAIN, text):
        case Understood(code="no") | Ambiguous(candidates=("no",)):
            return True
    return False


def is_question(step: Step, text: str) -> bool:
    """Whether these words ask something, so that they are kept for somebody who can answer."""
    words = [t for t in step.lexicon.tokens(text) if t.text[0].isalpha() and not _is_answer(t)]
    return len(words) > 1 and ("?" in text or asks(text))


def wonders(step: Step, text: str) -> bool:
    """Whether this asks who writes, or what it is about: "what is this for?"."""
    names = any(token.means(Sense.PRESENCE) for token in step.lexicon.tokens(text))
    return names and ("?" in text or asks(text))


def _is_answer(token: Token) -> bool:
    return token.means(*_ANSWERS) or len(token.text) == 1


def chosen(step: Step, text: str, no: str = "no", yes: str = "yes") -> str | None:
    """The option id of the pending task question that these words choose, or None.

    Letters and labels count. A plain yes takes the option `yes`, or the one that begins with a
    yes, and a plain no the option `no`: a list with none such is chosen from by neither.
    """
    task = step.memory.task
    options = task.data.get("options", []) if task else []
    return chosen_from(step, options, text, no, yes)


def chosen_from(
    step: Step, options: Sequence[Sequence[str]], text: str, no: str = "no", yes: str = "yes"
) -> str | None:
    """As `chosen`, of these options with their labels."""
    if not options:
        return None
    if {option for option, _ in options} <= _YES_NO:
        return _read(step, ItemKind.YES_NO, options, text)
    found = _read(step, ItemKind.CHOICE, options, text)
    if found is not None:
        return found
    match _read(step, ItemKind.YES_NO, _PLAIN, text):
        case "yes":
            return next((o for o, words in options if o == yes or _says_yes(step, words)), None)
        case "no":
            return next((option for option, _ in options if option == no), None)
    return None


def _says_yes(step: Step, words: str) -> bool:
    return any(token.means(Sense.YES) for token in step.lexicon.tokens(words)[:1])


def _read(step: Step, kind: ItemKind, options: Sequence[Sequence[str]], text: str) -> str | None:
    reading = _reading(step, kind, options, text)
    return reading.code if isinstance(reading, Understood) else None


def _reading(step: Step, kind: ItemKind, options: Sequence[Sequence[str]], text: str) -> Reading:
    language, given = step.person.language, tuple((option, words) for option, words in options)
    # A list may name people: nothing is kept of it.
    item = _yes_no(language, given) if kind is ItemKind.YES_NO else _item(kind, language, given)
    return read(item, text, step.lexicon)


@lru_cache(maxsize=64)
def _yes_no(language: str, options: tuple[tuple[str, str], ...]) -> Item:
    """The same one for the same words: what is known of an item is kept with it."""
    return _item(ItemKind.YES_NO, language, options)


def _item(kind: ItemKind, language: str, options: tuple[tuple[str, str], ...]) -> Item:
    return Item(
        "choice",
        kind,
        {language: ""},
        tuple(Option(option, {language: words}) for option, words in options),
    )
