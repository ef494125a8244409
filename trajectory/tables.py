"""Every table, declared once. Alembic's migrations are diffed against this module.

Columns of type `bytes` whose comment says *sealed* hold AES-GCM ciphertext; the associated
data is `table.column:id` (see `trajectory.keys`). Ids are given out by `trajectory.ids`
before a row is written, so that a row can be sealed for its own place. Times are UTC.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    DateTime,
    Index,
    LargeBinary,
    Table,
    TypeDecorator,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.sqlite import DATETIME
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeEngine
from sqlmodel import Field, SQLModel

# A constraint without a name cannot be changed by a later migration on SQLite.
SQLModel.metadata.naming_convention = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


def core(model: type[SQLModel]) -> Table:
    """The Core table behind a model; what runs on every turn speaks Core."""
    return model.metadata.tables[str(model.__tablename__)]


class _SqliteUtc(DATETIME):
    """Writes the text that SQLAlchemy writes, in a fifth of the time: every row has times."""

    def bind_processor(self, dialect: Dialect) -> Callable[[datetime | None], str | None]:
        return _written


def _written(value: datetime | None) -> str | None:
    return None if value is None else sqlite_time(value)


def sqlite_time(utc: datetime) -> str:
    """A UTC time as SQLite's columns hold it: text that sorts as time does."""
    return utc.isoformat(" ", "microseconds")[:26]


def as_utc(value: datetime) -> datetime:
    """The same moment in UTC. Raises ValueError where nobody can know which moment it is."""
    if value.tzinfo is UTC:
        return value
    if value.tzinfo is None:
        raise ValueError("naive datetime; pass an aware one")
    return value.astimezone(UTC)


_SQLITE_UTC: TypeEngine[datetime] = _SqliteUtc()  # type: ignore[no-untyped-call]


class UtcDateTime(TypeDecorator[datetime]):
    """Aware UTC datetimes on both databases (SQLite would hand back naive ones)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[datetime]:
        return _SQLITE_UTC if dialect.name == "sqlite" else DateTime(timezone=True)

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else as_utc(value)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _id() -> Any:
    return Field(sa_type=BigInteger, primary_key=True, sa_column_kwargs={"autoincrement": False})


def _ref(target: str | None = None, **more: Any) -> Any:
    return Field(sa_type=BigInteger, foreign_key=target, **more)


def _time(**more: Any) -> Any:
    return Field(sa_type=UtcDateTime, **more)


def _sealed(**more: Any) -> Any:
    return Field(sa_type=LargeBinary, **more)


def _partial(name: str, *columns: str, where: str) -> Index:
    """An index of some rows; a statement must say the condition in the same words to use it."""
    return Index(name, *columns, postgresql_where=text(where), sqlite_where=text(where))


class Deployment(SQLModel, table=True):
    """One value each of what belongs to the whole deployment: its wrapped key, its clock."""

    key: str = Field(primary_key=True)
    value: bytes = _sealed()


class Patient(SQLModel, table=True):
    """A person who owns a trajectory."""

    __table_args__ = (Index("ix_patient_plan", "pathway", "status", "planned_by", "id"),)

    id: int = _id()
    created_at: datetime = _time()
    status: str
    """enrolling | active | stopped | ended"""
    language: str
    timezone: str
    pathway: str | None = None
    started_at: datetime | None = _time(default=None, nullable=True)
    planned_by: str = Field(default="", sa_column_kwargs={"server_default": ""})
    """The version of the pathway by which the due rows were set; empty: to be looked at."""
    key_id: str
    """Which key of the ring wraps `wrapped_key`."""
    wrapped_key: bytes = _sealed()
    profile: bytes = _sealed()
    """Sealed JSON: name, hour, weekday, code; birth date and phone where the clinic has them."""


class Address(SQLModel, table=True):
    """Where a patient is reached; one address belongs to one patient."""

    __table_args__ = (UniqueConstraint("channel", "hash"),)

    id: int = _id()
    patient_id: int = _ref("patient.id", index=True)
    channel: str
    hash: bytes = _sealed()
    """Keyed hash of the address, for finding it."""
    hash_key_id: str
    value: bytes = _sealed()
    """Sealed."""
    preferred: bool = True
    status: str = "active"
    """active | gone | closed | locked (by the clinic: the phone is lost)"""
    failures: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    """Doubtful failures in a row: some codes stop an address only at the second."""
    created_at: datetime = _time()
    refused_at: datetime | None = _time(default=None, nullable=True)
    """When whoever wrote from it while it was locked was told, once a lock; None: not yet."""


class FindHeap(SQLModel, table=True):
    """One of the heaps in which a patient's name lies, to be found (`trajectory.finding`)."""

    __tablename__ = "find_heap"

    heap: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    """What a keyed hash says of a beginning of the name, or of the birth date: 0 to 1023."""
    patient_id: int = Field(
        sa_type=BigInteger,
        primary_key=True,
        foreign_key="patient.id",
        index=True,
        sa_column_kwargs={"autoincrement": False},
    )


