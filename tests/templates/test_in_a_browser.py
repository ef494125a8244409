"""The pages as a browser lays them out: on a desk, on a phone, on paper, read aloud."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

import templates
from bot.deployment import Clinic
from bot.letters import SECTORS
from bot.own_page import ROLES, Sees, Team
from templates.pages import render, summary_page
from tests.trajectory.stories import ANNE, BIRGIT, LOOKED, NOW, at, birgit
from trajectory.care_team import Member
from trajectory.grants import WORK_PAGE, Grant, Look
from trajectory.summary import summarise
from trajectory.work_page import Week, WorkPage

STATIC = (Path(templates.__file__).parent / "static").as_uri()

NEW = ["work-en", "work-da", "access-work-en", "team-en", "team-da"]
WEEKS = tuple(Week(date(2026, 1, 12) + timedelta(weeks=n), n % 6, 7 - n % 4) for n in range(15))
WORK: dict[str, Any] = {
    "timezone": "Europe/Copenhagen",
    "now": NOW,
    "work": WorkPage(
        "Birgit H.", NOW, "Europe/Copenhagen", date(2026, 1, 4), "sick-leave", WEEKS,
        ("lifting", "sitting"), "Half days from 1 April.", "A desk that I can raise would help.",
    ),
    "reader": "Mette Dahl",
    "shared_until": NOW + timedelta(days=30),
    "leave_action": "/leave",
}  # fmt: skip
METTE = Member(8, "job-centre", "Mette Dahl", "mette.dahl.with.a.long.name@jobcenter.example", True)
GRANT = Grant(9, METTE, frozenset({WORK_PAGE}), NOW, NOW + timedelta(days=30), NOW, NOW, "", "")
LOOKS = [Look("Mette Dahl", NOW, "Lone Bo", "sickness benefit"), Look("Anne Skov", NOW)]
TEAM: dict[str, Any] = {
    "clinic": Clinic(name="Klinik Nord"),
    "team": Team(
        [Sees(METTE, GRANT), Sees(Member(7, "gp", "Bo Holm", "bo@laege.example"), None)],
        LOOKS,
        WORK["work"],
    ),
    "roles": ROLES,
    "longest": (60, 254),
    "message_id": "12345678",
    "problem": "email",
}


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    arguments = ["--no-sandbox", "--disable-gpu", "--no-first-run"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=arguments)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pages")
    summary = summarise(birgit(), BIRGIT, NOW, LOOKED, 12)
    pages = {
        f"summary-{language}": summary_page(
            summary,
            language,
            viewer=ANNE,
            names={},
            labels={},
            shared_until=at(6, 12),
            note_action="/note",
            flag_action="/flags",
            letter_action="/letters",
            letter_limit=4000,
            sectors=SECTORS,
            today=NOW,
            leave_action="/leave",
            static=STATIC,
        )
        for language in ("en", "da")
    }
    pages["access-en"] = render(
        "access.html",
        "en",
        step="open",
        send_action="/send",
        open_action="/open",
        error="wrong",
        static=STATIC,
    )
    pages["ended-en"] = render("ended.html", "en", static=STATIC)
    for language in ("en", "da"):
        pages[f"work-{language}"] = render("work.html", language, **WORK, static=STATIC)
    pages["access-work-en"] = render(
        "access.html",
        "en",
        step="open",
        send_action="/send",
        open_action="/open",
        recipient="Mette Dahl",
        error="who",
        page="work",
        says_who=True,
        limit=120,
        static=STATIC,
    )
    for language in ("en", "da"):
        team = render("chat/team.html", language, timezone="Europe/Copenhagen", now=NOW, **TEAM)
        pages[f"team-{language}"] = team.replace('"/static', f'"{STATIC}')
    for name, html in pages.items():
        (folder / f"{name}.html").write_text(html, encoding="utf-8")
    return folder


@pytest.fixture
def page(browser: Browser, folder: Path) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.goto((folder / "summary-en.html").as_uri())
    yield page
    page.close()


def test_the_first_screen_of_a_desk_holds_everything_down_to_the_curves(page: Page) -> None:
    box = page.locator("section.curves").bounding_box()
    assert box is not None
    assert box["y"] + box["height"] <= 800


@pytest.mark.parametrize("name", ["summary-en", "summary-da", "access-en", "ended-en", *NEW])
def test_nothing_runs_off_the_side_of_a_phone(page: Page, folder: Path, name: str) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto((folder / f"{name}.html").as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") == 360


@pytest.mark.parametrize("name", ["summary-en", "access-en", "ended-en", *NEW])
def test_a_screen_reader_finds_its_way(page: Page, folder: Path, name: str) -> None:
    page.goto((folder / f"{name}.html").as_uri())
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def test_the_keyboard_reaches_the_note_and_the_journal_text(page: Page) -> None:
    reached = set()
    for _ in range(16):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.id || document.activeElement.tagName"))
    assert {"note-found", "note-by", "SUMMARY", "BUTTON"} <= reached


def test_on_paper_it_is_one_page_without_forms(page: Page) -> None:
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 718, "height": 1046})
    assert not page.locator("form").first.is_visible()
    assert page.evaluate("document.body.scrollHeight") <= 1046
