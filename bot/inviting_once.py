"""An invitation that a program asks for, and may ask for again when it has heard no answer."""

from __future__ import annotations

import hashlib
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


def invite_once(
    deployment: Deployment, invitee: Invitee, lifetime: timedelta, key: str, by: str = STAFF
) -> Invitation:
    """`invite`; the same request with the same key within a day gives the same invitation.

    Raises:
        KeyReused: this key came with another request before.
        trajectory.patients.AddressTaken: another patient has this phone.
        trajectory.database.Unavailable: nothing was stored.
    """
    now = deployment.clock.now()
    return deployment.database.run(
        lambda connection: _invite_once(connection, deployment, invitee, lifetime, key, now, by)
    )


def _invite_once(
    connection: Connection,
    deployment: Deployment,
    invitee: Invitee,
    lifetime: timedelta,
    key: str,
    now: datetime,
    by: str,
) -> Invitation:
    asked = _fingerprint(invitee, lifetime)
    before = enrolment_requests.answered(connection, deployment.ring, key, now)
    if before is not None:
        if before["asked"] != asked:
            raise KeyReused
        return _read(before["invitation"])
    invitation = invite_within(connection, deployment, invitee, lifetime, now, by)
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
    return invitation


def _fingerprint(invitee: Invitee, lifetime: timedelta) -> str:
    asked = orjson.dumps([asdict(invitee), lifetime.total_seconds()])
    return hashlib.sha256(asked).hexdigest()


def _read(kept: dict[str, Any]) -> Invitation:
    return Invitation(**kept | {"expires_at": datetime.fromisoformat(kept["expires_at"])})
