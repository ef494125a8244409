"""Where patients are written to unasked."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqlalchemy import Connection, bindparam, select

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
    rows = connection.execute(_WORKING, {"patients": sorted(patient_ids)}).all()
    found: dict[int, Route] = {}
    for row in sorted(
        rows, key=lambda row: (row.channel not in deployment.channels, not row.preferred, row.id)
    ):
        found.setdefault(row.patient_id, Route(row.channel, row.id))
    return found
