"""A patient's own copy of everything: behind a one-time link and a code, open for an hour.

Whoever opens it and whatever is taken from it stands in the patient's audit, and the patient
is told in the conversation when it is opened: a link may have got into other hands.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Connection

from bot.conversation.step import Person
from bot.deployment import Deployment
from bot.held import Held, NoSuchPatient, hold
from bot.letting_in import Answer, Came, Key, Way
from bot.loading import opened
from trajectory import copy_access, own_copy, patients, web_access
from trajectory.copy_access import Page
from trajectory.web_access import Link

_Result = TypeVar("_Result")


class NotOpen(Exception):
    """No copy is open on this device; nobody learns why."""


@dataclass(frozen=True, slots=True)
class OwnCopy:
    """Everything that the database holds of a patient, and who that is."""

    person: Person
    tables: own_copy.Rows
    made_at: datetime


def look_at(deployment: Deployment, cookie: str, now: datetime) -> Page:
    """The page that is open on the device with this cookie. Raises NotOpen, Unavailable."""
    with deployment.database.read() as connection:
        return _page(connection, deployment, cookie, now)


def take(deployment: Deployment, cookie: str, form: str, now: datetime) -> OwnCopy:
    """What is to be handed out as `form`; audited before anything is read.

    Raises NotOpen, trajectory.database.Unavailable.
    """
    _as_held(deployment, cookie, now, lambda held, _: held.audit("patient", "copy-taken", form))
    with deployment.database.read() as connection:
        page = _page(connection, deployment, cookie, now)
        for row in patients.read(connection, [page.patient_id]):
            sealer = row.sealer(deployment.ring)
            everything = own_copy.rows(connection, sealer, page.patient_id)
            return OwnCopy(opened(row, sealer).person, everything, now)
    raise NotOpen


def close(deployment: Deployment, cookie: str, now: datetime) -> None:
    """Close the page of this cookie before its hour is over. Raises NotOpen, Unavailable."""

    def shut(held: Held, page: Page) -> None:
        copy_access.close_page(held.connection, page.link_id)
        held.audit("patient", "copy-closed", "")

    _as_held(deployment, cookie, now, shut)


def _as_held(
    deployment: Deployment, cookie: str, now: datetime, act: Callable[[Held, Page], Any]
) -> None:
    def work(connection: Connection) -> None:
        page = _page(connection, deployment, cookie, now)
        try:
            with hold(connection, deployment, page.patient_id, now) as held:
                act(held, _page(connection, deployment, cookie, now))
        except NoSuchPatient:
            raise NotOpen from None

    deployment.database.run(work)


def _page(connection: Connection, deployment: Deployment, cookie: str, now: datetime) -> Page:
    page = copy_access.find_page(connection, deployment.ring, cookie, now)
    if page is None:
        raise NotOpen
    return page


def _open(held: Held, link: Link, key: Key) -> Answer:
    copy_access.open_page(held.connection, held.deployment.ring, link, key.cookie, held.now)
    held.audit("patient", "copy-opened", "")
    clock = f"{held.now.astimezone(held.person.zone):%H:%M}"
    clinic = held.deployment.clinic.name
    # Also to a phone that carries links only: whoever has opened it may be somebody else.
    held.tell(held.words.say("export.opened", clock=clock, clinic=clinic), plain=True)
    return Answer(Came.IN, link.language)


COPY = Way(web_access.COPY, _open, open_to_link=False)
"""To the patient's copy of everything."""
