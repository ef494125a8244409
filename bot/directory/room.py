"""In the room: the patient says a code aloud, a signed-in professional types it and may read.

The patient's message with the code has said what is seen, until when, and how to end it; the
professional is known by their sign-in. Whoever types codes at random is stopped soon.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Connection

from bot import opening
from bot.conversation.consents import SHOW
from bot.conversation.dates import day_name, months_later
from bot.conversation.terms import MONTHS
from bot.deployment import Deployment
from bot.directory.signing_in import SignedIn, who_is
from bot.held import Held, NoSuchPatient, hold
from trajectory import care_team, consents, grants, room_codes, sign_ins, traces
from trajectory.care_team import Member
from trajectory.grants import Grant
from trajectory.professionals import Professional
from trajectory.said import author_of
from trajectory.views import Page, scope_of

WRONG_AN_HOUR = 10
"""Of 47 million codes: with five good at once, one chance in a million an hour."""
_HOUR = timedelta(hours=1)
_WRONG = "room-code"
_PATIENT = "patient"


class Problem(StrEnum):
    """Why a code opens nothing; no more is told."""

    WRONG = "wrong"
    TOO_MANY = "too-many"


class NotOpened(Exception):
    """The code opens nothing; `problem` says whether another try makes sense."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self.problem = problem


def open_by_code(deployment: Deployment, cookie: str, typed: str, now: datetime) -> int:
    """Let the professional at this browser read, and open the page; the id of the grant.

    Raises:
        NotSignedIn: nobody is signed in under this cookie.
        NotOpened: the code is wrong, used or too old, or too many were.
    """
    opened = deployment.database.run(
        lambda connection: _open_by_code(connection, deployment, cookie, typed, now)
    )
    if isinstance(opened, Problem):
        raise NotOpened(opened)
    return opened


def _open_by_code(
    connection: Connection, deployment: Deployment, cookie: str, typed: str, now: datetime
) -> int | Problem:
    """What went wrong is returned, so that a wrong code is counted."""
    ring, signed_in = deployment.ring, who_is(connection, deployment, cookie, now)
    place = ("directory", str(signed_in.who.id))
    if traces.count(connection, ring, _WRONG, place, now - _HOUR) >= WRONG_AN_HOUR:
        return Problem.TOO_MANY
    code = room_codes.read(typed)
    patient_id = room_codes.find(connection, ring, code, now)
    grant_id = patient_id and _enter(connection, deployment, signed_in, patient_id, code, now)
    # After the patient's conversation, as everywhere.
    sign_ins.touch(connection, signed_in.session_id, now)
    if not grant_id:
        traces.note(connection, deployment.ids, ring, _WRONG, place, now)
        return Problem.WRONG
    return grant_id


def _enter(
    connection: Connection,
    deployment: Deployment,
    signed_in: SignedIn,
    patient_id: int,
    code: str,
    now: datetime,
) -> int | None:
    try:
        with hold(connection, deployment, patient_id, now) as held:
            if not room_codes.use(connection, deployment.ring, patient_id, code, now):
                return None
            return _let_read(held, signed_in)
    except NoSuchPatient:
        return None


def _let_read(held: Held, signed_in: SignedIn) -> int:
    member = _member(held, signed_in)
    until = months_later(held.now, MONTHS, held.person.zone)
    grant = _lasting(held, member, until) or _give(held, member, until)
    opening.begin(held, grant, held.deployment.chance.token(), signed_in.session_id)
    held.tell(_told(held, grant))
    return grant.id


def _member(held: Held, signed_in: SignedIn) -> Member:
    """Who it is in the patient's care team; somebody of the same address becomes that one."""
    who, team = signed_in.who, care_team.active(held.connection, held.sealer, held.patient_id)
    for member in team:
        if member.professional_id == who.id:
            return member
    for member in team:
        if _is_same(member, who):
            care_team.link(held.connection, member.id, who.id)
            held.audit(_PATIENT, "member-listed", f"member:{member.id}")
            return member
    number = held.deployment.ids.take(held.connection)
    member = Member(number, who.role, who.name, who.email, professional_id=who.id)
    care_team.add(held.connection, held.sealer, member, patient_id=held.patient_id, now=held.now)
    held.audit(_PATIENT, "member-added", f"member:{member.id}")
    return member


def _is_same(member: Member, who: Professional) -> bool:
    """Address and role must agree: the role decides what is seen."""
    same = (member.email or "").casefold() == who.email.casefold()
    return same and member.role == who.role and member.professional_id is None


def _grants(held: Held, member: Member) -> list[Grant]:
    active = grants.active(held.connection, held.sealer, held.patient_id, held.now)
    return [grant for grant in active if grant.member.id == member.id]


def _lasting(held: Held, member: Member, until: datetime) -> Grant | None:
    """A grant that lasts as long anyway: nothing that the patient has chosen is cut short."""
    for grant in _grants(held, member):
        lasts = grant.until is None or grant.until >= until
        if lasts and scope_of(grant).page is Page.WHOLE and grants.ONCE not in grant.purposes:
            return grant
    return None


def _give(held: Held, member: Member, until: datetime) -> Grant:
    """A new grant in place of shorter ones; what those were for besides stays allowed."""
    connection, deployment = held.connection, held.deployment
    purposes = {"summary"}
    for grant in _grants(held, member):
        purposes |= grant.purposes - {grants.ONCE, grants.WORK_PAGE}
        grants.end(connection, grant.id, held.now)
    grant_id = grants.give(
        connection,
        deployment.ids,
        deployment.ring,
        held.sealer,
        patient_id=held.patient_id,
        member_id=member.id,
        purposes=purposes,
        until=until,
        token=deployment.chance.token(),
        word=deployment.chance.word(held.person.language),
        now=held.now,
    )
    detail = {"member": member.id, "purposes": sorted(purposes), "until": until.isoformat()}
    held.record("grant", _PATIENT, detail=detail | {"by": "room-code"})
    held.audit(_PATIENT, "shared", f"member:{member.id}")
    _record_consent(held, member)
    held.audit(author_of(member.id), "room-code-used", f"grant:{grant_id}")
    return next(grant for grant in _grants(held, member) if grant.id == grant_id)


def _record_consent(held: Held, member: Member) -> None:
    """Saying the code aloud is a yes to what the message with it says."""
    asked = held.deployment.consents[SHOW].detail(held.person.language)
    detail = asked | {"member": member.id, "by": "room-code"}
    held.record(consents.KIND, _PATIENT, code=consents.GIVEN, detail=detail)
    held.audit(_PATIENT, f"consent-{consents.GIVEN}", "share")


def _told(held: Held, grant: Grant) -> str:
    name, person = grant.member.name, held.person
    if grant.until is None:
        return held.words.say("receipt.room.open-ended", name=name)
    day = day_name(grant.until, person.zone, person.language)
    return held.words.say("receipt.room.until", name=name, day=day)
