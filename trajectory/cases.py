"""The clinic's list: what a person must look at, and how it stands.

Nothing here reaches a patient. Of each kind a patient has at most one open case, so that
repeated reports are one line on the list and not a flood.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    Connection,
    RowMapping,
    Select,
    bindparam,
    case,
    func,
    insert,
    select,
    update,
)

from flows.model import Urgency
from trajectory import tables
from trajectory.keys import Sealer


class Kind(StrEnum):
    """Why a person must look, the most pressing first."""

    SELF_HARM = "self-harm"
    """The patient wrote of wanting to die or of harming themselves."""
    RED_FLAG = "red-flag"
    """A warning sign was reported."""
    NOT_REACHED = "not-reached"
    """What to do about a warning sign did not reach the patient."""
    PERSON = "person"
    """The patient asked for a person."""
    DIED = "died"
    """Somebody wrote that the patient has died."""
    FAILED = "failed"
    """A message could not be digested by the machine; it is kept."""
    NOT_UNDERSTOOD = "not-understood"
    """The same question was answered three times in a way that could not be read."""
    NOT_ME = "not-me"
    """Whoever reads at this address says that they are somebody else."""
    UNREACHABLE = "unreachable"
    """No address of the patient works any more."""
    CODE_UNUSED = "code-unused"
    """A code that lets the patient in has expired, and nobody has used it."""
    CONSENT_MISSING = "consent-missing"
    """Nothing may be asked: the patient has not agreed, or not any more; see `Cause`."""
    MAIL_BOUNCED = "mail-bounced"
    """A mail to somebody of the care team came back."""
    EXPORT = "export"
    """The patient wants a copy of everything on paper; due within a month (GDPR, article 12)."""
    SILENT = "silent"
    """Four check-ins in a row were not answered."""


class Cause(StrEnum):
    """Why consent is missing."""

    STOPPED = "stopped"
    """The enrolment has begun, and stands still before the question was answered."""
    DECLINED = "declined"
    """The patient has said no."""
    WITHDRAWN = "withdrawn"
    """The patient has taken back that anything is asked or kept."""


class State(StrEnum):
    """How a case stands; everything but `closed` is still on the list."""

    OPEN = "open"
    """Nothing has come of it yet."""
    ASKED = "asked"
    """The patient was asked whether a doctor has looked, and is silent."""
    NOT_YET = "not-yet"
    """The patient says that no doctor has looked."""
    SEEN = "seen"
    """The patient says that a doctor has looked; off the list."""
    MISTAKE = "mistake"
    """The patient wrote it by mistake; off the list."""
    HANDLED = "handled"
    """Somebody at the clinic has dealt with it; off the list."""

    PASSED = "passed"
    """It is over by itself, as when a silent patient has written; off the list."""


LISTED = (State.OPEN, State.ASKED, State.NOT_YET)
"""Still to be looked at."""
SAFETY = (Kind.SELF_HARM, Kind.RED_FLAG, Kind.NOT_REACHED)
"""On top of the list, and closed with a clinical reason only."""
_WAITED = (State.ASKED, State.NOT_YET)


@dataclass(frozen=True, slots=True)
class Case:
    """One line of the list."""

    id: int
    patient_id: int
    kind: Kind
    urgency: Urgency | None
    entry_id: int | None
    state: State
    opened_at: datetime
    changed_at: datetime
    cause: Cause | None = None
    owner: str | None = None
    """Who looks after it, as the audit calls them."""
    owned_at: datetime | None = None
    closed_by: str | None = None
    reason: str | None = None

    @property
    def is_listed(self) -> bool:
        """Whether somebody still has to look at it."""
        return self.state in LISTED

    @property
    def is_news(self) -> bool:
        """Whether something has come since its owner looked at it."""
        return self.owned_at is not None and self.changed_at > self.owned_at


_NOTE = "desk_case.note"
_case = tables.core(tables.DeskCase)
_INSERT = insert(_case)
_IS_LISTED = _case.c.state.in_(LISTED)
_OPEN = select(_case).where(
    _case.c.patient_id == bindparam("patient"), _case.c.kind == bindparam("wanted"), _IS_LISTED
)
# Safety first, and of that what no doctor has looked at when asked; then by kind and time.
_PRESSING = (
    case((_case.c.kind.in_(SAFETY), 0), else_=1),
    case((_case.c.state.in_(_WAITED), 0), else_=1),
    case({str(each): place for place, each in enumerate(Urgency)}, value=_case.c.urgency, else_=0),
    case(
        {str(each): place for place, each in enumerate(Kind) if each not in SAFETY},
        value=_case.c.kind,
        else_=0,
    ),
    _case.c.opened_at,
    _case.c.id,
)


def open_case(
    connection: Connection,
    case_id: int,
    patient_id: int,
    kind: Kind,
    *,
    now: datetime,
    urgency: Urgency | None = None,
    entry_id: int | None = None,
    cause: Cause | None = None,
) -> None:
    """Put a case on the list, under an id that `Ids` gave.

    Where one of the kind is open already, that one is about the new report as well: it keeps
    the worse urgency and its owner, and waits anew. The caller holds the patient's conversation.
    """
    found = connection.execute(_OPEN, {"patient": patient_id, "wanted": kind}).one_or_none()
    if found is None:
        connection.execute(
            _INSERT,
            {
                "id": case_id,
                "patient_id": patient_id,
                "kind": kind,
                "urgency": urgency,
                "entry_id": entry_id,
                "state": State.OPEN,
                "opened_at": now,
                "changed_at": now,
                "cause": cause,
            },
        )
        return
    connection.execute(
        update(_case)
        .where(_case.c.id == found.id)
        .values(
            urgency=_worse(found.urgency, urgency),
            entry_id=entry_id or found.entry_id,
            state=State.OPEN,
            changed_at=now,
            cause=cause or found.cause,
        )
    )


def set_state(
    connection: Connection,
    patient_id: int,
    kind: Kind,
    state: State,
    now: datetime,
    by: str | None = None,
    reason: str | None = None,
) -> None:
    """How the patient's open case of this kind stands now; without one nothing happens.

    `by`: who has dealt with it, where somebody has, and `reason` as in `close`.
    """
    connection.execute(
        update(_case)
        .where(_case.c.patient_id == patient_id, _case.c.kind == kind, _IS_LISTED)
        .values(state=state, changed_at=now, closed_by=by, reason=reason)
    )


def own(connection: Connection, case_id: int, owner: str | None, now: datetime) -> None:
    """Somebody looks after this case from now on, or nobody (None); they know how it stands.

    The caller holds the patient's conversation, and has looked whose it was.
    """
    owned = update(_case).where(_case.c.id == case_id)
    connection.execute(owned.values(owner=owner, owned_at=now if owner else None))


def close(
    connection: Connection,
    sealer: Sealer,
    case_id: int,
    *,
    by: str,
    reason: str,
    note: str,
    now: datetime,
) -> None:
    """Take a case off the list for good; the caller holds the patient's conversation.

    `reason` is one of `trajectory.case_reasons`; `note` may be empty.
    """
    sealed = sealer.seal_text(_NOTE, case_id, note) if note else None
    closed = update(_case).where(_case.c.id == case_id)
    connection.execute(
        closed.values(state=State.HANDLED, changed_at=now, closed_by=by, reason=reason, note=sealed)
    )


def open_of(connection: Connection, patient_id: int, kind: Kind) -> Case | None:
    """The case of this kind that waits for somebody to look at this patient, if there is one."""
    asked = {"patient": patient_id, "wanted": kind}
    row = connection.execute(_OPEN, asked).mappings().first()
    return None if row is None else _read(row)


def listed(
    connection: Connection,
    kinds: Collection[Kind] = tuple(Kind),
    *,
    owner: str | None = None,
    limit: int | None = None,
    offset: int = 0,
) -> list[Case]:
    """What still has to be looked at, the most pressing first.

    Of these kinds, and where `owner` is given only what they look after; so many of them at most,
    without the first `offset`.
    """
    asked = _wanted(kinds, owner).order_by(*_PRESSING).limit(limit).offset(offset)
    return [_read(row) for row in connection.execute(asked).mappings()]


def listed_behind(
    connection: Connection,
    number: int,
    limit: int,
    kinds: Collection[Kind] = tuple(Kind),
    *,
    owner: str | None = None,
) -> list[Case]:
    """The same by number, from the one behind `number` on."""
    asked = _wanted(kinds, owner).where(_case.c.id > number).order_by(_case.c.id).limit(limit)
    return [_read(row) for row in connection.execute(asked).mappings()]


def _wanted(kinds: Collection[Kind], owner: str | None) -> Select[Any]:
    asked = select(_case).where(_IS_LISTED, _case.c.kind.in_(kinds))
    return asked if owner is None else asked.where(_case.c.owner == owner)


def counted(connection: Connection, owner: str | None = None) -> Mapping[Kind, int]:
    """How many cases there are of each kind; where `owner` is given, that they look after."""
    asked = select(_case.c.kind, func.count()).where(_IS_LISTED).group_by(_case.c.kind)
    if owner is not None:
        asked = asked.where(_case.c.owner == owner)
    return {Kind(kind): count for kind, count in connection.execute(asked)}


def by_id(connection: Connection, case_id: int) -> Case | None:
    """One case, open or done."""
    row = connection.execute(select(_case).where(_case.c.id == case_id)).mappings().one_or_none()
    return None if row is None else _read(row)


def note_of(connection: Connection, sealer: Sealer, case_id: int) -> str:
    """What was written beside the reason; empty where nothing was. Raises WrongKey."""
    sealed = connection.execute(select(_case.c.note).where(_case.c.id == case_id)).scalar_one()
    return sealer.open_text(_NOTE, case_id, sealed) if sealed else ""


def open_for(connection: Connection, patient_id: int) -> list[Case]:
    """What still has to be looked at of one patient, the most pressing first."""
    asked = _wanted(tuple(Kind), None).where(_case.c.patient_id == patient_id).order_by(*_PRESSING)
    return [_read(row) for row in connection.execute(asked).mappings()]


def seen_as(kind: Kind) -> Collection[Kind]:
    """The kinds that the desk sees as this one; see `unsaid`."""
    if kind is Kind.SELF_HARM:
        return ()
    return (Kind.SELF_HARM, Kind.RED_FLAG) if kind is Kind.RED_FLAG else (kind,)


def unsaid(case: Case) -> Case:
    """The case as the desk may see it: of warning signs the urgency, and not which sign it was."""
    if case.kind is not Kind.SELF_HARM:
        return case
    return replace(case, kind=Kind.RED_FLAG, urgency=case.urgency or Urgency.EMERGENCY)


def _read(row: RowMapping) -> Case:
    return Case(
        row["id"],
        row["patient_id"],
        Kind(row["kind"]),
        Urgency(row["urgency"]) if row["urgency"] else None,
        row["entry_id"],
        State(row["state"]),
        row["opened_at"],
        row["changed_at"],
        Cause(row["cause"]) if row["cause"] else None,
        row["owner"],
        row["owned_at"],
        row["closed_by"],
        row["reason"],
    )


def _worse(one: str | None, other: str | None) -> str | None:
    return next((urgency for urgency in Urgency if urgency in (one, other)), None)
