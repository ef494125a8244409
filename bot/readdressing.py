"""Writes what a step has decided about where its patient is reached."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import Connection

from bot import outbox
from bot.channels.forms import FORMS
from bot.conversation import effects as done
from bot.deployment import Deployment
from bot.messages import Message, Priority
from bot.outbox import Outgoing
from trajectory import address_checks, enrolment_codes, patients, web_access
from trajectory.keys import Sealer
from trajectory.patients import AddressTaken
from trajectory.web_access import NewLink

if TYPE_CHECKING:
    from bot.ledger import Finished

Rerouting = (
    done.SendCheck
    | done.CountTry
    | done.AddAddress
    | done.PreferAddress
    | done.MakeCode
    | done.MakeLink
)


def write(
    connection: Connection, deployment: Deployment, finished: Finished, effect: Rerouting
) -> None:
    """Write one effect of a step whose conversation is held."""
    now = finished.step.now
    match effect:
        case done.SendCheck():
            _send_check(connection, deployment, finished, effect)
        case done.CountTry(check_id):
            address_checks.count_attempt(connection, check_id)
        case done.AddAddress():
            address_checks.use(connection, effect.check_id, now)
            _add_address(connection, deployment, finished, effect)
        case done.PreferAddress(address_id):
            patients.prefer_address(connection, finished.patient_id, address_id)
        case done.MakeCode(code, lifetime):
            enrolment_codes.create(
                connection,
                deployment.ids,
                deployment.ring,
                patient_id=finished.patient_id,
                code=code,
                now=now,
                lifetime=lifetime,
            )
        case done.MakeLink():
            _make_link(connection, deployment, finished, effect)


def _make_link(
    connection: Connection, deployment: Deployment, finished: Finished, link: done.MakeLink
) -> None:
    ids, ring, now = deployment.ids, deployment.ring, finished.step.now
    if link.purpose == web_access.CHAT:
        sealers = {finished.patient_id: finished.loaded.sealer}
        web_access.places(connection, ids, ring, sealers, now)
    new = NewLink(finished.patient_id, link.token, purpose=link.purpose)
    web_access.create_links(connection, ids, ring, [new], now, link.lifetime)


def _send_check(
    connection: Connection, deployment: Deployment, finished: Finished, check: done.SendCheck
) -> None:
    step, sealer = finished.step, finished.loaded.sealer
    address_checks.create(
        connection,
        deployment.ids,
        deployment.ring,
        sealer,
        patient_id=finished.patient_id,
        channel=check.channel,
        address=check.address,
        digits=check.digits,
        now=step.now,
    )
    message = Outgoing(
        sealer,
        finished.patient_id,
        finished.next_sequence(),
        check.channel,
        FORMS[check.channel](Message(check.text), step.words),
        Priority.REPLY,
        step.now,
        to=check.address,
    )
    outbox.post(connection, deployment, [message])


def _add_address(
    connection: Connection, deployment: Deployment, finished: Finished, added: done.AddAddress
) -> None:
    """Nothing where somebody else has taken the address since the step looked."""
    owner = (finished.patient_id, finished.loaded.sealer)
    try:
        attached = attach(connection, deployment, owner, added, finished.step.now)
    except AddressTaken:
        return
    if finished.route.address_id in attached.closed:
        finished.route = finished.route._replace(address_id=attached.address_id)


class Attached(NamedTuple):
    """The id of an address that is the patient's now, and those that are not any more."""

    address_id: int
    closed: Collection[int]


def attach(
    connection: Connection,
    deployment: Deployment,
    owner: tuple[int, Sealer],
    added: done.AddAddress,
    now: datetime,
) -> Attached:
    """Let the patient be reached there; their conversation is held. Raises AddressTaken.

    `owner`: the patient and the sealer of their key.
    """
    patient_id, sealer = owner
    before = patients.addresses(connection, sealer, patient_id)
    place = (added.channel, added.address)
    known = patients.find_by_address(connection, deployment.ring, [place]).get(place)
    if known is not None and known.patient_id == patient_id:
        # The patient's own, which had failed.
        address_id = known.address_id
        patients.reach_again(connection, address_id)
    else:
        address_id = patients.add_address(
            connection,
            deployment.ids,
            deployment.ring,
            sealer,
            patient_id=patient_id,
            channel=added.channel,
            address=added.address,
            now=now,
            preferred=added.prefers,
        )
    if added.prefers:
        patients.prefer_address(connection, patient_id, address_id)
    older = [each.id for each in before if each.channel == added.channel and each.id != address_id]
    closed = older if added.closes else []
    for each in closed:
        patients.set_address_status(connection, each, "closed")
    return Attached(address_id, closed)
