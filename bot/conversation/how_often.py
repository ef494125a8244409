"""The question how often: after two silent check-ins, and when the weekly ones are through."""

from __future__ import annotations

from bot.conversation.step import Step
from flows.model import Step as Line

NAME = "rhythm"
STOP = "stop"


def weekly_line(step: Step) -> Line | None:
    """The pathway's step that the patient may choose the rhythm of."""
    steps = step.pathway.steps if step.pathway else ()
    return next((line for line in steps if line.frequencies), None)


def put(step: Step, why: str) -> None:
    """Ask how often: `why` is `silent`, `weeks` or `again`, and chooses the words."""
    line = weekly_line(step)
    if line is None:
        return
    task = step.begin(NAME, "often", why=why)
    language = step.person.language
    options = [(each.id, each.text[language]) for each in line.frequencies]
    options.append((STOP, step.words.say("rhythm.stop")))
    step.offer_words(step.words.say(f"rhythm.ask.{why}"), options)
    step.memory.choice_turn = task.turn
