"""Which of a task's choices a typed reply means."""

from __future__ import annotations

from collections.abc import Sequence

from bot.conversation.step import Step
from flows.model import Item, ItemKind, Option
from flows.reading import Understood, read

_YES_NO = {"yes", "no"}


def chosen(step: Step, text: str) -> str | None:
    """The option id of the pending task question that these words choose, or None.

    Letters and labels count; a plain yes takes the first option, a plain no the option `no`.
    """
    task = step.memory.task
    options = task.data.get("options", []) if task else []
    if not options:
        return None
    ids = [option for option, _ in options]
    if set(ids) <= _YES_NO:
        return _read(step, ItemKind.YES_NO, options, text)
    return _read(step, ItemKind.CHOICE, options, text) or _plain_yes_no(step, ids, text)


def _plain_yes_no(step: Step, ids: Sequence[str], text: str) -> str | None:
    if "no" not in ids:
        return None
    answer = _read(step, ItemKind.YES_NO, [["yes", "yes"], ["no", "no"]], text)
    return ids[0] if answer == "yes" else answer


def _read(step: Step, kind: ItemKind, options: Sequence[Sequence[str]], text: str) -> str | None:
    language = step.person.language
    item = Item(
        "choice",
        kind,
        {language: ""},
        tuple(Option(option, {language: words}) for option, words in options),
    )
    reading = read(item, text, step.lexicon)
    return reading.code if isinstance(reading, Understood) else None
