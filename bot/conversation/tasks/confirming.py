"""Was this command meant? A guess at a misspelt one is never acted on unasked.

Nor is a day or an hour that came where an answer was awaited.
"""

from __future__ import annotations

from bot.commands import Command
from bot.conversation.choices import chosen
from bot.conversation.needs import COMMAND
from bot.conversation.step import Step
from bot.conversation.tasks import retiming
from bot.guessing import Guess

NAME = "confirming"


def begin(step: Step, guess: Guess, text: str) -> None:
    """Ask; `text` is what the patient wrote, which counts if the guess is wrong."""
    slots = dict(guess.command.slots)
    step.begin(NAME, "sure", **{COMMAND: guess.command.name}, slots=slots, meant=guess.words)
    assert step.memory.task is not None
    step.memory.task.data["text"] = text
    ask(step)


def begin_rhythm(step: Step, command: Command, text: str) -> None:
    """Ask whether a day or an hour is about the questions to come."""
    meant = retiming.named(step, command.slots["when"])
    begin(step, Guess(Command(command.name, {"when": meant}), meant), text)


def ask(step: Step) -> None:
    """Put the question."""
    task = step.memory.task
    assert task is not None
    options = [("yes", "button.yes"), ("no", "button.no")]
    key = "confirm.rhythm" if task.data[COMMAND] == "rhythm" else "confirm.ask"
    step.offer(key, options, meant=task.data["meant"])


def take(step: Step, text: str, option: str | None) -> tuple[Command | None, str]:
    """End the asking: the command after a yes; otherwise the words to be read instead.

    After a no these are the words that were misread; anything else is a message of its own.
    """
    task = step.memory.task
    assert task is not None
    answer = option or chosen(step, text)
    step.memory.task = None
    if answer == "yes":
        return Command(task.data[COMMAND], task.data["slots"]), text
    return None, task.data["text"] if answer == "no" else text
