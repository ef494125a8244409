"""The directory in the hands of the desk: the functions of the command line, and who may use them.

Whoever may see patients is given that by an operator: people with a role at the desk, and those
who treat nobody, are an operator's to change.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from bot.conversation.people import EMAIL
from bot.deployment import Deployment
from bot.desk.permissions import Task
from bot.desk.worker import Worker
from bot.directory import staff, tokens
from trajectory import clinic_audit, grants, professionals
from trajectory.audit import Record
from trajectory.care_team import TREATING
from trajectory.professionals import SECTORS, STAFF, Professional
from trajectory.staff_tokens import Role

AT_DESK = (Role.SECRETARY, Role.CLINICIAN, Role.OPERATOR)
"""Roles of people; `enrol` is for programs."""
LONGEST_NAME = 80
LONGEST_EMAIL = 254


class NotTheirs(Exception):
    """An operator's to change."""


class NoMail(Exception):
    """Mail is off: nobody could be invited, and nobody could sign in."""


class Wrong(Exception):
    """What was typed cannot be; `fields` names what is wrong with it."""

    def __init__(self, fields: Sequence[str]) -> None:
        super().__init__(", ".join(fields))
        self.fields = tuple(fields)


@dataclass(frozen=True, slots=True)
class Listed:
    """Somebody of the directory, as the desk lists them."""

    who: Professional
    patients: int
    """How many have this person in their care team."""
    state: str
    """ready | invited | too-old, of the invitation"""
    theirs: bool
    """Whether whoever looks may change them."""


def people(connection: Connection, deployment: Deployment, worker: Worker) -> list[Listed]:
    """Everybody of the directory by name."""
    counts, now = grants.patients_each(connection), deployment.clock.now()
    listed = professionals.listed(connection, deployment.ring)
    found = [_listed(who, counts, worker, now) for who in listed]
    return sorted(found, key=lambda each: (each.who.name.casefold(), each.who.id))


def person(connection: Connection, deployment: Deployment, worker: Worker, number: int) -> Listed:
    """One of them. Raises bot.directory.staff.NobodyListed."""
    who = professionals.by_id(connection, deployment.ring, number)
    if who is None:
        raise staff.NobodyListed
    counts = {number: len(grants.whose_patients(connection, number))}
    return _listed(who, counts, worker, deployment.clock.now())


def _listed(who: Professional, counts: Mapping[int, int], worker: Worker, now: datetime) -> Listed:
    invited = who.invited_until is not None and who.invited_until > now
    state = "ready" if who.ready else "invited" if invited else "too-old"
    return Listed(who, counts.get(who.id, 0), state, _is_theirs(worker, who))


def _is_theirs(worker: Worker, who: Professional) -> bool:
    return worker.may(Task.STAFF) or (who.treats and not who.desk)


def add(deployment: Deployment, worker: Worker, newcomer: Professional) -> int:
    """Put somebody in and invite them; their number.

    Raises NotTheirs, NoMail, Wrong, trajectory.professionals.AlreadyListed.
    """
    _require_theirs(worker, newcomer)
    _require_mail(deployment)
    _require_sense(deployment, newcomer)
    number = staff.add(deployment, newcomer, worker.actor)
    staff.invite(deployment, number, worker.actor)
    return number


def change(deployment: Deployment, worker: Worker, changed: Professional) -> None:
    """Name, role, sector and language of `changed.id` are these; nothing else of it counts.

    Raises NotTheirs, Wrong, bot.directory.staff.NobodyListed, bot.directory.staff.StillShared.
    """
    known = _known(deployment, changed.id)
    changed = replace(changed, email=known.email, desk=known.desk, rhythm=known.rhythm)
    for each in (known, changed):
        _require_theirs(worker, each)
    _require_sense(deployment, changed)
    staff.change(deployment, changed, worker.actor)


def invite(deployment: Deployment, worker: Worker, number: int) -> None:
    """Mail an invitation; whoever had set up is signed out everywhere, and sets up anew.

    Raises NotTheirs, NoMail, bot.directory.staff.NobodyListed.
    """
    _require_theirs(worker, _known(deployment, number))
    _require_mail(deployment)
    staff.invite(deployment, number, worker.actor)


