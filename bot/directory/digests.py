"""Weekly digests: one mail per professional over all patients who allow it.

The mail counts, and says why to look; the lines stand behind the sign-in. Where few patients
share, a count would tell the health of one of them, so that the mail says no more than that
something is new (ADR 0035).
"""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection

from bot.deployment import Deployment
from bot.directory import digests_due
from bot.directory.mailing import link_to, mail, words_of
from bot.directory.overview import Line, Overview, arranged, lines, listed
from bot.messages import Priority
from templates.catalogue import Catalogue
from trajectory import professionals, triage
from trajectory.database import Unavailable
from trajectory.professionals import Professional, Rhythm
from trajectory.triage import Rest, Why

PURPOSE = "digest"
"""What a grant must be for."""
FEWEST = 5
"""Patients below whom nothing is counted."""
BATCH = 20
AGAIN = timedelta(hours=1)
"""When a digest that could not be made is tried once more."""
OVERLAP = timedelta(minutes=1)
"""What was being written while patients were read counts as new the next time as well."""
_CALM = (Rest.BETTER, Rest.UNCHANGED, Rest.EARLY, Rest.PAUSED)

_log = structlog.get_logger(__name__)


def send_due(deployment: Deployment, limit: int = BATCH) -> int:
    """Make the digests that are due now, for up to so many professionals; how many were due.

    Raises:
        trajectory.database.Unavailable: what is left stays due.
    """
    now = deployment.clock.now()
    with deployment.database.read() as connection:
        found = digests_due.found(connection, now, limit)
    for number, at in found:
        _make_one(deployment, number, at, now)
    return len(found)


def choose(deployment: Deployment, number: int, rhythm: Rhythm, now: datetime) -> None:
    """Let the digest of this person come at that time from now on, or not at all."""

    def work(connection: Connection) -> None:
        professionals.set_rhythm(connection, number, rhythm)
        who = professionals.by_id(connection, deployment.ring, number)
        if who is not None:
            digests_due.set_next(connection, deployment, who, now)

    deployment.database.run(work)


def unsubscribe(deployment: Deployment, token: str) -> bool:
    """End the digests of whom this link belongs to; False: it is nobody's."""

    def work(connection: Connection) -> bool:
        who = professionals.unsubscribed_by(connection, deployment.ring, token)
        if who is not None:
            professionals.set_rhythm(connection, who.id, who.rhythm._replace(on=False))
            digests_due.drop(connection, who.id)
        return who is not None

    return deployment.database.run(work)


def _make_one(deployment: Deployment, number: int, at: datetime, now: datetime) -> None:
    """The broad catch is the rule here: one patient's trouble must stop no other digest."""
    try:
        _make(deployment, number, at, now)
    except Unavailable:
        raise
    except Exception as error:  # noqa: BLE001
        _log.error("digest put off", professional_id=number, error=type(error).__name__)
        deployment.database.run(
            lambda connection: digests_due.claim(connection, number, at, now + AGAIN)
        )


def _make(deployment: Deployment, number: int, at: datetime, now: datetime) -> None:
    """Read in one snapshot, then a short transaction: whoever moves the row on sends the mail."""
    with deployment.database.read() as connection:
        who = professionals.by_id(connection, deployment.ring, number)
        seen = None if who is None else _overview(connection, deployment, who, now)

    def work(connection: Connection) -> None:
        professionals.hold(connection, number)
        if who is None or seen is None:
            digests_due.drop(connection, number)
            return
        following = digests_due.next_time(who.rhythm, now, deployment.clinic.zone)
        if not digests_due.claim(connection, number, at, following):
            return
        professionals.note_digest(connection, number, now - OVERLAP)
        if is_new(seen):
            words = words_of(deployment, who)
            token = professionals.unsubscribe_token(connection, deployment.ring, number)
            text = text_of(deployment, seen, words, token)
            subject = words.say("mail.digest.subject")
            mail(connection, deployment, who, now, text, subject, Priority.BULK)

    deployment.database.run(work)


def _overview(
    connection: Connection, deployment: Deployment, who: Professional, now: datetime
) -> Overview:
    shared = listed(connection, who.id, now)
    allowed = [each for each in shared if PURPOSE in each.purposes]
    return arranged(who, now, lines(connection, deployment, allowed, now))


def is_new(seen: Overview) -> bool:
    """Whether anything has come since the last digest that this person has not looked at."""
    return any(_is_news(line, seen.who.digested_at) for line in (*seen.to_look_at, *seen.others))


def _is_news(line: Line, digested_at: datetime | None) -> bool:
    known = max(filter(None, (digested_at, line.shared.since)), default=None)
    return known is None or any(moment > known for moment in _came(line))


def _came(line: Line) -> list[datetime]:
    """When what could be news of this patient came."""
    stands = line.standing
    came = [*filter(None, (stands.news_at, stands.silent_since))]
    if line.shared.since is None:
        came.append(line.shared.given_at)
    if Why.VISIT in stands.why and stands.visit_at is not None:
        came.append(stands.visit_at - triage.VISIT_WITHIN)
    return came


def text_of(deployment: Deployment, seen: Overview, words: Catalogue, token: str) -> str:
    """The mail: no name, and where few share no count either."""
    counted = _counted(seen, words) if seen.all >= FEWEST else words.say("mail.digest.few")
    return words.say(
        "mail.digest.text",
        counted=counted,
        clinic=deployment.clinic.name,
        link=link_to(deployment),
        end=link_to(deployment, f"/digest/off/{token}"),
    )


def _counted(seen: Overview, words: Catalogue) -> str:
    why = [
        words.count(f"mail.digest.why.{each}", seen.reasons[each])
        for each in Why
        if seen.reasons[each]
    ]
    calm = [
        words.say(f"mail.digest.calm.{each}", n=seen.rest[each])
        for each in _CALM
        if seen.rest[each]
    ]
    first = words.say("mail.digest.look", n=len(seen.to_look_at), all=seen.all)
    told = [f"{first} ({', '.join(why)})" if why else first, _sentence(", ".join(calm))]
    return " ".join(f"{each}." for each in told if each)


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]
