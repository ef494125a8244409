"""The patient's own page: who is in the care team, what each sees, who looked; and changes to it.

A change is a step of the conversation without a message in it, made by the functions that the
conversation uses, so that both leave the same entries, audit and care team behind.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from bot import loading
from bot.conversation import granting
from bot.conversation.effects import AddMember, Audit
from bot.conversation.people import EMAIL
from bot.conversation.step import Step
from bot.conversation.tasks import ending, naming, sharing, teaming
from bot.deployment import Deployment
from bot.held import NoSuchPatient
from bot.ledger import Route, finish, write
from trajectory import patients, views, work_pages
from trajectory.care_team import Member
from trajectory.grants import Grant, Look
from trajectory.views import Page
from trajectory.web_access import CHANNEL
from trajectory.work_page import WorkPage

LONGEST_NAME, LONGEST_EMAIL = teaming.LONGEST_NAME, 254
"""Characters."""
ROLES = naming.ROLES
LOOKS = 20
_ABOUT_PEOPLE = frozenset({sharing.NAME, ending.NAME, teaming.NAME})
"""Tasks of the conversation that may speak of somebody who is gone after a change here."""


class NoSuchMember(Exception):
    """Nobody of this id is in the patient's care team."""


class BadPerson(Exception):
    """Somebody who cannot be added; `problem` is `name`, `email` or `role`."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Sees:
    """One person of the care team, and what they see now, if anything."""

    member: Member
    grant: Grant | None

    @property
    def page(self) -> Page:
        """Which page they have open to them."""
        return Page.NOTHING if self.grant is None else views.scope_of(self.grant).page


@dataclass(frozen=True, slots=True)
class Team:
    """Everything that the page shows."""

    people: Sequence[Sees]
    looks: Sequence[Look]
    work_page: WorkPage | None
    """The one that the patient had made to take along."""


def read_team(deployment: Deployment, patient_id: int, now: datetime) -> Team:
    """The care team as it is now. Raises NoSuchPatient."""
    with deployment.database.read() as connection:
        rows = patients.read(connection, [patient_id])
        if not rows:
            raise NoSuchPatient
        loaded = loading.opened(rows[0], rows[0].sealer(deployment.ring))
        care = loading.care(connection, loaded, now)
        given = {grant.member.id: grant for grant in care.grants}
        return Team(
            [Sees(member, given.get(member.id)) for member in care.members],
            loading.looks(connection, loaded, LOOKS),
            work_pages.own(connection, loaded.sealer, patient_id),
        )


def member_of(team: Team, member_id: int) -> Sees:
    """One person of the care team. Raises NoSuchMember."""
    found = next((sees for sees in team.people if sees.member.id == member_id), None)
    if found is None:
        raise NoSuchMember
    return found


def add(
    deployment: Deployment, patient_id: int, role: str, name: str, email: str, now: datetime
) -> None:
    """Name somebody, who sees nothing yet; the same again adds nobody. Raises BadPerson."""
    name, email = " ".join(name.split()), email.strip()
    if role not in ROLES:
        raise BadPerson("role")
    if not name or len(name) > LONGEST_NAME:
        raise BadPerson("name")
    if len(email) > LONGEST_EMAIL or not EMAIL.fullmatch(email):
        raise BadPerson("email")

    def act(step: Step) -> None:
        taken = naming.role_for(role, name, email)
        known = {(m.role, m.name.casefold(), (m.email or "").casefold()) for m in step.care.members}
        if (taken, name.casefold(), email.casefold()) not in known:
            new = Member(step.new_id(), taken, name, email)
            step.do(AddMember(new))
            step.do(Audit("member-added", f"member:{new.id}"))

    _change(deployment, patient_id, now, act)


def rename(
    deployment: Deployment, patient_id: int, member_id: int, name: str, now: datetime
) -> None:
    """Call somebody by another name. Raises BadPerson, NoSuchMember."""
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME:
        raise BadPerson("name")
    _change(
        deployment,
        patient_id,
        now,
        lambda step: teaming.give_name(step, _member(step, member_id), name),
    )


def remove(deployment: Deployment, patient_id: int, member_id: int, now: datetime) -> None:
    """Take somebody out of the care team; they see nothing any more. Raises NoSuchMember."""
    _change(
        deployment,
        patient_id,
        now,
        lambda step: teaming.remove(step, _member(step, member_id)),
    )


def stop_sharing(deployment: Deployment, patient_id: int, member_id: int, now: datetime) -> None:
    """End all that somebody sees; they stay in the care team. Raises NoSuchMember."""

    def act(step: Step) -> None:
        who = _member(step, member_id)
        for grant in step.care.grants:
            if grant.member.id == who.id:
                granting.end(step, grant)

    _change(deployment, patient_id, now, act)


def _change(
    deployment: Deployment, patient_id: int, now: datetime, act: Callable[[Step], None]
) -> None:
    deployment.database.run(
        lambda connection: _change_in(connection, deployment, patient_id, now, act)
    )


def _change_in(
    connection: Connection,
    deployment: Deployment,
    patient_id: int,
    now: datetime,
    act: Callable[[Step], None],
) -> None:
    rows = patients.lock_conversations(connection, [patient_id])
    if not rows:
        raise NoSuchPatient
    loaded = loading.load(connection, deployment, rows)[patient_id]
    step = loading.step_for(connection, deployment, loaded, now, CHANNEL, {})
    step.care = loading.care(connection, loaded, now)
    act(step)
    if step.memory.task is not None and step.memory.task.name in _ABOUT_PEOPLE:
        step.drop_task()
    write(connection, deployment, [finish(loaded, step, Route(CHANNEL, None))])


def _member(step: Step, member_id: int) -> Member:
    found = next((member for member in step.care.members if member.id == member_id), None)
    if found is None:
        raise NoSuchMember
    return found
