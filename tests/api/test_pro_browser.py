"""In a real browser: SHOW, the code typed, the page; both languages, a desk and a phone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.api.conftest import Serve
from tests.api.test_pro import application
from tests.bot.ward import ANNE, DAY, LARS, Ward
from tests.house.accessible import assert_accessible
from tests.house.browser import SLOWEST
from trajectory import migrations
from trajectory.professionals import Professional

PHONE: ViewportSize = {"width": 360, "height": 780}
DESK: ViewportSize = {"width": 1280, "height": 800}
HALF_A_MINUTE = timedelta(seconds=30)


@pytest.fixture
def ward() -> Iterator[Ward]:
    database = migrations.throw_away()
    yield Ward(database)
    database.close()


@pytest.fixture
def page(engine: Browser) -> Iterator[Page]:
    """A browser without JavaScript, on the desk."""
    context = engine.new_context(viewport=DESK, java_script_enabled=False)
    page = context.new_page()
    page.set_default_timeout(SLOWEST)
    yield page
    context.close()


def fits_a_phone_and_reads_aloud(engine: Browser, page: Page, address: str) -> None:
    """The same page with JavaScript, for axe and for its width on a phone."""
    context = engine.new_context(viewport=PHONE, storage_state=page.context.storage_state())
    other = context.new_page()
    other.goto(address)
    assert other.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    assert_accessible(other)
    context.close()


@pytest.mark.parametrize(
    ("who", "language", "show", "heading"),
    [(ANNE, "en", "show", "Birgit Holm"), (LARS, "da", "vis", "Birgit Holm")],
)
def test_from_the_invitation_to_the_code_in_the_room(
    engine: Browser,
    page: Page,
    serve: Serve,
    ward: Ward,
    who: Professional,
    language: str,
    show: str,
    heading: str,
) -> None:
    site = serve(application(ward, secure=False))
    number = ward.employ(who)
    birgit = ward.enrol(language=language)
    setup = f"{site}/pro/setup/{ward.invitation()}"
    page.goto(setup)
    fits_a_phone_and_reads_aloud(engine, page, setup)
    page.get_by_role("textbox").fill(ward.shown(number))
    page.get_by_role("button").click()
    ward.wait(HALF_A_MINUTE)
    fits_a_phone_and_reads_aloud(engine, page, f"{site}/pro")
    page.get_by_role("textbox").fill(who.email)
    page.get_by_role("button").click()
    fits_a_phone_and_reads_aloud(engine, page, f"{site}/pro/code")
    page.locator("#code").fill(ward.mailed_code())
    page.locator("#shown").fill(ward.shown(number))
    page.get_by_role("button").click()
    # A page that is still on its way cannot be loaded anew.
    expect(page.locator("#room")).to_be_visible()
    other = ward.share(number, "Jonas Lund", looked=5 * DAY)
    for ago, odi in ((9 * DAY, 36), (DAY, 50)):
        ward.report(other, ago, odi=odi)
    page.reload()
    expect(page.get_by_role("button", name="Jonas Lund")).to_be_visible()
    fits_a_phone_and_reads_aloud(engine, page, f"{site}/pro")
    said = ward.write(birgit, show)
    code = re.search(r"\b(\w{3} \w{3})\b(?= to | til )", said)
    assert code
    page.locator("#room").fill("2F2 F2F")
    page.locator(".room button").click()
    expect(page.get_by_role("alert")).to_be_visible()
    page.locator("#room").fill(code[1].lower())
    page.locator(".room button").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(heading)
    fits_a_phone_and_reads_aloud(engine, page, page.url)
    assert who.name in ward.chat(birgit)[-1]
    page.locator(".back a").click()
    expect(page.get_by_role("button", name="Jonas Lund")).to_be_visible()
