"""Words that were kept as a question or a note: their edit takes their place, and both stay."""

from __future__ import annotations

from typing import Any

from bot.conversation import consents, looked, safety
from bot.conversation.choices import is_bare_answer
from bot.conversation.effects import Record
from bot.conversation.heard import Heard
from bot.conversation.memory import KEEPING, PARTS, Task
from bot.conversation.pending import ask_again
from bot.conversation.step import SILENT, Step
from bot.inbound import CHOICE, EDIT, TEXT, Inbound
from trajectory.said import CANCELLED

MOST = 8
"""So many of the newest kept words are known by their message: an edit comes soon."""
_KINDS = ("question", "note")


def is_kept(step: Step, heard: Heard) -> bool:
    """Whether the message that was edited is kept as a question or a note, and may still be.

    A mere yes or number takes the place of no words.
    """
    if step.memory.erasing or not consents.is_agreed(step):
        return False
    if is_bare_answer(step, heard.message.text):
        return False
    return heard.message.edit_of in step.memory.noted


def take(step: Step, heard: Heard) -> None:
    """Keep the new words as what the old ones were; after STOP without a word about it."""
    _, kind, code, detail = step.memory.noted[heard.message.edit_of][:4]
    text = "\n".join(_edited(step, heard.message).values())
    step.do(Record(step.new_id(), kind, code=code, text=text, detail=detail))
    if step.person.status not in SILENT:
        step.add_line(f"keep.{kind}")
        _go_on(step)


def _go_on(step: Step) -> None:
    if safety.is_held_now(step):
        looked.insist(step)
    else:
        ask_again(step)


def note(step: Step, heard: Heard, before: Task | None) -> None:
    """Remember which message these words came from, and let them supersede its earlier ones.

    `before` is the task that was under way: it may have asked whether to keep other words.
    """
    if heard.message.kind is CHOICE and (before is None or before.name != KEEPING):
        # A press has no words of its own.
        return
    for effect in [each for each in step.effects if isinstance(each, Record) and _is_own(each)]:
        parts = _parts(step, effect, heard.message, before)
        if parts:
            at = step.effects.index(effect)
            step.effects[at : at + 1] = _in_place(step, effect, parts)


def _is_own(record: Record) -> bool:
    return record.kind in _KINDS and record.author == "patient" and record.code != CANCELLED


def _parts(step: Step, record: Record, message: Inbound, before: Task | None) -> dict[str, str]:
    """The words of this entry by the message that they came in."""
    if before is not None and before.name == KEEPING and record.text == before.data["text"]:
        return dict(before.data.get(PARTS, {}))
    if message.kind not in (TEXT, EDIT):
        return {}
    edited = _edited(step, message)
    is_edited = record.text == "\n".join(edited.values())
    return edited if is_edited else {_id(message): record.text or ""}


def _edited(step: Step, message: Inbound) -> dict[str, str]:
    """The words that are kept with this message's, and its own as they are now."""
    kept = step.memory.noted.get(_id(message), [])
    return {**_joined(kept), _id(message): message.text}


def _joined(kept: list[Any]) -> dict[str, str]:
    """By message the words that are one entry; empty where they are those of a single one."""
    return dict(kept[4]) if len(kept) > 4 else {}


def _id(message: Inbound) -> str:
    return message.edit_of or message.external_id


def _in_place(step: Step, record: Record, parts: dict[str, str]) -> list[Record]:
    """The words in place of those that the messages had before; a note is no question any more.

    An entry that holds words of another message, too, stays.
    """
    noted = step.memory.noted
    kept = [noted.pop(message) for message in parts if message in noted]
    earlier = next((each for each in kept if _joined(each).keys() <= parts.keys()), None)
    for message in parts:
        joined = [parts] if len(parts) > 1 else []
        noted[message] = [record.id, record.kind, record.code, record.detail, *joined]
    while len(noted) > MOST:
        del noted[next(iter(noted))]
    if earlier is None:
        return [record]
    entry, kind = earlier[:2]
    if kind == record.kind:
        return [record._replace(supersedes=entry)]
    return [record, Record(step.new_id(), kind, code=CANCELLED, supersedes=entry)]
