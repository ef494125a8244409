"""The disk of the database is full: nothing is acknowledged that is not kept, and all goes on."""

from __future__ import annotations

import resource
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from tests.crash.clinic import clinic
from tests.crash.lives import wait
from tests.crash.providers import post
from tests.crash.site import PHONE, Site, let_in, site
from trajectory import migrations
from trajectory.database import Database

pytestmark = [pytest.mark.both_databases, pytest.mark.first]

FULL = """
CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END
$$;
CREATE TRIGGER no_room BEFORE INSERT OR UPDATE ON {table} EXECUTE FUNCTION no_room();
"""
TOLD = {"database unavailable", "database available again"}
_TABLES = ("inbox", "entry", "outbox", "session", "due")


@pytest.fixture
def full(migrated_database_url: str) -> Iterator[tuple[Site, Callable[[bool], None]]]:
    """A clinic, and what fills its disk or makes room.

    SQLite's file may not grow. PostgreSQL says itself that its disk is full, wherever it would
    write a row.
    """
    database = Database(migrated_database_url, durable=False)
    with site(database) as running:
        yield running, lambda is_full: _fill(database, is_full)
    database.close()


def _fill(database: Database, is_full: bool) -> None:
    with database.write() as connection:
        if database.dialect == "sqlite":
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
            most = pages if is_full else 2**30
            connection.exec_driver_sql(f"PRAGMA max_page_count = {most}")
            return
        for table in _TABLES if is_full else ():
            function, trigger = FULL.format(table=table).split("$$;")
            if table == _TABLES[0]:
                connection.execute(text(function + "$$"))
            connection.execute(text(trigger))
        if not is_full:
            connection.execute(text("DROP FUNCTION no_room CASCADE"))


def test_what_found_no_room_comes_in_when_there_is_some(
    full: tuple[Site, Callable[[bool], None]],
) -> None:
    site, fill = full
    site.sms("help")
    site.wait_for(lambda: {row.status for row in site.house.outbox()} == {"sent"})
    with capture_logs() as logs:
        fill(True)
        refused = site.until_refused()
        assert site.client.get("/healthz").status_code == 200
        site.nothing_lost()
        fill(False)
    assert site.sms("note the stairs went well", refused).status_code == 200
    site.nothing_lost()
    rows = len(site.house.outbox())
    site.wait_for(lambda: len(site.house.sms.sent) >= rows)
    site.sent_once()
    assert {line["event"] for line in logs} <= TOLD


def test_what_is_due_waits_for_room(full: tuple[Site, Callable[[bool], None]]) -> None:
    site, fill = full
    house, due = site.house, site.house.clock.now() + timedelta(hours=1)
    for n in range(10):
        house.set_due(house.enrol(f"patient-{n}").patient_id, due)
    fill(True)
    site.until_refused()
    with capture_logs() as logs:
        house.clock.set(due)
        site.wait_for(lambda: any(line["event"] == "database unavailable" for line in logs))
        fill(False)
        site.wait_for(lambda: len(house.telegram.sent) >= 10)
    assert sorted(each.parcel.address for each in house.telegram.sent) == [
        f"patient-{n}" for n in range(10)
    ]
    assert {line["event"] for line in logs} <= TOLD


def test_the_web_chat_gives_back_what_found_no_room(
    full: tuple[Site, Callable[[bool], None]],
) -> None:
    site, fill = full
    let_in(site)
    fill(True)
    forms = [{"id": f"keep-this-{n:04}", "text": "6 in the morning"} for n in range(500)]
    form = forms.pop()
    kept = 0
    while (page := site.client.post("/chat/messages", data=form)).status_code == 303:
        form = forms.pop()
        kept += 1
    assert page.status_code == 503
    assert "nothing is lost" in page.text
    assert "6 in the morning</textarea>" in page.text
    fill(False)
    assert site.client.post("/chat/messages", data=form).status_code == 303
    assert [row.status for row in site.house.inbox()] == ["done"] * (kept + 1)


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="only Linux limits another process")
def test_serve_on_a_disk_without_room(tmp_path: Path) -> None:
    """The real program, whose files the kernel lets grow no more."""
    url = f"sqlite:///{tmp_path / 'clinic.db'}"
    migrations.upgrade(url)
    with clinic(url, ("serve",), tmp_path, 1) as here:
        (life,) = here.lives
        here.telegram.mood, here.twilio.mood = lambda method: None, lambda sends: None
        life.start()
        while not life.answers():
            wait(0.02)
        pid, sizes = life.process.pid, [f.stat().st_size for f in tmp_path.glob("clinic.db*")]
        infinite = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (max(sizes) + 4096, resource.RLIM_INFINITY))
        statuses, refused = [], []
        for n in range(300):
            message = here.sms(f"note number {n}")
            statuses.append(post(life.address, message))
            if statuses[-1] != 200:
                refused.append(message)
            if len(refused) == 3:
                break
        assert set(statuses) <= {200, 503}
        assert len(refused) == 3
        resource.prlimit(pid, resource.RLIMIT_FSIZE, infinite)
        assert [post(life.address, message) for message in refused] == [200] * 3
        assert life.process.is_alive()
    with Database(url).read() as connection:
        kept = connection.execute(text("SELECT count(*) FROM inbox WHERE status = 'done'"))
        assert kept.scalar_one() == len(statuses)
    assert PHONE not in life.log.read_text()
