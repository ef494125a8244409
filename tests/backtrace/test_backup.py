"""A backup is made while the clinic works, and a restore harms nobody."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from backtrace.backup_cli import Refused, backup, restore
from backtrace.enrol_cli import OPERATOR
from backtrace.erased import listed, write_down
from backtrace.settings import Settings
from bot import restored
from bot.channels import Parcel
from tests.bot.house import House
from trajectory import audit, audit_checks, erased_list, erasure, patients
from trajectory.backup import NoBackup, put_in_place
from trajectory.database import Database, InUse, exclusive
from trajectory.erased_list import NoList
from trajectory.ids import SKIPPED
from trajectory.keys import Ring

RING = Ring.generate()


class Server:
    """A clinic's machine: a database file, its settings, and the house that runs on it."""

    def __init__(self, folder: Path, template: Path) -> None:
        self.file = folder / "clinic.db"
        self.copy = folder / "copy.db"
        shutil.copy(template, self.file)
        self.settings = Settings(database_url=f"sqlite:///{self.file}", keys=RING.setting())
        self.listing = Path(f"{self.file}.erased")
        self.house = self.start()
        write_down(self.house.database, self.listing)

    def start(self) -> House:
        """The program, on what is in the file now."""
        return House(Database(self.settings.database_url, durable=False), RING)

    def stop(self) -> None:
        """Nothing has the file open any more."""
        self.house.database.close()

    def back_up(self, *, overwrite: bool = False) -> str:
        return "\n".join(backup(self.settings, self.copy, overwrite=overwrite))

    def restore(self, **asked: bool) -> str:
        """Stop, restore, and start again."""
        self.stop()
        said = "\n".join(self._restored(**asked))
        clock = self.house.clock
        self.house = self.start()
        self.house.clock.set(clock.now())
        return said

    def _restored(self, *, replace: bool = True, list_is_lost: bool = False) -> Iterator[str]:
        return restore(self.settings, self.copy, replace=replace, list_is_lost=list_is_lost)

    def erase(self, patient_id: int) -> None:
        """As the due row does once the goodbye has gone out."""
        with self.house.database.write() as connection:
            patients.lock_conversations(connection, [patient_id])
            erasure.erase(connection, patient_id, self.house.clock.now())


@pytest.fixture
def server(tmp_path: Path, migrated_sqlite: Path) -> Iterator[Server]:
    found = Server(tmp_path, migrated_sqlite)
    yield found
    found.stop()


def test_a_backup_holds_what_was_committed_and_is_for_its_owner_only(server: Server) -> None:
    house = server.house
    birgit = house.enrol()
    house.ask(birgit.patient_id)
    house.write("4")
    with house.database.write():  # somebody is in the middle of a transaction
        said = server.back_up()
    assert "1 patients, 2 entries" in said
    assert f"the key ring ({RING.current})" in said
    assert str(server.listing) in said
    assert stat.S_IMODE(server.copy.stat().st_mode) == 0o600
    assert sorted(each.name for each in server.copy.parent.glob("copy*")) == ["copy.db"]
    house.write("5")
    server.restore()
    assert server.house.answers(birgit.patient_id) == [("pain", 4)]


def test_a_backup_overwrites_only_what_it_is_told_to(server: Server) -> None:
    server.back_up()
    with pytest.raises(NoBackup, match="--overwrite"):
        server.back_up()
    server.back_up(overwrite=True)
    server.copy = server.file
    with pytest.raises(NoBackup, match="the database itself"):
        server.back_up(overwrite=True)


