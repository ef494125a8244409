"""In a real browser: a paper ODI entered by keyboard alone, scored as in the chat; the tablet."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from playwright.sync_api import Browser, Page, expect

from bot.desk.worker import Worker
from tests.api.conftest import Serve
from tests.api.desk.desk_house import DeskHouse
from tests.bot.ward import Ward
from tests.house.accessible import assert_fits
from trajectory import entries, patients

TABLET = (768, 1024)
LETTERS = "cbcbccbcdc"


@pytest.fixture
def birgit(ward: Ward) -> int:
    return ward.enrol(weeks=12)


@pytest.fixture
def site(serve: Serve, plain_app: FastAPI) -> str:
    return serve(plain_app)


@pytest.fixture
def page(house: DeskHouse, engine: Browser, site: str, mette: Worker) -> Iterator[Page]:
    """The secretary's browser; an error of its scripts fails the test."""
    context = house.context(engine, site, mette)
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(error.message))
    yield page
    context.close()
    assert errors == []


def looks_right(page: Page) -> None:
    """On the secretary's desk and on a tablet."""
    page.wait_for_load_state()
    assert_fits(page, (1280, TABLET[0]))


def arrives(page: Page, heading: str) -> None:
    """The page that a key has led to is there, with its script."""
    expect(page.get_by_role("heading", name=heading)).to_be_visible()
    takes_keys(page)


def takes_keys(page: Page) -> None:
    """Its script runs, and what is to be used first has the focus."""
    page.wait_for_load_state()
    expect(page.locator("main :focus")).to_have_count(1)


def scores(ward: Ward, patient_id: int) -> list[tuple[float | None, str | None, str | None]]:
    with ward.database.read() as connection:
        found = entries.timeline(connection, ward.sealer(patient_id), patient_id)
    return [(e.value, e.code, e.channel) for e in found if e.kind == "score"]


def test_a_paper_odi_is_entered_by_keyboard_alone_and_scored_as_by_chat(
    page: Page, site: str, ward: Ward, birgit: int
) -> None:
    keys = page.keyboard
    page.goto(f"{site}/desk/patients/{birgit}/answers")
    takes_keys(page)
    looks_right(page)
    for _ in range(4):
        keys.press("ArrowDown")
    keys.press("Enter")
    arrives(page, "Everyday life (ODI): on paper")
    looks_right(page)

    for letter in LETTERS:
        keys.press(letter)
        keys.press("Enter")
    expect(page.get_by_role("button", name="Store")).to_be_focused()
    keys.press("Enter")

    expect(page.get_by_role("status")).to_contain_text("10 of 10 answered, stored.")
    looks_right(page)
    assert scores(ward, birgit) == [(36, "moderate", "paper")]


def test_what_was_passed_over_is_shown_first_and_nothing_is_lost(
    page: Page, site: str, ward: Ward, birgit: int
) -> None:
    keys = page.keyboard
    page.goto(f"{site}/desk/patients/{birgit}/answers/form?flow=odi&mode=paper&day={ward.now:%F}")
    takes_keys(page)
    for letter in "cb-bcc*/d":
        keys.press(letter)
        keys.press("Enter")
    keys.press("Shift+Enter")
    expect(page.locator("#q-social-life input:checked")).to_be_focused()
    keys.press("Enter")
    keys.press("Enter")
    keys.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("1 question needs another look.")
    takes_keys(page)
    looks_right(page)
    expect(page.locator("#q-travelling input").first).to_be_focused()
    keys.press("c")
    keys.press("Enter")
    keys.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("7 of 10 answered, stored.")


