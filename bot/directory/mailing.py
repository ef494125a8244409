"""Mail to somebody of the directory: in their language, sealed with the deployment's key."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from bot import outbox
from bot.deployment import Deployment
from bot.messages import Priority, Rendered
from bot.outbox import Outgoing
from templates.catalogue import Catalogue
from trajectory import deployment as deployment_key
from trajectory.professionals import Professional

HOME, DESK = "/pro", "/desk"
"""Where the directory signs in, and who works at the clinic's desk, below the public address."""


def home_of(who: Professional) -> str:
    """Where this person begins."""
    return HOME if who.treats else DESK


def words_of(deployment: Deployment, who: Professional) -> Catalogue:
    """The messages in this person's language."""
    return deployment.catalogues[who.language]


def mail(
    connection: Connection,
    deployment: Deployment,
    who: Professional,
    now: datetime,
    text: str,
    subject: str,
    priority: Priority = Priority.REPLY,
) -> None:
    """Queue a mail; it belongs to no patient, and names none."""
    message = Outgoing(
        deployment_key.sealer(connection, deployment.ring),
        None,
        0,
        "email",
        Rendered(text, subject=subject),
        priority,
        now,
        to=who.email,
    )
    outbox.post(connection, deployment, [message])


def link_to(deployment: Deployment, path: str = "", home: str = HOME) -> str:
    """A link that says nothing of anybody."""
    return f"{deployment.clinic.public_url}{home}{path}"