class Conversation(SQLModel, table=True):
    """What the dialogue remembers between turns; the row that is locked for a turn."""

    patient_id: int = Field(
        sa_type=BigInteger,
        primary_key=True,
        foreign_key="patient.id",
        sa_column_kwargs={"autoincrement": False},
    )
    sequence: int = Field(default=0, sa_type=BigInteger)
    """Counts entries and messages of this patient; rises under the lock."""
    session_id: int | None = _ref(default=None, nullable=True)
    """The session whose question waits, if any."""
    body: bytes = _sealed()
    """Sealed JSON."""


class Session(SQLModel, table=True):
    """A run through a flow."""

    __table_args__ = (Index("ix_session_opened", "opened_at"),)

    id: int = _id()
    patient_id: int = _ref("patient.id", index=True)
    flow: str
    definition: str
    status: str
    """waiting | finished | expired"""
    opened_at: datetime = _time()
    closed_at: datetime | None = _time(default=None, nullable=True)
    body: bytes = _sealed()
    """Sealed JSON of `flows.session.Session`."""


class Definition(SQLModel, table=True):
    """A definition with its wording, stored once under its content hash."""

    hash: str = Field(primary_key=True)
    flow: str
    body: str


class Entry(SQLModel, table=True):
    """One fact of the trajectory; rows are only ever added."""

    __table_args__ = (
        Index("ix_entry_patient_recorded", "patient_id", "recorded_at"),
        Index("ix_entry_patient_item", "patient_id", "flow", "item", "at"),
        _partial("ix_entry_consent", "patient_id", "sequence", where="kind = 'consent'"),
    )

    id: int = _id()
    patient_id: int = _ref("patient.id")
    sequence: int = Field(sa_type=BigInteger)
    at: datetime = _time()
    """When it holds for the patient."""
    recorded_at: datetime = _time()
    kind: str
    """answer | skip | not-applicable | correction | score | red-flag | flag-handled | note |
    question | consent | grant | grant-ended | work-page | goal | plan | visit | contact |
    referral | desk-message"""
    flow: str | None = None
    definition: str | None = None
    item: str | None = None
    value: float | None = None
    code: str | None = None
    unit: str | None = None
    text: bytes | None = _sealed(default=None, nullable=True)
    """Sealed: the patient's raw words, or a professional's note."""
    detail: str | None = None
    """JSON without free text: completeness of a score, language of an answer."""
    author: str = "patient"
    """patient | helper | staff | professional:<care team member's id> | desk:<number in the
    directory> | system"""
    channel: str | None = None
    """Where it was said; `paper`, `telephone` or `tablet` where the clinic entered it."""
    session_id: int | None = _ref(default=None, nullable=True)
    turn: int | None = None
    supersedes: int | None = _ref(default=None, nullable=True)


class Due(SQLModel, table=True):
    """The next occurrence of something that falls due; only ever one per owner and key."""

    __table_args__ = (
        UniqueConstraint("owner_kind", "owner_id", "key"),
        Index("ix_due_at", "at", "id"),
    )

    id: int = _id()
    at: datetime = _time()
    kind: str
    """step | remind | expire | ..."""
    owner_kind: str
    """patient | professional | deployment"""
    owner_id: int = _ref()
    key: str
    session_id: int | None = _ref(default=None, nullable=True)
    turn: int | None = None
    payload: str = "{}"
    """JSON without personal data: the pathway step, the flow, how often it came."""


