"""What a professional waits for: the summary of a one-year history, as page and as PDF."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median
from time import perf_counter, process_time
from typing import Any, cast

from starlette.testclient import TestClient

from api import professional
from api.app import create_app
from benchmarks.table import show
from tests.bot.practice import Practice
from tests.trajectory.lives import KAREN, YEAR_END, a_year
from trajectory import entries, patients
from trajectory.database import Database
from trajectory.migrations import upgrade_database

SITE = "https://nord.example"
PAGE, PDF = "/summary", "/summary/summary.pdf"
LOOKS = 20
"""Requests a round."""


def measure_page(rounds: int) -> dict[str, float]:
    """Milliseconds of a request for the page, its audit committed to SQLite (FULL)."""
    return {"summary_page_ms": _measure("page", PAGE, rounds)}


def measure_pdf(rounds: int) -> dict[str, float]:
    """The same for the PDF."""
    return {"summary_pdf_ms": _measure("PDF", PDF, rounds)}


def _measure(name: str, address: str, rounds: int) -> float:
    with _signed_in() as browser:
        _timed(browser, address)  # templates and fonts are read once
        times = [_timed(browser, address) for _ in range(rounds * LOOKS)]
    waited, worked = [each[0] for each in times], [each[1] for each in times]
    show(
        f"The summary of a one-year history as {name}, {rounds * LOOKS} requests",
        "milliseconds",
        {"until it is there": waited, "of them, processor time": worked},
    )
    return median(waited)


def _timed(browser: TestClient, address: str) -> tuple[float, float]:
    """Milliseconds by the clock, and of the processor."""
    begun, worked = perf_counter(), process_time()
    answer = browser.get(address)
    times = 1000 * (perf_counter() - begun), 1000 * (process_time() - worked)
    assert answer.status_code == 200, answer.status_code
    return times


@contextmanager
def _signed_in() -> Iterator[TestClient]:
    """A professional's browser with the page open; the whole application, without a network."""
    database = Database("sqlite://")
    upgrade_database(database)
    practice = Practice(database)
    _live(practice)
    shared = practice.share()
    app = create_app(
        practice.deployment,
        cast(Any, None),  # no webhook comes
        practice.doorbell,
        secure=True,
        extra_routers=[professional.router],
    )
    browser = TestClient(app, base_url=SITE)
    browser.post(f"/s/{shared.token}/code")
    code = practice.newest_code()
    browser.post(f"/s/{shared.token}/open", data={"code": code, "word": shared.words})
    try:
        yield browser
    finally:
        database.close()


def _live(practice: Practice) -> None:
    """A year goes by."""
    practice.clock.moment = YEAR_END
    ids = practice.deployment.ids
    with practice.database.write() as connection:
        rows = [
            entry._replace(id=ids.take(connection), patient_id=practice.birgit)
            for entry in a_year()
        ]
        entries.append(connection, [(practice.sealer, row) for row in rows])
        patients.change(connection, practice.birgit, started_at=KAREN.started_at)
