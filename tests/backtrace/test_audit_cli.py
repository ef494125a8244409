"""`backtrace audit verify`: beside a running clinic, after an erasure and after a restore."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from backtrace.audit_cli import Verdict, chores, noting_of, verify
from backtrace.backup_cli import backup, restore
from backtrace.erased import write_down
from backtrace.settings import Settings
from bot.conversation.effects import SetDue
from bot.conversation.tasks.deleting import ERASE
from bot.directory import staff
from tests.bot.house import Clock, House
from tests.house.command import backtrace
from tests.house.forked import running
from trajectory import audit
from trajectory.database import Database
from trajectory.keys import Ring
from trajectory.professionals import Professional

pytestmark = pytest.mark.both_databases

RING = Ring.generate()
LONG_AGO = timedelta(hours=3)


class Clinic:
    """A clinic's database with two patients, whose summaries somebody looks at."""

    def __init__(self, url: str, folder: Path) -> None:
        self.log, self.erased = folder / "clinic.audit", folder / "erased"
        self.settings = Settings(
            database_url=url, keys=RING.setting(), audit_log=self.log, erased_file=self.erased
        )
        self.start()
        self.birgit = self.house.enrol().patient_id
        self.jonas = self.house.enrol("jonas", name="Jonas Lund").patient_id
        self.look()

    def start(self) -> None:
        database = Database(self.settings.database_url, durable=False)
        self.house = House(database, RING, clock=Clock(datetime.now(UTC) - LONG_AGO))

    def stop(self) -> None:
        self.house.database.close()

    def look(self) -> None:
        for each in (self.birgit, self.jonas):
            with self.house.database.write() as connection:
                audit.append(
                    connection,
                    self.house.deployment.ids,
                    each,
                    actor="professional:7",
                    action="viewed",
                    at=self.house.clock.now(),
                )

    def erase(self, patient_id: int) -> None:
        self.house.set_row(patient_id, SetDue(ERASE, ERASE, self.house.clock.now()))
        self.house.settle()

    def note(self) -> None:
        """As the chore does every quarter of an hour."""
        (chore,) = chores(self.settings, self.house.deployment).values()
        place = None
        while (place := chore.slice(place)) is not None:
            pass

    def meddle(self, statement: str, patient_id: int) -> None:
        with self.house.database.write() as connection:
            connection.execute(text(statement), {"patient": patient_id})

    def verify(self, patient: int | None = None, root: str = "") -> tuple[bool, list[str]]:
        verdict = Verdict()
        told = list(verify(self.settings, verdict, datetime.now(UTC), patient, root))
        return verdict.whole, told


@pytest.fixture
def clinic(migrated_database_url: str, tmp_path: Path) -> Iterator[Clinic]:
    clinic = Clinic(migrated_database_url, tmp_path)
    yield clinic
    clinic.stop()


def test_whole_chains_are_counted(clinic: Clinic) -> None:
    clinic.note()
    assert clinic.verify() == (True, ["2 chains, 6 records, whole"])
    assert clinic.verify(clinic.birgit) == (True, ["1 chains, 3 records, whole"])


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("UPDATE audit SET actor = 'nobody' WHERE patient_id = :patient AND n = 2", "2: changed"),
        ("DELETE FROM audit WHERE patient_id = :patient AND n = 2", "2: removed"),
        ("DELETE FROM audit WHERE patient_id = :patient AND n = 3", "3: cut off"),
        ("DELETE FROM audit WHERE patient_id = :patient", "3: cut off"),
        (
            "INSERT INTO audit SELECT 7000000, patient_id, 4, at, actor, action, subject, hash, "
            "hash FROM audit WHERE patient_id = :patient AND n = 3",
            "4: changed",
        ),
    ],
)
def test_each_kind_of_meddling_is_told_by_patient_and_record(
    clinic: Clinic, statement: str, says: str
) -> None:
    clinic.note()
    clinic.meddle(statement, clinic.birgit)
    whole, told = clinic.verify()
    assert not whole
    assert any(each.startswith(f"patient {clinic.birgit}, record {says}") for each in told)
    assert "problems" in told[-1]
    assert clinic.verify(clinic.jonas)[0]
    assert "viewed" not in "".join(told)


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("UPDATE clinic_audit SET actor = 'operator:9' WHERE n = 2", "2: changed"),
        ("UPDATE clinic_audit SET subject = 'directory:9' WHERE n = 1", "1: changed"),
        ("DELETE FROM clinic_audit WHERE n = 2", "2: removed"),
        ("DELETE FROM clinic_audit WHERE n = 3", "3: cut off"),
        ("DELETE FROM clinic_audit", "3: cut off"),
    ],
)
def test_meddling_with_the_clinic_s_own_chain_is_told(
    clinic: Clinic, statement: str, says: str
) -> None:
    anne = Professional(0, "Anne Skov", "anne@nord.example", "nurse", "primary", "en")
    number = staff.add(clinic.house.deployment, anne)
    staff.invite(clinic.house.deployment, number)
    staff.remove(clinic.house.deployment, number)
    clinic.note()
    assert clinic.verify() == (True, ["3 chains, 9 records, whole"])
    clinic.meddle(statement, 0)
    whole, told = clinic.verify()
    assert not whole
    assert any(each.startswith(f"the clinic's own, record {says}") for each in told)
    assert clinic.verify(clinic.birgit)[0]