class Inbox(SQLModel, table=True):
    """Every message that came in, once."""

    __table_args__ = (
        UniqueConstraint("channel", "external_id"),
        Index("ix_inbox_old", "status", "received_at"),
    )

    id: int = _id()
    channel: str
    external_id: str
    patient_id: int | None = _ref("patient.id", default=None, nullable=True, index=True)
    at: datetime = _time()
    """When the provider says it was written."""
    received_at: datetime = _time()
    kind: str
    """text | choice | edit | other | group | blocked | unblocked"""
    body: bytes = _sealed()
    """Sealed JSON, with the patient's key, or the deployment's for unknown senders."""
    status: str
    """done | desk (for a person at the clinic) | failed | unknown-sender | refused"""
    error: str | None = None
    """Class of what went wrong in the pure step; never message text."""
    session_id: int | None = _ref(default=None, nullable=True)
    turn: int | None = None
    """Which question this message answered, so that an edit finds it: not of presses, which cannot
    be edited. Of what was meant for the desk, the number of the conversation."""


class Outbox(SQLModel, table=True):
    """Every message that goes out, from its commit to the provider's last word."""

    # What was sent stays for good: what is looked for every moment must not grow with it.
    __table_args__ = (
        _partial("ix_outbox_ready", "channel", "priority", "ready_at", where="status = 'ready'"),
        _partial("ix_outbox_sending", "channel", "lease_until", where="status = 'sending'"),
        _partial(
            "ix_outbox_unsent",
            "patient_id",
            "priority",
            "sequence",
            where="status IN ('ready', 'sending')",
        ),
        _partial("ix_outbox_given_up", "id", where="status IN ('dead', 'unknown')"),
        _partial(
            "ix_outbox_old",
            "ready_at",
            where="status IN ('sent', 'delivered', 'read', 'dead', 'unknown')",
        ),
        _partial("ix_outbox_provider", "channel", "provider_id", where="provider_id IS NOT NULL"),
        _partial("ix_outbox_held", "channel", where="status = 'held'"),
        _partial("ix_outbox_gone_out", "channel", "sent_at", where="sent_at IS NOT NULL"),
        _partial("ix_outbox_member_id", "member_id", where="member_id IS NOT NULL"),
        _partial("ix_outbox_entry_id", "entry_id", where="entry_id IS NOT NULL"),
        Index("ix_outbox_patient", "patient_id", "sequence"),
    )

    id: int = _id()
    patient_id: int | None = _ref("patient.id", default=None, nullable=True)
    member_id: int | None = _ref(default=None, nullable=True)
    """The care team member it goes to; None for the patient."""
    channel: str
    address_id: int | None = _ref(default=None, nullable=True)
    sequence: int = Field(sa_type=BigInteger)
    """Order within the patient; one unsent message per patient is under way at a time."""
    priority: int = 5
    """0 safety, 1 reply, 5 bulk."""
    body: bytes = _sealed()
    """Sealed JSON: text and buttons as rendered for the channel; subject of a mail."""
    status: str = "ready"
    """ready | sending | sent | delivered | read | unknown | dead | held (by a restore)"""
    ready_at: datetime = _time()
    lease_until: datetime | None = _time(default=None, nullable=True)
    attempts: int = 0
    provider_id: str | None = None
    error: str | None = None
    session_id: int | None = _ref(default=None, nullable=True)
    turn: int | None = None
    created_at: datetime = _time()
    sent_at: datetime | None = _time(default=None, nullable=True)
    entry_id: int | None = _ref(default=None, nullable=True)
    """The entry whose words these are, where a person at the clinic wrote them."""


class SendRate(SQLModel, table=True):
    """How much one sender of a channel may send now, for all processes together."""

    __tablename__ = "send_rate"

    channel: str = Field(primary_key=True)
    sender: str = Field(primary_key=True)
    """Our number or bot: providers count by that."""
    tokens: float
    """What was left at `at`; below zero for what was owed."""
    at: datetime = _time()
    paused_until: datetime | None = _time(default=None, nullable=True)
    """When the provider will take something again."""


