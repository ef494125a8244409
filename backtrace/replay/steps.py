"""The steps of a transcript, checked before anything is played."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

import orjson
from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    field_validator,
)

from flows.library import Library

Id = Annotated[str, StringConstraints(min_length=1)]


class WrongStep(Exception):
    """A step that cannot be played; says which line, and what is wrong with it."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(f"line {line}: {reason}")
        self.line = line


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Enrol(_Strict):
    """A patient to be; with `consent` the enrolment is finished, else its dialogue runs."""

    patient: Id
    name: str = ""
    channel: Literal["sms", "telegram", "web"]
    address: Id
    language: str = "en"
    timezone: str = "Europe/Copenhagen"
    pathway: str | None = None
    consent: bool = True
    code: Annotated[str, StringConstraints(pattern=r"^\d{4}$")] | None = None

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError):
            raise ValueError(f"no time zone is called {name!r}, try Europe/Copenhagen") from None
        return name


class Start(_Strict):
    """A flow that falls due now for a patient."""

    patient: Id
    flow: str


class _Step(_Strict):
    at: AwareDatetime


class EnrolStep(_Step):
    """Somebody is enrolled."""

    enrol: Enrol


class StartStep(_Step):
    """A flow falls due."""

    start: Start


class TextStep(_Step):
    """A patient writes, or edits (`edits`) what they wrote under that id."""

    sender: Id = Field(alias="from")
    text: str
    id: Id | None = None
    edits: Id | None = None


class TapStep(_Step):
    """A patient presses a button of message `on`, or of the newest that has it."""

    sender: Id = Field(alias="from")
    tap: str
    on: int | None = None


class OpenStep(_Step):
    """A professional opens the link in the `open`-th message to this address."""

    professional: Id
    open: int


class CodeStep(_Step):
    """A professional gives the mailed code, `last` for the newest, and the patient's words."""

    professional: Id
    code: str


class NoteStep(_Step):
    """A professional writes a note on the open page."""

    professional: Id
    note: str


class WaitStep(_Step):
    """Time passes."""


Step = EnrolStep | StartStep | TextStep | TapStep | OpenStep | CodeStep | NoteStep | WaitStep
_BY_KEY: Sequence[tuple[str, type[Step]]] = (
    ("enrol", EnrolStep),
    ("start", StartStep),
    ("text", TextStep),
    ("tap", TapStep),
    ("open", OpenStep),
    ("code", CodeStep),
    ("note", NoteStep),
)


def read_steps(lines: Iterable[str], library: Library) -> list[tuple[int, Step]]:
    """Every step with its line number (from 1); empty lines are passed over.

    Raises:
        WrongStep: not JSON, not a step, out of time order, or about somebody or something
            unknown.
    """
    steps: list[tuple[int, Step]] = []
    known: set[str] = set()
    taken: set[tuple[str, str]] = set()
    last: datetime | None = None
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        step = _read(number, line)
        if last is not None and step.at < last:
            raise WrongStep(
                number, "is earlier than the step before it; put steps in order of time"
            )
        last = step.at
        _check(number, step, known, taken, library)
        steps.append((number, step))
    return steps


def _read(number: int, line: str) -> Step:
    try:
        data = orjson.loads(line)
    except orjson.JSONDecodeError:
        raise WrongStep(number, "is not JSON; write one JSON object a line") from None
    if not isinstance(data, dict):
        raise WrongStep(number, "is not a JSON object; write one a line")
    kind = next((kind for key, kind in _BY_KEY if key in data), WaitStep)
    try:
        return kind.model_validate(data)
    except ValidationError as error:
        raise WrongStep(number, _reason(error)) from None


def _reason(error: ValidationError) -> str:
    first: Any = error.errors(include_input=False, include_url=False)[0]
    place = ".".join(str(part) for part in first["loc"]) or "the step"
    return f"{place}: {first['msg']}"


def _check(
    number: int, step: Step, known: set[str], taken: set[tuple[str, str]], library: Library
) -> None:
    match step:
        case EnrolStep(enrol=enrol):
            _check_enrol(number, enrol, known, taken, library)
            known.add(enrol.patient)
            taken.add((enrol.channel, enrol.address))
        case StartStep(start=start):
            _check_known(number, start.patient, known)
            if start.flow not in library.flows:
                raise WrongStep(number, f"no flow is called {start.flow!r}: {_all(library.flows)}")
        case TextStep() | TapStep():
            _check_known(number, step.sender, known)


def _check_enrol(
    number: int, enrol: Enrol, known: set[str], taken: set[tuple[str, str]], library: Library
) -> None:
    if enrol.patient in known:
        raise WrongStep(number, f"patient {enrol.patient!r} is enrolled already")
    if (enrol.channel, enrol.address) in taken:
        raise WrongStep(number, "this address belongs to a patient already; choose another")
    if enrol.language not in library.languages:
        raise WrongStep(number, f"language: one of {_all(library.languages)}")
    if enrol.pathway is not None and enrol.pathway not in library.pathways:
        raise WrongStep(number, f"pathway: null or one of {_all(library.pathways)}")


def _check_known(number: int, patient: str, known: set[str]) -> None:
    if patient not in known:
        raise WrongStep(number, f"no patient {patient!r} is enrolled before this step")


def _all(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))
