"""Asked once: what was answered not long ago is shown for a one-tap confirmation."""

from __future__ import annotations

from datetime import date, timedelta

from bot.conversation.memory import OpenSession
from bot.conversation.questions import title
from bot.conversation.step import Step
from bot.messages import Choice, Choices, Layout, Message, press_data
from flows.events import Asked
from flows.model import Flow, Item, ItemKind
from flows.session import ANSWER, Given

LONGEST = 100
"""Characters of own words that are shown whole; more than that is asked anew."""


def remember(step: Step, flow: Flow, item_id: str, given: Given) -> None:
    """Keep an answer that need not be asked anew for a while; any other is forgotten."""
    if flow.item(item_id).known_for is None:
        return
    forget(step, flow, item_id)
    if given.kind is ANSWER and len(given.text or "") <= LONGEST:
        said_on = step.said_at.date().isoformat()
        kept = [said_on, given.value, given.code, given.text]
        step.memory.known[_key(flow, item_id)] = kept


def note_words(step: Step, item_id: str, text: str) -> None:
    """What was told unasked need not be asked either: any question of this name knows it."""
    for flow in step.world.library.flows.values():
        item = next((each for each in flow.items if each.id == item_id), None)
        if item is not None and item.kind is ItemKind.TEXT:
            remember(step, flow, item_id, Given(ANSWER, text, 0, text=text))


def forget(step: Step, flow: Flow, item_id: str) -> None:
    """An earlier answer to this item is not known any more."""
    step.memory.known.pop(_key(flow, item_id), None)


def answers(step: Step, flow: Flow) -> dict[str, Given]:
    """What is known of this flow by now, by item, as the flow asks it today."""
    today = step.now.date()
    found = {}
    for item in flow.items:
        kept = step.memory.known.get(_key(flow, item.id))
        if kept is not None and item.known_for is not None:
            given = Given(ANSWER, "", 0, *kept[1:])
            if _is_fresh(kept[0], today, item.known_for) and _fits(item, given):
                found[item.id] = given
    return found


def question(step: Step, flow: Flow, open: OpenSession, asked: Asked) -> Message:
    """The earlier answer, and whether it still holds."""
    assert asked.known is not None
    item, language = flow.item(asked.item), open.session.language
    say = step.words.say
    text = say(
        "known.ask",
        title=title(flow, item, language),
        answer=_in_words(item, asked.known, language),
    )
    place = f"{open.id}.{open.session.turn}"
    return Message(
        f"{asked.position}/{asked.total} {text}" if asked.total > 1 else text,
        Choices(
            [
                Choice(say("key.yes"), say("button.yes"), press_data("y", place)),
                Choice(say("key.no"), say("button.no"), press_data("n", place)),
            ]
        ),
        Layout.YES_NO,
        session_id=open.id,
        turn=open.session.turn,
    )


def _key(flow: Flow, item_id: str) -> str:
    return f"{flow.id}/{item_id}"


def _is_fresh(answered_on: str, today: date, known_for: timedelta) -> bool:
    return today - date.fromisoformat(answered_on) <= known_for


def _fits(item: Item, given: Given) -> bool:
    """Whether the item still has this answer, which an older definition may have taken."""
    if item.kind is ItemKind.TEXT:
        return bool(given.text)
    if item.options:
        option = item.option(given.code or "")
        return option is not None and option.score == given.value
    return given.value is not None and item.minimum <= given.value <= item.maximum


def _in_words(item: Item, given: Given, language: str) -> str:
    if given.text is not None:
        return given.text
    option = item.option(given.code or "")
    if option is not None:
        return option.text[language]
    unit = item.unit[language] if item.unit else ""
    return f"{given.value} {unit}".strip()