class EarlyStatus(SQLModel, table=True):
    """What a provider said about a message before its id was recorded. Kept for a day."""

    __tablename__ = "early_status"

    id: int = _id()
    provider_id: str = Field(index=True)
    status: str
    """delivered | read | undelivered | failed"""
    trouble: str | None = None
    """One of `bot.channels.Trouble`; None: the provider's code says nothing that we know."""
    code: str
    at: datetime = _time()


class CareTeamMember(SQLModel, table=True):
    """A person whom the patient has named, with the patient's own words for them."""

    __tablename__ = "care_team_member"

    id: int = _id()
    patient_id: int = _ref("patient.id", index=True)
    role: str
    """physiotherapist | gp | chiropractor | rheumatologist | nurse | job-centre | insurer |
    relative | employer | other"""
    name: bytes = _sealed()
    """Sealed."""
    email: bytes | None = _sealed(default=None, nullable=True)
    """Sealed."""
    created_at: datetime = _time()
    bounced_at: datetime | None = _time(default=None, nullable=True)
    """When a mail to this address came back; None: none has, since it was given."""
    removed_at: datetime | None = _time(default=None, nullable=True)
    professional_id: int | None = _ref(default=None, nullable=True, index=True)
    """Who it is in the clinic's directory; None: somebody whom only the patient knows."""


class AccessGrant(SQLModel, table=True):
    """Leave for one named person to read, given by the patient (FHIR Consent)."""

    __tablename__ = "access_grant"

    id: int = _id()
    patient_id: int = _ref("patient.id", index=True)
    member_id: int = _ref("care_team_member.id", index=True)
    purposes: str
    """Comma-separated: summary, digest, alert."""
    given_at: datetime = _time()
    until: datetime | None = _time(default=None, nullable=True)
    """None: until the patient stops it."""
    ended_at: datetime | None = _time(default=None, nullable=True)
    token_hash: bytes = _sealed(unique=True)
    """Keyed hash of the token in the link."""
    token: bytes = _sealed()
    """Sealed: a later mail names the same link, and a new ring key hashes it anew."""
    word: bytes = _sealed()
    """Sealed: the word that the patient gives the professional."""
    wrong_words: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    """Right codes that came with wrong words, as long as the grant lives."""
    first_seen_at: datetime | None = _time(default=None, nullable=True)
    last_seen_at: datetime | None = _time(default=None, nullable=True)


class AccessCode(SQLModel, table=True):
    """A six-digit code mailed to a professional; good once, for a short while."""

    __tablename__ = "access_code"

    id: int = _id()
    grant_id: int = _ref("access_grant.id", index=True)
    hash: bytes = _sealed()
    created_at: datetime = _time()
    expires_at: datetime = _time(index=True)
    attempts: int = 0
    used_at: datetime | None = _time(default=None, nullable=True)


class Viewing(SQLModel, table=True):
    """A professional's open page: a cookie, checked against its grant at every read."""

    id: int = _id()
    grant_id: int = _ref("access_grant.id", index=True)
    cookie_hash: bytes = _sealed(unique=True)
    opened_at: datetime = _time()
    last_seen_at: datetime = _time()
    expires_at: datetime = _time(index=True)
    since: datetime | None = _time(default=None, nullable=True)
    """When this person looked before this viewing: what changed is told from there."""
    session_id: int | None = _ref(default=None, nullable=True, index=True)
    """The sign-in from whose list it was opened, and with which it ends; None: from a link."""
    opener: bytes | None = _sealed(default=None, nullable=True)
    """Sealed: who opened it, where several read the same mailbox."""
    purpose: bytes | None = _sealed(default=None, nullable=True)
    """Sealed: what for, in their words."""


