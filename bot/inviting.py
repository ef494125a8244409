"""Patients to be, and what lets them in: a one-time code, a link, and four digits of their own."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from sqlalchemy import Connection

from bot import ledger, loading
from bot.conversation.own_code import draw_code
from bot.conversation.step import Person
from bot.conversation.tasks import enrolment
from bot.deployment import Deployment
from bot.enrolling import create_patient
from bot.enrolment_codes import new_code, shown_code
from bot.greeting import Greeting, greet, require_free
from bot.phone import shown_number
from templates.card import Card, cards_page
from trajectory import (
    audit,
    care_team,
    enrolment_codes,
    enrolment_marks,
    patients,
    professionals,
    web_access,
)
from trajectory.care_team import TREATING, Member
from trajectory.enrolment_marks import Identity
from trajectory.keys import Sealer

LIFE = timedelta(days=14)

STAFF = "staff"
"""Who acts in a patient's log where the clinic enrols."""


class NoSuchPatient(Exception):
    """No patient has this number."""


@dataclass(frozen=True, slots=True)
class Invitee:
    """A patient to be, as far as the clinic knows them."""

    language: str
    timezone: str
    pathway: str | None
    name: str = ""
    hour: time | None = None
    weekday: int | None = None
    consented: bool = False
    """On paper already, so that nothing is asked when they come in."""
    phone: str = ""
    """In E.164; empty: the clinic has none."""
    born: date | None = None
    care_team: tuple[int, ...] = ()
    """Numbers in the directory of those who treat them; whom nothing is granted by it."""
    greeting: Greeting | None = None
    """What the phone is sent at once; None: nothing."""
    channel: str = ""
    """Where the square of the card leads; empty: to the first that there is."""

    @property
    def identity(self) -> Identity:
        """By what they are known again."""
        return Identity(self.name, self.born, self.phone)


@dataclass(frozen=True, slots=True)
class Invitation:
    """What the clinic hands over, shown this once: nobody can read it out of the database."""

    patient_id: int
    name: str
    language: str
    timezone: str
    code: str
    expires_at: datetime
    digits: str
    """The patient's own four; empty for one who has theirs already."""
    links: Mapping[str, str]
    """By channel what the patient opens."""
    ways: Mapping[str, str]
    """By channel what the patient does, in the patient's language."""
    channel: str = ""
    """Where the square of the card leads; empty: to the first that there is."""


def invite(
    deployment: Deployment, invitee: Invitee, lifetime: timedelta, by: str = STAFF
) -> Invitation:
    """Make a patient whom no address leads to yet, and what lets them in.

    `by`: how the audit calls whoever does it.

    Raises:
        trajectory.patients.AddressTaken: another patient has this phone.
        trajectory.database.Unavailable: nothing was stored.
    """
    now = deployment.clock.now()
    return deployment.database.run(
        lambda connection: invite_within(connection, deployment, invitee, lifetime, now, by)
    )


def invite_within(
    connection: Connection,
    deployment: Deployment,
    invitee: Invitee,
    lifetime: timedelta,
    now: datetime,
    by: str = STAFF,
) -> Invitation:
    """`invite` for whoever has a transaction."""
    greeting = invitee.greeting
    if greeting is not None:
        require_free(connection, deployment, greeting.channel, invitee.phone)
    person = Person(
        0, "enrolling", invitee.language, invitee.timezone, invitee.pathway, name=invitee.name
    )
    person.born, person.phone = invitee.born, invitee.phone
    person.hour = invitee.hour or person.hour
    person.weekday = person.weekday if invitee.weekday is None else invitee.weekday
    person.code = draw_code(deployment.chance)
    person.id, sealer = create_patient(connection, deployment, person, now)
    enrolment_marks.note(
        connection, deployment.ids, deployment.ring, person.id, invitee.identity, now
    )
    _let_wait(connection, deployment, invitee, person.id, now)
    token = _link(connection, deployment, person.id, sealer, now, lifetime)
    invitation = replace(
        _with_code(connection, deployment, person, now, lifetime, token, by),
        channel=invitee.channel,
    )
    _take_in(connection, deployment, sealer, person.id, invitee.care_team, now, by)
    if greeting is not None:
        code = "" if greeting.has_card else invitation.code
        greet(connection, deployment, sealer, person, greeting.channel, code, now + lifetime)
    return invitation


def _link(
    connection: Connection,
    deployment: Deployment,
    patient_id: int,
    sealer: Sealer,
    now: datetime,
    lifetime: timedelta,
) -> str:
    """A one-time link into the web chat; its token."""
    token = deployment.chance.token()
    web_access.create_link(
        connection,
        deployment.ids,
        deployment.ring,
        sealer,
        patient_id=patient_id,
        token=token,
        now=now,
        lifetime=lifetime,
    )
    return token


def _take_in(
    connection: Connection,
    deployment: Deployment,
    sealer: Sealer,
    patient_id: int,
    numbers: Collection[int],
    now: datetime,
    by: str,
) -> None:
    """Name these of the directory as the patient's care team; whoever has left is left out."""
    for number in numbers:
        who = professionals.by_id(connection, deployment.ring, number)
        if who is not None and who.role in TREATING:
            member_id = deployment.ids.take(connection)
            member = Member(member_id, who.role, who.name, who.email, professional_id=who.id)
            care_team.add(connection, sealer, member, patient_id=patient_id, now=now)
            audit.append(
                connection,
                deployment.ids,
                patient_id,
                actor=by,
                action="member-added",
                subject=f"member:{member_id}",
                at=now,
            )


