"""A database is opened by its own keys only, and nobody loses them unnoticed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.house.command import backtrace
from trajectory.database import Database
from trajectory.deployment import prove
from trajectory.keys import Ring, WrongKey

URL = "sqlite:///backtrace.db"
ANOTHER = Ring.generate().setting()


@pytest.fixture
def clinic(tmp_path: Path) -> Path:
    """A clinic with one patient, and the key file beside its database."""
    backtrace("migrate", folder=tmp_path)
    assert backtrace("enrol", folder=tmp_path).returncode == 0
    return tmp_path


@pytest.mark.parametrize(
    "command",
    [
        ("serve",),
        ("enrol",),
        ("link", "1"),
        ("simulate", "--add", "--patients", "1", "--weeks", "1", "--database", URL),
    ],
)
def test_another_key_of_the_same_id_is_refused_in_words(
    clinic: Path, command: tuple[str, ...]
) -> None:
    refused = backtrace(*command, folder=clinic, BACKTRACE_KEYS=ANOTHER)
    assert refused.returncode == 2
    assert "BACKTRACE_KEYS does not open this database" in refused.stderr
    assert "Put back the ring" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_doctor_tries_the_key_on_the_database(clinic: Path) -> None:
    assert "ok     keys: " in backtrace("doctor", folder=clinic).stdout
    examined = backtrace("doctor", folder=clinic, BACKTRACE_KEYS=ANOTHER)
    assert examined.returncode == 1
    assert "wrong  keys: BACKTRACE_KEYS does not open this database" in examined.stdout


def test_a_lost_key_file_is_asked_for_and_not_made_anew(clinic: Path) -> None:
    key = clinic / "backtrace.db.key"
    kept = key.read_text()
    key.unlink()
    for command in ("serve", "enrol"):
        refused = backtrace(command, folder=clinic)
        assert refused.returncode == 2
        assert "put your key file back" in refused.stderr
        assert not key.exists()
    assert (
        "wrong  keys: the database was made with a key" in backtrace("doctor", folder=clinic).stdout
    )
    key.write_text(kept)
    assert backtrace("enrol", folder=clinic).returncode == 0


def test_before_there_is_anything_to_seal_doctor_says_who_makes_the_key(tmp_path: Path) -> None:
    backtrace("migrate", folder=tmp_path)
    examined = backtrace("doctor", folder=tmp_path)
    assert examined.returncode == 0
    assert "off    keys: no key file yet; `backtrace serve` makes it" in examined.stdout


def test_the_first_command_leaves_something_to_prove_a_ring_by(
    tmp_path: Path, migrated_database_url: str
) -> None:
    first, second = (
        {"BACKTRACE_DATABASE_URL": migrated_database_url, "BACKTRACE_KEYS": ring}
        for ring in (Ring.generate().setting(), ANOTHER)
    )
    assert backtrace("cases", folder=tmp_path, **first).returncode == 0
    refused = backtrace("cases", folder=tmp_path, **second)
    assert refused.returncode == 2
    assert "does not open this database" in refused.stderr
    assert backtrace("cases", folder=tmp_path, **first).returncode == 0


def test_a_database_of_before_is_proved_by_its_patients(clinic: Path) -> None:
    database = Database(f"sqlite:///{clinic / 'backtrace.db'}")
    with database.write() as connection:
        connection.exec_driver_sql("DELETE FROM deployment WHERE key = 'key'")
    with database.read() as connection:
        prove(connection, Ring.parse((clinic / "backtrace.db.key").read_text().strip()))
        with pytest.raises(WrongKey):
            prove(connection, Ring.parse(ANOTHER))
    database.close()


def test_a_trial_restore_elsewhere_asks_for_the_ring_and_works_with_it(clinic: Path) -> None:
    assert backtrace("backup", "copy.db", folder=clinic).returncode == 0
    listing = str(clinic / "backtrace.db.erased")
    restore = ("restore", str(clinic / "copy.db"), "--erased", listing)
    trial = clinic / "trial"
    trial.mkdir()
    for keys in ({}, {"BACKTRACE_KEYS": ANOTHER}):
        asked = backtrace(*restore, folder=trial, **keys)
        assert asked.returncode == 2
        assert "Put the ring that was kept with it into BACKTRACE_KEYS, or its key" in asked.stderr
        assert [each.name for each in trial.iterdir() if each.suffix != ".lock"] == []
    ring = (clinic / "backtrace.db.key").read_text().strip()
    done = backtrace(*restore, folder=trial, BACKTRACE_KEYS=ring)
    assert done.returncode == 0, done.stderr
    listed = backtrace("outbox", folder=trial, BACKTRACE_KEYS=ring).stdout
    assert "Held since a restore" in listed
    assert listed.endswith("\nNothing else waits.\n")
