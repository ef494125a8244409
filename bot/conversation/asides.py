"""What is said to the assistant itself: who it is, that it is too much, or in another language."""

from __future__ import annotations

from bot.conversation import looked, safety
from bot.conversation.lists import joined
from bot.conversation.pending import ask_again
from bot.conversation.step import Step

_ENGLISH = "en"


def say_what_it_is(step: Step) -> None:
    """It is a machine, and says so; and how a person is reached."""
    step.add_line("aside.assistant", emergency=safety.emergency(step))
    ask_again(step)


def calm(step: Step) -> None:
    """An outburst is no answer: what else can be written, and the question is not pressed again."""
    if safety.is_held_now(step):
        looked.insist(step)
    elif step.memory.held:
        ask_again(step)
    elif step.open is not None and step.memory.task is None:
        step.add_line("aside.too-much")
    else:
        step.add_line("aside.too-much-idle")


def say_languages(step: Step) -> None:
    """Which languages there are, in the patient's own and in English: others nobody has checked."""
    languages = [step.person.language, _ENGLISH]
    for language in dict.fromkeys(each for each in languages if each in step.world.catalogues):
        step.add_line_in(language, "aside.languages", **_names(step, language))
    ask_again(step)


def _names(step: Step, language: str) -> dict[str, str]:
    catalogues = step.world.catalogues
    names = [words.say("language.name") for words in catalogues.values()]
    either = joined(names, catalogues[language].say("or"))
    return {"languages": either, "emergency": safety.emergency(step)}