def remove(deployment: Deployment, worker: Worker, number: int) -> int:
    """Take somebody out; how many patients are told.

    Raises NotTheirs, bot.directory.staff.NobodyListed, bot.directory.staff.LastOperator.
    """
    _require_theirs(worker, _known(deployment, number))
    return staff.remove(deployment, number, worker.actor)


def set_roles(deployment: Deployment, worker: Worker, number: int, roles: Collection[Role]) -> None:
    """What somebody may do at the desk from now on, for whoever may say so.

    Raises Wrong, bot.directory.staff.NobodyListed, bot.directory.staff.LastOperator.
    """
    if not set(roles) <= set(AT_DESK):
        raise Wrong(["desk"])
    staff.set_desk(deployment, number, frozenset(roles), worker.actor)


def make_token(
    deployment: Deployment, worker: Worker, name: str, roles: Collection[Role]
) -> tuple[int, str]:
    """A new token for a program: its number, and the token itself, this once. Raises Wrong."""
    wrong = [field for field, given in (("name", name.strip()), ("roles", roles)) if not given]
    if wrong:
        raise Wrong(wrong)
    token, now = deployment.chance.token(), deployment.clock.now()
    number = deployment.database.run(
        lambda connection: tokens.make(
            connection,
            deployment.ids,
            token,
            now,
            name=name.strip(),
            roles=roles,
            actor=worker.actor,
        )
    )
    return number, token


def revoke_token(deployment: Deployment, worker: Worker, number: int) -> bool:
    """Let a token do nothing any more; False: there is none, or it was before."""
    now = deployment.clock.now()
    return deployment.database.run(
        lambda connection: tokens.revoke(
            connection, deployment.ids, number, now, actor=worker.actor
        )
    )


@dataclass(frozen=True, slots=True)
class Trace:
    """One record of the clinic's own audit, its numbers as names where there still are some."""

    record: Record
    actor: str
    subject: str
    """Whom it concerns; empty where nobody is named."""
    more: str
    """Roles or a reason, as they were."""


def traces(connection: Connection, deployment: Deployment, most: int) -> list[Trace]:
    """The newest changes and sign-ins, the newest first."""
    names = {each.id: each.name for each in professionals.listed(connection, deployment.ring)}
    return [_trace(each, names) for each in clinic_audit.newest(connection, most)]


def _trace(record: Record, names: Mapping[int, str]) -> Trace:
    subject, _, more = record.subject.partition(" ")
    return Trace(record, _named(record.actor, names), _named(subject, names), more)


def _named(whoever: str, names: Mapping[int, str]) -> str:
    """Somebody who has left is a number only."""
    kind, _, number = whoever.partition(":")
    if kind in ("desk", "directory") and number.isdecimal():
        return names.get(int(number), number)
    return whoever


def _known(deployment: Deployment, number: int) -> Professional:
    with deployment.database.read() as connection:
        who = professionals.by_id(connection, deployment.ring, number)
    if who is None:
        raise staff.NobodyListed
    return who


def _require_theirs(worker: Worker, who: Professional) -> None:
    if not _is_theirs(worker, who):
        raise NotTheirs


def _require_mail(deployment: Deployment) -> None:
    if not deployment.clinic.mails:
        raise NoMail


def _require_sense(deployment: Deployment, who: Professional) -> None:
    right = {
        "name": bool(who.name.strip()) and len(who.name) <= LONGEST_NAME,
        "email": EMAIL.fullmatch(who.email) is not None and len(who.email) <= LONGEST_EMAIL,
        "role": who.role in {*TREATING, STAFF},
        "sector": who.sector in SECTORS or (not who.treats and not who.sector),
        "language": who.language in deployment.catalogues,
        "desk": who.desk <= set(AT_DESK) and (who.treats or bool(who.desk)),
    }
    wrong = [field for field, is_right in right.items() if not is_right]
    if wrong:
        raise Wrong(wrong)
