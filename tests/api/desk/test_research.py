"""The desk's page for research: who may, what is asked, and the file that is handed over."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

import pandas as pd
import pytest
from fastapi import FastAPI
from playwright.sync_api import Browser, Page, expect

from bot import due
from bot.conversation.effects import SetDue
from bot.desk.worker import Worker
from bot.driving import run_until_quiet
from tests.api.conftest import Serve
from tests.api.desk.desk_house import DeskHouse
from tests.bot.research.study import consent
from tests.bot.ward import Ward
from tests.house.accessible import assert_fits
from trajectory import audit, research

RESEARCH = "/desk/research"


@pytest.fixture
def birgit(ward: Ward) -> int:
    """Agrees to research, and is asked how the week went."""
    patient_id = ward.enrol(weeks=1)
    consent(ward.deployment, patient_id)
    ask(ward, patient_id)
    return patient_id


def ask(ward: Ward, patient_id: int, flow: str = "weekly-check-in") -> None:
    row = SetDue(f"start:{flow}", "flow", ward.now, payload={"flow": flow})
    with ward.database.write() as connection:
        due.write(connection, ward.deployment, [(patient_id, row)])
    run_until_quiet(ward.deployment)


def packed(content: bytes) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(content))


def test_the_operator_takes_an_export_away_and_the_patients_log_says_by_whom(
    house: DeskHouse, ward: Ward, ole: Worker, birgit: int
) -> None:
    other = ward.enrol("Lars Bo")
    browser = house.browser(ole)
    shown = browser.get(RESEARCH)
    assert "1 of 2 patients agree to research now" in shown.text
    got = browser.post(RESEARCH, data={"study": "nord-2027"})
    assert got.status_code == 200
    assert got.headers["content-type"] == "application/zip"
    assert re.fullmatch(
        r'attachment; filename="nord-2027-\d+\.zip"', got.headers["content-disposition"]
    )
    files = packed(got.content)
    assert files.testzip() is None
    (table,) = [name for name in files.namelist() if name.endswith("weekly-check-in.csv")]
    frame = pd.read_csv(files.open(table))
    assert list(frame["status"]) == ["waiting"]
    with ward.database.read() as connection:
        (record,) = [
            each for each in audit.records(connection, birgit) if each.action == research.EXPORTED
        ]
        assert record.actor == ole.actor
        assert research.EXPORTED not in [e.action for e in audit.records(connection, other)]


def test_what_was_typed_wrong_is_told_and_comes_back(house: DeskHouse, ole: Worker) -> None:
    typed = {"study": "Nord 2027!", "since": "2026-02-01", "until": "2026-01-01", "dates": "yes"}
    refused = house.browser(ole).post(RESEARCH, data=typed)
    assert refused.status_code == 422
    assert "Write the study as a short name" in refused.text
    assert 'value="Nord 2027!"' in refused.text
    assert re.search(r'name="dates"[^>]* checked', refused.text)
    refused = house.browser(ole).post(RESEARCH, data=typed | {"study": "nord-2027"})
    assert "The last day comes before the first" in refused.text
    assert 'value="2026-02-01"' in refused.text


def test_in_danish(house: DeskHouse, ole: Worker) -> None:
    browser = house.browser(ole, "da")
    assert "Svar til forskning" in browser.get(RESEARCH).text


def test_nothing_of_an_export_stays_behind(
    house: DeskHouse,
    ole: Worker,
    birgit: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert house.browser(ole).post(RESEARCH, data={"study": "nord"}).status_code == 200
    assert list(tmp_path.iterdir()) == []


def in_the_browser(house: DeskHouse, engine: Browser, site: str, ole: Worker) -> Page:
    page = house.context(engine, site, ole).new_page()
    page.goto(f"{site}{RESEARCH}")
    return page


def test_by_keyboard_alone(
    house: DeskHouse,
    plain_app: FastAPI,
    serve: Serve,
    engine: Browser,
    ole: Worker,
    birgit: int,
    tmp_path: Path,
) -> None:
    page = in_the_browser(house, engine, serve(plain_app), ole)
    expect(page.get_by_label("Study", exact=True)).to_be_focused()
    page.keyboard.press("Control+a")
    page.keyboard.type("nord-2027")
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    file = tmp_path / "export.zip"
    download.value.save_as(file)
    assert "nord-2027" in download.value.suggested_filename
    names = [Path(name).name for name in packed(file.read_bytes()).namelist()]
    assert {"README.md", "manifest.json", "data-dictionary.csv"} < set(names)


def test_axe_finds_nothing_and_nothing_is_cut_off(
    house: DeskHouse,
    plain_app: FastAPI,
    serve: Serve,
    engine: Browser,
    ole: Worker,
) -> None:
    page = in_the_browser(house, engine, serve(plain_app), ole)
    for typed in (None, "Nord 2027!"):
        if typed:
            page.get_by_label("Study", exact=True).fill(typed)
            page.keyboard.press("Enter")
            expect(page.get_by_role("alert")).to_be_visible()
        assert_fits(page, (1280, 768, 390))
