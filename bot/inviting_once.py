"""An invitation that a program asks for, and may ask for again when it has heard no answer."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import Connection

from bot.deployment import Deployment
from bot.inviting import STAFF, Invitation, Invitee, invite_within
from trajectory import enrolment_requests
from trajectory.database import Conflict


class KeyReused(Exception):
    """The same key came with another request before."""


Check = Callable[[Connection], None]
"""Raises what keeps a patient from being enrolled now."""


def _nothing(_connection: Connection) -> None:
    """Nothing keeps them."""


def invite_once(
    deployment: Deployment,
    invitee: Invitee,
    lifetime: timedelta,
    key: str,
    by: str = STAFF,
    check: Check = _nothing,
) -> Invitation:
    """`invite`; the same request with the same key within a day gives the same invitation.

    `check` is asked once it is clear that the request was not answered before.

    Raises:
        KeyReused: this key came with another request before.
        trajectory.patients.AddressTaken: another patient has this phone.
        trajectory.database.Unavailable: nothing was stored.
    """
    now = deployment.clock.now()
    return deployment.database.run(
        lambda connection: invite_once_within(
            connection, deployment, invitee, lifetime, key, now, by, check
        )
    )


def answered(
    connection: Connection, deployment: Deployment, key: str, now: datetime
) -> Invitation | None:
    """The invitation that the request with this key was answered with, within a day."""
    before = enrolment_requests.answered(connection, deployment.ring, key, now)
    return None if before is None else _read(before["invitation"])


def invite_once_within(
    connection: Connection,
    deployment: Deployment,
    invitee: Invitee,
    lifetime: timedelta,
    key: str,
    now: datetime,
    by: str = STAFF,
    check: Check = _nothing,
) -> Invitation:
    """`invite_once` for whoever has a transaction."""
    asked = _fingerprint(invitee, lifetime)
    before = enrolment_requests.answered(connection, deployment.ring, key, now)
    if before is not None:
        if before["asked"] != asked:
            raise KeyReused
        return _read(before["invitation"])
    check(connection)
    invitation = invite_within(connection, deployment, invitee, lifetime, now, by)
    keep(connection, deployment, key, asked, invitation, now)
    return invitation


def keep(
    connection: Connection,
    deployment: Deployment,
    key: str,
    asked: str,
    invitation: Invitation,
    now: datetime,
) -> None:
    """Keep what a request was answered with; raises Conflict where it was elsewhere meanwhile."""
    kept = enrolment_requests.keep(
        connection,
        deployment.ids,
        deployment.ring,
        key=key,
        patient_id=invitation.patient_id,
        answer={"asked": asked, "invitation": asdict(invitation)},
        now=now,
    )
    if not kept:
        raise Conflict("The same request was answered at the same moment. Try again.")


def _fingerprint(invitee: Invitee, lifetime: timedelta) -> str:
    asked = orjson.dumps([asdict(invitee), lifetime.total_seconds()], default=list)
    return hashlib.sha256(asked).hexdigest()


def _read(kept: dict[str, Any]) -> Invitation:
    return Invitation(**kept | {"expires_at": datetime.fromisoformat(kept["expires_at"])})
