"""A new key comes in while patients write, and nobody becomes a stranger."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

from tests.bot.house import Clock, House
from tests.house import engines
from tests.house.command import backtrace
from tests.house.forked import running
from tests.house.processes import begin
from tests.house.telegram_counter import TelegramCounter, telegram_counter
from trajectory import key_history, rotation
from trajectory.database import Database
from trajectory.keys import Ring

FIRST_CHAT, PATIENTS = 100_000, 60
SECRET = "a-secret-of-the-webhook"
OLD = Ring.generate()


WEEKS = timedelta(days=35)


class Clinic:
    """Patients on Telegram, and the processes that serve them."""

    def __init__(self, url: str, folder: Path, stack: ExitStack) -> None:
        self.folder = folder
        self.telegram: TelegramCounter = stack.enter_context(telegram_counter(latency=0))
        database = Database(url, durable=False)
        stack.callback(database.close)
        self.house = House(database, OLD, clock=Clock(datetime.now(UTC)))
        for n in range(PATIENTS):
            self.house.enrol(str(FIRST_CHAT + n))
        self.settings = {
            "BACKTRACE_DATABASE_URL": url,
            "BACKTRACE_KEYS": OLD.setting(),
            "BACKTRACE_TELEGRAM_TOKEN": "7000000001:not-a-secret",
            "BACKTRACE_TELEGRAM_BOT": "nord_bot",
            "BACKTRACE_TELEGRAM_API_URL": self.telegram.url,
            "BACKTRACE_TELEGRAM_WEBHOOK_SECRET": SECRET,
            "BACKTRACE_TELEGRAM_RATE": "1000",
            "BACKTRACE_AUDIT_LOG": str(folder / "audit"),
        }
        self._written = 0

    def running(self, *command: str, ring: str) -> AbstractContextManager[str]:
        settings = {**self.settings, "BACKTRACE_KEYS": ring}
        return running(*command, folder=self.folder, settings=settings)

    def keys(self, *command: str, ring: str) -> str:
        settings = {**self.settings, "BACKTRACE_KEYS": ring}
        ran = backtrace("keys", *command, folder=self.folder, **settings)
        assert ran.returncode == 0, ran.stderr
        return ran.stdout

    def rotate_and_write(self, ring: str, address: str) -> None:
        """Patients write while it runs; it is killed once, and run again."""
        killed = self._rotating(ring)
        while self.behind(ring) == PATIENTS and killed.is_alive():
            self.write(address)
        killed.kill()
        killed.join()
        again = self._rotating(ring)
        while again.is_alive():
            self.write(address)
        again.join()
        assert again.exitcode == 0, (self.folder / "keys.log").read_text()
        assert self.behind(ring) == 0

    def _rotating(self, ring: str) -> Any:
        settings = {**self.settings, "BACKTRACE_KEYS": ring}
        return begin(["keys", "rotate"], settings, self.folder)

    def behind(self, ring: str) -> int:
        with self.house.database.read() as connection:
            return rotation.behind(connection, Ring.parse(ring))

    def write(self, address: str) -> None:
        """The next patient asks for help."""
        n, self._written = self._written, self._written + 1
        person = {"id": FIRST_CHAT + n % PATIENTS, "is_bot": False, "first_name": "B"}
        chat = {"id": person["id"], "first_name": "B", "type": "private"}
        message = {
            "message_id": 5_000_000 + n,
            "from": person,
            "chat": chat,
            "date": int(time.time()),
            "text": "help",
        }
        body = json.dumps({"update_id": 900 + n, "message": message}).encode()
        headers = {"Content-Type": "application/json", "X-Telegram-Bot-Api-Secret-Token": SECRET}
        with urlopen(Request(f"{address}/telegram/webhook", body, headers), timeout=30) as answer:
            assert answer.status == 200

    def check_that_all_were_known(self) -> None:
        assert [row.status for row in self.house.inbox()] == ["done"] * self._written
        deadline = time.monotonic() + 30
        while len(self.telegram.taken) < self._written:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        assert self._written > 2
        while not (self.folder / "audit").exists():
            assert time.monotonic() < deadline
            time.sleep(0.02)


@pytest.fixture
def clinic(migrated_database_url: str, tmp_path: Path) -> Iterator[Clinic]:
    with ExitStack() as stack:
        yield Clinic(migrated_database_url, tmp_path, stack)


def gone_from() -> str:
    return f"{datetime.now(UTC) + WEEKS:%Y-%m-%d}"


@pytest.mark.parametrize("migrated_database_url", ["sqlite"], indirect=True)
def test_serve_starts_anew_with_both_keys_and_everybody_is_moved_beside_it(clinic: Clinic) -> None:
    both = clinic.keys("new", ring=OLD.setting()).strip()
    assert Ring.parse(both).key_ids == ("k2", "k1")
    settings = {**clinic.settings, "BACKTRACE_KEYS": both}
    refused = backtrace("keys", "rotate", folder=clinic.folder, **settings)
    assert refused.returncode == 2
    assert "no process has run with k2 as its current key" in refused.stderr
    with clinic.running("serve", ring=both) as serve:
        assert f"k1       older; {PATIENTS} patients" in clinic.keys("list", ring=both)
        clinic.rotate_and_write(both, serve)
        clinic.check_that_all_were_known()
    told = clinic.keys("list", ring=both)
    assert f"k2       current; {PATIENTS} patients; since {datetime.now(UTC):%Y-%m-%d}" in told
    assert "k1       retired; 0 patients; may be destroyed with the backups it opens from " in told
    assert gone_from() in told
    alone = both.split(",")[0]
    verified = backtrace(
        "audit", "verify", folder=clinic.folder, **{**clinic.settings, "BACKTRACE_KEYS": alone}
    )
    assert verified.returncode == 0, verified.stdout
    house = House(clinic.house.database, Ring.parse(alone), clock=clinic.house.clock)
    house.write("help", str(FIRST_CHAT))
    assert house.inbox()[-1].status == "done"


@pytest.mark.parametrize("migrated_database_url", ["postgresql"], indirect=True)
def test_web_and_worker_are_restarted_one_by_one_and_nobody_is_a_stranger(clinic: Clinic) -> None:
    known = clinic.keys("new", "--last", ring=OLD.setting()).strip()
    assert Ring.parse(known).key_ids == ("k1", "k2")
    assert "k2       to come; 0 patients" in clinic.keys("list", ring=known)
    assert "retired" not in clinic.keys("rotate", "--stopped", ring=known)
    both = ",".join(reversed(known.split(",")))
    # First every process knows the new key; then one after the other uses it.
    clinic.house.database.close()  # as old as a process that was forgotten
    engines.end(clinic.settings["BACKTRACE_DATABASE_URL"])
    with clinic.running("web", ring=known) as web, clinic.running("worker", ring=both):
        clinic.rotate_and_write(both, web)
        clinic.check_that_all_were_known()
    assert gone_from() in clinic.keys("list", ring=both)


@pytest.mark.parametrize("migrated_database_url", ["postgresql"], indirect=True)
def test_a_process_that_is_older_than_the_key_is_not_forgotten(clinic: Clinic) -> None:
    both = OLD.with_new_key("k2")
    later = datetime.now(UTC) + timedelta(minutes=1)
    with clinic.house.database.write() as connection:
        key_history.note_running(connection, both, later)
    settings = {**clinic.settings, "BACKTRACE_KEYS": both.setting()}
    refused = backtrace("keys", "rotate", folder=clinic.folder, **settings)
    assert refused.returncode == 2
    assert "a process that does not know it still runs" in refused.stderr
    assert clinic.behind(both.setting()) == PATIENTS


def test_in_development_a_new_key_goes_into_the_file_beside_the_database(tmp_path: Path) -> None:
    backtrace("migrate", folder=tmp_path)
    assert backtrace("enrol", folder=tmp_path).returncode == 0
    file = tmp_path / "backtrace.db.key"
    before = file.read_text().strip()
    written = backtrace("keys", "new", folder=tmp_path)
    assert "backtrace.db.key: k2, k1; keep a copy" in written.stdout
    assert file.read_text().strip().endswith(f",{before}")
    assert file.stat().st_mode & 0o077 == 0
    assert before not in written.stdout
    listed = backtrace("keys", "list", folder=tmp_path)
    assert "k1       older; 1 patients" in listed.stdout
    rotated = backtrace("keys", "rotate", "--stopped", folder=tmp_path)
    assert "1 patients brought to k2; nobody is behind" in rotated.stdout
    assert "k1       retired; 0 patients" in rotated.stdout
    taken = backtrace("keys", "new", "--name", "k1", folder=tmp_path)
    assert taken.returncode == 2
    assert "the ring has a key k1 already" in taken.stderr


def test_without_a_ring_a_new_one_is_printed(tmp_path: Path) -> None:
    printed = backtrace("keys", "new", folder=tmp_path)
    assert Ring.parse(printed.stdout.strip()).key_ids == ("k1",)
    assert list(tmp_path.glob("*.key")) == []
