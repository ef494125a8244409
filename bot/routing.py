"""Where patients are written to unasked."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select

from bot.channels.forms import FORMS
from bot.deployment import Deployment
from bot.ledger import Route
from trajectory import tables

_address = tables.core(tables.Address)
_WORKING = select(
    _address.c.patient_id, _address.c.id, _address.c.channel, _address.c.preferred
).where(
    _address.c.patient_id.in_(bindparam("patients", expanding=True)),
    _address.c.status == "active",
    _address.c.channel.in_(sorted(FORMS)),
)


def routes(
    connection: Connection, deployment: Deployment, patient_ids: Collection[int]
) -> Mapping[int, Route]:
    """By patient the preferred address, or another that works; one whose channel is on first.

    Whoever can be reached nowhere is left out.
    """
    if not patient_ids:
        return {}
    found: dict[int, Route] = {}
    for row in _in_order(connection, deployment, patient_ids):
        found.setdefault(row.patient_id, Route(row.channel, row.id))
    return found


def other_route(
    connection: Connection, deployment: Deployment, patient_id: int, without: int
) -> Route | None:
    """Where the patient is reached in place of this address; only a channel that is on will do."""
    rows = _in_order(connection, deployment, [patient_id])
    found = [row for row in rows if row.id != without and row.channel in deployment.channels]
    return Route(found[0].channel, found[0].id) if found else None


def _in_order(
    connection: Connection, deployment: Deployment, patient_ids: Collection[int]
) -> list[Row[*tuple[Any, ...]]]:
    """The addresses that work, the best of each patient first."""

    def worth(row: Row[*tuple[Any, ...]]) -> tuple[bool, bool, int]:
        return row.channel not in deployment.channels, not row.preferred, row.id

    rows = connection.execute(_WORKING, {"patients": sorted(patient_ids)})
    return sorted(rows, key=worth)