def test_what_is_no_whole_backup_is_not_restored(server: Server) -> None:
    server.back_up()
    whole = server.copy.read_bytes()
    with closing(sqlite3.connect(server.copy)) as opened, opened:
        opened.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(Refused, match="9999"):
        server.restore()
    for spoilt in (whole[: len(whole) // 2], b"something else", b""):
        server.copy.write_bytes(spoilt)
        with pytest.raises(NoBackup):
            server.restore()
    assert list(server.file.parent.glob("*before*")) == []


def test_a_restore_needs_the_machine_to_itself_and_leave_to_replace(server: Server) -> None:
    server.back_up()
    with pytest.raises(Refused, match="--replace"):
        server.restore(replace=False)
    with exclusive(server.settings.database_url), pytest.raises(InUse):
        server.restore()


def test_a_backup_without_its_keys_is_refused_before_anything_is_moved(server: Server) -> None:
    server.house.enrol()
    server.back_up()
    server.settings = Settings(
        database_url=f"sqlite:///{server.file}", keys=Ring.generate("new").setting()
    )
    with pytest.raises(Refused, match="needs keys that are not in the ring: k1"):
        server.restore()


def test_whoever_was_erased_after_the_backup_stays_erased(server: Server) -> None:
    birgit, jonas = server.house.enrol(), server.house.enrol("jonas", name="Jonas Lund")
    server.back_up()
    later = server.house.enrol("ida", name="Ida Krog")
    for each in (birgit, later):
        server.erase(each.patient_id)
    write_down(server.house.database, server.listing)
    server.stop()
    server.file.unlink()  # the disk is lost, and a new one is in its place
    server.restore(replace=False)
    house = server.house
    with house.database.read() as connection:
        assert patients.read(connection, [birgit.patient_id]) == []
        assert erasure.tombstones(connection).keys() == {birgit.patient_id, later.patient_id}
        assert [r.action for r in audit.records(connection, birgit.patient_id)][-1] == "erased"
        assert audit_checks.check(connection, [birgit.patient_id])[0].problems == []
    assert house.person(jonas.patient_id).name == "Jonas Lund"


def test_what_the_erased_wrote_before_they_were_known_stays_erased(server: Server) -> None:
    server.house.write("my back hurts", "a stranger")
    assert [row.status for row in server.house.inbox()] == ["unknown-sender"]
    server.back_up()
    server.restore()
    assert server.house.inbox() != [], "nobody was erased"
    birgit = server.house.enrol("a stranger")
    server.back_up(overwrite=True)
    server.erase(birgit.patient_id)
    server.restore()
    assert server.house.inbox() == []
    assert [row for row in server.house.outbox() if row.patient_id is None] == []


def test_the_database_that_is_replaced_says_who_was_erased_before_the_list_did(
    server: Server,
) -> None:
    birgit = server.house.enrol()
    server.back_up()
    server.erase(birgit.patient_id)
    server.restore()
    with server.house.database.read() as connection:
        assert patients.read(connection, [birgit.patient_id]) == []
    assert erased_list.read(server.listing).keys() == {birgit.patient_id}


def test_without_the_list_nothing_is_restored_unless_there_is_none(server: Server) -> None:
    server.back_up()
    server.listing.unlink()
    with pytest.raises(NoList, match="--erased LIST"):
        server.restore()
    server.restore(list_is_lost=True)


def test_a_damaged_list_is_refused_with_its_line(server: Server) -> None:
    server.back_up()
    server.listing.write_text(f"{erased_list.HEAD}\n7 yesterday\n")
    with pytest.raises(NoList, match="line 2"):
        server.restore()


def test_the_list_is_printed_as_it_stands_in_the_file(server: Server) -> None:
    server.erase(server.house.enrol().patient_id)
    write_down(server.house.database, server.listing)
    assert listed(server.settings) == server.listing.read_text()


def test_ids_that_buttons_and_mails_still_name_are_not_given_out_again(server: Server) -> None:
    server.back_up()
    lost = server.house.enrol().patient_id
    server.restore()
    assert server.house.enrol("ida").patient_id > max(lost, SKIPPED)


def test_what_waited_is_held_until_the_operator_decides(server: Server) -> None:
    house = server.house
    birgit = house.enrol()
    house.set_due(birgit.patient_id)
    house.dispatch()
    server.back_up()
    house.send()
    assert "Held: 1 messages" in server.restore()
    house = server.house
    house.settle()
    assert house.telegram.sent == []
    house.write("help")
    house.settle()
    assert len(house.telegram.sent) == 1, "a new reply does not wait for what is held"
    repeated: list[bool] = []
    house.telegram.before = lambda parcel: repeated.append(parcel.repeated)
    assert restored.release(house.database, house.clock.now(), OPERATOR) == 1
    house.settle()
    assert repeated == [True], "the provider is asked whether it has the message already"
    assert restored.release(house.database, house.clock.now(), OPERATOR) == 0


def test_what_is_held_is_not_sent_after_stop_nor_after_it_was_dropped(server: Server) -> None:
    house = server.house
    for name in ("birgit", "jonas"):
        house.set_due(house.enrol(name).patient_id)
    house.dispatch()
    server.back_up()
    server.restore()
    house = server.house
    for text in ("stop", "yes"):
        house.write(text)
        house.settle()
    sent: list[Parcel] = []
    house.telegram.before = sent.append
    restored.release(house.database, house.clock.now(), OPERATOR)
    house.settle()
    assert [parcel.address for parcel in sent] == ["jonas"]
    server.back_up(overwrite=True)
    house.ask(house.enrol("ida").patient_id)
    assert restored.drop(house.database, house.clock.now(), OPERATOR) == 0


def test_releasing_and_dropping_stands_in_the_record_of_the_patient(server: Server) -> None:
    house = server.house
    birgit, jonas = house.enrol(), house.enrol("jonas")
    for settled in (restored.release, restored.drop):
        for each in (birgit, jonas):
            house.set_due(each.patient_id)
        house.dispatch()
        server.back_up(overwrite=True)
        server.restore()
        house = server.house
        assert settled(house.database, house.clock.now(), OPERATOR) == 2
    for each in (birgit, jonas):
        done = [action for action in house.audited(each.patient_id) if "message" in action]
        assert done == ["message-released", "message-dropped"]


def test_a_crash_in_the_middle_leaves_the_old_database_with_all_that_was_committed(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.back_up()
    server.house.enrol()
    killed = server.file.with_name("killed.db")
    for suffix in ("", "-wal"):
        shutil.copy(f"{server.file}{suffix}", f"{killed}{suffix}")
    replace = Path.replace

    def cut(new: Path, target: Path | str) -> Path:
        if Path(target) == killed:
            raise InterruptedError
        return replace(new, target)

    monkeypatch.setattr(Path, "replace", cut)
    with pytest.raises(InterruptedError):
        put_in_place(server.copy, killed, killed.with_name("kept.db"))
    with closing(sqlite3.connect(killed)) as opened:
        assert opened.execute("SELECT count(*) FROM patient").fetchone() == (1,)


def test_nothing_is_replaced_where_the_list_of_the_erased_cannot_be_written(
    server: Server,
) -> None:
    server.back_up()
    server.erase(server.house.enrol().patient_id)
    lost = server.file.parent / "lost" / "list"
    server.settings = server.settings.model_copy(update={"erased_file": lost})
    with pytest.raises(Refused, match="cannot be written"):
        server.restore(list_is_lost=True)
    assert list(server.file.parent.glob("*before*")) == []


def test_a_disk_without_hard_links_takes_backups_too(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(source: Path, target: Path) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    server.back_up()
    with pytest.raises(NoBackup, match="--overwrite"):
        server.back_up()
    server.restore()


def test_three_lost_weeks_ask_each_patient_once(server: Server) -> None:
    house = server.house
    birgit = house.enrol(pathway="low-back-pain")
    house.wait(days=10)
    server.back_up()
    house.clock.set(house.clock.now() + timedelta(weeks=3))
    server.restore()
    house = server.house
    restored.drop(house.database, house.clock.now(), OPERATOR)
    house.settle()
    questions = [sent for sent in house.telegram.sent if sent.parcel.rendered.buttons]
    assert len(questions) == 1
    waiting = [row for row in house.due() if row.owner_id == birgit.patient_id]
    assert all(row.at > house.clock.now() for row in waiting)


def test_postgresql_is_restored_by_its_own_tools_and_made_fit_by_ours(
    postgres_migrated: str, tmp_path: Path
) -> None:
    settings = Settings(database_url=postgres_migrated, keys=RING.setting())
    with pytest.raises(Refused, match="pg_dump"):
        list(backup(settings, tmp_path / "copy", overwrite=False))
    with pytest.raises(Refused, match="pg_restore"):
        list(restore(settings, tmp_path / "copy"))
    with pytest.raises(Refused, match="--erased LIST"):
        list(restore(settings, None))
    with closing(Database(postgres_migrated, durable=False)) as database:
        house = House(database, RING)
        birgit, jonas = house.enrol(), house.enrol("jonas")
        house.set_due(jonas.patient_id)
        house.dispatch()
        listing = tmp_path / "erased"
        erased_list.add(listing, {birgit.patient_id: house.clock.now()})
        with pytest.raises(InUse, match="Stop"):
            list(restore(settings, None, listing=listing))
    said = "\n".join(restore(settings, None, listing=listing))
    assert "Erased anew: 1" in said
    assert "Held: 1" in said
    with closing(Database(postgres_migrated, durable=False)) as database:
        house = House(database, RING)
        with database.read() as connection:
            assert patients.read(connection, [birgit.patient_id]) == []
        assert house.enrol("ida").patient_id > SKIPPED
        assert restored.release(database, house.clock.now(), OPERATOR) == 1
        assert house.audited(jonas.patient_id)[-1] == "message-released"
