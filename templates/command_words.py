"""The patterns of the commands and the words for roles, days and times, by language, as data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from flows import yaml_text


@dataclass(frozen=True, slots=True)
class WhenWords:
    """How a language names days, times and lengths of time."""

    weekdays: Mapping[str, int]
    """Monday 0."""
    every: Mapping[str, int]
    """Forms that mean each such weekday: `Mondays`."""
    months: Mapping[str, int]
    numbers: Mapping[str, int]
    days_ahead: Mapping[str, int]
    """`today`, `tomorrow`."""
    units: Mapping[str, str]
    """Words for `day`, `week` and `month`."""
    at: frozenset[str]
    past: Mapping[str, int]
    """What stands before an hour, and by how many minutes it moves it: `half past`."""
    minutes: Mapping[str, int]
    """What stands behind an hour: `seven thirty`."""
    oclock: frozenset[str]
    before_noon: frozenset[str]
    after_noon: frozenset[str]
    ordinal: frozenset[str]
    """What makes a number a day of the month, beside it."""
    fillers: frozenset[str]
    until: frozenset[str]
    lasting: frozenset[str]
    once: frozenset[str]
    open_ended: frozenset[str]


@dataclass(frozen=True, slots=True)
class CommandWords:
    """What one language's file says: patterns by command, words by role."""

    language: str
    commands: Mapping[str, tuple[str, ...]]
    """A pattern with `~` before it gives way to a good answer."""
    phrases: Mapping[str, str]
    before: tuple[str, ...]
    """Polite words that may stand before a command, behind it, and in it."""
    after: tuple[str, ...]
    inside: tuple[str, ...]
    opt_outs: frozenset[str]
    """Single words that ask to stop beside whatever else is said."""
    answers: frozenset[str]
    """Words for yes and no."""
    opt_out_anywhere: tuple[str, ...]
    """Patterns that ask to stop wherever in a message they stand,"""
    said_by_others: frozenset[str]
    """unless it has one of these words."""
    look_alikes: frozenset[str]
    """Words that are no misspelt command."""
    roles: Mapping[str, tuple[str, ...]]
    providers: Mapping[str, tuple[str, ...]]
    """Whom and where patients are treated, by kind; in patterns they are `<provider>`."""
    ago: Mapping[str, int]
    """Days that are past, in days before today; in patterns they are `<ago>`."""
    everybody: tuple[str, ...]
    questions: tuple[str, ...]
    """Words that a question begins with, and phrases that make one wherever they stand."""
    when: WhenWords
    company: frozenset[str]
    """What stands before the name of whom a visit is with."""
    called: frozenset[str]
    """What stands between somebody's role and name: `is called`."""
    renamed: tuple[str, ...]
    """What stands between somebody's name until now and the new one: `is now called`."""


@cache
def load_command_words() -> Mapping[str, CommandWords]:
    """Every language that the package has a file for."""
    folder = files("templates") / "commands"
    found = sorted(file.name for file in folder.iterdir() if file.name.endswith(".yaml"))
    return {
        name.removesuffix(".yaml"): _read(
            name.removesuffix(".yaml"), (folder / name).read_text("utf-8")
        )
        for name in found
    }


def _read(language: str, text: str) -> CommandWords:
    data = yaml_text.load(text)
    providers = {kind: tuple(words) for kind, words in data["providers"].items()}
    ago = _numbered(data["ago"])
    either = {
        "provider": "|".join(word for words in providers.values() for word in words),
        "ago": "|".join(ago),
    }
    return CommandWords(
        language,
        {name: tuple(map(str, patterns)) for name, patterns in data["commands"].items()},
        data["phrases"] | either,
        tuple(data["politeness"]["before"]),
        tuple(data["politeness"]["after"]),
        tuple(data["politeness"]["inside"]),
        frozenset(data["opt-outs"]),
        frozenset(data["answers"]),
        tuple(data["opt-out-anywhere"]),
        frozenset(data["said-by-others"]),
        frozenset(data["look-alikes"]),
        {role: tuple(words) for role, words in data["roles"].items()},
        providers,
        ago,
        tuple(data["everybody"]),
        tuple(data["questions"]),
        _when(data["when"]),
        frozenset(data["company"]),
        frozenset(data["called"]),
        tuple(data["renamed"]),
    )


def _when(data: Mapping[str, Any]) -> WhenWords:
    return WhenWords(
        _numbered(data["weekdays"]),
        _numbered(data["every"]),
        _numbered(data["months"], first=1),
        {str(word): number for word, number in data["numbers"].items()},
        _numbered(data["days-ahead"]),
        {word: unit for unit, words in data["units"].items() for word in words},
        frozenset(data["at"]),
        dict(data["past"]),
        dict(data["minutes"]),
        frozenset(data["oclock"]),
        frozenset(data["before-noon"]),
        frozenset(data["after-noon"]),
        frozenset(data["ordinal"]),
        frozenset(data["fillers"]),
        frozenset(data["until"]),
        frozenset(data["lasting"]),
        frozenset(data["once"]),
        frozenset(data["open-ended"]),
    )


def _numbered(lists: Iterable[Iterable[str]], first: int = 0) -> dict[str, int]:
    return {word: number for number, words in enumerate(lists, first) for word in words}
