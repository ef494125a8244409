"""A lost phone is locked: from that moment on it opens nothing, and nothing goes to it.

One transaction under the patient's conversation. A message that comes in at the same moment waits
for it, and finds the lock (`bot.receiving`); one that is just going out may still arrive.
"""

from __future__ import annotations

from collections.abc import Collection

from bot import outbox
from bot.deployment import Deployment
from bot.desk.worker import Worker
from bot.held import Held, with_held
from bot.ledger import Route
from bot.taking_over import release
from trajectory import enrolment_codes, patients, web_access
from trajectory.patients import LOCKED, Address

PHONES = ("sms", "whatsapp", "telegram")
"""What a phone in wrong hands reads and writes."""


class NoPhone(Exception):
    """The patient is reached on no phone that could be locked; their devices are closed anyway."""


class NotTheirs(Exception):
    """No address of this patient has this number, or it is theirs no more."""


class NotLocked(Exception):
    """The address is not locked."""


def lock_phone(deployment: Deployment, worker: Worker, patient_id: int) -> int:
    """Lock every phone of a patient, and close the web chat and whatever opens it; how many phones.

    Links, codes of all kinds and open devices stop working, messages that wait for these phones are
    held. Harmless when repeated.

    Raises:
        NoSuchPatient: nobody has this number.
        NoPhone: there was no phone; all the rest is closed.
        trajectory.database.Unavailable: nothing was stored.
    """
    locked = with_held(deployment, patient_id, lambda held: _lock(held, worker, _phones(held)))
    if not locked:
        raise NoPhone
    return locked


def lock(deployment: Deployment, worker: Worker, patient_id: int, address_id: int) -> None:
    """The same for one address of several.

    Raises NoSuchPatient, NotTheirs, Unavailable.
    """
    with_held(deployment, patient_id, lambda held: _lock(held, worker, [_own(held, address_id)]))


def unlock(deployment: Deployment, worker: Worker, patient_id: int, address_id: int) -> None:
    """The phone is found: messages go there and come from there again, first what was held.

    Links and codes stay closed: the chat gives new ones.

    Raises:
        NoSuchPatient: nobody has this number.
        NotTheirs: no address of theirs has this number.
        NotLocked: there was no lock.
        trajectory.database.Unavailable: nothing was stored.
    """
    with_held(deployment, patient_id, lambda held: _unlock(held, worker, address_id))


def _phones(held: Held) -> list[Address]:
    return [each for each in held.addresses() if each.channel in PHONES]


def _own(held: Held, address_id: int) -> Address:
    found = [each for each in held.addresses() if each.id == address_id]
    if not found or found[0].channel not in PHONES:
        raise NotTheirs
    return found[0]


def _lock(held: Held, worker: Worker, phones: Collection[Address]) -> int:
    connection, patient_id = held.connection, held.patient_id
    outbox.hold_unsent(connection, [patient_id])
    for phone in phones:
        if phone.status != LOCKED:
            patients.lock_address(connection, phone.id)
            outbox.hold_back(connection, patient_id, phone.id)
            held.audit(worker.actor, "phone-locked", f"address:{phone.id}")
    memory = held.loaded.memory
    memory.locked = sorted({*memory.locked, *(phone.id for phone in phones)})
    held.remembers = True
    web_access.close_all(connection, patient_id, held.now)
    enrolment_codes.close_all(connection, patient_id, held.now)
    enrolment_codes.forget_claims(connection, patient_id)
    held.audit(worker.actor, "devices-closed", "")
    return len(phones)


def _unlock(held: Held, worker: Worker, address_id: int) -> int:
    phone = _own(held, address_id)
    if phone.status != LOCKED:
        raise NotLocked
    patients.unlock_address(held.connection, address_id)
    held.loaded.memory.locked.remove(address_id)
    held.remembers = True
    held.audit(worker.actor, "phone-unlocked", f"address:{address_id}")
    release(held, Route(phone.channel, phone.id))
    return 1
