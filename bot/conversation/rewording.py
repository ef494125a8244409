"""Words that were kept as a question or a note: their edit takes their place, and both stay."""

from __future__ import annotations

from bot.conversation import consents, looked, safety
from bot.conversation.effects import Record
from bot.conversation.heard import Heard
from bot.conversation.memory import KEEPING, Task
from bot.conversation.pending import ask_again
from bot.conversation.step import SILENT, Step
from bot.inbound import Inbound, InboundKind
from trajectory.said import CANCELLED

BY = "by"
"""Key in a task's data: the id of the message that is asked about."""
MOST = 8
"""So many of the newest kept words are known by their message: an edit comes soon."""
_KINDS = ("question", "note")


def is_kept(step: Step, heard: Heard) -> bool:
    """Whether the message that was edited is kept as a question or a note, and may still be."""
    if step.memory.erasing or not consents.is_agreed(step):
        return False
    return heard.message.edit_of in step.memory.noted


def take(step: Step, heard: Heard) -> bool:
    """Keep the new words as what the old ones were; after STOP without a word about it."""
    _, kind, code, detail = step.memory.noted[heard.message.edit_of]
    text = heard.message.text
    step.do(Record(step.new_id(), kind, code=code, text=text, detail=detail))
    if step.person.status not in SILENT:
        step.add_line(f"keep.{kind}")
        _go_on(step)
    return True


def _go_on(step: Step) -> None:
    if safety.is_held_now(step):
        looked.insist(step)
    else:
        ask_again(step)


def note(step: Step, heard: Heard, before: Task | None) -> None:
    """Remember which message these words came from, and let them supersede its earlier ones.

    `before` is the task that was under way: it may have asked whether to keep other words.
    """
    for effect in [each for each in step.effects if isinstance(each, Record) and _is_own(each)]:
        message = _message_of(effect, heard.message, before)
        if message:
            at = step.effects.index(effect)
            step.effects[at : at + 1] = _in_place(step, effect, message)


def _is_own(record: Record) -> bool:
    return record.kind in _KINDS and record.author == "patient" and record.code != CANCELLED


def _message_of(record: Record, message: Inbound, before: Task | None) -> str:
    if before is not None and before.name == KEEPING and record.text == before.data["text"]:
        return str(before.data.get(BY, ""))
    return _id(message) if message.kind in (InboundKind.TEXT, InboundKind.EDIT) else ""


def _id(message: Inbound) -> str:
    return message.edit_of or message.external_id


def _in_place(step: Step, record: Record, message: str) -> list[Record]:
    """The words in place of those that the message had before; a note is no question any more."""
    noted = step.memory.noted
    earlier = noted.pop(message, None)
    noted[message] = [record.id, record.kind, record.code, record.detail]
    while len(noted) > MOST:
        del noted[next(iter(noted))]
    if earlier is None:
        return [record]
    entry, kind = earlier[:2]
    if kind == record.kind:
        return [record._replace(supersedes=entry)]
    return [record, Record(step.new_id(), kind, code=CANCELLED, supersedes=entry)]