def test_a_restore_says_that_it_has_set_the_clinic_s_own_chain_back(clinic: Clinic) -> None:
    deployment = clinic.house.deployment
    anne = Professional(0, "Anne Skov", "anne@nord.example", "nurse", "primary", "en")
    number = staff.add(deployment, anne)
    staff.invite(deployment, number)
    clinic.note()
    clinic.meddle("DELETE FROM clinic_audit WHERE n > 1", 0)
    noting_of(clinic.settings, clinic.house.database, deployment.ring).rewind(datetime.now(UTC))
    whole, told = clinic.verify()
    assert whole, told
    assert "a restore has set 1 chains back" in told[0]


@pytest.mark.parametrize("noted_after", [True, False])
def test_an_erasure_is_no_alarm_and_hides_none(clinic: Clinic, noted_after: bool) -> None:
    clinic.note()
    clinic.erase(clinic.birgit)
    if noted_after:
        clinic.note()
        assert clinic.verify() == (True, ["2 chains, 7 records, whole"])
    clinic.meddle("DELETE FROM audit WHERE patient_id = :patient AND n = 1", clinic.birgit)
    whole, told = clinic.verify()
    assert not whole
    assert f"patient {clinic.birgit}, record 1: removed" in told


def test_without_its_log_nobody_can_say_that_all_is_well(clinic: Clinic) -> None:
    whole, told = clinic.verify()
    assert not whole
    assert "there is no audit log" in told[0]
    clinic.note()
    clinic.look()
    whole, told = clinic.verify()
    assert not whole
    assert "2 records are over an hour old and not in the audit log" in told[0]


def test_lines_cut_off_from_the_log_show_against_a_root_that_was_kept_elsewhere(
    clinic: Clinic, capfd: pytest.CaptureFixture[str]
) -> None:
    clinic.note()
    before = clinic.log.read_bytes()
    clinic.look()
    clinic.note()
    root = re.findall(r"root=([0-9a-f]{64})", clinic.log.read_text())[-1]
    logged = capfd.readouterr()
    assert root in logged.out + logged.err
    assert clinic.verify(root=root)[0]
    clinic.log.write_bytes(before)
    clinic.meddle("DELETE FROM audit WHERE patient_id = :patient AND n > 3", clinic.birgit)
    clinic.meddle("DELETE FROM audit WHERE patient_id = :patient AND n > 3", clinic.jonas)
    assert clinic.verify()[0], "nobody can tell"
    whole, told = clinic.verify(root=root)
    assert not whole
    assert "does not contain the root" in told[0]