def test_ten_is_a_one_and_a_nought(page: Page, site: str, ward: Ward, birgit: int) -> None:
    keys = page.keyboard
    page.goto(
        f"{site}/desk/patients/{birgit}/answers/form?flow=weekly-check-in&mode=telephone&day={ward.now:%F}"
    )
    takes_keys(page)
    for typed in ("10", "3", "0", "y"):
        keys.type(typed)
        keys.press("Enter")
    keys.press("Enter")
    arrives(page, "Ask the warning questions now")
    looks_right(page)
    with ward.database.read() as connection:
        found = entries.timeline(connection, ward.sealer(birgit), birgit)
    assert [e.value for e in found if e.kind == "answer"][:3] == [10, 3, 0]

    expect(page.get_by_role("link", name="Go to the questions")).to_be_focused()
    keys.press("Enter")
    arrives(page, "Warning signs: by telephone")
    for letter in "ynnnnnnn":
        keys.press(letter)
        keys.press("Enter")
    keys.press("Enter")
    expect(page.get_by_role("heading", name="Get the clinician now")).to_be_visible()
    looks_right(page)


def test_what_the_answers_before_do_not_ask_is_out_of_sight(
    house: DeskHouse, engine: Browser, site: str, mette: Worker, ward: Ward
) -> None:
    """Own words and what hangs on them, of the questionnaire that has most of both."""
    alma = ward.enrol("Alma Juhl", weeks=12)
    with ward.database.write() as connection:
        patients.change(connection, alma, pathway=None)
    context = house.context(engine, site, mette)
    page = context.new_page()
    page.goto(f"{site}/desk/patients/{alma}/answers/form?flow=psfs&mode=paper&day={ward.now:%F}")
    takes_keys(page)
    looks_right(page)
    expect(page.locator("#q-rating-1")).to_be_hidden()
    page.keyboard.type("gardening")
    page.keyboard.press("Enter")
    expect(page.locator("#q-rating-1 input").first).to_be_focused()
    page.keyboard.press("4")
    page.keyboard.press("Enter")
    page.keyboard.press("n")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Store")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("3 of 3 answered, stored.")
    context.close()


def test_without_scripts_the_same_form_does(
    house: DeskHouse, engine: Browser, site: str, mette: Worker, ward: Ward, birgit: int
) -> None:
    context = house.context(engine, site, mette, scripts=False)
    page = context.new_page()
    page.goto(f"{site}/desk/patients/{birgit}/answers/form?flow=odi&mode=paper&day={ward.now:%F}")
    takes_keys(page)
    for letter in LETTERS:
        # The arrow keys choose within a question, and Tab leads on.
        page.keyboard.press("Space")
        for _ in range("abcdef".index(letter)):
            page.keyboard.press("ArrowDown")
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("10 of 10 answered, stored.")
    assert scores(ward, birgit) == [(36, "moderate", "paper")]
    context.close()


def test_the_tablet_is_handed_over_answered_and_given_back(
    page: Page, house: DeskHouse, engine: Browser, site: str, ward: Ward, birgit: int
) -> None:
    page.goto(f"{site}/desk/patients/{birgit}/answers/form?flow=odi&mode=tablet")
    takes_keys(page)
    looks_right(page)
    page.keyboard.press("Enter")
    expect(page.locator(".big-code")).to_be_visible()
    looks_right(page)
    found = re.search(r"[A-Z0-9]{4} [A-Z0-9]{4}", page.locator(".big-code").inner_text())
    assert found
    width, height = TABLET
    context = engine.new_context(viewport={"width": width, "height": height}, has_touch=True)
    tablet = context.new_page()
    tablet.goto(f"{site}/tablet")
    takes_keys(tablet)
    looks_right(tablet)
    tablet.keyboard.type(found[0])
    tablet.keyboard.press("Enter")
    expect(tablet.get_by_role("heading", name="Hello Birgit")).to_be_visible()
    looks_right(tablet)
    boxes = [box.bounding_box() for box in tablet.locator("label.mark").all()]
    assert all(box is not None and box["height"] >= 44 for box in boxes)
    for letter, question in zip(LETTERS, tablet.locator(".question").all(), strict=True):
        question.locator(f"input[value={letter}]").tap()
    tablet.get_by_role("button", name="I have finished").tap()
    expect(tablet.get_by_text("Please give the tablet back.")).to_be_visible()
    looks_right(tablet)
    assert scores(ward, birgit) == [(36, "moderate", "tablet")]
    context.close()
