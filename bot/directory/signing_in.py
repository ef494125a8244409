"""Signing in at /pro: an address, a mailed code and an authenticator, then a session.

Whoever types an address learns nothing of it: known or not, asked for too often or not, the
answer is the same, and costs the same transaction.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from bot.deployment import Deployment
from bot.directory import digests_due
from bot.directory.mailing import mail, words_of
from bot.permission import NotSignedIn
from trajectory import authenticator, clinic_audit, professionals, sign_ins, traces
from trajectory.clinic_audit import Action
from trajectory.professionals import Authenticator, Professional
from trajectory.sign_ins import Attempt

MINUTES = int(sign_ins.CODE_LIFE.total_seconds() // 60)
_HOUR = timedelta(hours=1)
_ASKED = "directory-code"
"""How it is traced that a code was asked for; the place is the address that was typed."""
_MISSED = "directory-shown"
"""How it is traced that a mailed code was right and the authenticator was not."""
WRONG_A_DAY = 10
"""Of those with one authenticator: who reads somebody's mail guesses no further, and a reset helps
the owner."""


class NotRight(Exception):
    """Code or authenticator is wrong, used up or too old; nobody learns which."""


class NotInvited(Exception):
    """The link sets nothing up: unknown, used or too old."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Somebody of the directory at an open browser."""

    who: Professional
    session_id: int
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class SetUp:
    """What the page of an invitation shows."""

    who: Professional
    secret: str
    uri: str


def ask_for_code(deployment: Deployment, email: str, cookie: str, now: datetime) -> None:
    """Mail a code to this address if it is one of the directory's, for the browser `cookie`.

    At most five an hour; nothing tells whether one went out.
    """
    deployment.database.run(
        lambda connection: _ask_for_code(connection, deployment, email, cookie, now)
    )


def sign_in(
    deployment: Deployment, trial: str, code: str, shown: str, cookie: str, now: datetime
) -> None:
    """Let a browser in by `cookie`: it has asked as `trial`, and types both codes.

    Raises:
        NotRight: the try counts.
    """
    if not deployment.database.run(
        lambda connection: _sign_in(connection, deployment, trial, (code, shown), cookie, now)
    ):
        raise NotRight


def who_is(connection: Connection, deployment: Deployment, cookie: str, now: datetime) -> SignedIn:
    """Who is signed in at this browser. Raises NotSignedIn."""
    session = sign_ins.by_cookie(connection, deployment.ring, cookie, now)
    if session is None:
        raise NotSignedIn
    who = professionals.by_id(connection, deployment.ring, session.professional_id)
    if who is None:
        raise NotSignedIn
    return SignedIn(who, session.id, session.seen_at)


def sign_out(deployment: Deployment, cookie: str, now: datetime) -> None:
    """Let this browser in no more, and close what was opened at it; harmless when repeated."""

    def work(connection: Connection) -> None:
        session = sign_ins.by_cookie(connection, deployment.ring, cookie, now)
        if session is not None:
            sign_ins.close(connection, session.id, now)
            _trace(connection, deployment, Action.SIGNED_OUT, session.professional_id, now)

    deployment.database.run(work)


def look_at_invitation(deployment: Deployment, token: str, now: datetime) -> SetUp:
    """What the authenticator is to be given; changes nothing. Raises NotInvited."""
    with deployment.database.read() as connection:
        return _set_up(connection, deployment, token, now)


def confirm_authenticator(deployment: Deployment, token: str, shown: str, now: datetime) -> None:
    """The authenticator counts as set up once it shows a right code; the link is then used.

    Raises:
        NotInvited: the link sets nothing up.
        NotRight: not the code that the authenticator shows.
    """

    def work(connection: Connection) -> None:
        made = _set_up(connection, deployment, token, now)
        step = authenticator.step_of(made.secret, shown, now)
        if step is None or not professionals.use_step(connection, made.who.id, step):
            raise NotRight
        professionals.make_ready(connection, made.who.id, now)
        digests_due.set_next(connection, deployment, made.who, now)
        _trace(connection, deployment, Action.SET_UP, made.who.id, now)

    deployment.database.run(work)


def _ask_for_code(
    connection: Connection, deployment: Deployment, email: str, cookie: str, now: datetime
) -> None:
    ring, place = deployment.ring, ("directory", email.strip().casefold())
    asked = traces.count(connection, ring, _ASKED, place, now - _HOUR)
    if asked >= sign_ins.CODES_AN_HOUR:
        return
    traces.note(connection, deployment.ids, ring, _ASKED, place, now)
    who = professionals.by_email(connection, ring, email)
    if who is None or not who.ready:
        return
    code = deployment.chance.digits(6)
    sign_ins.new_code(
        connection,
        deployment.ids,
        ring,
        professional_id=who.id,
        cookie=cookie,
        code=code,
        now=now,
    )
    words = words_of(deployment, who)
    text = words.say(
        "mail.sign-in.text",
        name=who.name,
        clinic=deployment.clinic.name,
        code=code,
        minutes=MINUTES,
    )
    mail(connection, deployment, who, now, text, words.say("mail.sign-in.subject"))


def _sign_in(
    connection: Connection,
    deployment: Deployment,
    trial: str,
    given: tuple[str, str],
    cookie: str,
    now: datetime,
) -> bool:
    code, shown = given
    attempt, code_id, number = sign_ins.try_code(connection, deployment.ring, trial, code, now)
    if attempt is Attempt.SPENT:
        return False
    known = professionals.authenticator(connection, deployment.ring, number)
    if attempt is Attempt.WRONG or known is None:
        return False
    if not _shows(connection, deployment, number, known, shown, now):
        _trace(connection, deployment, Action.REFUSED, number, now)
        return False
    sign_ins.use_code(connection, code_id, now)
    sign_ins.open_session(connection, deployment.ids, deployment.ring, number, cookie, now)
    _trace(connection, deployment, Action.SIGNED_IN, number, now)
    return True


def _trace(
    connection: Connection, deployment: Deployment, action: Action, number: int, now: datetime
) -> None:
    whoever = clinic_audit.directory(number)
    clinic_audit.append(connection, deployment.ids, actor=whoever, action=action, at=now)


def _shows(
    connection: Connection,
    deployment: Deployment,
    number: int,
    known: Authenticator,
    shown: str,
    now: datetime,
) -> bool:
    """Whether this is a code of the authenticator; a miss counts, and after so many none is."""
    ring, place = deployment.ring, ("authenticator", known.secret)
    missed = traces.count(connection, ring, _MISSED, place, now - traces.KEPT)
    step = authenticator.step_of(known.secret, shown, now, known.last_step)
    if missed >= WRONG_A_DAY:
        return False
    if step is not None and professionals.use_step(connection, number, step):
        return True
    traces.note(connection, deployment.ids, ring, _MISSED, place, now)
    return False


def _set_up(connection: Connection, deployment: Deployment, token: str, now: datetime) -> SetUp:
    who = professionals.by_invitation(connection, deployment.ring, token, now)
    if who is None:
        raise NotInvited
    known = professionals.authenticator(connection, deployment.ring, who.id)
    if known is None:
        raise NotInvited
    uri = authenticator.setup_uri(known.secret, who.email, deployment.clinic.name)
    return SetUp(who, known.secret, uri)
