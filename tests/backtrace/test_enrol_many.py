"""A table of patients on the command line: 500 lines, 20 of them faulty, and a kill half-way."""

from __future__ import annotations

import os
import signal
import time
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import func, select

from tests.bot.desk.tables import FAULTY, RIGHT, TAKEN, as_excel_writes_it
from tests.house.command import backtrace
from tests.house.processes import begin
from trajectory import tables
from trajectory.database import Database
from trajectory.keys import Ring

pytestmark = pytest.mark.first

PATIENCE = 300.0
"""Seconds: the machine may have other work."""
TWILIO = {
    "BACKTRACE_TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
    "BACKTRACE_TWILIO_AUTH_TOKEN": "t0ken",
    "BACKTRACE_TWILIO_FROM": "+4570102030",
}


def count(url: str, *, marked: bool = False) -> int:
    """How many patients there are, or how many were enrolled by a line of their own."""
    mark = tables.core(tables.EnrolmentMark)
    patient = tables.core(tables.Patient)
    asked = (
        select(func.count(func.distinct(mark.c.patient_id))).where(mark.c.kind == "all")
        if marked
        else select(func.count()).select_from(patient)
    )
    with closing(Database(url)) as database, database.read() as connection:
        return connection.execute(asked).scalar_one()


def test_killed_half_way_and_started_again_each_is_enrolled_once(
    migrated_database_url: str, tmp_path: Path
) -> None:
    ring = Ring.generate().setting()
    settings = {"BACKTRACE_DATABASE_URL": migrated_database_url, "BACKTRACE_KEYS": ring, **TWILIO}
    folder = tmp_path / "clinic"
    folder.mkdir()
    here = ("enrol", "--language", "da", "--channel", "sms", "--phone", TAKEN, "--name", "Sif")
    assert backtrace(*here, folder=folder, **settings).returncode == 0
    (folder / "patients.csv").write_bytes(as_excel_writes_it())

    looked = backtrace("enrol-many", "patients.csv", "--dry-run", folder=folder, **settings)
    assert looked.returncode == 1
    assert f"{RIGHT} can be enrolled, 0 were enrolled before, 20 have errors" in looked.stdout
    for line, (_, begins) in FAULTY.items():
        assert f"line {line}: {begins}" in looked.stdout
    assert count(migrated_database_url) == 1, "nobody is enrolled by looking"

    process = begin(["enrol-many", "patients.csv"], settings, folder)
    log = folder / "enrol-many.log"
    while not (log.exists() and "100 of 480 enrolled" in log.read_text()):
        assert process.is_alive(), log.read_text()
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    assert process.exitcode == -signal.SIGKILL
    half = count(migrated_database_url) - 1
    assert 100 <= half < RIGHT

    told = len(log.read_text())
    files = ("--cards", "cards.html", "--errors", "errors.csv")
    again = begin(["enrol-many", "patients.csv", *files], settings, folder)
    again.join(PATIENCE)
    assert again.exitcode == 1
    assert f"{RIGHT - half} can be enrolled, {half} were enrolled before" in log.read_text()[told:]
    assert count(migrated_database_url) == RIGHT + 1
    assert count(migrated_database_url, marked=True) == RIGHT + 1, "nobody twice"
    cards = (folder / "cards.html").read_text("utf-8")
    assert cards.count('<article class="card"') == RIGHT, "those of the first half, too"
    errors = (folder / "errors.csv").read_text("utf-8-sig").splitlines()
    assert len(errors) == 1 + len(FAULTY)
    assert (folder / "cards.html").stat().st_mode & 0o077 == 0
    for secret in (TAKEN, "Krog", "Patient 0"):
        assert secret not in log.read_text(), "no data in the log"


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "The file is empty"),
        (b"name;shoe size\nBirgit;38\n", "This one is not known: shoe size"),
    ],
)
def test_a_file_that_is_no_such_table_is_refused(tmp_path: Path, data: bytes, says: str) -> None:
    (tmp_path / "patients.csv").write_bytes(data)
    refused = backtrace("enrol-many", "patients.csv", folder=tmp_path)
    assert refused.returncode == 2
    assert says in refused.stderr


def test_nothing_is_written_over(tmp_path: Path) -> None:
    (tmp_path / "patients.csv").write_text("name;phone\nBirgit;20304050\n")
    there = ("--cards", "patients.csv")
    refused = backtrace("enrol-many", "patients.csv", *there, folder=tmp_path)
    assert refused.returncode == 2
    assert "patients.csv is there already" in refused.stderr
    missing = backtrace("enrol-many", "none.csv", folder=tmp_path)
    assert "No such file" in missing.stderr
