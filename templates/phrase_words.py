"""What people say about an answer, or about who they are: patterns by language, as data."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from ruamel.yaml import YAML

Phrases = Mapping[str, tuple[str, ...]]
"""Patterns by what they say."""


@cache
def load_phrases() -> Mapping[str, Phrases]:
    """Every language that the package has a file for, in alphabetical order."""
    folder = files("templates") / "phrases"
    found = sorted(
        (file for file in folder.iterdir() if file.name.endswith(".yaml")),
        key=lambda file: file.name,
    )
    return {file.name.removesuffix(".yaml"): _read(file.read_text("utf-8")) for file in found}


def _read(text: str) -> Phrases:
    data = YAML(typ="safe", pure=True).load(text)
    return {says: tuple(map(str, patterns)) for says, patterns in data["phrases"].items()}
