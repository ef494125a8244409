"""What a professional's open page shows, read from one snapshot."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from bot.conversation.step import Person
from bot.deployment import Deployment
from bot.loading import load
from flows.library import Library
from flows.model import FlowKind
from trajectory import care_team, entries, grants, patients, summary, tables, work_pages
from trajectory.entries import Entry
from trajectory.grants import Grant, Viewing
from trajectory.keys import Sealer
from trajectory.measures import measures_of
from trajectory.said import author_of, is_professional
from trajectory.summary import Summary, summarise
from trajectory.views import Page, Scope, narrowed, scope_of
from trajectory.work_page import WorkPage

_session = tables.core(tables.Session)


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who treats the patient and may read the summary; `until` None: for now."""

    name: str
    role: str
    until: datetime | None
    author: str


@dataclass(frozen=True, slots=True)
class View:
    """A summary opened for one person, under one grant.

    `names` says what authors are called; `language` is the patient's.
    """

    summary: Summary
    grant: Grant
    names: Mapping[str, str]
    language: str
    readers: tuple[Reader, ...] = ()
    work_page: WorkPage | None = None
    """What there is to read instead, where that is a page as it was when it was shared."""

    @property
    def viewer(self) -> str:
        """The author that this person is in the trajectory."""
        return author_of(self.grant.member.id)

    @property
    def scope(self) -> Scope:
        """What this person may see; the summary holds no more than that."""
        return scope_of(self.grant)


def read_view(
    connection: Connection, deployment: Deployment, viewing: Viewing, now: datetime
) -> View:
    """Open the summary behind a viewing.

    Raises:
        trajectory.grants.GrantEnded: the grant has ended, or the patient was erased.
    """
    rows = patients.read(connection, [viewing.patient_id])
    if not rows:
        raise grants.GrantEnded
    loaded = load(connection, deployment, rows)[viewing.patient_id]
    grant = active_grant(connection, loaded.sealer, viewing.patient_id, viewing.grant_id, now)
    timeline = entries.timeline(connection, loaded.sealer, viewing.patient_id)
    opened = _check_ins_opened(connection, deployment.library, loaded.person)
    person = summary_person(deployment.library, loaded.person)
    scope = scope_of(grant)
    authors = timeline if scope.may_answer else []
    names = _names(connection, loaded.sealer, viewing.patient_id, authors)
    whole = scope.page is Page.WHOLE
    return View(
        narrowed(summarise(timeline, person, now, viewing.since, opened), scope),
        grant,
        {**names, author_of(grant.member.id): grant.member.name},
        loaded.person.language,
        _readers(connection, loaded.sealer, viewing.patient_id, now) if whole else (),
        _work_page(connection, loaded.sealer, grant) if scope.page is Page.WORK else None,
    )


def _readers(
    connection: Connection, sealer: Sealer, patient_id: int, now: datetime
) -> tuple[Reader, ...]:
    """Whoever else treats the patient; whom they share with besides is theirs to tell."""
    return tuple(
        Reader(each.member.name, each.member.role, each.until, author_of(each.member.id))
        for each in grants.active(connection, sealer, patient_id, now)
        if scope_of(each).page is Page.WHOLE
    )


def _work_page(connection: Connection, sealer: Sealer, grant: Grant) -> WorkPage:
    page = work_pages.of_grant(connection, sealer, grant.id)
    if page is None:
        raise grants.GrantEnded
    return page


def active_grant(
    connection: Connection, sealer: Sealer, patient_id: int, grant_id: int, now: datetime
) -> Grant:
    """One grant, opened.

    Raises trajectory.grants.GrantEnded when it is not active, or its member may see nothing.
    """
    for grant in grants.active(connection, sealer, patient_id, now):
        if grant.id == grant_id and scope_of(grant).page is not Page.NOTHING:
            return grant
    raise grants.GrantEnded


def summary_person(library: Library, person: Person) -> summary.Person:
    pathway = library.pathways.get(person.pathway) if person.pathway else None
    return summary.Person(
        name=person.name,
        pathway_titles=pathway.title if pathway else {},
        started_at=person.started_at,
        timezone=person.timezone,
        language=person.language,
        measures=measures_of(library, person.pathway),
        birth_date=person.born,
        status=person.status,
    )


def _names(
    connection: Connection, sealer: Sealer, patient_id: int, timeline: Iterable[Entry]
) -> dict[str, str]:
    """What the professionals are called who wrote here, those who have left included."""
    authors = {entry.author for entry in timeline if is_professional(entry.author)}
    ids = sorted(int(author.partition(":")[2]) for author in authors)
    found = [care_team.member(connection, sealer, patient_id, each) for each in ids]
    return {author_of(member.id): member.name for member in found if member is not None}


def _check_ins_opened(connection: Connection, library: Library, person: Person) -> int:
    check_ins = [flow.id for flow in library.flows.values() if flow.kind is FlowKind.CHECK_IN]
    opened = select(func.count()).where(
        _session.c.patient_id == person.id, _session.c.flow.in_(check_ins)
    )
    if person.started_at is not None:
        opened = opened.where(_session.c.opened_at >= person.started_at)
    return connection.execute(opened).scalar_one()
