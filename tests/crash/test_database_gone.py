"""PostgreSQL is away for a while, under everything that runs; then it is there again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot.leases import LEASE
from tests.crash.site import Site, let_in, site
from tests.house import postgres
from trajectory import migrations
from trajectory.database import Database

pytestmark = pytest.mark.first


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A server of the module's own."""
    with postgres.server() as url:
        migrations.upgrade(url)
        yield Path(url.rpartition("host=")[2])


@pytest.fixture
def running(folder: Path) -> Iterator[Site]:
    database = Database(f"postgresql://postgres@/postgres?host={folder}")
    with site(database) as running:
        yield running
    database.close()


def test_everything_waits_and_then_goes_on_by_itself(running: Site, folder: Path) -> None:
    let_in(running)
    house, client = running.house, running.client
    due = house.enrol("birgit").patient_id
    for _ in range(5):
        running.sms("help")
    with capture_logs() as logs:
        postgres.halt(folder)
        refused = running.sms("note the stairs went well")
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
        assert client.get("/healthz").status_code == 200
        assert client.get("/readyz").status_code == 503
        form = {"id": "keep-this-id", "text": "6 in the morning"}
        page = client.post("/chat/messages", data=form)
        assert page.status_code == 503
        assert "6 in the morning</textarea>" in page.text
        # Each sender and both tickers tell it once, however long it lasts.
        loops = len(house.deployment.channels) + 2
        running.wait_for(lambda: len(logs) >= loops)
        postgres.start_again(folder)
        running.wait_for(lambda: len(logs) >= 2 * loops)
    assert client.get("/readyz").status_code == 200
    again = running.sms("note the stairs went well", f"SM{running.numbers:032x}")
    assert again.status_code == 200
    assert client.post("/chat/messages", data=form).status_code == 303
    house.set_due(due)
    running.wait_for(lambda: bool(house.telegram.sent))
    # What was just being sent when the server went is sent when its lease has ended.
    house.clock.set(house.clock.now() + LEASE)
    running.wait_for(lambda: {row.status for row in house.outbox()} == {"sent"})
    by_sms = [row for row in house.inbox() if row.channel == "sms"]
    assert sorted(row.external_id for row in by_sms) == sorted(running.acknowledged)
    assert {row.status for row in house.inbox()} == {"done"}
    told = Counter(line["event"] for line in logs)
    assert told == {"database unavailable": loops, "database available again": loops}


def test_connections_that_a_crash_has_cut_are_met_by_nobody(running: Site, folder: Path) -> None:
    for _ in range(3):
        assert running.sms("help").status_code == 200
    postgres.kill(folder)
    postgres.start_again(folder)
    for _ in range(3):
        assert running.sms("help").status_code == 200
    assert {row.status for row in running.house.inbox()} == {"done"}
