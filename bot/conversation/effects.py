"""What a step wants done; `bot.ledger` writes all effects of a batch in its transaction."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from bot.conversation.memory import OpenSession
from bot.messages import Message
from flows.model import Urgency
from trajectory.care_team import Member
from trajectory.case_reasons import Reason
from trajectory.cases import Cause, Kind, State
from trajectory.web_access import CHAT
from trajectory.work_page import WorkPage


class Say(NamedTuple):
    """A message to the patient."""

    message: Message


class Record(NamedTuple):
    """A new entry in the trajectory; `text` is sealed when written."""

    id: int
    kind: str
    flow: str | None = None
    definition: str | None = None
    item: str | None = None
    value: float | None = None
    code: str | None = None
    unit: str | None = None
    text: str | None = None
    detail: dict[str, Any] | None = None
    author: str = "patient"
    session_id: int | None = None
    turn: int | None = None
    supersedes: int | None = None
    at: datetime | None = None
    """When it is, such as a visit to come; None: now."""


class SaveSession(NamedTuple):
    """A session was opened, moved or closed."""

    open: OpenSession
    opened: bool = False


@dataclass(frozen=True, slots=True)
class SetDue:
    """The next occurrence of `key`; replaces the one that stood there."""

    key: str
    kind: str
    at: datetime
    session_id: int | None = None
    turn: int | None = None
    payload: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DropDue:
    """Nothing waits under these keys any more; None means under any."""

    keys: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class SavePatient:
    """Status, language, profile or pathway have changed; the step's person holds them."""


@dataclass(frozen=True, slots=True)
class DropUnsent:
    """Messages that have not gone out must not: the patient has said stop.

    `safety`: safety messages neither, since the patient has died.
    """

    safety: bool = False


@dataclass(frozen=True, slots=True)
class CloseAddress:
    """The address that wrote is not this patient's; nothing goes there any more."""


@dataclass(frozen=True, slots=True)
class SendCheck:
    """Six digits go to a new address, in `text`, to see whether the patient reads there."""

    channel: str
    address: str
    digits: str
    text: str


@dataclass(frozen=True, slots=True)
class CountTry:
    """Somebody has typed six digits for this check."""

    check_id: int


@dataclass(frozen=True, slots=True)
class AddAddress:
    """The digits of a check were right: the patient may be written to there.

    `prefers`: and is from now on; `closes`: and no longer at any other address of that channel;
    what this step says then goes to the new one.
    """

    check_id: int
    channel: str
    address: str
    prefers: bool
    closes: bool


@dataclass(frozen=True, slots=True)
class PreferAddress:
    """The patient is written to at this known address from now on."""

    address_id: int


@dataclass(frozen=True, slots=True)
class MakeCode:
    """A one-time code for another device of the patient; earlier ones stop working."""

    code: str
    lifetime: timedelta


@dataclass(frozen=True, slots=True)
class MakeLink:
    """A one-time link into the web chat, or to what else is its `purpose`."""

    token: str
    lifetime: timedelta
    purpose: str = CHAT


@dataclass(frozen=True, slots=True)
class MakeRoomCode:
    """A code that the patient says aloud in the room; earlier ones stop working."""

    code: str


@dataclass(frozen=True, slots=True)
class AddMember:
    """The patient has named somebody."""

    member: Member


@dataclass(frozen=True, slots=True)
class GiveEmail:
    """The patient has given the address of somebody known, anew or another one."""

    member_id: int
    email: str


@dataclass(frozen=True, slots=True)
class RenameMember:
    """The patient calls somebody of the care team by another name."""

    member_id: int
    name: str


@dataclass(frozen=True, slots=True)
class RemoveMember:
    """Somebody is in the care team no more, and sees nothing any more."""

    member_id: int


@dataclass(frozen=True, slots=True)
class GiveGrant:
    """The patient lets a named person read."""

    member_id: int
    purposes: tuple[str, ...]
    until: datetime | None
    token: str
    word: str
    work_page: WorkPage | None = None
    """What this person reads, where that is a page as it is now."""


@dataclass(frozen=True, slots=True)
class KeepWorkPage:
    """The patient has a page about work made, to take it along."""

    page: WorkPage


@dataclass(frozen=True, slots=True)
class ChangePurposes:
    """What a grant is for has changed."""

    grant_id: int
    purposes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EndGrant:
    """The patient has ended a grant."""

    grant_id: int


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail to somebody of the care team; never holds health data."""

    member_id: int
    email: str
    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class OpenCase:
    """A person at the clinic must look; one open case of a kind is about every such report."""

    kind: Kind
    urgency: Urgency | None = None
    entry_id: int | None = None
    cause: Cause | None = None


@dataclass(frozen=True, slots=True)
class SetCase:
    """How the patient's open case of this kind stands now, if there is one.

    `by`: who at the clinic has dealt with it, and `reason` why.
    """

    kind: Kind
    state: State
    by: str | None = None
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class Audit:
    """One link of the patient's audit chain."""

    action: str
    subject: str = ""
    actor: str = "patient"


Effect = (
    Say
    | Record
    | SaveSession
    | SetDue
    | DropDue
    | SavePatient
    | DropUnsent
    | CloseAddress
    | SendCheck
    | CountTry
    | AddAddress
    | PreferAddress
    | MakeCode
    | MakeLink
    | MakeRoomCode
    | AddMember
    | GiveEmail
    | RenameMember
    | RemoveMember
    | GiveGrant
    | KeepWorkPage
    | ChangePurposes
    | EndGrant
    | Mail
    | OpenCase
    | SetCase
    | Audit
)
