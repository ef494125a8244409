"""The work list in a real browser: by keyboard alone, showing itself anew, and without faults."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi import FastAPI
from playwright.sync_api import Browser, Page, expect

from bot.desk.worker import Worker
from tests.api.conftest import Serve
from tests.api.desk.desk_house import DeskHouse
from tests.api.desk.test_work import SIGN, give_phone, only, open_case
from tests.bot.ward import Ward
from tests.house.accessible import assert_fits
from trajectory import cases
from trajectory.cases import Kind

PICTURES = os.environ.get("BACKTRACE_TEST_PICTURES")
"""A folder for pictures of the pages, for whoever wants to look at them."""


@pytest.fixture
def desk(
    engine: Browser, serve: Serve, plain_app: FastAPI, house: DeskHouse, mette: Worker
) -> Iterator[Page]:
    """The secretary's browser; an error of a script fails the test."""
    site = serve(plain_app)
    context = house.context(engine, site, mette)
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(error.message))
    page.goto(f"{site}/desk")
    yield page
    context.close()
    assert errors == []


def reach(page: Page, name: str, role: str = "link") -> None:
    """Press Tab until this has the focus."""
    wanted = page.get_by_role(role, name=name).first  # type: ignore[arg-type]
    for _ in range(40):
        if wanted.evaluate("each => each === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{name} is not reached by keyboard")


def picture(page: Page, name: str) -> None:
    if PICTURES:
        page.screenshot(path=Path(PICTURES) / f"{name}.png", full_page=True)


def test_a_red_flag_from_the_patients_message_to_handled_by_keyboard_alone(
    desk: Page, ward: Ward, mette: Worker
) -> None:
    birgit = ward.enrol("Birgit Holm")
    give_phone(ward, birgit, "+4520304050")
    assert "Call 112 NOW" in ward.write(birgit, SIGN)
    case_id = only(ward).id
    ward.wait(timedelta(minutes=12))
    desk.reload()
    expect(desk).to_have_title("(1) Work list · Klinik Nord")
    reach(desk, "Take it: Birgit Holm", "button")
    desk.keyboard.press("Enter")
    expect(desk.get_by_role("status").filter(has_text="It is yours.")).to_be_visible()
    reach(desk, "Birgit Holm")
    desk.keyboard.press("Enter")
    expect(desk.get_by_role("heading", name="Birgit Holm")).to_be_visible()
    expect(desk.get_by_text("+45 20 30 40 50")).to_be_visible()
    expect(desk.get_by_role("link", name="Call the patient")).to_be_focused()
    for _ in range(10):
        desk.keyboard.press("Tab")
        if desk.evaluate("document.activeElement.type") == "radio":
            break
    desk.keyboard.press("ArrowDown")
    expect(desk.get_by_label("Spoke with the patient")).to_be_checked()
    desk.keyboard.press("Tab")
    desk.keyboard.type("Rang 14.20, on her way to hospital.")
    desk.keyboard.press("Tab")
    desk.keyboard.press("Enter")
    expect(desk.get_by_text("Done. It is off the list.")).to_be_visible()
    expect(desk).to_have_title("Work list · Klinik Nord")
    with ward.database.read() as connection:
        case = cases.by_id(connection, case_id)
        assert case is not None
        note = cases.note_of(connection, ward.sealer(birgit), case.id)
    assert (case.closed_by, case.reason) == (mette.actor, "spoke")
    assert note == "Rang 14.20, on her way to hospital."
    assert (mette.actor, "case-handled") in ward.audited(birgit)
    assert "Klinik Nord has dealt with what you wrote" in ward.chat(birgit)[-1]


def test_a_list_that_is_open_shows_what_comes_and_keeps_the_focus(desk: Page, ward: Ward) -> None:
    jonas = ward.enrol("Jonas Lund")
    open_case(ward, jonas, Kind.SILENT)
    desk.clock.install()
    desk.reload()
    filters = desk.get_by_role("link", name="Mine 0")
    filters.focus()
    birgit = ward.enrol("Birgit Holm")
    ward.write(birgit, SIGN)
    desk.clock.run_for(21_000)
    expect(desk).to_have_title("(2) Work list · Klinik Nord")
    expect(desk.locator("tbody tr").first).to_contain_text("Birgit Holm")


def test_nothing_moves_under_the_hand_of_somebody_who_is_at_a_line(desk: Page, ward: Ward) -> None:
    jonas = ward.enrol("Jonas Lund")
    open_case(ward, jonas, Kind.SILENT)
    desk.clock.install()
    desk.reload()
    take = desk.get_by_role("button", name="Take it: Jonas Lund")
    take.focus()
    ward.write(ward.enrol("Birgit Holm"), SIGN)
    desk.clock.run_for(21_000)
    expect(desk.get_by_text("Something has changed in this list.")).to_be_visible()
    expect(take).to_be_focused()
    expect(desk.locator("tbody tr")).to_have_count(1)


def test_a_list_that_nobody_looks_at_asks_no_more(desk: Page, ward: Ward) -> None:
    desk.clock.install()
    desk.reload()
    asked: list[str] = []
    desk.on("request", lambda request: asked.append(request.url))
    desk.clock.fast_forward(26 * 60_000)
    expect(desk.get_by_text("has not been looked at for a while")).to_be_visible()
    before = len(asked)
    desk.clock.run_for(61_000)
    assert len(asked) == before


def test_the_pages_have_no_faults_at_any_width(
    engine: Browser,
    serve: Serve,
    plain_app: FastAPI,
    house: DeskHouse,
    ward: Ward,
    mette: Worker,
    kirsten: Worker,
) -> None:
    birgit = ward.enrol("Birgit Holm")
    give_phone(ward, birgit, "+4520304050")
    for name in ("Jonas Lund", "Anne-Marie Kjærsgaard Christoffersen", ""):
        person = ward.enrol(name)
        for kind in list(Kind)[3::2] if name else [Kind.CODE_UNUSED]:
            open_case(ward, person, kind)
            ward.wait(timedelta(hours=7))
    ward.write(birgit, SIGN)
    site = serve(plain_app)
    seen = house.browser(kirsten)
    with ward.database.read() as connection:
        urgent, calm, *_, last = cases.listed(connection)
    seen.post(f"/desk/work/{last.id}/take")
    house.browser(mette).post(f"/desk/work/{calm.id}/take")
    context = house.context(engine, site, mette)
    page = context.new_page()
    for name, path in (
        ("list", "/desk/work"),
        ("urgent", f"/desk/work/{urgent.id}"),
        ("mine", f"/desk/work/{calm.id}"),
        ("other", f"/desk/work/{last.id}"),
    ):
        page.goto(f"{site}{path}")
        for width in (390, 768, 1280):
            page.set_viewport_size({"width": width, "height": 900})
            picture(page, f"work-{name}-{width}")
            assert_fits(page, [width])
    context.close()
