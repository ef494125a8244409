"""The first word to a phone that has never written to us, and is nobody's address yet."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection

from bot import ledger, outbox
from bot.channels.forms import FORMS
from bot.conversation.dates import day_name
from bot.conversation.step import Person
from bot.deployment import Deployment
from bot.held import Held
from bot.messages import Message, Priority
from bot.outbox import Outgoing
from trajectory import enrolment_marks, finding, patients
from trajectory.enrolment_marks import Identity
from trajectory.keys import Sealer
from trajectory.patients import AddressTaken

CHANNELS = ("sms", "whatsapp")
"""Those on which we can speak first."""


class Greeting(NamedTuple):
    """How a phone is greeted."""

    channel: str
    """One of `CHANNELS`."""
    has_card: bool = False
    """The code is on paper: what goes out shows whether the number works, and holds no code."""


def require_free(connection: Connection, deployment: Deployment, channel: str, phone: str) -> None:
    """Raises AddressTaken where a patient is reached there."""
    if patients.find_by_address(connection, deployment.ring, [(channel, phone)]):
        raise AddressTaken


def greet(
    connection: Connection,
    deployment: Deployment,
    sealer: Sealer,
    person: Person,
    channel: str,
    code: str = "",
    until: datetime | None = None,
) -> None:
    """Say how to begin with this code, until then; without one, that the number works."""
    words, clinic = deployment.catalogues[person.language], deployment.clinic.name
    text = words.say("invite.test", clinic=clinic)
    if code and until is not None:
        day = day_name(until, person.zone, person.language)
        text = words.say("invite.message", clinic=clinic, code=code, day=day)
    rendered, now = FORMS[channel](Message(text), words), deployment.clock.now()
    to = person.phone
    message = Outgoing(sealer, person.id, 0, channel, rendered, Priority.REPLY, now, to=to)
    outbox.post(connection, deployment, [message])


def greet_elsewhere(held: Held, channel: str, phone: str) -> None:
    """The clinic has had a wrong number of a patient who has a card and was never heard.

    What has not gone out to it never will. Raises AddressTaken.
    """
    connection, deployment, person = held.connection, held.deployment, held.person
    require_free(connection, deployment, channel, phone)
    outbox.hold_unsent(connection, [held.patient_id])
    outbox.drop_unsent(connection, held.patient_id)
    person.phone = phone
    patients.save_all(connection, [(held.patient_id, held.sealer, ledger.described(person))])
    ids, ring = deployment.ids, deployment.ring
    finding.add_anew(connection, ring, held.patient_id, person.profile())
    known_by = Identity(person.name, person.born, phone)
    enrolment_marks.note(connection, ids, ring, held.patient_id, known_by, held.now)
    greet(connection, deployment, held.sealer, person, channel)
