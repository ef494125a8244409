"""What a study calls a patient: for taking somebody out who has taken the consent back."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from bot.deployment import Deployment
from bot.held import NoSuchPatient, hold
from trajectory import consents, entries, research

NAMED = "research-pseudonym-told"
"""What the audit calls it."""


class NotAgreed(Exception):
    """There is no such patient, or one who never agreed to research."""


def name(deployment: Deployment, patient_id: int, study: str, actor: str) -> str:
    """The patient's pseudonym in this study; their audit says that it was told. Raises NotAgreed.

    Of whoever has taken the consent back as well: the study must learn whom to take out.
    """
    now = deployment.clock.now()
    return deployment.database.run(
        lambda connection: _name(connection, deployment, patient_id, study, actor, now)
    )


def _name(
    connection: Connection,
    deployment: Deployment,
    patient_id: int,
    study: str,
    actor: str,
    now: datetime,
) -> str:
    said = entries.of_many(connection, [patient_id], [consents.KIND])[patient_id]
    if not any(_agrees(entry) for entry in said):
        raise NotAgreed
    try:
        with hold(connection, deployment, patient_id, now) as held:
            held.audit(actor, NAMED, "")
    except NoSuchPatient:
        raise NotAgreed from None
    return research.pseudonyms(connection, deployment.ring, [patient_id], study)[patient_id]


def _agrees(entry: entries.Entry) -> bool:
    purposes = (entry.detail or {}).get("purposes", ())
    return entry.code == consents.GIVEN and research.PURPOSE in purposes