class Professional(SQLModel, table=True):
    """Somebody who signs in: treats patients, works at the clinic's desk, or both.

    It belongs to the deployment, whose key seals it.
    """

    id: int = _id()
    name: bytes = _sealed()
    """Sealed."""
    email: bytes = _sealed()
    """Sealed."""
    hash: bytes | None = _sealed(default=None, nullable=True, unique=True)
    """Keyed hash of the address, for finding it; None once they have left."""
    hash_key_id: str
    role: str
    """One of `trajectory.care_team.TREATING`, or `staff`: treats nobody."""
    sector: str
    """primary | hospital | municipal | private; empty for `staff`"""
    desk_roles: str = Field(default="", sa_column_kwargs={"server_default": ""})
    """Comma-separated `trajectory.staff_tokens.Role`: what they may do at the clinic's desk."""
    language: str
    created_at: datetime = _time()
    removed_at: datetime | None = _time(default=None, nullable=True)
    secret: bytes | None = _sealed(default=None, nullable=True)
    """Sealed: what the authenticator counts with; made with the invitation."""
    ready_at: datetime | None = _time(default=None, nullable=True)
    """When the authenticator was set up; None: nobody can sign in yet."""
    last_step: int | None = Field(default=None, sa_type=BigInteger, nullable=True)
    """The newest time step that was used: none is good twice."""
    invitation_hash: bytes | None = _sealed(default=None, nullable=True, unique=True)
    """Keyed hash of the token in the link that sets the authenticator up."""
    invited_until: datetime | None = _time(default=None, nullable=True)
    digests: bool = Field(default=True, sa_column_kwargs={"server_default": "1"})
    digest_day: int = Field(default=2, sa_column_kwargs={"server_default": "2"})
    """Monday 0."""
    digest_hour: int = Field(default=7, sa_column_kwargs={"server_default": "7"})
    unsubscribe: bytes = _sealed()
    """Sealed: the token in the link of a digest that ends them."""
    digested_at: datetime | None = _time(default=None, nullable=True)
    """Until when everything new has been counted in a digest."""


class ProfessionalCode(SQLModel, table=True):
    """A six-digit code mailed to a professional who signs in; good once, at one browser."""

    __tablename__ = "professional_code"

    id: int = _id()
    professional_id: int = _ref("professional.id", index=True)
    cookie_hash: bytes = _sealed(unique=True)
    hash: bytes = _sealed()
    """Keyed hash of the code."""
    created_at: datetime = _time()
    expires_at: datetime = _time(index=True)
    attempts: int = 0
    used_at: datetime | None = _time(default=None, nullable=True)


class ProfessionalSession(SQLModel, table=True):
    """A browser at which somebody of the directory is signed in."""

    __tablename__ = "professional_session"

    id: int = _id()
    professional_id: int = _ref("professional.id", index=True)
    cookie_hash: bytes = _sealed(unique=True)
    opened_at: datetime = _time()
    last_seen_at: datetime = _time()
    expires_at: datetime = _time(index=True)


class RoomCode(SQLModel, table=True):
    """A code that the patient says aloud in the room; good once, for a quarter of an hour."""

    __tablename__ = "room_code"

    id: int = _id()
    patient_id: int = _ref("patient.id", index=True)
    hash: bytes = _sealed(index=True)
    """Keyed hash of the code."""
    created_at: datetime = _time()
    expires_at: datetime = _time(index=True)
    used_at: datetime | None = _time(default=None, nullable=True)


class WorkPage(SQLModel, table=True):
    """A page about work, as it was when the patient shared it or had it made."""

    __tablename__ = "work_page"

    id: int = _id()
    patient_id: int = _ref("patient.id", index=True)
    grant_id: int | None = _ref("access_grant.id", default=None, nullable=True, index=True)
    """Whom it was shared with; None: the patient takes it along."""
    created_at: datetime = _time()
    body: bytes = _sealed()
    """Sealed JSON of `trajectory.work_page.WorkPage`."""


