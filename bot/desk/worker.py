"""Who works at the desk: signed in, with roles, and with a name in every patient's audit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from bot.deployment import Deployment
from bot.desk.permissions import Task, may
from bot.directory.signing_in import who_is
from trajectory import sign_ins
from trajectory.staff_tokens import Role

SEEN_AGAIN = timedelta(minutes=1)
"""That a browser is in use is noted no more often than this."""


@dataclass(frozen=True, slots=True)
class Worker:
    """Somebody at the desk, or a program that shows a token."""

    id: int
    """The person's number in the directory, or the token's."""
    name: str
    """As patients may read it."""
    roles: frozenset[Role]
    language: str
    actor: str
    """How the audit calls them, such as `desk:7`."""

    def may(self, task: Task) -> bool:
        """Whether their roles allow it."""
        return may(self.roles, task)


def worker_at(deployment: Deployment, cookie: str, now: datetime) -> Worker:
    """Who is signed in at this browser, which is in use. Raises bot.permission.NotSignedIn."""
    with deployment.database.read() as connection:
        worker, session_id, idle = _found(connection, deployment, cookie, now)
    if idle:
        deployment.database.run(lambda connection: sign_ins.touch(connection, session_id, now))
    return worker


def _found(
    connection: Connection, deployment: Deployment, cookie: str, now: datetime
) -> tuple[Worker, int, bool]:
    signed_in = who_is(connection, deployment, cookie, now)
    who = signed_in.who
    worker = Worker(who.id, who.name, who.desk, who.language, f"desk:{who.id}")
    return worker, signed_in.session_id, now - signed_in.seen_at >= SEEN_AGAIN