def test_a_restore_is_told_and_no_alarm(tmp_path: Path, migrated_sqlite: Path) -> None:
    file, copy = tmp_path / "clinic.db", tmp_path / "copy.db"
    file.write_bytes(migrated_sqlite.read_bytes())
    clinic = Clinic(f"sqlite:///{file}", tmp_path)
    write_down(clinic.house.database, clinic.erased)
    clinic.note()
    list(backup(clinic.settings, copy, overwrite=False))
    clinic.look()
    later = clinic.house.enrol("ida", name="Ida Krog").patient_id
    clinic.erase(clinic.jonas)
    clinic.note()
    clinic.stop()
    said = list(restore(clinic.settings, copy, replace=True))
    assert "Audit: 3 chains are shorter than they were; the audit log says so" in said
    whole, told = clinic.verify()
    assert whole, told
    assert "a restore has set 3 chains back" in told[0]
    assert told[-1] == "2 chains, 7 records, whole"
    clinic.start()
    clinic.look()
    clinic.note()
    assert clinic.verify()[0]
    clinic.meddle("DELETE FROM audit WHERE patient_id = :patient AND n > 2", clinic.birgit)
    assert f"patient {clinic.birgit}, record 3: cut off: the audit log has it" in clinic.verify()[1]
    assert clinic.verify(later)[1][-1] == "0 chains, 0 records, whole"
    clinic.stop()


def test_what_a_server_s_own_tools_have_restored_is_told_too(
    postgres_migrated: str, tmp_path: Path
) -> None:
    clinic = Clinic(postgres_migrated, tmp_path)
    clinic.note()
    clinic.look()
    clinic.erase(clinic.jonas)
    write_down(clinic.house.database, clinic.erased)
    clinic.note()
    # As if pg_restore had brought back what was before.
    for each in (clinic.birgit, clinic.jonas):
        clinic.meddle("DELETE FROM audit WHERE patient_id = :patient AND n > 3", each)
    whole, told = clinic.verify()
    assert not whole, told
    clinic.stop()
    said = list(restore(clinic.settings, None, listing=clinic.erased))
    assert "Audit: 2 chains are shorter than they were; the audit log says so" in said
    whole, told = clinic.verify()
    assert told[1:] == [
        f"patient {clinic.jonas}, record 4: missing: the patient is erased, and no record says so",
        "2 chains, 6 records, 1 problems",
    ], "this was no backup: Jonas was erased in it"


def test_a_broken_log_keeps_nobody_from_a_restore(tmp_path: Path, migrated_sqlite: Path) -> None:
    file, copy = tmp_path / "clinic.db", tmp_path / "copy.db"
    file.write_bytes(migrated_sqlite.read_bytes())
    clinic = Clinic(f"sqlite:///{file}", tmp_path)
    write_down(clinic.house.database, clinic.erased)
    clinic.note()
    list(backup(clinic.settings, copy, overwrite=False))
    clinic.stop()
    clinic.log.write_text("nonsense\n")
    said = "\n".join(restore(clinic.settings, copy, replace=True))
    assert "The audit log was not continued" in said
    assert "line 1" in said
    whole, told = clinic.verify()
    assert not whole
    assert "line 1: no line of this log" in told[0]


def test_doctor_says_where_it_is_and_whether_it_can_be_written(tmp_path: Path) -> None:
    backtrace("migrate", folder=tmp_path)
    examined = backtrace("doctor", folder=tmp_path)
    assert "ok     audit log: backtrace.db.audit" in examined.stdout
    nowhere = {"BACKTRACE_AUDIT_LOG": str(tmp_path / "nowhere" / "audit")}
    examined = backtrace("doctor", folder=tmp_path, **nowhere)
    assert "wrong  audit log: " in examined.stdout


def test_the_command_works_beside_the_running_program(
    tmp_path: Path, migrated_sqlite: Path
) -> None:
    file = tmp_path / "clinic.db"
    shutil.copy(migrated_sqlite, file)
    clinic = Clinic(f"sqlite:///{file}", tmp_path)
    settings = {
        "BACKTRACE_DATABASE_URL": f"sqlite:///{file}",
        "BACKTRACE_KEYS": RING.setting(),
        "BACKTRACE_AUDIT_LOG": str(clinic.log),
    }
    with running("serve", folder=tmp_path, settings=settings):
        deadline = time.monotonic() + 30
        while not (clinic.log.exists() and clinic.log.read_text().endswith("\n")):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        verified = backtrace("audit", "verify", folder=tmp_path, **settings)
        assert (verified.stdout, verified.returncode) == ("2 chains, 6 records, whole\n", 0)
        clinic.meddle("DELETE FROM audit WHERE patient_id = :patient", clinic.birgit)
        verified = backtrace("audit", "verify", folder=tmp_path, **settings)
        assert verified.returncode == 1
        assert f"patient {clinic.birgit}, record 3: cut off" in verified.stdout
    clinic.stop()