class DeskCase(SQLModel, table=True):
    """Something that a person at the clinic must look at; one open case of a kind a patient."""

    __tablename__ = "desk_case"
    __table_args__ = (Index("ix_desk_case_open", "state", "opened_at"),)

    id: int = _id()
    patient_id: int = _ref("patient.id", index=True)
    kind: str
    """One of `trajectory.cases.Kind`."""
    urgency: str | None = None
    """emergency | same-day | soon, the most urgent of what was reported"""
    entry_id: int | None = _ref(default=None, nullable=True)
    """The newest entry that it is about."""
    state: str = "open"
    """One of `trajectory.cases.State`."""
    opened_at: datetime = _time()
    changed_at: datetime = _time()
    cause: str | None = None
    """What of its kind it is, where there are several (`trajectory.cases`)."""
    owner: str | None = None
    """Who looks after it, as the audit calls them: `desk:<number in the directory>` | operator."""
    owned_at: datetime | None = _time(default=None, nullable=True)
    """When the owner took it, or last said that they know how it stands."""
    closed_by: str | None = None
    """Who has dealt with it, as in the audit; None: it is open, or over by itself."""
    reason: str | None = None
    """Why it is done: one of `trajectory.case_reasons.Reason`."""
    note: bytes | None = _sealed(default=None, nullable=True)
    """Sealed: what they wrote beside the reason."""


class WebLink(SQLModel, table=True):
    """A one-time link to the web chat or to the patient's copy, or a code for a tablet."""

    __tablename__ = "web_link"

    id: int = _id()
    patient_id: int = _ref("patient.id", index=True)
    token_hash: bytes = _sealed(unique=True)
    address_id: int | None = _ref(default=None, nullable=True)
    """The address that it was sent to; None: the clinic handed it over."""
    purpose: str = Field(default="chat", sa_column_kwargs={"server_default": "chat"})
    """chat | copy | tablet:<who hands it over>:<questionnaire>"""
    created_at: datetime = _time()
    expires_at: datetime = _time(index=True)
    used_at: datetime | None = _time(default=None, nullable=True)
    cookie_hash: bytes | None = _sealed(default=None, nullable=True, unique=True, index=True)
    """Keyed hash of the cookie that reads the copy, or of the tablet, once the link was used."""


class WebCode(SQLModel, table=True):
    """The newest six-digit code that was sent for a link to the web chat."""

    __tablename__ = "web_code"

    link_id: int = Field(
        sa_type=BigInteger,
        primary_key=True,
        foreign_key="web_link.id",
        sa_column_kwargs={"autoincrement": False},
    )
    patient_id: int = _ref("patient.id", index=True)
    hash: bytes = _sealed()
    """Keyed hash of the code."""
    created_at: datetime = _time()
    expires_at: datetime = _time()
    sent: int = 1
    """How many codes were sent for this link."""
    attempts: int = 0
    """Wrong codes that were typed for this link."""


class WebSession(SQLModel, table=True):
    """A device that may write in a patient's web chat."""

    __tablename__ = "web_session"

    id: int = _id()
    patient_id: int = _ref("patient.id", index=True)
    cookie_hash: bytes = _sealed(unique=True)
    created_at: datetime = _time()
    last_seen_at: datetime = _time(index=True)
    closed_at: datetime | None = _time(default=None, nullable=True)


class EnrolmentCode(SQLModel, table=True):
    """A one-time code that lets whoever shows it in on a channel, as this patient."""

    __tablename__ = "enrolment_code"

    id: int = _id()
    patient_id: int = _ref("patient.id", index=True)
    hash: bytes = _sealed(unique=True)
    """Keyed hash of the code."""
    created_at: datetime = _time()
    expires_at: datetime = _time(index=True)
    used_at: datetime | None = _time(default=None, nullable=True)
    claimed_by: bytes | None = _sealed(default=None, nullable=True, index=True)
    """Keyed hash of the channel and the address that have shown it and owe the four digits."""


class CodeGuess(SQLModel, table=True):
    """What somebody has tried or was told (`trajectory.traces`); kept for a day."""

    __tablename__ = "code_guess"
    __table_args__ = (Index("ix_code_guess_hash", "hash", "at"),)

    id: int = _id()
    hash: bytes = _sealed()
    """Keyed hash of what it was, and of the place: the channel and the address it came from."""
    at: datetime = _time()


class AddressCheck(SQLModel, table=True):
    """A code sent to a new address, to see whether the patient reads there."""

    __tablename__ = "address_check"

    id: int = _id()
    patient_id: int = _ref("patient.id", index=True)
    channel: str
    address: bytes = _sealed()
    """Sealed."""
    hash: bytes = _sealed()
    """Keyed hash of the code."""
    created_at: datetime = _time()
    expires_at: datetime = _time(index=True)
    attempts: int = 0
    used_at: datetime | None = _time(default=None, nullable=True)


