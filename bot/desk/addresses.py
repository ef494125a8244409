"""Where a patient is reached, changed at the desk: a number that is checked first, or a new device.

A new number is the patient's once they have read six digits from it to the desk, or have answered
from it with their own four digits, those on the card. Telegram and the web chat are entered from
the other side, with what `way_in` gives.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import timedelta
from enum import StrEnum
from typing import NamedTuple

from bot import inviting, outbox, readdressing
from bot.channels.forms import FORMS
from bot.conversation.effects import AddAddress
from bot.deployment import Deployment
from bot.desk.locking import NotTheirs
from bot.desk.worker import Worker
from bot.enrolment_codes import new_code
from bot.held import Held, with_held
from bot.inviting import Invitation
from bot.ledger import Route
from bot.messages import Message
from bot.phone import read_number, shown_number
from bot.taking_over import release
from trajectory import address_checks, enrolment_codes, patients, web_access
from trajectory.address_checks import ATTEMPTS, DIGITS, MOST_A_DAY, Check
from trajectory.patients import Address, AddressTaken

BY_NUMBER = ("sms", "whatsapp")
"""Channels whose addresses are telephone numbers."""
LIFE = timedelta(hours=1)
"""How long what `way_in` gives lets a device in."""
_CLAIM_LIFE = timedelta(minutes=1)


class How(StrEnum):
    """What a new number is for."""

    MOVE = "move"
    """In place of the one before."""
    ADD = "add"
    """Beside it."""


class NotANumber(Exception):
    """It cannot be read as one telephone number."""


class ChannelOff(Exception):
    """Nobody is written to on this channel here."""


class AlreadyTheirs(Exception):
    """The patient is reached there already."""


class TooManyChecks(Exception):
    """So many numbers were checked for this patient today that no more are written to."""


class WrongDigits(Exception):
    """Not the digits that were sent; they may be tried again."""


class CheckOver(Exception):
    """The digits count no more: too late, too many tries, or used."""


class LastAddress(Exception):
    """The patient can be reached nowhere else."""


class NotWorking(Exception):
    """Nobody can be written to first where nothing arrives."""


class Sent(NamedTuple):
    """Six digits are on their way to this number."""

    check_id: int
    channel: str
    number: str
    """In groups, as people read numbers."""
    by_card: bool
    """The patient may answer from there with the four digits of their card instead."""


def send_check(
    deployment: Deployment, worker: Worker, patient_id: int, channel: str, typed: str, how: How
) -> Sent:
    """Send six digits to a number that somebody has typed.

    Raises:
        NoSuchPatient: nobody has this number in the clinic.
        ChannelOff: nothing is sent on this channel.
        NotANumber: what was typed is none.
        AddressTaken: another patient is reached there.
        AlreadyTheirs: the patient is.
        TooManyChecks: not today any more.
        trajectory.database.Unavailable: nothing was stored.
    """
    if channel not in BY_NUMBER or channel not in deployment.channels:
        raise ChannelOff
    return with_held(
        deployment, patient_id, lambda held: _send_check(held, worker, channel, typed, how)
    )


def sent_check(deployment: Deployment, patient_id: int, check_id: int, how: How) -> Sent:
    """A check that was sent, whose digits are asked for.

    Raises:
        NoSuchPatient: nobody has this number in the clinic.
        CheckOver: its digits count no more.
        trajectory.database.Unavailable: the database is lost.
    """
    return with_held(deployment, patient_id, lambda held: _sent_check(held, check_id, how))


def confirm(
    deployment: Deployment, worker: Worker, patient_id: int, check_id: int, digits: str, how: How
) -> str:
    """The patient has read these digits from the new phone: the number, now theirs.

    What was held for a locked phone in whose place it comes goes there.

    Raises:
        NoSuchPatient: nobody has this number in the clinic.
        WrongDigits: they may be tried again.
        CheckOver: new ones must be sent.
        AddressTaken: another patient is reached there by now.
        trajectory.database.Unavailable: nothing was stored.
    """
    found = with_held(
        deployment, patient_id, lambda held: _confirm(held, worker, check_id, digits, how)
    )
    # A wrong try counts, and so is raised when it has been stored.
    if isinstance(found, Exception):
        raise found
    return found


def way_in(deployment: Deployment, worker: Worker, patient_id: int) -> Invitation:
    """A code and links with which another device comes in, once, within `LIFE`.

    On Telegram, by SMS or WhatsApp the patient's own four digits are asked for there.

    Raises:
        bot.inviting.NoSuchPatient: nobody has this number.
        trajectory.database.Unavailable: nothing was stored.
    """
    way = inviting.invite_again(deployment, patient_id, LIFE, worker.actor)
    if web_access.CHANNEL not in deployment.channels:
        return way
    link = with_held(deployment, patient_id, _make_link)
    said = deployment.catalogues[way.language].say("invite.web", link=link)
    return replace(
        way,
        links={**way.links, web_access.CHANNEL: link},
        ways={**way.ways, web_access.CHANNEL: said},
    )


def prefer(deployment: Deployment, worker: Worker, patient_id: int, address_id: int) -> None:
    """Write to the patient there first; what was held for a locked phone goes there.

    Raises:
        NoSuchPatient: nobody has this number.
        NotTheirs: no address of theirs has this number.
        NotWorking: nothing arrives there.
        trajectory.database.Unavailable: nothing was stored.
    """
    with_held(deployment, patient_id, lambda held: _prefer(held, worker, address_id))


def remove(
    deployment: Deployment, worker: Worker, patient_id: int, address_id: int, *, sure: bool
) -> None:
    """The address is the patient's no more; what was held for it is dropped.

    Raises:
        NoSuchPatient: nobody has this number.
        NotTheirs: no address of theirs has this number.
        LastAddress: nothing else works, and whoever asks is not `sure`.
        trajectory.database.Unavailable: nothing was stored.
    """
    with_held(deployment, patient_id, lambda held: _remove(held, worker, address_id, sure=sure))


def _make_link(held: Held) -> str:
    """A link that the clinic hands over, into the web chat; where there is a phone it is asked."""
    deployment = held.deployment
    token = deployment.chance.token()
    web_access.create_link(
        held.connection,
        deployment.ids,
        deployment.ring,
        held.sealer,
        patient_id=held.patient_id,
        token=token,
        now=held.now,
        lifetime=LIFE,
    )
    return f"{deployment.clinic.public_url}/chat/in/{token}"


def _send_check(held: Held, worker: Worker, channel: str, typed: str, how: How) -> Sent:
    clinic = held.deployment.clinic
    number = read_number(typed, held.person.timezone, clinic.timezone)
    if number is None:
        raise NotANumber
    _refuse_known(held, channel, number)
    check_id = _make_check(held, channel, number)
    by_card = how is How.MOVE and bool(held.person.code)
    if by_card:
        _expect_own_digits(held, (channel, number))
    held.audit(worker.actor, "address-check-sent", f"check:{check_id}")
    return Sent(check_id, channel, shown_number(number), by_card)


def _sent_check(held: Held, check_id: int, how: How) -> Sent:
    check = next((each for each in _checks(held) if each.id == check_id), None)
    if check is None or not check.is_open(held.now):
        raise CheckOver
    by_card = how is How.MOVE and bool(held.person.code)
    return Sent(check.id, check.channel, shown_number(check.address), by_card)


def _refuse_known(held: Held, channel: str, number: str) -> None:
    place = (channel, number)
    known = patients.find_by_address(held.connection, held.deployment.ring, [place]).get(place)
    if known is not None and known.patient_id != held.patient_id:
        raise AddressTaken
    if known is not None and known.status != "gone":
        raise AlreadyTheirs
    if len(_checks(held)) >= MOST_A_DAY:
        raise TooManyChecks


def _checks(held: Held) -> Sequence[Check]:
    ring = held.deployment.ring
    return address_checks.recent(held.connection, ring, held.sealer, held.patient_id, held.now)


def _make_check(held: Held, channel: str, number: str) -> int:
    deployment, words = held.deployment, held.words
    digits = deployment.chance.digits(DIGITS)
    address_checks.create(
        held.connection,
        deployment.ids,
        deployment.ring,
        held.sealer,
        patient_id=held.patient_id,
        channel=channel,
        address=number,
        digits=digits,
        now=held.now,
    )
    text = words.say("moving.desk-digits", digits=digits, clinic=deployment.clinic.name)
    held.send_to(channel, number, FORMS[channel](Message(text), words))
    return _checks(held)[0].id


def _expect_own_digits(held: Held, place: tuple[str, str]) -> None:
    """As if the new phone had shown a code: whoever answers with the four digits is let in."""
    deployment, connection = held.deployment, held.connection
    code = new_code(deployment.chance.random)
    enrolment_codes.create(
        connection,
        deployment.ids,
        deployment.ring,
        patient_id=held.patient_id,
        code=code,
        now=held.now,
        lifetime=_CLAIM_LIFE,
    )
    enrolment_codes.use(connection, deployment.ring, code, held.now, claimed_by=place)


def _confirm(
    held: Held, worker: Worker, check_id: int, digits: str, how: How
) -> str | WrongDigits | CheckOver:
    check = next((each for each in _checks(held) if each.id == check_id), None)
    if check is None or not check.is_open(held.now):
        return CheckOver()
    address_checks.count_attempt(held.connection, check_id)
    typed = "".join(each for each in digits if each.isdecimal())
    if not check.is_right(typed):
        return CheckOver() if check.attempts + 1 >= ATTEMPTS else WrongDigits()
    _attach(held, worker, check, how)
    return shown_number(check.address)


def _attach(held: Held, worker: Worker, check: Check, how: How) -> None:
    connection, ring = held.connection, held.deployment.ring
    address_checks.use(connection, check.id, held.now)
    enrolment_codes.settle(connection, ring, (check.channel, check.address))
    alone = not [each for each in held.addresses() if each.status == "active"]
    moves = how is How.MOVE
    added = AddAddress(check.id, check.channel, check.address, prefers=moves or alone, closes=moves)
    owner = (held.patient_id, held.sealer)
    attached = readdressing.attach(connection, held.deployment, owner, added, held.now)
    _forget_locks(held, attached.closed)
    if attached.closed:
        web_access.close_links(connection, held.patient_id, held.now)
    action = "address-moved" if moves else "address-added"
    held.audit(worker.actor, action, f"address:{attached.address_id}")
    route = Route(check.channel, attached.address_id)
    if held.person.status != "ended":
        number = shown_number(check.address)
        held.send(route, held.words.say(f"moving.done.{how}", number=number))
    release(held, route)


def _forget_locks(held: Held, address_ids: Collection[int]) -> None:
    """What is the patient's no more is locked no more."""
    memory = held.loaded.memory
    memory.locked = [each for each in memory.locked if each not in address_ids]
    held.remembers = True


def _own(held: Held, address_id: int) -> Address:
    found = [each for each in held.addresses() if each.id == address_id]
    if not found:
        raise NotTheirs
    return found[0]


def _prefer(held: Held, worker: Worker, address_id: int) -> None:
    address = _own(held, address_id)
    if address.status != "active":
        raise NotWorking
    patients.prefer_address(held.connection, held.patient_id, address_id)
    held.audit(worker.actor, "address-preferred", f"address:{address_id}")
    release(held, Route(address.channel, address_id), locked=True)


def _remove(held: Held, worker: Worker, address_id: int, *, sure: bool) -> None:
    _own(held, address_id)
    works = [each for each in held.addresses() if each.status == "active" and each.id != address_id]
    if not works and not sure:
        raise LastAddress
    connection, patient_id = held.connection, held.patient_id
    outbox.hold_unsent(connection, [patient_id])
    outbox.drop_to(connection, patient_id, address_id)
    patients.set_address_status(connection, address_id, "closed")
    web_access.close_links(connection, patient_id, held.now)
    _forget_locks(held, {address_id})
    held.audit(worker.actor, "address-removed", f"address:{address_id}")
    if works and not any(each.preferred for each in works):
        patients.prefer_address(connection, patient_id, works[0].id)
