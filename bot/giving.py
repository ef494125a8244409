"""Writes what a patient gives somebody to read, and what they change about their people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Connection

from bot.conversation import effects as done
from bot.deployment import Deployment
from trajectory import care_team, grants, work_pages
from trajectory.work_page import WorkPage

if TYPE_CHECKING:
    from bot.ledger import Finished

Given = done.GiveGrant | done.KeepWorkPage | done.RenameMember | done.RemoveMember


def write(
    connection: Connection, deployment: Deployment, finished: Finished, effect: Given
) -> None:
    """Write one such effect of a step."""
    match effect:
        case done.GiveGrant():
            _give_grant(connection, deployment, finished, effect)
        case done.KeepWorkPage(page):
            _keep_work_page(connection, deployment, finished, page, None)
        case done.RenameMember(member_id, name):
            care_team.rename(connection, finished.loaded.sealer, member_id, name)
        case done.RemoveMember(member_id):
            care_team.remove(connection, member_id, finished.step.now)


def _give_grant(
    connection: Connection, deployment: Deployment, finished: Finished, given: done.GiveGrant
) -> None:
    grant_id = grants.give(
        connection,
        deployment.ids,
        deployment.ring,
        finished.loaded.sealer,
        patient_id=finished.patient_id,
        member_id=given.member_id,
        purposes=given.purposes,
        until=given.until,
        token=given.token,
        word=given.word,
        now=finished.step.now,
    )
    if given.work_page is not None:
        _keep_work_page(connection, deployment, finished, given.work_page, grant_id)


def _keep_work_page(
    connection: Connection,
    deployment: Deployment,
    finished: Finished,
    page: WorkPage,
    grant_id: int | None,
) -> None:
    work_pages.keep(
        connection,
        deployment.ids,
        finished.loaded.sealer,
        page,
        patient_id=finished.patient_id,
        grant_id=grant_id,
        now=finished.step.now,
    )
