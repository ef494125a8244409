"""From the list to one patient's page, for somebody who is signed in."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from bot.deployment import Deployment
from bot.directory.signing_in import who_is
from bot.opening import open_for
from bot.permission import Ended, holding
from trajectory import grants
from trajectory.views import Page, scope_of


def open_patient(deployment: Deployment, cookie: str, grant_id: int, now: datetime) -> None:
    """Open the page of this grant at this browser; once a sign-in, however often it is pressed.

    So "since you looked" stays what it was while somebody goes back and forth.

    Raises:
        NotSignedIn: nobody is signed in under this cookie.
        Ended: the grant is not to this person, or has ended.
    """
    deployment.database.run(
        lambda connection: _open_patient(connection, deployment, cookie, grant_id, now)
    )


def _open_patient(
    connection: Connection, deployment: Deployment, cookie: str, grant_id: int, now: datetime
) -> None:
    signed_in = who_is(connection, deployment, cookie, now)
    if grants.by_session(connection, signed_in.session_id, grant_id, now) is not None:
        return
    if grants.one_shared_with(connection, signed_in.who.id, grant_id, now) is None:
        raise Ended
    ref = grants.by_id(connection, grant_id, now)
    if ref is None:
        raise Ended
    with holding(connection, deployment, ref, now) as (held, grant):
        if scope_of(grant).page is not Page.WHOLE:
            raise Ended
        open_for(held, grant, deployment.chance.token(), signed_in.session_id)
