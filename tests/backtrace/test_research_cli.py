"""`backtrace export`, as whoever runs the clinic's server uses it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner, Result

from backtrace.cli import app
from tests.bot.house import House
from tests.bot.research.study import consent
from trajectory.database import Database


@pytest.fixture
def clinic(
    tmp_path: Path, migrated_sqlite: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[House]:
    """A clinic's database on disk, with somebody who agrees to research and was asked."""
    monkeypatch.chdir(tmp_path)
    file = shutil.copy(migrated_sqlite, tmp_path / "clinic.db")
    with closing(Database(f"sqlite:///{file}", durable=False)) as database:
        house = House(database)
        monkeypatch.setenv("BACKTRACE_KEYS", house.deployment.ring.setting())
        monkeypatch.setenv("BACKTRACE_DATABASE_URL", f"sqlite:///{file}")
        patient_id = house.enrol().patient_id
        house.ask(patient_id)
        consent(house.deployment, patient_id)
        yield house


def export(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["export", *arguments])


def test_a_folder_is_written_and_said_what_is_in_it(clinic: House, tmp_path: Path) -> None:
    done = export("research", "--out", "study", "--study", "nord-2027", "--from", "2026-11-01")
    assert done.exit_code == 0, done.output
    assert "1 patients who agree to research" in done.stdout
    assert "weekly-check-in.csv: 1 rows" in done.stdout
    frame = pd.read_csv(tmp_path / "study" / "weekly-check-in.csv")
    told = export("pseudonym", str(frame_patient(clinic)), "--study", "nord-2027")
    assert told.stdout.strip() == frame["pseudonym"].iloc[0]
    again = export("research", "--out", "study")
    assert again.exit_code == 2
    assert "is there already" in again.stderr


def frame_patient(clinic: House) -> int:
    return int(clinic.outbox()[0].patient_id)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("research", "--study", "Nord 2027"), "a short name of letters, digits and -"),
        (("research", "--pathway", "knees"), "low-back-pain"),
        (("research", "--from", "2027-02-02", "--to", "2027-02-01"), "before the first"),
        (("pseudonym", "99"), "no patient 99 has ever agreed"),
    ],
)
def test_what_cannot_be_meant_is_told(clinic: House, arguments: tuple[str, ...], says: str) -> None:
    refused = export(*arguments)
    assert refused.exit_code == 2
    assert says in refused.stderr
