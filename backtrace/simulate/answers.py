"""What an invented patient says to a question: which answer, and in which manner."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

from backtrace.simulate.reading import Question
from bot.messages import Button
from flows.model import Item, ItemKind, Option, Urgency

TYPES_ANYWAY = 0.15
"""How often somebody writes although there is a button."""
_HIGHEST = 10.0
_SIGNS = {Urgency.EMERGENCY: 0.03, Urgency.SAME_DAY: 0.25, Urgency.SOON: 0.25}
"""How likely each warning sign is for somebody who has a new symptom."""
_COUNTED = {
    "en": ("{n}", "{n}", "{n}", "{n}.", "about {n}", "{w}", "i'd say {n}", "{n} :)"),
    "da": ("{n}", "{n}", "{n}", "{n}.", "ca. {n}", "{w}", "vel en {n}", "{n} :)"),
}
_SCALED = {
    "en": (*_COUNTED["en"], "{n}/10", "{n} out of 10"),
    "da": (*_COUNTED["da"], "{n}/10", "{n} ud af 10"),
}
_NUMBERS: Mapping[str, Sequence[str]] = {
    "en": (
        "zero",
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
    ),
    "da": ("nul", "en", "to", "tre", "fire", "fem", "seks", "syv", "otte", "ni", "ti"),
}
_YES = {"en": ("yes", "Y", "Yes", "yep"), "da": ("ja", "J", "Ja", "jep")}
_NO = {"en": ("no", "N", "No", "nope"), "da": ("nej", "N", "Nej", "næ")}
_IN_OWN_WORDS = {
    "en": {
        "onset": ("In August, when I moved a wardrobe", "three years ago, no idea how"),
        "treatments-tried": ("physio twice, and walking", "pills mostly"),
        "medication": ("Paracetamol when it is bad", "none"),
        "goal": ("Walk to the allotment, 30 minutes", "lift my grandchild"),
    },
    "da": {
        "onset": ("I august, da jeg flyttede et skab", "for tre år siden, ved ikke hvordan"),
        "treatments-tried": ("fysioterapi to gange og gåture", "mest piller"),
        "medication": ("Panodil når det er slemt", "ingen"),
        "goal": ("Gå til kolonihaven, 30 minutter", "løfte mit barnebarn"),
    },
}
_SIDE_REMARKS = {
    "en": (
        "can i go running with this?",
        "my neighbour had the same last year",
        "sorry was at work",
        "is it normal that it is worse in the morning?",
        "nice weather today",
    ),
    "da": (
        "må jeg løbe med det her?",
        "min nabo havde det samme sidste år",
        "undskyld jeg var på arbejde",
        "er det normalt at det er værst om morgenen?",
        "dejligt vejr i dag",
    ),
}
_STOP = {"en": ("stop", "STOP"), "da": ("stop", "STOP")}
_BACK = {"en": "back", "da": "tilbage"}
_SKIP = {"en": "skip", "da": "spring over"}
SKIPS = 0.01
"""How often somebody would rather not answer a question."""


@dataclass(frozen=True, slots=True)
class Said:
    """What is written, or the label and data of the button that is pressed."""

    text: str
    data: str = ""


@dataclass(frozen=True, slots=True)
class Mood:
    """What decides an answer: language, how bad it is (0-10), and a new symptom or none."""

    language: str
    severity: float
    alarmed: bool
    chance: Random


def answer(question: Question, mood: Mood) -> Said:
    """An answer to what is asked, in one of the ways in which people give it."""
    if question.item is not None and mood.chance.random() < SKIPS:
        return Said(_SKIP[mood.language])
    if question.together:
        return Said(" ".join(_short(item, mood) for item in question.together))
    if question.buttons:
        return _press_or_type(question, mood)
    if question.letters and question.item is None:
        return Said(_letter_of_own_question(question.letters, mood))
    if question.item is None:
        return Said(mood.chance.choice(_YES[mood.language]))
    return Said(_typed(question.item, _chosen(question.item, mood), mood))


def another(buttons: Sequence[Button], mood: Mood) -> Said:
    """Any of the buttons of an earlier message: an answer is taken back."""
    button = mood.chance.choice(buttons)
    return Said(button.label, button.data)


def side_remark(mood: Mood) -> Said:
    """Something else than an answer."""
    return Said(mood.chance.choice(_SIDE_REMARKS[mood.language]))


def stop(mood: Mood) -> Said:
    """No more of this."""
    return Said(mood.chance.choice(_STOP[mood.language]))


def back(mood: Mood) -> Said:
    """The question before, please."""
    return Said(_BACK[mood.language])


def _press_or_type(question: Question, mood: Mood) -> Said:
    item, buttons = question.item, question.buttons
    wanted = _chosen(item, mood) if item is not None else ""
    for button in buttons:
        if wanted and button.data.endswith(f".{wanted}") and button.data.startswith("q."):
            if item is not None and mood.chance.random() < TYPES_ANYWAY:
                return Said(_typed(item, wanted, mood))
            return Said(button.label, button.data)
    return _of_own_question(buttons, mood)


def _of_own_question(buttons: Sequence[Button], mood: Mood) -> Said:
    """A question of the assistant's own: mostly the first choice, of many any."""
    agrees = len(buttons) <= 3 and mood.chance.random() < 0.9
    button = buttons[0] if agrees else mood.chance.choice(buttons)
    return Said(button.label, button.data)


