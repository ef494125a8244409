"""The library of next steps, as data, and whose signature stands under which text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from hashlib import sha256
from importlib.resources import files
from json import dumps
from typing import Any

from flows import yaml_text

STEP, USUAL = "step", "usual"
"""What the patient may do, and what is usual."""
_PARTS = ("id", "digest", "name", "role", "date")
"""What stands in one signature."""


class BadSignatures(ValueError):
    """A file of signatures that cannot be read; the message says how it should look."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Between which values a measure must lie, both included."""

    at_least: float | None = None
    at_most: float | None = None

    def hold(self, value: float) -> bool:
        """Whether this value lies between them."""
        above = self.at_least is None or value >= self.at_least
        return above and (self.at_most is None or value <= self.at_most)


@dataclass(frozen=True, slots=True)
class NextStep:
    """One text, for whom it is, and where it comes from; `signed_by` empty: nobody has signed."""

    id: str
    version: int
    kind: str
    source: str
    text: Mapping[str, str]
    pathways: frozenset[str]
    """The pathways that the source is about."""
    course: frozenset[str]
    """How it may go with the patient: `better`, `unchanged`, `worse`."""
    measures: Mapping[str, Limits]
    work: frozenset[str]
    """Work statuses; empty: any."""
    digest: str
    """Of all that is in it: another text, source or condition has another one."""
    signed_by: str = ""


@cache
def next_steps() -> tuple[NextStep, ...]:
    """All that come with the assistant, in order of preference; nobody has signed them."""
    text = (files("templates") / "next_steps.yaml").read_text("utf-8")
    return read_next_steps(text)


def read_next_steps(text: str) -> tuple[NextStep, ...]:
    """The steps of one YAML file."""
    return tuple(map(_step, yaml_text.load(text)["steps"]))


def signed(steps: Sequence[NextStep], signatures: str) -> tuple[NextStep, ...]:
    """The steps with the names under them of those who signed exactly these texts.

    Raises:
        BadSignatures: this is no list of signatures.
    """
    names = {each["digest"]: "{name}, {role}, {date}".format(**each) for each in _read(signatures)}
    return tuple(replace(step, signed_by=names.get(step.digest, "")) for step in steps)


def _read(text: str) -> Sequence[Mapping[str, str]]:
    try:
        found = yaml_text.load(text)
    except yaml_text.YAMLError:
        found = None
    if isinstance(found, list) and all(_is_signature(each) for each in found):
        return [{part: str(each[part]) for part in _PARTS} for each in found]
    raise BadSignatures(f"write a list, each with {', '.join(_PARTS)}, none of them empty")


def _is_signature(each: object) -> bool:
    return isinstance(each, dict) and all(str(each.get(part) or "").strip() for part in _PARTS)


def _step(data: Mapping[str, Any]) -> NextStep:
    whom = data["for"]
    return NextStep(
        data["id"],
        data["version"],
        data["kind"],
        data["source"],
        data["text"],
        frozenset(whom["pathways"]),
        frozenset(whom["course"]),
        {name: _limits(each) for name, each in whom.get("measures", {}).items()},
        frozenset(whom.get("work", ())),
        sha256(dumps(data, sort_keys=True).encode()).hexdigest()[:16],
    )


def _limits(data: Mapping[str, float]) -> Limits:
    return Limits(data.get("at-least"), data.get("at-most"))
