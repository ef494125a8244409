"""Pictures of the pages for the README: `make screenshots`.

A demo on a throw-away database, walked through in a real browser; people and answers are the
invented ones of the demo.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Browser, Page, expect

import templates
from backtrace.definitions import shipped_library
from backtrace.demo.people import CODE
from bot.labels import labels
from bot.view import Reader
from templates.pages import summary_page
from templates.summary_paper import summary_pdf
from tests.browser.screen import Desk, Phone, let_pass, the_words
from tests.house.browser import MISSING, find, launched
from tests.house.program import Program, demo_on
from tests.trajectory.lives import JONAS, LIVES, OLE, RUTH
from tests.trajectory.stories import ANNE, BIRGIT, DR_HOLM, LOOKED, NOW, at
from trajectory.summary import Person, Summary, summarise

IMAGES = Path(__file__).parent.parent / "docs" / "images"
LARGEST = 300_000
"""Bytes of a picture."""
STATIC = (Path(templates.__file__).parent / "static").as_uri()
SEEN = {"better": JONAS, "worse": RUTH, "silent": OLE, "sign": BIRGIT}
"""Whose summary is shown, by the name of the picture."""
NAMES = {ANNE: "Anne Skov", DR_HOLM: "Dr Holm"}
LABELS = labels(shipped_library(), "en")
DESK = (1280, 960)
SMALL = (360, 780)


def main() -> None:
    """Take every picture anew."""
    chromium = find()
    if chromium is None:
        sys.exit(MISSING)
    IMAGES.mkdir(parents=True, exist_ok=True)
    with _running_demo() as demo, launched(chromium) as browser:
        _desktop(_open(browser, demo, DESK))
        _work_page(_open(browser, demo, DESK))
        _phone(_open(browser, demo, SMALL, scale=2))
        _clinic(_open(browser, demo, DESK))
        _summaries(browser)


@contextmanager
def _running_demo() -> Iterator[Program]:
    with TemporaryDirectory() as folder:
        demo = demo_on(Path(folder) / "demo.db")
        demo.start()
        try:
            yield demo
        finally:
            demo.stop()


def _open(browser: Browser, demo: Program, size: tuple[int, int], scale: int = 1) -> Page:
    width, height = size
    context = browser.new_context(
        viewport={"width": width, "height": height},
        device_scale_factor=scale,
        locale="en-GB",
        reduced_motion="reduce",
    )
    page = context.new_page()
    page.goto(f"{demo.address}/demo")
    page.locator(".choose").get_by_role("button", name="Birgit Holm").click()
    expect(Phone(page).chat.get_by_role("textbox")).to_be_visible()
    return page


def _desktop(page: Page) -> None:
    """The demo with the summary open, and the summary by itself."""
    phone, desk = Phone(page), Desk(page)
    phone.tries("send my summary to my physio", "Anne Skov will see one page")
    phone.chat.locator(".choices.now button").first.click()
    phone.hears("they open the page")
    phone.presses("Yes", "I will mail Anne Skov")
    desk.opens(the_words(phone))
    phone.hears("looked at your summary")
    expect(page.locator("#status")).to_be_empty(timeout=10_000)
    _keep(page, "demo-desktop")
    page.goto(page.url.replace("/demo", "/summary"))
    _keep(page, "summary", whole=True)


def _clinic(page: Page) -> None:
    """The clinic's desk: the work list, a conversation taken over, a patient, a card."""
    phone = Phone(page)
    phone.writes("I cannot feel it when I pee", "112")
    phone.writes("talk to a person", "Klinik Nord")
    page.get_by_role("button", name="Be a new patient").last.click()
    phone.hears("Klinik Nord")
    with page.context.expect_page() as opened:
        page.get_by_role("button", name="The clinic’s desk").click()
    desk = opened.value
    site = page.url.partition("/demo")[0]
    desk.goto(f"{site}/desk/enrol")
    desk.get_by_label("Name").fill("Jonas Lund")
    desk.get_by_role("button", name="Enrol and make the card").click()
    desk.wait_for_load_state()
    _keep(desk, "desk-enrolled")
    desk.goto(f"{site}/desk/work")
    _keep(desk, "desk-work")
    desk.goto(f"{site}/desk/talk")
    desk.get_by_role("link", name="Birgit Holm").first.click()
    desk.get_by_role("textbox").fill("Hello Birgit. I ring you in ten minutes, on this number.")
    desk.get_by_role("button", name="Send").click()
    desk.wait_for_load_state()
    _keep(desk, "desk-talk")


