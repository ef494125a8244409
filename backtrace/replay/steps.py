"""The steps of a transcript, checked before anything is played."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

import orjson
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    field_validator,
    model_validator,
)

from flows.library import Library

YEARS = range(1970, 2200)
"""A time outside of these is a slip of the pen."""


def _moment(written: object) -> datetime:
    try:
        moment = datetime.fromisoformat(written) if isinstance(written, str) else None
    except ValueError:
        moment = None
    if moment is None or moment.year not in YEARS:
        raise ValueError("write an ISO 8601 time, such as 2026-01-05T10:00:00+01:00")
    if moment.utcoffset() is None:
        raise ValueError("the time has no offset; write one, such as +01:00 or Z")
    return moment


Id = Annotated[str, StringConstraints(min_length=1)]
Moment = Annotated[datetime, BeforeValidator(_moment)]


class WrongStep(Exception):
    """A step that cannot be played; says which line, and what is wrong with it."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(f"line {line}: {reason}")
        self.line = line


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Enrol(_Strict):
    """A patient to be; with `consent` the enrolment is finished, else its dialogue runs."""

    patient: Id
    name: str = ""
    channel: Literal["sms", "telegram", "whatsapp", "web"]
    address: Id
    language: str = "en"
    timezone: str = "Europe/Copenhagen"
    pathway: str | None = None
    consent: bool = True
    code: Annotated[str, StringConstraints(pattern=r"^[0-9]{4}$")] | None = None

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


class Listed(_Strict):
    """Somebody of the clinic's directory, whose authenticator is set up."""

    name: Id
    email: Id
    role: Literal["physiotherapist", "gp", "chiropractor", "rheumatologist", "nurse"] = (
        "physiotherapist"
    )
    language: str = "en"


class AtDesk(_Strict):
    """A person at the clinic's desk takes a conversation over, writes in it, or hands it back."""

    patient: Id
    by: Id = "Mette Dam"
    take_over: Literal[True] | None = Field(None, alias="take-over")
    say: Id | None = None
    hand_back: Literal[True] | None = Field(None, alias="hand-back")

    @model_validator(mode="after")
    def _does_one_thing(self) -> AtDesk:
        if [self.take_over, self.say, self.hand_back].count(None) != 2:
            raise ValueError("says one of take-over, say and hand-back; write just one")
        return self


class _Step(_Strict):
    at: Moment


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


class Fields(_Strict):
    """A note in its fields."""

    found: str = ""
    agreed: str = ""
    who: str = ""
    by: str = ""


class NoteStep(_Step):
    """A professional writes a note on the open page, in fields or as plain words."""

    professional: Id
    note: str | Fields


class HandledStep(_Step):
    """A professional takes every open warning sign of the open page in hand."""

    professional: Id
    handled: Literal[True]


class DirectoryStep(_Step):
    """The clinic puts somebody into its directory."""

    directory: Listed


class RoomStep(_Step):
    """Somebody of the directory types a code that a patient has said, `last` for the newest."""

    professional: Id
    room: str


class DeskStep(_Step):
    """Somebody at the desk acts in a patient's conversation."""

    desk: AtDesk


class WaitStep(_Step):
    """Time passes."""


ActStep = OpenStep | CodeStep | NoteStep | HandledStep
"""What a professional does."""
Step = (
    EnrolStep
    | StartStep
    | TextStep
    | TapStep
    | ActStep
    | DirectoryStep
    | RoomStep
    | DeskStep
    | WaitStep
)
_BY_KEY: Sequence[tuple[str, type[Step]]] = (
    ("enrol", EnrolStep),
    ("start", StartStep),
    ("text", TextStep),
    ("tap", TapStep),
    ("open", OpenStep),
    ("code", CodeStep),
    ("note", NoteStep),
    ("handled", HandledStep),
    ("directory", DirectoryStep),
    ("room", RoomStep),
    ("desk", DeskStep),
)
_MISSING = {
    "from": ("text", "tap"),
    "professional": ("open", "code", "note", "handled", "room"),
}
"""What whoever acts in a step must do."""


