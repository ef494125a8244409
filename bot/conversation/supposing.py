"""What a message that is perhaps a command is after all: an answer comes first."""

from __future__ import annotations

from bot.commands import Command
from bot.conversation import safety
from bot.conversation.choices import chosen
from bot.conversation.memory import KEEPING
from bot.conversation.step import Step
from bot.conversation.tasks import confirming
from bot.guessing import SHORTEST, Guess, guess
from flows.model import ItemKind
from flows.reading import Ambiguous, Understood, read


def answers_what_waits(step: Step, text: str) -> bool:
    """Whether this is a good answer to the question that waits, a task's or a questionnaire's."""
    task = step.memory.task
    if task is not None and task.step == "code":
        return any(character.isdecimal() for character in text)
    if task is not None:
        return not task.data.get("options") or chosen(step, text) is not None
    item = step.pending_item
    if item is None:
        return False
    if item.kind is ItemKind.TEXT:
        return True
    return isinstance(read(item, text, step.lexicon), Understood | Ambiguous)


def may_be_for_what_waits(step: Step, command: Command) -> bool:
    """Whether a day or an hour alone came where something was asked: it changes nothing unasked."""
    task = step.memory.task
    waits = step.pending_item is not None or task is not None
    return command.weak and command.name == "rhythm" and waits


def is_confirming(step: Step) -> bool:
    """Whether "Did you mean ...?" waits."""
    return step.memory.task is not None and step.memory.task.name == confirming.NAME


def likely(step: Step, text: str) -> Guess | None:
    """The command that may have been misspelt here; never where an answer or a task waits."""
    task = step.memory.task
    if len(text) < SHORTEST or step.person.status != "active":
        return None
    if task is not None and task.name != KEEPING:
        return None
    if safety.is_held(step) or answers_what_waits(step, text):
        return None
    return guess(text, step.person.language)
