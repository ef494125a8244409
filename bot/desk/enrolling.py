"""One patient enrolled at the clinic's desk: who is here already, the card, and what follows."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta

import orjson
from sqlalchemy import Connection

from bot import inviting, inviting_once
from bot.asked_enrolment import Asked, Wrong, invitee_of, lifetime_of, read_phone
from bot.conversation import consents
from bot.conversation.tasks import enrolment
from bot.deployment import Deployment
from bot.desk import arriving
from bot.desk.arriving import Arrival
from bot.desk.known_again import Here, known
from bot.enrolment_codes import read_code
from bot.greeting import greet_elsewhere
from bot.held import Held, hold
from bot.inviting import Invitation, Invitee
from bot.loading import load, opened, step_for
from trajectory import enrolment_codes, patients
from trajectory.patients import AddressTaken

CARD_LIFE = timedelta(hours=1)
"""So long the browser that has enrolled shows the card."""


class AlreadyHere(Exception):
    """Somebody of that phone, or of that name and birth date, is a patient here."""

    def __init__(self, here: Here) -> None:
        super().__init__(here.kind.value)
        self.here = here


class HasBegun(Exception):
    """The patient has been heard: what is asked here is between them and the assistant now."""


@dataclass(frozen=True, slots=True)
class Enrolled:
    """A patient as the page after the enrolment shows them."""

    patient_id: int
    name: str
    born: date | None
    language: str
    timezone: str
    phone: str
    waits: bool
    """Nothing has been heard of them yet."""
    consented: bool
    """On paper."""
    invitation: Invitation | None
    """What is on the card, for the browser that has its key; None: it was shown."""
    arrival: Arrival | None
    """What became of the test message; None: none was sent."""


def enrol(
    deployment: Deployment, asked: Asked, key: str, by: str, *, anyway: bool = False
) -> Invitation:
    """Enrol a patient; the same form (`key`) sent twice enrols once.

    `anyway`: whoever is here already is somebody else.

    Raises:
        Wrong: something asked for cannot be.
        AlreadyHere: a patient is the same, as far as the clinic knows.
        trajectory.database.Unavailable: nothing was stored.
    """
    if not asked.name.strip():
        raise Wrong("name", "write the patient's name", "name_missing")
    invitee = invitee_of(deployment, replace(asked, has_card=True))

    def check(connection: Connection) -> None:
        require_new(connection, deployment, invitee, anyway=anyway)

    lifetime = lifetime_of(asked.days)
    try:
        return inviting_once.invite_once(deployment, invitee, lifetime, key, by, check)
    except AddressTaken:
        raise _taken() from None


def key_of(form: str, asked: Asked) -> str:
    """The key of this form filled in like this; `form` is a token that nobody can guess.

    Filled in otherwise, as with a browser's "back", it is about another patient.
    """
    filled = orjson.dumps(asdict(asked))
    return f"{form}-{hashlib.sha256(filled).hexdigest()[:16]}"


def require_new(
    connection: Connection, deployment: Deployment, invitee: Invitee, *, anyway: bool = False
) -> None:
    """Raises AlreadyHere; with `anyway` only where a phone is another patient's own."""
    here = known(connection, deployment, [invitee.identity]).get(invitee.identity)
    greeted = invitee.greeting is not None
    if here is not None and (not anyway or (here.is_reached and greeted)):
        raise AlreadyHere(here)


def look(deployment: Deployment, patient_id: int, key: str) -> Enrolled | None:
    """The patient as the page shows them; None where there is none. Raises Unavailable."""
    now = deployment.clock.now()
    with deployment.database.read() as connection:
        rows = patients.read(connection, [patient_id])
        if not rows:
            return None
        loaded = opened(rows[0], rows[0].sealer(deployment.ring))
        person, task = loaded.person, loaded.memory.task
        waits = enrolment.waits(task)
        invitation = None
        if key and waits:
            invitation = card_behind(connection, deployment, key, patient_id)
        return Enrolled(
            patient_id,
            person.name,
            person.born,
            person.language,
            person.timezone,
            person.phone,
            waits,
            bool(task is not None and task.data.get("consented")),
            invitation,
            arriving.look(connection, patient_id, now, has_begun=not waits),
        )


