"""What a message needs from the record, so that no other message pays for it."""

from __future__ import annotations

from bot.commands import Command
from bot.conversation.step import Step

LOOKS = 10
"""So many of the newest looks at the summary are told."""
CHANNELS = ("telegram", "sms", "whatsapp", "web")
"""Where patients can be reached."""
COMMAND = "command"
"""Where a task keeps the name of the command that it asks about."""
_TIMELINE = frozenset(
    {"progress", "plan", "visit", "next-visit", "cancel-visit", "start", "consents"}
    | {"questions", "drop-question", "notes", "send", "sharing"}
)
_LOOKS = frozenset({"who-looked"})
_DIRECTORY = frozenset({"send", "sharing", "show"})
_ADDRESSES = frozenset(
    {"moving", "move", "add-address", "where", *(f"use-{each}" for each in CHANNELS)}
)


def timeline(step: Step, command: Command | None) -> bool:
    """Whether all that the patient has told is needed."""
    return not _TIMELINE.isdisjoint(_names(step, command))


def looks(step: Step, command: Command | None) -> bool:
    """Whether it is needed who has looked."""
    return not _LOOKS.isdisjoint(_names(step, command))


def directory(step: Step, command: Command | None) -> bool:
    """Whether the clinic's own professionals are needed."""
    return not _DIRECTORY.isdisjoint(_names(step, command))


def addresses(step: Step, command: Command | None) -> bool:
    """Whether it is needed where the patient is reached."""
    return not _ADDRESSES.isdisjoint(_names(step, command))


def _names(step: Step, command: Command | None) -> set[str]:
    names = {command.name} if command is not None else set()
    task = step.memory.task
    if task is not None:
        names |= {task.name, task.data.get(COMMAND, "")}
    return names
