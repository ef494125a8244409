"""What is said to the assistant itself: who it is, that it is too much, or in another language."""

from __future__ import annotations

from babel import Locale

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
    elif step.memory.held or _is_in_doubt(step):
        ask_again(step)
    elif step.open is not None and step.memory.task is None:
        step.add_line("aside.too-much")
    else:
        step.add_line("aside.too-much-idle")


def _is_in_doubt(step: Step) -> bool:
    """Whether the next yes would be to "No, is that right?", which nobody has in mind any more."""
    return step.memory.task is None and step.open is not None and bool(step.open.session.offered)


def say_languages(step: Step) -> None:
    """Which languages there are, in the patient's own and in English: others nobody has checked."""
    languages = [step.person.language, _ENGLISH]
    for language in dict.fromkeys(each for each in languages if each in step.world.catalogues):
        step.add_line_in(language, "aside.languages", **_names(step, language))
    ask_again(step)


def _names(step: Step, language: str) -> dict[str, str]:
    """What the languages are called in this one, and the words that change to each."""
    catalogues = step.world.catalogues
    word, called = catalogues[language].say("or"), Locale.parse(language).languages
    names = {code: words.say("language.name") for code, words in catalogues.items()}
    return {
        "languages": joined([called.get(code, name) for code, name in names.items()], word),
        "names": joined(list(names.values()), word),
        "emergency": safety.emergency(step),
    }
