"""A patient answers on a tablet of the clinic's: one patient, one questionnaire, nothing else.

The tablet is let in by a code that somebody at the desk has made, not by that person's sign-in,
which such a browser does not keep. What the patient answers is the patient's own.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from bot.deployment import Deployment
from bot.desk import answers, sheets
from bot.desk.answers import PATIENT, By, Stored
from bot.desk.sheets import Blank, Mode, NotTaken, Sheet
from bot.desk.worker import Worker
from bot.held import NoSuchPatient, hold
from flows.forms import Form
from trajectory import room_codes, tablet_access
from trajectory.tablet_access import Page

MINUTES = int(tablet_access.CODE_LIFE.total_seconds() // 60)


class NothingHere(Exception):
    """This tablet shows nothing: not handed over, handed back, or its hour is over."""


def make_code(
    deployment: Deployment, worker: Worker, patient_id: int, flow_id: str, now: datetime
) -> str:
    """A code that opens this questionnaire on a tablet. Raises NoSuchPatient, NotTaken."""
    sheets.blank(deployment, patient_id, flow_id, now)
    code = tablet_access.draw(deployment.chance.random)
    page = Page(0, patient_id, worker.id, flow_id)

    def work(connection: Connection) -> None:
        with hold(connection, deployment, patient_id, now) as held:
            tablet_access.create(connection, deployment.ids, deployment.ring, page, code, now)
            held.audit(worker.actor, "tablet-code", "")

    deployment.database.run(work)
    return tablet_access.shown(code)


def hand_over(deployment: Deployment, typed: str, cookie: str, now: datetime) -> None:
    """Let the tablet with this cookie show what the code is for. Raises NothingHere."""
    code = room_codes.read(typed)

    def work(connection: Connection) -> bool:
        page = tablet_access.find_code(connection, deployment.ring, code, now)
        if page is None:
            return False
        with hold(connection, deployment, page.patient_id, now) as held:
            ring = deployment.ring
            handed = tablet_access.hand_over(connection, ring, page.link_id, cookie, now)
            if handed:
                held.audit(f"desk:{page.worker_id}", "tablet-handed-over", "")
            return handed

    try:
        if not deployment.database.run(work):
            raise NothingHere
    except NoSuchPatient:
        raise NothingHere from None


def look(deployment: Deployment, cookie: str, now: datetime) -> Blank:
    """The questionnaire that this tablet shows. Raises NothingHere."""
    page = _page(deployment, cookie, now)
    try:
        return sheets.blank(deployment, page.patient_id, page.flow_id, now)
    except (NoSuchPatient, NotTaken):
        raise NothingHere from None


def take(deployment: Deployment, cookie: str, form: Form, mark: str, now: datetime) -> Stored:
    """Store what the patient answered; the tablet shows nothing any more.

    Unless an answer asks for other questions: with those it goes on.

    Raises:
        NothingHere: it shows nothing.
        NotTaken: nothing was stored: something on the form is not right yet.
    """

    def work(connection: Connection) -> Stored:
        page = tablet_access.find_page(connection, deployment.ring, cookie, now)
        if page is None:
            raise NothingHere
        by = By(PATIENT, PATIENT, page.worker_id)
        sheet = Sheet(page.flow_id, Mode.TABLET, now, form, mark[:64], again=True)
        stored = answers.store(connection, deployment, by, page.patient_id, sheet, now)
        if stored.asks_for:
            tablet_access.turn(connection, page, stored.asks_for)
        else:
            tablet_access.close(connection, page.link_id)
        return stored

    try:
        return deployment.database.run(work)
    except NoSuchPatient:
        raise NothingHere from None


def _page(deployment: Deployment, cookie: str, now: datetime) -> Page:
    with deployment.database.read() as connection:
        page = tablet_access.find_page(connection, deployment.ring, cookie, now)
    if page is None:
        raise NothingHere
    return page