def invite_again(
    deployment: Deployment, patient_id: int, lifetime: timedelta, by: str = STAFF
) -> Invitation:
    """A code for a patient who is here already: a lost phone, a new number, a lost card.

    Whoever shows it from a new address has to give the patient's own four digits as well; a
    patient who was never heard gets new ones with it, and a new link.

    Raises:
        NoSuchPatient: nobody has this number.
        trajectory.database.Unavailable: nothing was stored.
    """
    now = deployment.clock.now()
    return deployment.database.run(
        lambda connection: invite_again_within(
            connection, deployment, patient_id, lifetime, now, by
        )
    )


def invite_again_within(
    connection: Connection,
    deployment: Deployment,
    patient_id: int,
    lifetime: timedelta,
    now: datetime,
    by: str = STAFF,
) -> Invitation:
    """`invite_again` for whoever has a transaction."""
    rows = patients.lock_conversations(connection, [patient_id])
    if not rows:
        raise NoSuchPatient
    loaded = loading.load(connection, deployment, rows)[patient_id]
    person, token = loaded.person, ""
    if enrolment.waits(loaded.memory.task):
        person.code = draw_code(deployment.chance)
        patients.save_all(connection, [(patient_id, loaded.sealer, ledger.described(person))])
        web_access.close_links(connection, patient_id, now)
        token = _link(connection, deployment, patient_id, loaded.sealer, now, lifetime)
    else:
        person.code = ""
    return _with_code(connection, deployment, person, now, lifetime, token, by)


def _let_wait(
    connection: Connection,
    deployment: Deployment,
    invitee: Invitee,
    patient_id: int,
    now: datetime,
) -> None:
    """The conversation waits for the patient's first word; what is known is not asked."""
    known = {
        "language": True,
        "name": invitee.name,
        "hour": invitee.hour is not None,
        "weekday": invitee.weekday is not None,
        "code": True,
    }
    (row,) = patients.lock_conversations(connection, [patient_id])
    loaded = loading.load(connection, deployment, [row])[patient_id]
    step = loading.step_for(connection, deployment, loaded, now, web_access.CHANNEL, {})
    names = frozenset(name for name, value in known.items() if value)
    enrolment.wait(step, names, consented=invitee.consented)
    body = loaded.sealer.seal(patients.BODY, patient_id, step.memory.to_json())
    patients.save_conversation(connection, patient_id, row.sequence, None, body)


def _with_code(
    connection: Connection,
    deployment: Deployment,
    person: Person,
    now: datetime,
    lifetime: timedelta,
    token: str,
    by: str = STAFF,
) -> Invitation:
    code = new_code(deployment.chance.random)
    enrolment_codes.create(
        connection,
        deployment.ids,
        deployment.ring,
        patient_id=person.id,
        code=code,
        now=now,
        lifetime=lifetime,
    )
    audit.append(connection, deployment.ids, person.id, actor=by, action="code-made", at=now)
    shown, links = shown_code(code), _links(deployment, code, token)
    ways = _ways(deployment, person.language, shown, links)
    return Invitation(
        person.id,
        person.name,
        person.language,
        person.timezone,
        shown,
        now + lifetime,
        person.code,
        links,
        ways,
    )


def _links(deployment: Deployment, code: str, token: str) -> dict[str, str]:
    clinic = deployment.clinic
    links = {}
    if clinic.telegram_bot:
        links["telegram"] = f"https://t.me/{clinic.telegram_bot}?start={shown_code(code)}"
    if clinic.sms_number or clinic.sms_by_service:
        links["sms"] = f"sms:{clinic.sms_number}?body=START%20{shown_code(code)}"
    if clinic.whatsapp_number:
        number = clinic.whatsapp_number.removeprefix("+")
        links["whatsapp"] = f"https://wa.me/{number}?text=START%20{shown_code(code)}"
    if token:
        links["web"] = f"{clinic.public_url}/chat/in/{token}"
    return links


def _ways(
    deployment: Deployment, language: str, code: str, links: Mapping[str, str]
) -> dict[str, str]:
    clinic, words = deployment.clinic, deployment.catalogues[language]
    numbers = {"sms": clinic.sms_number, "whatsapp": clinic.whatsapp_number}
    return {
        channel: words.say(
            "invite.sms-to-clinic"
            if channel == "sms" and not clinic.sms_number
            else f"invite.{channel}",
            link=link,
            clinic=clinic.name,
            code=code,
            number=shown_number(numbers.get(channel, "")),
        )
        for channel, link in links.items()
    }


def card_of(deployment: Deployment, invitation: Invitation, channel: str) -> str:
    """The invitation as a page to be printed, the way on this channel first."""
    return cards_page([shown_card(deployment, invitation, channel)])


def cards_of(deployment: Deployment, invitations: Sequence[Invitation]) -> str:
    """Many as one page to be printed, each on a sheet of its own."""
    return cards_page([shown_card(deployment, each) for each in invitations])


def shown_card(deployment: Deployment, invitation: Invitation, channel: str = "") -> Card:
    """What stands on the card; `channel` empty: as the patient was enrolled."""
    clinic = deployment.clinic
    return Card(
        language=invitation.language,
        clinic=clinic.name,
        emergency_number=clinic.emergency_number,
        timezone=invitation.timezone,
        code=invitation.code,
        until=invitation.expires_at,
        links=invitation.links,
        ways=invitation.ways,
        channel=channel or invitation.channel,
        name=invitation.name,
        digits=invitation.digits,
    )