def card_behind(
    connection: Connection, deployment: Deployment, key: str, patient_id: int
) -> Invitation | None:
    """The card that was made for this key, as long as its code lets this patient in.

    It bears the name that the patient has by now.
    """
    now = deployment.clock.now()
    found = inviting_once.answered(connection, deployment, key, now)
    if found is None or found.patient_id != patient_id:
        return None
    code = read_code(found.code) or ""
    owner = enrolment_codes.find(connection, deployment.ring, code, now)
    if owner != patient_id:
        return None
    (row,) = patients.read(connection, [patient_id])
    return replace(found, name=opened(row, row.sealer(deployment.ring)).person.name)


@dataclass(frozen=True, slots=True)
class ConsentPaper:
    """What a patient signs: the text that the chat would ask, and which one it is."""

    patient_id: int
    name: str
    born: date | None
    language: str
    timezone: str
    text: str
    version: str
    hash: str


def consent_paper(deployment: Deployment, patient_id: int, otherwise: str) -> ConsentPaper | None:
    """The paper for this patient; `otherwise`: the channel where none is known yet."""
    now = deployment.clock.now()
    with deployment.database.read() as connection:
        rows = patients.read(connection, [patient_id])
        if not rows:
            return None
        loaded = load(connection, deployment, rows)[patient_id]
        channel = arriving.channel_of(connection, patient_id) or otherwise
        step = step_for(connection, deployment, loaded, now, channel, {})
    asked, person = consents.text_of(step, consents.ENROLMENT), loaded.person
    return ConsentPaper(
        patient_id,
        person.name,
        person.born,
        person.language,
        person.timezone,
        consents.words(step, consents.ENROLMENT),
        asked.version,
        asked.hashes[person.language],
    )


def new_card(deployment: Deployment, patient_id: int, key: str, by: str) -> None:
    """A new card to be shown for this key; the code of the one before lets nobody in.

    Raises:
        bot.inviting.NoSuchPatient: nobody has this number.
        HasBegun: they are in, and a lost phone or a new number is another matter.
        trajectory.database.Unavailable: nothing was stored.
    """
    now = deployment.clock.now()

    def work(connection: Connection) -> None:
        if inviting_once.answered(connection, deployment, key, now) is not None:
            return
        rows = patients.lock_conversations(connection, [patient_id])
        if rows and not enrolment.waits(load(connection, deployment, rows)[patient_id].memory.task):
            raise HasBegun
        made = inviting.invite_again_within(
            connection, deployment, patient_id, inviting.LIFE, now, by
        )
        channel = arriving.channel_of(connection, patient_id)
        inviting_once.keep(connection, deployment, key, "", replace(made, channel=channel), now)

    deployment.database.run(work)


def note_consent(deployment: Deployment, patient_id: int, by: str) -> None:
    """The consent is signed on paper: the chat will not ask for it.

    Raises:
        bot.held.NoSuchPatient: nobody has this number.
        HasBegun: the chat has asked already.
    """

    def work(held: Held) -> None:
        task = held.loaded.memory.task
        assert task is not None
        task.data["consented"] = True
        body = held.sealer.seal(patients.BODY, held.patient_id, held.loaded.memory.to_json())
        row = held.loaded.row
        patients.save_conversation(
            held.connection, held.patient_id, row.sequence, row.session_id, body
        )
        held.audit(by, "consent-on-paper", "")

    _with_waiting(deployment, patient_id, work)


def correct_phone(
    deployment: Deployment, patient_id: int, channel: str, phone: str, by: str
) -> None:
    """The number was wrong: a test goes to another, and the card stays as it is.

    Raises:
        Wrong: this is no number that a message reaches, or a patient is reached there.
        bot.held.NoSuchPatient: nobody has this number.
        HasBegun: they are in; they move their address themselves, or the desk does.
    """

    def work(held: Held) -> None:
        number = read_phone(phone, channel, held.person.timezone, deployment.clinic.timezone)
        greet_elsewhere(held, channel, number)
        held.audit(by, "phone-corrected", "")

    try:
        _with_waiting(deployment, patient_id, work)
    except AddressTaken:
        raise _taken() from None


def _taken() -> Wrong:
    return Wrong("phone", "a patient is reached there already", "taken")


def _with_waiting(deployment: Deployment, patient_id: int, work: Callable[[Held], None]) -> None:
    """Do this with a patient who has not been heard yet. Raises NoSuchPatient, HasBegun."""
    now = deployment.clock.now()

    def hold_and_work(connection: Connection) -> None:
        with hold(connection, deployment, patient_id, now) as held:
            if not enrolment.waits(held.loaded.memory.task):
                raise HasBegun
            work(held)

    deployment.database.run(hold_and_work)
