"""The patterns of the commands and the words for roles, by language, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from ruamel.yaml import YAML


@dataclass(frozen=True, slots=True)
class CommandWords:
    """What one language's file says: patterns by command, words by role."""

    language: str
    commands: Mapping[str, tuple[str, ...]]
    roles: Mapping[str, tuple[str, ...]]
    everybody: tuple[str, ...]
    questions: tuple[str, ...]
    """Words that a question begins with, and phrases that make one wherever they stand."""


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
    data = YAML(typ="safe", pure=True).load(text)
    return CommandWords(
        language,
        {name: tuple(map(str, patterns)) for name, patterns in data["commands"].items()},
        {role: tuple(words) for role, words in data["roles"].items()},
        tuple(data["everybody"]),
        tuple(data["questions"]),
    )
