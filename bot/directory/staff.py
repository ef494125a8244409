"""The clinic's hands on its directory: who comes, who is invited, who leaves."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from bot.deployment import Deployment
from bot.directory import digests_due
from bot.directory.mailing import link_to, mail, words_of
from bot.held import Held, NoSuchPatient, hold
from trajectory import authenticator, care_team, grants, professionals, sign_ins
from trajectory.professionals import Professional

_STAFF = "staff"


class NobodyListed(Exception):
    """Nobody of the directory has this number."""


def add(deployment: Deployment, newcomer: Professional) -> int:
    """The number of somebody new, who is invited by another call.

    Raises:
        trajectory.professionals.AlreadyListed: somebody has this address.
    """
    now, token = deployment.clock.now(), deployment.chance.token()
    return deployment.database.run(
        lambda connection: professionals.add(
            connection, deployment.ids, deployment.ring, newcomer, token, now
        )
    )


def invite(deployment: Deployment, number: int) -> None:
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
        words = words_of(deployment, who)
        text = words.say(
            "mail.directory.text",
            name=who.name,
            clinic=deployment.clinic.name,
            link=link_to(deployment, f"/setup/{token}"),
            days=professionals.INVITATION_LIFE.days,
        )
        subject = words.say("mail.directory.subject", clinic=deployment.clinic.name)
        mail(connection, deployment, who, now, text, subject)

    deployment.database.run(work)


def remove(deployment: Deployment, number: int) -> int:
    """Take somebody out: signed out at once, and no patient shares with them any more.

    How many patients that were; each is told. Done twice, it ends what was left.

    Raises:
        NobodyListed: nobody has this number.
    """
    now = deployment.clock.now()

    def close(connection: Connection) -> list[int]:
        if not professionals.was_ever_listed(connection, number):
            raise NobodyListed
        sign_ins.close_all(connection, number, now)
        professionals.remove(connection, number, now)
        digests_due.drop(connection, number)
        return grants.whose_patients(connection, number)

    patient_ids = deployment.database.run(close)
    for patient_id in patient_ids:
        _leave(deployment, patient_id, number, now)
    return len(patient_ids)


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
