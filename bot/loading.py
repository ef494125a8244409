"""What a step needs to know, read set-based for a whole batch of patients."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, select

from bot.conversation.memory import Memory, OpenSession
from bot.conversation.step import Care, Person, Step, World
from bot.deployment import Deployment
from flows.canonical import restore_flow
from flows.model import Flow
from trajectory import (
    address_checks,
    care_team,
    definitions,
    entries,
    grants,
    listings,
    patients,
    professionals,
    research,
    tables,
)
from trajectory.keys import Sealer
from trajectory.patients import LockedPatient
from trajectory.professionals import Professional
from trajectory.sql import Among
from trajectory.web_access import CHANNEL as WEB

SESSION_BODY = "session.body"
NO_SEALERS: Mapping[int, Sealer] = {}
_session = tables.core(tables.Session)
_SESSIONS = select(_session.c.id, _session.c.patient_id, _session.c.body).where(
    Among(_session.c.id, "ids")
)


@dataclass(slots=True)
class Loaded:
    """One patient whose conversation this transaction holds, opened."""

    row: LockedPatient
    sealer: Sealer
    person: Person
    memory: Memory
    open: OpenSession | None = None
    suspended: OpenSession | None = None
    name: str = ""
    """What the patient was called before this step, and is found by."""


def load(
    connection: Connection,
    deployment: Deployment,
    rows: Collection[LockedPatient],
    sealers: Mapping[int, Sealer] = NO_SEALERS,
) -> dict[int, Loaded]:
    """Open the conversations of these locked rows, with the session that each has open.

    `sealers`: those that the caller has already, by patient.
    """
    ring = deployment.ring
    found = {
        row.patient_id: opened(row, sealers.get(row.patient_id) or row.sealer(ring)) for row in rows
    }
    named = [*(row.session_id for row in rows), *(each.memory.suspended for each in found.values())]
    wanted = {session_id for session_id in named if session_id is not None}
    for patient_id, session in sessions(connection, found, wanted).values():
        loaded = found[patient_id]
        if session.id == loaded.row.session_id:
            loaded.open = session
        else:
            loaded.suspended = session
    return found


def sessions(
    connection: Connection, found: Mapping[int, Loaded], ids: Collection[int]
) -> dict[int, tuple[int, OpenSession]]:
    """Sessions by id, with their patient's id; those of patients not loaded are left out."""
    if not ids:
        return {}
    return {
        row.id: (row.patient_id, open_session(found[row.patient_id].sealer, row.id, row.body))
        for row in connection.execute(_SESSIONS, {"ids": sorted(ids)}).all()
        if row.patient_id in found
    }


def open_session(sealer: Sealer, row_id: int, body: bytes) -> OpenSession:
    """The session that was sealed into this row."""
    return OpenSession.from_json(row_id, sealer.open(SESSION_BODY, row_id, body))


def opened(row: LockedPatient, sealer: Sealer) -> Loaded:
    """One patient as the row says, without a session yet."""
    profile = sealer.open_json(patients.PROFILE, row.patient_id, row.profile)
    body = sealer.open(patients.BODY, row.patient_id, row.body)
    person, memory = _person(row, profile), Memory.from_json(body)
    return Loaded(row, sealer, person, memory, name=person.name)


def _person(row: LockedPatient, profile: Mapping[str, Any]) -> Person:
    born = profile.get("born")
    return Person(
        row.patient_id,
        row.status,
        row.language,
        row.timezone,
        row.pathway,
        row.started_at,
        profile["name"],
        time.fromisoformat(profile["hour"]),
        profile["weekday"],
        profile["code"],
        row.planned_by,
        date.fromisoformat(born) if born else None,
        profile.get("phone", ""),
    )


def care(connection: Connection, loaded: Loaded, now: datetime) -> Care:
    """Whom this patient has named and what they may see."""
    patient_id = loaded.row.patient_id
    return Care(
        tuple(care_team.active(connection, loaded.sealer, patient_id)),
        tuple(grants.active(connection, loaded.sealer, patient_id, now)),
    )


def timeline(connection: Connection, loaded: Loaded) -> Sequence[entries.Entry]:
    """This patient's whole timeline."""
    return entries.timeline(connection, loaded.sealer, loaded.row.patient_id)


def add_addresses(
    connection: Connection, deployment: Deployment, loaded: Loaded, step: Step
) -> None:
    """Let this step know where the patient is reached, and what was sent to check that."""
    patient_id, sealer = loaded.row.patient_id, loaded.sealer
    step.addresses = patients.addresses(connection, sealer, patient_id)
    step.checks = address_checks.recent(connection, deployment.ring, sealer, patient_id, step.now)


def directory(connection: Connection, deployment: Deployment) -> Sequence[Professional]:
    """The clinic's own professionals: those whom a patient can pick."""
    return [each for each in professionals.listed(connection, deployment.ring) if each.treats]


def looks(connection: Connection, loaded: Loaded, most: int) -> Sequence[grants.Look]:
    """The newest looks at this patient's summary, or at their line in somebody's list.

    Of exports for research the newest.
    """
    asked = (connection, loaded.sealer, loaded.row.patient_id, most)
    found = [*grants.looks(*asked), *listings.looks(*asked)]
    found += research.last_look(connection, loaded.row.patient_id)
    return sorted(found, key=lambda look: look.opened_at, reverse=True)[:most]


def recalled(
    connection: Connection, deployment: Deployment, open_sessions: Collection[OpenSession]
) -> dict[str, Flow]:
    """Definitions that sessions stand on and this deploy no longer has, by hash."""
    found: dict[str, Flow] = {}
    for session in open_sessions:
        wanted = session.session.definition
        if wanted in found or deployment.library.has(wanted):
            continue
        body = definitions.recall(connection, wanted)
        if body is not None:
            found[wanted] = restore_flow(body)
    return found


@lru_cache(maxsize=8)
def world(deployment: Deployment) -> World:
    """The part of a deployment that steps may use."""
    return World(
        deployment.library,
        deployment.lexicons,
        deployment.catalogues,
        deployment.clinic,
        deployment.chance,
        deployment.limits,
        frozenset(deployment.channels),
        deployment.consents,
        deployment.next_steps,
    )


def step_for(
    connection: Connection,
    deployment: Deployment,
    loaded: Loaded,
    now: datetime,
    channel: str,
    older: Mapping[int, OpenSession],
) -> Step:
    """A step of one patient's conversation; it moves what was loaded.

    After a step that has failed, load anew.
    """
    linked = deployment.links(channel)
    own = [*filter(None, (loaded.open, loaded.suspended))]
    if older:
        # Of a session there is one copy, however the message names it.
        older = {**older, **{each.id: each for each in own if each.id in older}}
    return Step(
        world(deployment),
        loaded.person,
        loaded.memory,
        loaded.open,
        now,
        lambda: deployment.ids.take(connection),
        WEB if linked else channel,
        linked,
        loaded.suspended,
        older=older,
        recalled=recalled(connection, deployment, [*older.values(), *own]),
    )


def add_finished(
    connection: Connection, deployment: Deployment, loaded: Loaded, step: Step
) -> None:
    """Let this step change the session that was finished last."""
    patient_id = loaded.row.patient_id
    found = sessions(connection, {patient_id: loaded}, {step.memory.finished or 0})
    added = {session_id: open for session_id, (_, open) in found.items()}
    step.older = {**added, **step.older}
    step.recalled = {**step.recalled, **recalled(connection, deployment, [*added.values()])}
