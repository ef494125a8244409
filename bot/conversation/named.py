"""Which answer some words name: by its title, by its place, or by what it was."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile

from bot.conversation.last import Last, changeable, stands_as
from bot.conversation.places import place_of, split
from bot.conversation.step import Step
from flows.conditions import enabled_items
from flows.model import Flow, Item
from flows.reading import read
from flows.session import Session
from templates.phrase_words import load_places

_STEM, _ENDING = 4, 2
"""Letters that two forms of a word have in common at least ("pain", "pains"), and those that
both may end with instead ("smerten", "smerter").
"""


def by_words(step: Step, words: str) -> list[Last]:
    """The answers that these words may name; one whose title they are counts alone."""
    answers, said = changeable(step), split(words)
    place = place_of(said)
    if place is not None:
        return _at_place(answers, place)
    said = [word for word in said if word not in load_places().padding]
    if not said:
        return []
    exact = [each for each in answers if said in _titles(each.item)]
    return exact or [each for each in answers if _is_named(each.item, said)]


def by_value(step: Step, words: str) -> list[Last]:
    """The answers that stand as these words say."""
    return [
        each for each in changeable(step) if stands_as(each, read(each.item, words, step.lexicon))
    ]


def names(flow: Flow, session: Session, item: Item, words: str) -> bool:
    """Whether the words name this question, be it answered or not."""
    said = split(words)
    place = place_of(said)
    if place is not None:
        enabled = enabled_items(flow, session)
        return place > 0 and enabled[place - 1 : place] == (item,)
    said = [word for word in said if word not in load_places().padding]
    return bool(said) and (said in _titles(item) or _is_named(item, said))


def is_beyond(step: Step, words: str) -> int:
    """How many questions there are, where the words name a place behind the last; else 0."""
    open = step.open or next((each.open for each in changeable(step)), None)
    place = place_of(split(words))
    if open is None or place is None:
        return 0
    count = len(enabled_items(step.flow_of(open), open.session))
    return count if place > count else 0


def _at_place(answers: Sequence[Last], place: int) -> list[Last]:
    """The answer at this place, of the questionnaire that is open or was finished last."""
    if not answers:
        return []
    open = answers[0].open
    own = [each for each in answers if each.open is open]
    if place == -1:
        return [max(own, key=lambda each: each.given.turn)]
    enabled = [item.id for item in enabled_items(answers[0].flow, open.session)]
    return [each for each in own if enabled[place - 1 : place] == [each.item.id]]


def _titles(item: Item) -> list[list[str]]:
    return [split(title) for title in (item.title or {}).values()]


def _is_named(item: Item, said: Sequence[str]) -> bool:
    """Whether all words are the item's own in one language, and one of them is of its title."""
    return any(
        any(_is_among(word, split(title)) for word in said)
        and all(_is_among(word, [*split(title), *split(item.text[language])]) for word in said)
        for language, title in (item.title or {}).items()
    )


def _is_among(word: str, words: Sequence[str]) -> bool:
    return any(_is_same(word, other.strip(",.?()")) for other in words)


def _is_same(one: str, other: str) -> bool:
    pairs = zip(one, other, strict=False)
    stem = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
    ends = {len(one) - stem, len(other) - stem}
    return one == other or (stem >= _STEM and (0 in ends or max(ends) <= _ENDING))
