"""All patients who share with one professional, by the rule of who needs a look.

A few queries whatever their number; the grants are asked for in the same snapshot.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from sqlalchemy import Connection

from bot.deployment import Deployment
from bot.directory.signing_in import SignedIn, who_is
from bot.loading import Loaded, opened
from bot.view import summary_person
from trajectory import audit, entries, grants, listings, patients, sign_ins, triage
from trajectory.audit import NewRecord
from trajectory.grants import Shared
from trajectory.professionals import Professional
from trajectory.said import author_of
from trajectory.summary import Person, summarise
from trajectory.triage import Rest, Standing, Why
from trajectory.views import Page, scope_for

AUDITED_AT_ONCE = 100
"""Patients whose conversations one transaction holds for that."""


@dataclass(frozen=True, slots=True)
class Line:
    """One patient of the list."""

    shared: Shared
    person: Person
    week: int | None
    standing: Standing


@dataclass(frozen=True, slots=True)
class Overview:
    """The list: who needs a look, in order, and the others, who were last heard of first."""

    who: Professional
    now: datetime
    to_look_at: Sequence[Line]
    others: Sequence[Line]

    @property
    def reasons(self) -> Mapping[Why, int]:
        """How many need a look for which first reason."""
        return Counter(line.standing.why[0] for line in self.to_look_at)

    @property
    def rest(self) -> Mapping[Rest, int]:
        """How the others do."""
        return Counter(line.standing.rest for line in self.others)

    @property
    def all(self) -> int:
        """How many patients there are."""
        return len(self.to_look_at) + len(self.others)


def read_list(deployment: Deployment, cookie: str, now: datetime) -> Overview:
    """The list behind a sign-in; that each line is shown stands in its patient's audit first.

    Raises:
        NotSignedIn: nobody is signed in under this cookie.
    """
    with deployment.database.read() as connection:
        signed_in = who_is(connection, deployment, cookie, now)
        shown = listed(connection, signed_in.who.id, now)
        unaudited = _unaudited(connection, signed_in, shown)
    for first in range(0, len(unaudited), AUDITED_AT_ONCE):
        some = unaudited[first : first + AUDITED_AT_ONCE]
        deployment.database.run(
            partial(_audit_all, deployment=deployment, signed_in=signed_in, some=some, now=now)
        )
    deployment.database.run(
        lambda connection: sign_ins.touch(connection, signed_in.session_id, now)
    )
    with deployment.database.read() as connection:
        who = who_is(connection, deployment, cookie, now).who
        known = {each.grant_id for each in shown}
        return overview(connection, deployment, who, now, known)


def overview(
    connection: Connection,
    deployment: Deployment,
    who: Professional,
    now: datetime,
    grant_ids: Collection[int] | None = None,
) -> Overview:
    """Where every patient stands who shares with this person now, or those of these grants."""
    shown = [
        each
        for each in listed(connection, who.id, now)
        if grant_ids is None or each.grant_id in grant_ids
    ]
    return arranged(who, now, lines(connection, deployment, shown, now))


def listed(connection: Connection, professional_id: int, now: datetime) -> list[Shared]:
    """What patients share with this person that may be seen on a list: whole summaries only."""
    return [
        each
        for each in grants.shared_with(connection, professional_id, now)
        if scope_for(each.role, each.purposes).page is Page.WHOLE
    ]


def arranged(who: Professional, now: datetime, found: Iterable[Line]) -> Overview:
    """The lines in the order of the rule."""
    found = list(found)
    to_look_at = [line for line in found if line.standing.why]
    others = [line for line in found if not line.standing.why]
    return Overview(
        who,
        now,
        sorted(to_look_at, key=lambda line: triage.pressing(line.standing)),
        sorted(others, key=lambda line: (not line.standing.unseen, -line.standing.at.timestamp())),
    )


def lines(
    connection: Connection, deployment: Deployment, shown: Sequence[Shared], now: datetime
) -> list[Line]:
    """Where each of these patients stands, in a few queries for all. Raises WrongKey."""
    patient_ids = [each.patient_id for each in shown]
    rows = {row.patient_id: row for row in patients.read(connection, patient_ids)}
    timelines = entries.of_many(connection, patient_ids, triage.KINDS)
    return [
        _line(
            deployment,
            each,
            opened(row, row.sealer(deployment.ring)),
            timelines[each.patient_id],
            now,
        )
        for each in shown
        if (row := rows.get(each.patient_id)) is not None
    ]


def _line(
    deployment: Deployment,
    shared: Shared,
    loaded: Loaded,
    timeline: Sequence[entries.Entry],
    now: datetime,
) -> Line:
    person = summary_person(deployment.library, loaded.person)
    summary = summarise(timeline, person, now, shared.since)
    stands = triage.standing(summary, timeline, shared.given_at, paused=_is_paused(loaded, now))
    return Line(shared, person, summary.week, stands)


def _is_paused(loaded: Loaded, now: datetime) -> bool:
    until = loaded.memory.paused_until
    resting = bool(until) and now < datetime.fromisoformat(until)
    return resting or loaded.person.status in ("stopped", "ended")


def _unaudited(
    connection: Connection, signed_in: SignedIn, shown: Sequence[Shared]
) -> list[Shared]:
    """Whose line was not shown yet at this sign-in."""
    if not shown:
        return []
    patient_ids = {each.patient_id for each in shown}
    known = listings.shown(connection, patient_ids, _subject(signed_in))
    return [each for each in shown if each.patient_id not in known]


def _audit_all(
    connection: Connection,
    deployment: Deployment,
    signed_in: SignedIn,
    some: Sequence[Shared],
    now: datetime,
) -> None:
    rows = patients.lock_conversations(connection, [each.patient_id for each in some])
    held = {row.patient_id for row in rows}
    records = [
        NewRecord(each.patient_id, author_of(each.member_id), listings.LISTED, _subject(signed_in))
        for each in some
        if each.patient_id in held
    ]
    audit.append_all(connection, deployment.ids, records, now)


def _subject(signed_in: SignedIn) -> str:
    return f"sign-in:{signed_in.session_id}"
