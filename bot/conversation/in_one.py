"""A check-in asked in one message: its questions in a few words, and how an answer looks."""

from __future__ import annotations

from collections.abc import Sequence

from bot.conversation.memory import OpenSession
from bot.conversation.questions import question_key
from bot.conversation.step import Step
from bot.messages import Message
from flows.conditions import enabled_items
from flows.model import Flow, Item, ItemKind
from templates.catalogue import Catalogue

_EXAMPLES = (6, 4, 2)
"""Numbers of the example, so that nobody's own answers are put into their mouth: after these 0."""


def is_asked(step: Step, flow: Flow, open: OpenSession) -> bool:
    """Whether the open questions go into one message: nothing is answered, and each has a brief."""
    if not open.in_one or open.session.given or open.session.turn > 1:
        return False
    items = enabled_items(flow, open.session)
    on = step.channel in step.world.limits.in_one_on
    return on and len(items) > 1 and all(item.brief is not None for item in items)


def message(step: Step, flow: Flow, open: OpenSession) -> Message:
    """All questions in one message, with an example that has as many answers."""
    text = asked_in_one(enabled_items(flow, open.session), step.words, open.session.language)
    return Message(text, session_id=open.id, turn=open.session.turn)


def asked_in_one(items: Sequence[Item], words: Catalogue, language: str) -> str:
    """These questions in one text, each by its brief."""
    return words.say(
        "in-one.ask",
        count=len(items),
        example=" ".join(_example(words, item, place) for place, item in enumerate(items)),
        questions=", ".join(item.brief[language] for item in items if item.brief),
    )


def _example(words: Catalogue, item: Item, place: int) -> str:
    if item.kind in (ItemKind.SCALE, ItemKind.COUNT):
        number = _EXAMPLES[place] if place < len(_EXAMPLES) else 0
        return str(max(item.minimum, min(item.maximum, number)))
    return question_key(item, item.options[-1].id, words)
