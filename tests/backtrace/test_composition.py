"""What a deployment may set for itself."""

from __future__ import annotations

from random import SystemRandom

from backtrace.composition import deploy
from backtrace.definitions import shipped_library
from bot.conversation.pace import Limits
from bot.deployment import Chance, Clinic
from tests.bot.house import Clock
from trajectory.database import Database
from trajectory.keys import Ring


def test_how_often_it_asks_is_its_own_choice(migrated_database_url: str) -> None:
    database = Database(migrated_database_url, durable=False)
    limits = Limits(openings_a_day=2)

    deployment = deploy(
        database,
        Ring.generate(),
        shipped_library(),
        clock=Clock(),
        chance=Chance(SystemRandom()),
        channels={},
        clinic=Clinic(),
        limits=limits,
    )

    assert deployment.limits == limits
    database.close()
