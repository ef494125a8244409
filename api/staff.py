"""Who of the clinic asks: a token as a bearer, and what it may do."""

from __future__ import annotations

import hmac
from collections.abc import Collection
from dataclasses import dataclass

from fastapi import Request

from bot.deployment import Deployment
from bot.inviting import STAFF
from trajectory import staff_tokens
from trajectory.staff_tokens import USED_AGAIN, Role, StaffToken


class Unknown(Exception):
    """No token was shown, or one that nobody has, or has any more."""


class NotAllowed(Exception):
    """The token's roles do not let it do this."""


@dataclass(frozen=True, slots=True)
class Staff:
    """Whoever has shown a token that may do what is asked."""

    actor: str
    """How the audit calls them: `staff:<the token's id>`, or `staff` for that of the settings."""
    id: int = 0
    """The token's; 0: that of the settings."""
    name: str = ""
    """What the operator calls it."""
    roles: frozenset[Role] = frozenset({Role.ENROL})


def staff_of(
    request: Request, deployment: Deployment, roles: Collection[Role], setting: str = ""
) -> Staff:
    """Who asks; for a thread, not the event loop.

    `setting`: the token of the settings, which may enrol; empty: there is none. Raises Unknown,
    NotAllowed, trajectory.database.Unavailable.
    """
    scheme, _, shown = request.headers.get("authorization", "").partition(" ")
    token = shown.strip()
    if scheme.casefold() != "bearer" or not token:
        raise Unknown
    if setting and hmac.compare_digest(token.encode(), setting.encode()):
        if Role.ENROL not in roles:
            raise NotAllowed
        return Staff(STAFF)
    known = _known(deployment, token, roles)
    return Staff(f"{STAFF}:{known.id}", known.id, known.name, known.roles)


def _known(deployment: Deployment, token: str, roles: Collection[Role]) -> StaffToken:
    with deployment.database.read() as connection:
        found = staff_tokens.find(connection, token)
    if found is None:
        raise Unknown
    if not found.may(roles):
        raise NotAllowed
    now = deployment.clock.now()
    if found.last_used_at is None or now - found.last_used_at >= USED_AGAIN:
        deployment.database.run(lambda connection: staff_tokens.touch(connection, found.id, now))
    return found
