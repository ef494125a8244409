"""An export from its first patient to its last: some at a time, each noted before a row is written.

Nothing is held in memory but the patients at hand. Each patient is read as they are at one moment;
whoever takes the consent back while it runs is left out, unless their rows are written already.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from bot.deployment import Deployment
from bot.loading import open_session
from bot.research.administration import Administration
from bot.research.episodes import Episode, episode_at, episodes_of
from flows.canonical import restore_flow
from flows.errors import Refusal
from flows.model import Flow
from trajectory import entries, patients, research
from trajectory.entries import Entry
from trajectory.patients import LockedPatient
from trajectory.research import SessionRow

AT_ONCE = 50
"""Patients that are read, noted and written together."""
_SCORE = "score"


class DefinitionsChanged(Refusal):
    """A questionnaire was put that was not known when the export began."""

    def __str__(self) -> str:
        return "questionnaires were changed while the export ran: make it again"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for."""

    study: str
    """Pseudonyms are the same in all exports of one study, and in no two studies."""
    since: date | None = None
    until: date | None = None
    """First and last day on which an administration was opened, on the clinic's calendar."""
    pathway: str | None = None
    dates: bool = False
    """With calendar times beside the days since each episode's start."""


class Found(NamedTuple):
    """One patient who is handed out, with what is."""

    patient_id: int
    administrations: Sequence[Administration]


@dataclass(slots=True)
class _Read:
    """A patient who agrees, with the runs that are wanted, still sealed."""

    row: LockedPatient
    consent: Entry
    episodes: Sequence[Episode]
    sessions: Sequence[tuple[int, SessionRow]]
    """Each with the how manieth of its flow it is."""


def flows_of(deployment: Deployment) -> Mapping[str, Flow]:
    """Every definition that was ever asked, by its hash; today's of each flow come last."""
    with deployment.database.read() as connection:
        known = {digest: restore_flow(body) for digest, body in research.definitions(connection)}
    today = {flow.definition: flow for flow in deployment.library.flows.values()}
    return {digest: flow for digest, flow in known.items() if digest not in today} | today


def administrations(
    deployment: Deployment,
    wanted: Wanted,
    flows: Mapping[str, Flow],
    *,
    export_id: int,
    actor: str,
) -> Iterator[Found]:
    """Every patient who agrees and has something that is wanted; each is noted before it is given.

    Raises DefinitionsChanged, trajectory.keys.WrongKey, trajectory.database.Unavailable.
    """
    after = 0
    while some := _next(deployment, after):
        after = some[-1]
        yield from _some(deployment, wanted, flows, some, export_id, actor)


def _next(deployment: Deployment, after: int) -> Sequence[int]:
    with deployment.database.read() as connection:
        return research.next_patients(connection, after, AT_ONCE)


def _some(
    deployment: Deployment,
    wanted: Wanted,
    flows: Mapping[str, Flow],
    patient_ids: Collection[int],
    export_id: int,
    actor: str,
) -> Iterator[Found]:
    with deployment.database.read() as connection:
        found = _agreeing(connection, deployment, wanted, patient_ids)
        given = entries.of_many(connection, found, research.GIVEN | {_SCORE})
        names = research.pseudonyms(connection, deployment.ring, found, wanted.study)
    now = deployment.clock.now()
    note = partial(
        research.note_exported,
        ids=deployment.ids,
        patient_ids=[*found],
        export_id=export_id,
        actor=actor,
        at=now,
    )
    noted = deployment.database.run(note) if found else frozenset()
    # Not in the order of enrolment, which would tell about when somebody came.
    for patient_id in sorted(noted, key=names.__getitem__):
        yield Found(
            patient_id,
            _opened(deployment, flows, names[patient_id], found[patient_id], given[patient_id]),
        )


def _agreeing(
    connection: Connection, deployment: Deployment, wanted: Wanted, patient_ids: Collection[int]
) -> dict[int, _Read]:
    """Those of these patients who agree and have a run that is wanted."""
    agreed = research.consenting(connection, patient_ids)
    sessions: dict[int, list[SessionRow]] = defaultdict(list)
    for session in research.sessions(connection, agreed):
        sessions[session.patient_id].append(session)
    span = _span(wanted, deployment.clinic.zone)
    renewed = research.renewed(connection, sessions) if sessions else {}
    found = {}
    for row in patients.read(connection, sessions):
        opened = [each.opened_at for each in sessions[row.patient_id]]
        episodes = episodes_of(row, opened, renewed[row.patient_id])
        runs = [
            (number, session)
            for number, session in _numbered(sessions[row.patient_id])
            if _is_wanted(wanted, span, session, episodes)
        ]
        if runs:
            found[row.patient_id] = _Read(row, agreed[row.patient_id], episodes, runs)
    return found


def _numbered(sessions: Sequence[SessionRow]) -> Iterator[tuple[int, SessionRow]]:
    count: dict[str, int] = defaultdict(int)
    for session in sorted(sessions, key=lambda each: (each.opened_at, each.id)):
        count[session.flow] += 1
        yield count[session.flow], session


def _span(wanted: Wanted, zone: ZoneInfo) -> tuple[datetime | None, datetime | None]:
    """From this moment on and before that one."""

    def midnight(day: date) -> datetime:
        return datetime.combine(day, time(), zone)

    return (
        None if wanted.since is None else midnight(wanted.since),
        None if wanted.until is None else midnight(wanted.until + timedelta(days=1)),
    )


def _is_wanted(
    wanted: Wanted,
    span: tuple[datetime | None, datetime | None],
    session: SessionRow,
    episodes: Sequence[Episode],
) -> bool:
    since, until = span
    if since is not None and session.opened_at < since:
        return False
    if until is not None and session.opened_at >= until:
        return False
    pathway = episode_at(episodes, session.opened_at).pathway
    return wanted.pathway is None or pathway == wanted.pathway


def _opened(
    deployment: Deployment,
    flows: Mapping[str, Flow],
    pseudonym: str,
    read: _Read,
    timeline: Sequence[Entry],
) -> Sequence[Administration]:
    sealer, zone = read.row.sealer(deployment.ring), ZoneInfo(read.row.timezone)
    said: dict[int | None, list[Entry]] = defaultdict(list)
    for entry in timeline:
        said[entry.session_id].append(entry)
    return [
        Administration(
            pseudonym,
            _flow(flows, session),
            open_session(sealer, session.id, session.body),
            number,
            episode_at(read.episodes, session.opened_at),
            read.consent,
            zone,
            said[session.id],
        )
        for number, session in read.sessions
    ]


def _flow(flows: Mapping[str, Flow], session: SessionRow) -> Flow:
    if session.definition not in flows:
        raise DefinitionsChanged
    return flows[session.definition]
