"""Patients of an older release are made to be found by name (`trajectory.finding`)."""

from __future__ import annotations

from datetime import timedelta

from bot.deployment import Deployment
from trajectory import finding

KIND = "findable"
EVERY = timedelta(days=1)
SLICE = 200


def make_findable(deployment: Deployment, after: int) -> int | None:
    """Some patients behind this one; where to go on, None: nobody is left. Raises Unavailable."""
    return deployment.database.run(
        lambda connection: finding.add_missing(connection, deployment.ring, after, SLICE)
    )
