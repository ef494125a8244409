"""The clinic's list: what a person must look at, and how it stands.

Nothing here reaches a patient. Of each kind a patient has at most one open case, so that
repeated reports are one line on the list and not a flood.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, RowMapping, bindparam, insert, select, update

from flows.model import Urgency
from trajectory import tables


class Kind(StrEnum):
    """Why a person must look."""

    RED_FLAG = "red-flag"
    """A warning sign was reported."""
    SELF_HARM = "self-harm"
    """The patient wrote of wanting to die or of harming themselves."""
    PERSON = "person"
    """The patient asked for a person."""
    EXPORT = "export"
    """The patient wants a copy of everything on paper; due within a month (GDPR, article 12)."""
    NOT_UNDERSTOOD = "not-understood"
    """The same question was answered three times in a way that could not be read."""
    SILENT = "silent"
    """Four check-ins in a row were not answered."""
    NOT_ME = "not-me"
    """Whoever reads at this address says that they are somebody else."""
    UNREACHABLE = "unreachable"
    """No address of the patient works any more."""
    MAIL_BOUNCED = "mail-bounced"
    """A mail to somebody of the care team came back."""
    DIED = "died"
    """Somebody wrote that the patient has died."""


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
SAFETY = (Kind.SELF_HARM, Kind.RED_FLAG)
"""What comes before all else."""
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


_case = tables.core(tables.DeskCase)
_INSERT = insert(_case)
_OPEN = select(_case).where(
    _case.c.patient_id == bindparam("patient"),
    _case.c.kind == bindparam("wanted"),
    _case.c.state.in_(LISTED),
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
) -> None:
    """Put a case on the list, under an id that `Ids` gave.

    Where one of the kind is open already, that one is about the new report as well: it keeps
    the worse urgency, and waits anew. The caller holds the patient's conversation.
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
        )
    )


def set_state(
    connection: Connection, patient_id: int, kind: Kind, state: State, now: datetime
) -> None:
    """How the patient's open case of this kind stands now; without one nothing happens."""
    connection.execute(
        update(_case)
        .where(_case.c.patient_id == patient_id, _case.c.kind == kind, _case.c.state.in_(LISTED))
        .values(state=state, changed_at=now)
    )


def open_of(connection: Connection, patient_id: int, kind: Kind) -> Case | None:
    """The case of this kind that waits for somebody to look at this patient, if there is one."""
    asked = {"patient": patient_id, "wanted": kind}
    row = connection.execute(_OPEN, asked).mappings().first()
    return None if row is None else _read(row)


def listed(connection: Connection) -> list[Case]:
    """Everything that still has to be looked at, the most pressing first."""
    rows = connection.execute(select(_case).where(_case.c.state.in_(LISTED)))
    return in_order([_read(row) for row in rows.mappings()])


def open_for(connection: Connection, patient_id: int) -> list[Case]:
    """What still has to be looked at of one patient, the most pressing first."""
    asked = select(_case).where(_case.c.patient_id == patient_id, _case.c.state.in_(LISTED))
    return in_order([_read(row) for row in connection.execute(asked).mappings()])


def in_order(cases: list[Case]) -> list[Case]:
    """Safety first, and of that what no doctor has looked at when asked; then by waiting time."""
    return sorted(cases, key=_pressing)


def _pressing(case: Case) -> tuple[bool, bool, int, datetime, int]:
    urgencies = list(Urgency)
    return (
        case.kind not in SAFETY,
        case.state not in _WAITED,
        urgencies.index(case.urgency) if case.urgency else 0,
        case.opened_at,
        case.id,
    )


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
    )


def _worse(one: str | None, other: str | None) -> str | None:
    return next((urgency for urgency in Urgency if urgency in (one, other)), None)
