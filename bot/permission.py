"""The leave to read behind a link or an open page, asked for anew at every step."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection

from bot.deployment import Deployment
from bot.held import Held, NoSuchPatient, hold
from bot.view import active_grant
from trajectory import grants, sign_ins
from trajectory.grants import Grant, GrantEnded, GrantRef, Viewing

Ended = GrantEnded
"""The link or page opens nothing: unknown, expired or ended by the patient; nobody learns which."""


class NotSignedIn(Exception):
    """No page is open under this cookie; after 30 idle minutes or 8 hours none is any more."""


class FromList(NamedTuple):
    """A page that somebody of the directory opened from their list, at a browser of theirs.

    The grant is named by each request: two patients open side by side are never mixed up.
    """

    cookie: str
    grant_id: int


PageKey = str | FromList
"""What a browser shows for an open page: the page's own cookie, or a sign-in's and the grant."""


def find_link(
    connection: Connection, deployment: Deployment, token: str, now: datetime
) -> GrantRef:
    """The grant that a link may open. Raises Ended."""
    ref = grants.by_token(connection, deployment.ring, token, now)
    if ref is None or not ref.active:
        raise Ended
    return ref


def find_page(
    connection: Connection, deployment: Deployment, cookie: PageKey, now: datetime
) -> Viewing:
    """The open page of a cookie. Raises Ended, NotSignedIn."""
    if isinstance(cookie, FromList):
        return _find_from_list(connection, deployment, cookie, now)
    viewing = grants.by_cookie(connection, deployment.ring, cookie, now)
    if viewing is not None:
        return viewing
    grant_id = grants.grant_behind(connection, deployment.ring, cookie)
    ref = None if grant_id is None else grants.by_id(connection, grant_id, now)
    if ref is None or ref.active:
        raise NotSignedIn
    raise Ended


def _find_from_list(
    connection: Connection, deployment: Deployment, page: FromList, now: datetime
) -> Viewing:
    session = sign_ins.by_cookie(connection, deployment.ring, page.cookie, now)
    if session is None:
        raise NotSignedIn
    viewing = grants.by_session(connection, session.id, page.grant_id, now)
    if viewing is not None:
        return viewing
    ref = grants.by_id(connection, page.grant_id, now)
    if ref is None or not ref.active:
        raise Ended
    raise NotSignedIn


@contextmanager
def holding(
    connection: Connection,
    deployment: Deployment,
    behind: GrantRef | Viewing,
    now: datetime,
) -> Iterator[tuple[Held, Grant]]:
    """Hold the patient of a link or page, with the grant as it is under the lock.

    Raises Ended.
    """
    grant_id = behind.grant_id if isinstance(behind, Viewing) else behind.id
    try:
        with hold(connection, deployment, behind.patient_id, now) as held:
            yield held, active_grant(connection, held.sealer, held.patient_id, grant_id, now)
    except NoSuchPatient:
        raise Ended from None


def subject_of(grant: Grant) -> str:
    """How the audit names a grant."""
    return f"grant:{grant.id}"
