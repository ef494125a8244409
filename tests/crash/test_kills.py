"""Programs and databases that are killed at random moments, while providers fail at random.

BACKTRACE_TEST_LONG=1 makes it 200 kills and more; BACKTRACE_TEST_SEED=7 plays one run's chances
again (not the moments at which processes of the machine meet).
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from random import SystemRandom

import pytest

from tests.crash.clinic import ClinicUnderFire, clinic
from tests.crash.judge import judge
from tests.house import postgres
from trajectory import migrations

pytestmark = pytest.mark.first

LONG = os.environ.get("BACKTRACE_TEST_LONG") == "1"
SEED = int(os.environ.get("BACKTRACE_TEST_SEED", SystemRandom().randrange(10**6)))
DAYS = 21


def test_programs_on_postgresql_and_the_server_itself(tmp_path: Path) -> None:
    with postgres.server({}) as url:
        migrations.upgrade(url)
        folder = Path(url.rpartition("host=")[2])

        def kill_server() -> None:
            postgres.kill(folder)
            postgres.start_again(folder)

        with clinic(url, ("web", "web", "worker", "worker"), tmp_path, SEED) as fired_at:
            play(fired_at, *((160, 12) if LONG else (12, 2)), kill_server)


def test_the_one_program_on_sqlite(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'clinic.db'}"
    migrations.upgrade(url)
    with clinic(url, ("serve",), tmp_path, SEED) as fired_at:
        play(fired_at, 60 if LONG else 8, 0, lambda: None)


def play(
    clinic: ClinicUnderFire, kills: int, of_database: int, kill_database: Callable[[], None]
) -> None:
    """Days pass in a clinic in which nothing lasts; then everything is looked at."""
    print(f"\nBACKTRACE_TEST_SEED={SEED}")
    clinic.let_fall_due(kills * 0.3)
    clinic.house.settle()
    with clinic.writing():
        clinic.fire(kills, of_database, kill_database)
    clinic.end()
    clinic.settle(DAYS)
    print(judge(clinic))
