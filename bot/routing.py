"""Where patients are written to unasked."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqlalchemy import Connection, select

from bot.channels.forms import FORMS
from bot.deployment import Deployment
from bot.ledger import Route
from trajectory import tables
from trajectory.sql import Among

_address = tables.core(tables.Address)
_NO_PHONE = ("web", "console")
# With the channels in it SQLite would take their index, and read every address that there is.
ADDRESSES = select(
    _address.c.patient_id,
    _address.c.id,
    _address.c.channel,
    _address.c.preferred,
    _address.c.status,
).where(Among(_address.c.patient_id, "patients"))


def routes(
    connection: Connection, deployment: Deployment, patient_ids: Collection[int]
) -> Mapping[int, Route]:
    """By patient the preferred address, or another that works; one whose channel is on first.

    Whoever can be reached nowhere is left out.
    """
    found: dict[int, Route] = {}
    for patient_id, route in _best_first(connection, deployment, patient_ids):
        found.setdefault(patient_id, route)
    return found


def phone(connection: Connection, deployment: Deployment, patient_id: int) -> Route | None:
    """Where the patient is reached but by the web chat, also when that channel is off just now."""
    for _, route in _best_first(connection, deployment, [patient_id]):
        if route.channel not in _NO_PHONE:
            return route
    return None


def other_route(
    connection: Connection, deployment: Deployment, patient_id: int, lost: Route
) -> Route | None:
    """Where the patient is reached in place of this route; only a channel that is on will do.

    In place of a linked channel only another phone will: the web chat has the words already.
    """
    linked = deployment.links(lost.channel)
    for _, route in _best_first(connection, deployment, [patient_id]):
        works = route.channel in deployment.channels and route.address_id != lost.address_id
        if works and not (linked and route.channel in _NO_PHONE):
            return route
    return None


def _best_first(
    connection: Connection, deployment: Deployment, patient_ids: Collection[int]
) -> list[tuple[int, Route]]:
    """The addresses that work, the best of each patient first."""
    if not patient_ids:
        return []
    found = connection.execute(ADDRESSES, {"patients": sorted(patient_ids)})
    rows = sorted(
        (row for row in found if row.status == "active" and row.channel in FORMS),
        key=lambda row: (row.channel not in deployment.channels, not row.preferred, row.id),
    )
    return [(row.patient_id, Route(row.channel, row.id)) for row in rows]