def _summaries(browser: Browser) -> None:
    """The first screen of patients who must be told apart at a glance, and the paper."""
    with TemporaryDirectory() as folder:
        for name, person in SEEN.items():
            file = Path(folder) / f"{name}.html"
            file.write_text(_page(person), encoding="utf-8")
            page = browser.new_page(viewport={"width": 1280, "height": 800})
            page.goto(file.as_uri())
            _keep(page, f"summary-{name}")
            page.close()
        page = browser.new_page(viewport={"width": 360, "height": 780})
        page.goto((Path(folder) / "sign.html").as_uri())
        _keep(page, "summary-phone")
    (IMAGES / "summary.pdf").write_bytes(_paper(BIRGIT))


def _page(person: Person) -> str:
    return summary_page(
        _summary_of(person),
        "en",
        viewer=ANNE,
        names=NAMES,
        labels=LABELS,
        shared_until=at(6, 12),
        readers=(Reader("Anne Skov", "physiotherapist", at(6, 12), ANNE),),
        pdf_link="/summary/summary.pdf",
        note_action="/summary/notes",
        static=STATIC,
    )


def _paper(person: Person) -> bytes:
    return summary_pdf(
        _summary_of(person),
        "en",
        reader="Anne Skov",
        names=NAMES,
        labels=LABELS,
        shared_until=at(6, 12),
    )


def _summary_of(person: Person) -> Summary:
    return summarise(LIVES[person.name](), person, NOW, LOOKED, check_ins_due=12)


def _work_page(page: Page) -> None:
    """The page about work, as somebody at the job centre reads it."""
    phone, desk = Phone(page), Desk(page)
    phone.writes("send my summary to the job centre", "What is the name?")
    phone.writes("Mette Dahl", "e-mail address")
    phone.writes("mette.dahl@jobcenter.example", "What may Mette Dahl read?")
    phone.writes("C D E", "What may Mette Dahl read?")
    phone.writes("in my own words", "in your own words")
    phone.writes("I want to come back. A desk that I can raise would help.", "What may")
    phone.writes("done", "will read ONE page")
    phone.writes("share once", "four-digit code")
    phone.writes(CODE, "they open the page")
    desk.gets("A patient shares a page about work with you")
    desk.follows_the_link()
    desk.open_page.get_by_role("button").click()
    desk.open_page.get_by_label("Six-digit code").fill(desk.reads_the_code())
    desk.open_page.get_by_label("two words").fill(the_words(phone))
    desk.open_page.get_by_label("Your name").fill("Lone Bo")
    desk.open_page.get_by_label("What you open it for").fill("sickness benefit")
    desk.open_page.get_by_role("button", name="Open the page").click()
    phone.hears("Lone Bo opened the page")
    page.goto(page.url.replace("/demo", "/summary"))
    _keep(page, "work-page", whole=True)


def _phone(page: Page) -> None:
    """The demo and the chat on a small phone, with a question that waits."""
    let_pass(page, "+1 day")
    Phone(page).hears("1/5 ")
    expect(page.locator("#status")).to_be_empty(timeout=10_000)
    page.evaluate("scrollTo(0, 0)")
    page.mouse.move(0, 0)
    _keep(page, "demo-phone")
    page.goto(page.url.replace("/demo", "/chat"))
    _keep(page, "chat-phone")


def _keep(page: Page, name: str, *, whole: bool = False) -> None:
    file = IMAGES / f"{name}.png"
    page.screenshot(path=file, full_page=whole)
    size = file.stat().st_size
    assert size <= LARGEST, f"{file.name} has {size} bytes"
    print(f"{file.relative_to(IMAGES.parent.parent)}: {size // 1000} kB")


if __name__ == "__main__":
    main()
