"""The pages of the patient's copy in a real browser: on a small phone, in the dark, and by axe."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, cast

import pytest
from playwright.sync_api import Browser, Page, expect

from api.app import create_app
from bot.doorbell import Doorbell
from tests.api.conftest import Serve
from tests.api.test_chat_browser import DESK, PHONE
from tests.bot.house import House
from tests.house.accessible import assert_accessible
from tests.house.browser import SLOWEST
from trajectory import migrations


@pytest.fixture
def house() -> Iterator[House]:
    database = migrations.throw_away()
    yield House(database)
    database.close()


def say(house: House, *lines: str) -> str:
    for line in lines:
        house.write(line)
        house.settle()
    return house.telegram.sent[-1].text


def looks_right(page: Page) -> None:
    """Nothing that axe finds, nothing wider than the screen."""
    assert_accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize(
    ("how", "language"),
    [
        ({"viewport": PHONE, "color_scheme": "dark"}, "da"),
        ({"viewport": DESK}, "en"),
    ],
    ids=["phone-dark-da", "desk-en"],
)
def test_from_the_link_to_the_files(
    engine: Browser, serve: Serve, house: House, how: dict[str, Any], language: str
) -> None:
    house.enrol(code="4071", language=language)
    words = {"en": "export my data", "da": "eksporter mine data"}[language]
    told = say(house, words, "4071", "A")
    found = re.search(r"nord\.example(/copy/in/\S+)", told)
    assert found
    app = create_app(house.deployment, cast(Any, None), Doorbell(), secure=False)
    page = engine.new_context(**how).new_page()
    page.set_default_timeout(SLOWEST)
    page.goto(serve(app) + found[1])
    looks_right(page)
    page.get_by_role("button").click()
    looks_right(page)
    house.settle()
    (code,) = re.findall(r"\b\d{6}\b", house.telegram.sent[-1].text)
    page.get_by_role("textbox").fill(code)
    page.keyboard.press("Enter")
    expect(page.get_by_role("link")).to_have_count(3)
    looks_right(page)
    for number, ending in ((1, ".pdf"), (2, ".json")):
        with page.expect_download() as fetched:
            page.get_by_role("link").nth(number).click()
        assert fetched.value.suggested_filename == f"backtrace-2026-11-24{ending}"
    page.get_by_role("button").click()
    looks_right(page)
    page.context.close()