def _letter_of_own_question(letters: Sequence[str], mood: Mood) -> str:
    agrees = len(letters) <= 3 and mood.chance.random() < 0.9
    return letters[0] if agrees else mood.chance.choice(letters)


def _chosen(item: Item, mood: Mood) -> str:
    """The option's id, or the number; empty where own words are wanted."""
    match item.kind:
        case ItemKind.SCALE | ItemKind.COUNT:
            return str(_number(item, mood))
        case ItemKind.YES_NO:
            return "yes" if _is_yes(item, mood) else "no"
        case ItemKind.CHOICE:
            return _option(item.options, mood).id
        case ItemKind.TEXT:
            return ""


def _number(item: Item, mood: Mood) -> int:
    level = mood.severity / _HIGHEST * (item.maximum - item.minimum) + mood.chance.uniform(
        -0.6, 0.6
    )
    return min(max(round(item.minimum + level), item.minimum), item.maximum)


def _is_yes(item: Item, mood: Mood) -> bool:
    """A new symptom opens the warning signs; of these one or another is there."""
    if not mood.alarmed:
        return False
    return item.flag is None or mood.chance.random() < _SIGNS[item.flag]


def _option(options: Sequence[Option], mood: Mood) -> Option:
    """The worse it is, the higher the score; where nothing is scored, any."""
    if any(option.score is None for option in options):
        return mood.chance.choice(options)
    ordered = sorted(options, key=lambda option: option.score or 0)
    place = mood.severity / _HIGHEST * (len(ordered) - 1) + mood.chance.uniform(-0.5, 0.5)
    return ordered[min(max(round(place), 0), len(ordered) - 1)]


def _typed(item: Item, wanted: str, mood: Mood) -> str:
    language, chance = mood.language, mood.chance
    match item.kind:
        case ItemKind.SCALE | ItemKind.COUNT:
            ways: Mapping[str, Sequence[str]] = (
                _SCALED if item.kind is ItemKind.SCALE and item.maximum == _HIGHEST else _COUNTED
            )
            number = int(wanted)
            return chance.choice(ways[language]).format(n=number, w=_NUMBERS[language][number])
        case ItemKind.YES_NO:
            return chance.choice((_YES if wanted == "yes" else _NO)[language])
        case ItemKind.CHOICE:
            return _named(item, wanted, mood)
        case ItemKind.TEXT:
            return chance.choice(_IN_OWN_WORDS[language].get(item.id, ("...",)))


def _named(item: Item, wanted: str, mood: Mood) -> str:
    """The option by its letter, or by its words where these are few."""
    place = next(n for n, option in enumerate(item.options) if option.id == wanted)
    letter, words = "ABCDEFGHIJ"[place], item.options[place].text[mood.language]
    if len(words.split()) <= 2 and mood.chance.random() < 0.4:
        return words.lower()
    return mood.chance.choice((letter, letter, letter.lower(), f"{letter}."))


def _short(item: Item, mood: Mood) -> str:
    """One of several answers in one message."""
    wanted = _chosen(item, mood)
    if item.kind is ItemKind.YES_NO:
        return (_YES if wanted == "yes" else _NO)[mood.language][1]
    return wanted
