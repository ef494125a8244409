"""Whether somebody who is to be enrolled is a patient here already."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple

from sqlalchemy import Connection

from bot.deployment import Deployment
from bot.greeting import CHANNELS
from trajectory import enrolment_marks, patients
from trajectory.enrolment_marks import Identity, Kind


class Here(NamedTuple):
    """A patient who is here already, and what is the same."""

    kind: Kind
    patient_id: int
    is_reached: bool = False
    """They are written to at this very number: it can be nobody else's."""


def known(
    connection: Connection, deployment: Deployment, identities: Collection[Identity]
) -> Mapping[Identity, Here]:
    """Who of these is here already; all that is the same counts most, then name and birth date."""
    ring, wanted = deployment.ring, list(dict.fromkeys(identities))
    marked = enrolment_marks.find_all(connection, ring, wanted)
    places = [(channel, each.phone) for each in wanted if each.phone for channel in CHANNELS]
    reached = patients.find_by_address(connection, ring, places)
    found = {}
    for identity in wanted:
        here = [Here(kind, who.patient_id) for kind, who in marked[identity].items()]
        refs = (reached.get((channel, identity.phone)) for channel in CHANNELS)
        here += [Here(Kind.PHONE, ref.patient_id, is_reached=True) for ref in refs if ref]
        if here:
            order = list(Kind)
            found[identity] = min(here, key=lambda each: (order.index(each.kind), not each[2]))
    return found
