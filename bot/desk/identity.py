"""What a patient is called and when they were born, corrected: a misspelt name, a new one, a day.

All else reads the profile; what has been said and recorded under the name before stays as it was.
"""

from __future__ import annotations

from datetime import date

from bot import ledger
from bot.asked_enrolment import Wrong, read_birth_date, read_name
from bot.conversation.tasks import enrolment
from bot.deployment import Deployment
from bot.desk.worker import Worker
from bot.held import Held, with_held
from trajectory import enrolment_marks, finding, patients
from trajectory.enrolment_marks import Identity

RENAMED, REDATED = "name-corrected", "birth-date-corrected"
"""What the audit calls it; neither says from what, or to what."""


class ChangedMeanwhile(Exception):
    """It was corrected after the form had been opened."""


def as_shown(name: str, born: date | None) -> str:
    """What a form was filled from, in one text that is never empty."""
    return f"{born.isoformat() if born else '-'} {name}"


def correct(
    deployment: Deployment,
    worker: Worker,
    patient_id: int,
    name: str,
    birth_date: str,
    shown: str = "",
) -> bool:
    """Let the patient be called and found by these from now on; False where nothing is another.

    `birth_date` is as it was typed, empty for none. `shown`: what they were called where it was
    typed, as `as_shown` gives it; empty where nobody looked.

    Raises:
        NoSuchPatient: nobody has this number.
        Wrong: something asked for cannot be.
        ChangedMeanwhile: what was shown holds no more.
        trajectory.database.Unavailable: nothing was stored.
    """
    called = read_name(name)
    born = read_birth_date(birth_date, deployment.clock.now().date())
    return with_held(
        deployment, patient_id, lambda held: _correct(held, worker, called, born, shown)
    )


def _correct(held: Held, worker: Worker, name: str, born: date | None, shown: str) -> bool:
    person = held.person
    if person.name and not name:
        raise Wrong("name", "write the patient's name", "name_missing")
    other_name, other_day = name != person.name, born != person.born
    if not (other_name or other_day):
        return False
    if shown and shown != as_shown(person.name, person.born):
        raise ChangedMeanwhile
    person.name, person.born = name, born
    _save(held)
    if other_name:
        _let_be_known(held)
        held.audit(worker.actor, RENAMED, "")
    if other_day:
        held.audit(worker.actor, REDATED, "")
    return True


def _let_be_known(held: Held) -> None:
    """Whoever has not been heard yet is not asked for the name in the chat any more."""
    task = held.loaded.memory.task
    if task is not None and enrolment.waits(task):
        task.data["known"] = sorted({*task.data["known"], "name"})
        held.remembers = True


def _save(held: Held) -> None:
    connection, person, ring = held.connection, held.person, held.deployment.ring
    patients.save_all(connection, [(person.id, held.sealer, ledger.described(person))])
    finding.add_anew(connection, ring, person.id, person.profile())
    known_by = Identity(person.name, person.born, person.phone)
    enrolment_marks.note(connection, held.deployment.ids, ring, person.id, known_by, held.now)
