"""The clinic's hands on its directory: who comes, who is invited, who leaves."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from bot.deployment import Deployment
from bot.directory import digests_due
from bot.directory.mailing import home_of, link_to, mail, words_of
from bot.held import Held, NoSuchPatient, hold
from trajectory import authenticator, care_team, clinic_audit, grants, professionals, sign_ins
from trajectory.clinic_audit import Action
from trajectory.professionals import Professional
from trajectory.staff_tokens import Role

_STAFF = "staff"
OPERATOR = "operator"
"""Whoever uses the command line."""


class NobodyListed(Exception):
    """Nobody of the directory has this number."""


class StillShared(Exception):
    """Patients have somebody in their care team who is said to treat nobody any more."""


class LastOperator(Exception):
    """The only one who can give people roles at the desk cannot lose that role."""


def add(deployment: Deployment, newcomer: Professional, actor: str = OPERATOR) -> int:
    """The number of somebody new, who is invited by another call.

    Raises:
        trajectory.professionals.AlreadyListed: somebody has this address.
    """
    now, token = deployment.clock.now(), deployment.chance.token()

    def work(connection: Connection) -> int:
        number = professionals.add(
            connection, deployment.ids, deployment.ring, newcomer, token, now
        )
        _trace(connection, deployment, actor, Action.ADDED, number, now)
        if newcomer.desk:
            _trace_roles(connection, deployment, actor, number, newcomer.desk, now)
        return number

    return deployment.database.run(work)


def change(deployment: Deployment, changed: Professional, actor: str = OPERATOR) -> None:
    """Name, role, sector and language of `changed.id` are these from now on.

    Patients who have this person keep the name and the role under which they took them.

    Raises:
        NobodyListed: nobody has this number.
        StillShared: who treats nobody can be in no care team.
    """
    now = deployment.clock.now()

    def work(connection: Connection) -> None:
        before = _who(connection, deployment, changed.id)
        if before.treats and not changed.treats:
            if grants.whose_patients(connection, changed.id):
                raise StillShared
            digests_due.drop(connection, changed.id)
        professionals.describe(connection, deployment.ring, changed)
        _trace(connection, deployment, actor, Action.CHANGED, changed.id, now)

    deployment.database.run(work)


def invite(deployment: Deployment, number: int, actor: str = OPERATOR) -> None:
    """Mail a link that sets an authenticator up; whoever had one signs in with the new one only.

    Every open page of this person closes, since the authenticator may be in wrong hands.

    Raises:
        NobodyListed: nobody has this number.
    """
    now, token = deployment.clock.now(), deployment.chance.token()
    secret = authenticator.new_secret(deployment.chance.random)

    def work(connection: Connection) -> None:
        who = _who(connection, deployment, number)
        sign_ins.close_all(connection, number, now)
        professionals.invite(connection, deployment.ring, number, token, secret, now)
        _mail_invitation(connection, deployment, who, token, now)
        _trace(connection, deployment, actor, Action.INVITED, number, now)

    deployment.database.run(work)


def _mail_invitation(
    connection: Connection, deployment: Deployment, who: Professional, token: str, now: datetime
) -> None:
    words = words_of(deployment, who)
    text = words.say(
        "mail.directory.text" if who.treats else "mail.staff.text",
        name=who.name,
        clinic=deployment.clinic.name,
        link=link_to(deployment, f"/setup/{token}", home_of(who)),
        days=professionals.INVITATION_LIFE.days,
    )
    subject = words.say("mail.directory.subject", clinic=deployment.clinic.name)
    mail(connection, deployment, who, now, text, subject)


def set_desk(
    deployment: Deployment, number: int, roles: frozenset[Role], actor: str = OPERATOR
) -> None:
    """What somebody may do at the clinic's desk from now on, at once; the empty set: nothing.

    Raises:
        NobodyListed: nobody has this number.
        LastOperator: nobody else could give roles any more.
    """

    def work(connection: Connection) -> None:
        professionals.hold_operators(connection)
        _leave_an_operator(connection, deployment, _who(connection, deployment, number), roles)
        professionals.set_desk(connection, number, roles)
        _trace_roles(connection, deployment, actor, number, roles, deployment.clock.now())

    deployment.database.run(work)


def _leave_an_operator(
    connection: Connection, deployment: Deployment, who: Professional, roles: frozenset[Role]
) -> None:
    """Raises LastOperator; the caller holds the operators, or two at once would both pass."""
    if Role.OPERATOR not in who.desk - roles:
        return
    listed = professionals.listed(connection, deployment.ring)
    if not any(Role.OPERATOR in each.desk for each in listed if each.id != who.id):
        raise LastOperator


def remove(deployment: Deployment, number: int, actor: str = OPERATOR) -> int:
    """Take somebody out: signed out at once, and no patient shares with them any more.

    How many patients that were; each is told. Done twice, it ends what was left.

    Raises:
        NobodyListed: nobody has this number.
        LastOperator: nobody else could give roles any more.
    """
    now = deployment.clock.now()

    def close(connection: Connection) -> list[int]:
        if not professionals.was_ever_listed(connection, number):
            raise NobodyListed
        professionals.hold_operators(connection)
        who = professionals.by_id(connection, deployment.ring, number)
        if who is not None:
            _leave_an_operator(connection, deployment, who, frozenset())
        sign_ins.close_all(connection, number, now)
        professionals.remove(connection, number, now)
        digests_due.drop(connection, number)
        found = grants.whose_patients(connection, number)
        _trace(connection, deployment, actor, Action.REMOVED, number, now)
        return found

    patient_ids = deployment.database.run(close)
    for patient_id in patient_ids:
        _leave(deployment, patient_id, number, now)
    return len(patient_ids)


def _trace(
    connection: Connection,
    deployment: Deployment,
    actor: str,
    action: Action,
    number: int,
    now: datetime,
    more: str = "",
) -> None:
    clinic_audit.append(
        connection,
        deployment.ids,
        actor=actor,
        action=action,
        subject=clinic_audit.directory(number) + more,
        at=now,
    )


def _trace_roles(
    connection: Connection,
    deployment: Deployment,
    actor: str,
    number: int,
    roles: frozenset[Role],
    now: datetime,
) -> None:
    more = f" {','.join(sorted(roles)) or 'none'}"
    _trace(connection, deployment, actor, Action.ROLES, number, now, more)


def _who(connection: Connection, deployment: Deployment, number: int) -> Professional:
    who = professionals.by_id(connection, deployment.ring, number)
    if who is None:
        raise NobodyListed
    return who


def _leave(deployment: Deployment, patient_id: int, number: int, now: datetime) -> None:
    def work(connection: Connection) -> None:
        with hold(connection, deployment, patient_id, now) as held:
            _take_out(held, number)

    try:
        deployment.database.run(work)
    except NoSuchPatient:
        return


def _take_out(held: Held, number: int) -> None:
    shared = grants.active(held.connection, held.sealer, held.patient_id, held.now)
    for member in care_team.active(held.connection, held.sealer, held.patient_id):
        if member.professional_id != number:
            continue
        care_team.remove(held.connection, member.id, held.now)
        if any(grant.member.id == member.id for grant in shared):
            detail = {"member": member.id, "reason": "left"}
            held.record("grant-ended", _STAFF, detail=detail)
            held.audit(_STAFF, "sharing-stopped", f"member:{member.id}")
            held.tell(held.words.say("receipt.left", name=member.name))