class EnrolmentRequest(SQLModel, table=True):
    """The answer to a request to enrol, so that the same request again enrols nobody twice."""

    __tablename__ = "enrolment_request"

    id: int = _id()
    patient_id: int = _ref("patient.id", index=True)
    hash: bytes = _sealed(unique=True)
    """Keyed hash of the request's key."""
    body: bytes = _sealed()
    """Sealed JSON, with a key that the request's key is a part of: it opens for nobody else."""
    created_at: datetime = _time(index=True)


class EnrolmentMark(SQLModel, table=True):
    """By what a patient whom the clinic has enrolled is known again; no data, only its hash."""

    __tablename__ = "enrolment_mark"

    id: int = _id()
    patient_id: int = _ref("patient.id", index=True)
    kind: str
    """One of `trajectory.enrolment_marks.Kind`."""
    hash: bytes = _sealed(unique=True)
    """Keyed hash of the kind, and of name, birth date or phone."""
    created_at: datetime = _time()


class AuditRecord(SQLModel, table=True):
    """One link of a patient's audit chain; `hash` covers the stored bytes and `previous`."""

    __tablename__ = "audit"
    __table_args__ = (
        UniqueConstraint("patient_id", "n"),
        _partial("ix_audit_listed", "patient_id", "subject", where="action = 'listed'"),
    )

    id: int = _id()
    patient_id: int = _ref("patient.id")
    n: int
    at: datetime = _time()
    actor: str
    """patient | system | operator | staff | staff:<token's id> |
    professional:<care team member's id>"""
    action: str
    subject: str = ""
    """Ids only, such as `grant:42`; never names."""
    previous: bytes = _sealed()
    hash: bytes = _sealed()


class ClinicAudit(SQLModel, table=True):
    """One link of the clinic's own chain: who did what with its directory, tokens and mail."""

    __tablename__ = "clinic_audit"

    id: int = _id()
    n: int = Field(unique=True)
    at: datetime = _time()
    actor: str
    """operator | desk:<number in the directory> | directory:<number>, of what concerns oneself"""
    action: str
    """One of `trajectory.clinic_audit.Action`."""
    subject: str = ""
    """Ids only, such as `directory:42`; never names."""
    previous: bytes = _sealed()
    hash: bytes = _sealed()


class StaffToken(SQLModel, table=True):
    """What a program or a desk of the clinic shows; nothing here is about patients."""

    __tablename__ = "staff_token"

    id: int = _id()
    name: str
    """What the operator calls it, such as `booking`."""
    hash: bytes = _sealed(unique=True)
    """SHA-256 of the token, which has 256 random bits."""
    roles: str
    """Comma-separated `trajectory.staff_tokens.Role`."""
    created_at: datetime = _time()
    last_used_at: datetime | None = _time(default=None, nullable=True)
    revoked_at: datetime | None = _time(default=None, nullable=True)


class Erased(SQLModel, table=True):
    """Who was erased, and when: a restore of an older backup erases them anew."""

    patient_id: int = Field(
        sa_type=BigInteger, primary_key=True, sa_column_kwargs={"autoincrement": False}
    )
    """No foreign key: a restored backup may not know them at all."""
    at: datetime = _time()


class ProviderMessage(SQLModel, table=True):
    """What a provider still keeps of somebody who was erased, until it has deleted it."""

    __tablename__ = "provider_message"

    id: int = _id()
    channel: str
    body: bytes = _sealed()
    """Sealed JSON, with the deployment's key: the message's id, and the chat where it needs one."""
    due_at: datetime = _time(index=True)
    """When it is tried next."""
    until: datetime = _time()
    """From then on the provider would not delete it, or we give it up."""


class IdBlock(SQLModel, table=True):
    """The next unreserved id (SQLite; PostgreSQL uses the sequence `id_block_seq`)."""

    __tablename__ = "id_block"

    name: str = Field(primary_key=True)
    next: int = Field(sa_type=BigInteger)
