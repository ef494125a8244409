"""Places that people name and the time zone database does not, as data."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from flows import yaml_text


@cache
def load_place_names() -> Mapping[str, tuple[str, ...]]:
    """By name, in any language, the time zones that the place may be in."""
    text = (files("templates") / "places.yaml").read_text("utf-8")
    data = yaml_text.load(text)
    found: dict[str, tuple[str, ...]] = {}
    for zones, names in data.items():
        for name in names:
            found[str(name)] = (*found.get(str(name), ()), *str(zones).split())
    return found