def read_steps(lines: Iterable[str], library: Library) -> list[tuple[int, Step]]:
    """Every step with its line number (from 1); empty lines are passed over.

    Raises:
        WrongStep: not JSON, not a step, out of time order, or about somebody or something
            unknown.
    """
    steps: list[tuple[int, Step]] = []
    seen = _Seen(library)
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
        seen.check(number, step)
        steps.append((number, step))
    return steps


def _read(number: int, line: str) -> Step:
    try:
        data = orjson.loads(line)
    except orjson.JSONDecodeError:
        raise WrongStep(number, "is not JSON; write one JSON object a line") from None
    if not isinstance(data, dict):
        raise WrongStep(number, "is not a JSON object; write one a line")
    for actor, acts in _MISSING.items():
        if actor in data and not any(key in data for key in acts):
            raise WrongStep(number, f"{actor}: says nothing of {' or '.join(acts)}; add one")
    kind = next((kind for key, kind in _BY_KEY if key in data), WaitStep)
    try:
        return kind.model_validate(data)
    except ValidationError as error:
        raise WrongStep(number, _reason(error)) from None


def _reason(error: ValidationError) -> str:
    first: Any = error.errors(include_input=False, include_url=False)[0]
    place = ".".join(str(part) for part in first["loc"]) or "the step"
    return f"{place}: {first['msg']}"


class _Seen:
    """Whom and what the steps so far have brought in."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._patients: set[str] = set()
        self._listed: set[str] = set()
        self._addresses: set[tuple[str, str]] = set()
        self._messages: set[tuple[str, str]] = set()

    def check(self, number: int, step: Step) -> None:
        """Raise WrongStep where a step is about somebody or something unknown."""
        match step:
            case EnrolStep(enrol=enrol):
                self._check_enrol(number, enrol)
            case StartStep(start=start):
                self._check_patient(number, start.patient)
                self._check_flow(number, start.flow)
            case TextStep():
                self._check_patient(number, step.sender)
                self._check_text(number, step)
            case TapStep():
                self._check_patient(number, step.sender)
            case DirectoryStep(directory=listed):
                self._check_listed(number, listed)
            case RoomStep():
                self._check_professional(number, step.professional)
            case DeskStep(desk=desk):
                self._check_patient(number, desk.patient)

    def _check_enrol(self, number: int, enrol: Enrol) -> None:
        library = self._library
        if enrol.patient in self._patients:
            raise WrongStep(number, f"patient {enrol.patient!r} is enrolled already")
        if (enrol.channel, enrol.address) in self._addresses:
            raise WrongStep(number, "this address belongs to a patient already; choose another")
        if enrol.language not in library.languages:
            raise WrongStep(number, f"language: one of {_all(library.languages)}")
        if enrol.pathway is not None and enrol.pathway not in library.pathways:
            raise WrongStep(number, f"pathway: null or one of {_all(library.pathways)}")
        self._patients.add(enrol.patient)
        self._addresses.add((enrol.channel, enrol.address))

    def _check_patient(self, number: int, patient: str) -> None:
        if patient not in self._patients:
            raise WrongStep(number, f"no patient {patient!r} is enrolled before this step")

    def _check_listed(self, number: int, listed: Listed) -> None:
        if listed.language not in self._library.languages:
            raise WrongStep(number, f"language: one of {_all(self._library.languages)}")
        if listed.email.casefold() in self._listed:
            raise WrongStep(number, "this address is in the directory already")
        self._listed.add(listed.email.casefold())

    def _check_professional(self, number: int, address: str) -> None:
        if address.casefold() not in self._listed:
            raise WrongStep(number, "nobody of the directory has this address before this step")

    def _check_flow(self, number: int, flow: str) -> None:
        if flow not in self._library.flows:
            raise WrongStep(number, f"no flow is called {flow!r}: {_all(self._library.flows)}")

    def _check_text(self, number: int, text: TextStep) -> None:
        if text.edits is not None and (text.sender, text.edits) not in self._messages:
            raise WrongStep(number, f"edits: {text.sender!r} has sent no message {text.edits!r}")
        if text.id is not None:
            self._messages.add((text.sender, text.id))


def _all(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))
