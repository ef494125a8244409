"""The pages as a browser lays them out: on a desk, on a phone, on paper, read aloud."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

import templates
from bot.deployment import Clinic
from bot.letters import SECTORS
from bot.own_page import ROLES, Sees, Team
from bot.view import Reader
from templates.pages import render, summary_page
from tests.house.accessible import assert_accessible
from tests.trajectory.lives import JONAS, KAREN, LIVES, OLE, RUTH, YEAR_END
from tests.trajectory.stories import ANNE, BIRGIT, DR_HOLM, LOOKED, NOW, at
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


PEOPLE = {
    "worse-with-a-sign": (BIRGIT, NOW, LOOKED),
    "better": (JONAS, NOW, LOOKED),
    "worse": (RUTH, NOW, LOOKED),
    "silent": (OLE, NOW, LOOKED),
    "year": (KAREN, YEAR_END, at(11, 10, 16)),
}
SUMMARIES = [f"{who}-{language}" for who in PEOPLE for language in ("en", "da")]
READERS = (
    Reader("Anne Skov", "physiotherapist", at(6, 12), ANNE),
    Reader("Dr Holm", "gp", None, DR_HOLM),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pages")
    pages = {name: _summary(*name.rsplit("-", 1)) for name in SUMMARIES}
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


def _summary(who: str, language: str) -> str:
    person, now, looked = PEOPLE[who]
    return summary_page(
        summarise(LIVES[person.name](), person, now, looked, 12),
        language,
        viewer=ANNE,
        names={ANNE: "Anne Skov", DR_HOLM: "Dr Holm"},
        labels={},
        shared_until=at(6, 12),
        readers=READERS,
        journal_link="/journal.txt",
        pdf_link="/summary.pdf",
        note_action="/note",
        flag_action="/flags",
        letter_action="/letters",
        letter_limit=4000,
        sectors=SECTORS,
        today=now,
        leave_action="/leave",
        static=STATIC,
    )


@pytest.fixture(scope="module")
def window(engine: Browser) -> Iterator[Page]:
    """One for all tests: a new one costs Chromium more than most pages do."""
    window = engine.new_page()
    yield window
    window.close()


@pytest.fixture
def page(window: Page) -> Iterator[Page]:
    """The window as on a desk, whatever the test before has made of it."""
    window.set_viewport_size({"width": 1280, "height": 800})
    window.emulate_media(media="null")
    yield window
    window.context.clear_permissions()


@pytest.fixture
def summary(page: Page, folder: Path) -> Page:
    """The summary of somebody with a sign, freshly opened."""
    page.goto((folder / "worse-with-a-sign-en.html").as_uri())
    return page


def lower_edge(page: Page, selector: str) -> float:
    box = page.locator(selector).bounding_box()
    assert box is not None
    return box["y"] + box["height"]


@pytest.mark.parametrize("name", SUMMARIES)
def test_the_first_screen_of_a_desk_holds_everything_down_to_the_curves(
    page: Page, folder: Path, name: str
) -> None:
    page.goto((folder / f"{name}.html").as_uri())
    assert lower_edge(page, "section.curves") <= 800


@pytest.mark.parametrize("name", SUMMARIES)
def test_the_first_screen_of_a_phone_tells_how_it_goes_and_what_to_talk_about(
    page: Page, folder: Path, name: str
) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto((folder / f"{name}.html").as_uri())
    assert lower_edge(page, "section.change") <= 740
    assert lower_edge(page, ".talk h2") <= 740


@pytest.mark.parametrize("name", [*SUMMARIES, "access-en", "ended-en", *NEW])
def test_nothing_runs_off_the_side_of_a_phone(page: Page, folder: Path, name: str) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto((folder / f"{name}.html").as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") == 360


@pytest.mark.parametrize("name", [*SUMMARIES, "access-en", "ended-en", *NEW])
def test_a_screen_reader_finds_its_way(page: Page, folder: Path, name: str) -> None:
    page.goto((folder / f"{name}.html").as_uri())
    assert_accessible(page)


def test_the_keyboard_reaches_the_note_and_the_journal_text(summary: Page) -> None:
    reached = set()
    for _ in range(16):
        summary.keyboard.press("Tab")
        reached.add(summary.evaluate("document.activeElement.id || document.activeElement.tagName"))
    assert {"note-found", "note-by", "SUMMARY", "journal", "BUTTON"} <= reached


def test_the_journal_text_is_copied_by_keyboard_and_the_page_says_so(summary: Page) -> None:
    summary.context.grant_permissions(["clipboard-read", "clipboard-write"])
    copy = summary.get_by_role("button", name="Copy")
    copy.focus()
    summary.keyboard.press("Enter")
    expect(summary.get_by_role("status")).to_have_text(re.compile(r"^Copied: \d+ lines\.$"))
    expect(copy).to_be_focused()
    text = summary.evaluate("navigator.clipboard.readText()")
    assert text == summary.locator("#journal").input_value()
    assert text.startswith("Birgit H., born 14-09-1958")


def test_where_there_is_no_clipboard_it_is_copied_the_old_way(summary: Page) -> None:
    summary.evaluate("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    summary.get_by_role("link", name="Copy for the journal").press("Enter")
    expect(summary.get_by_role("status")).to_contain_text("Copied")


def test_where_nothing_may_be_copied_the_text_is_selected_for_it(summary: Page) -> None:
    summary.evaluate("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    summary.evaluate("document.execCommand = () => false")
    summary.get_by_role("button", name="Copy").press("Enter")
    expect(summary.get_by_role("status")).to_contain_text("press Ctrl C")
    chosen = "document.activeElement.selectionEnd - document.activeElement.selectionStart"
    assert summary.evaluate(chosen) == len(summary.locator("#journal").input_value())


def test_without_scripts_the_text_is_there_and_no_button_promises_more(
    engine: Browser, folder: Path
) -> None:
    page = engine.new_page(java_script_enabled=False)
    page.goto((folder / "worse-with-a-sign-en.html").as_uri())
    expect(page.locator("#journal")).to_be_visible()
    expect(page.get_by_role("link", name="As a text file")).to_be_visible()
    expect(page.locator("button[data-copy]")).to_be_hidden()
    expect(page.locator("button[data-print]")).to_be_hidden()
    page.close()


@pytest.mark.parametrize("name", SUMMARIES)
def test_on_paper_it_is_one_page_without_forms(page: Page, folder: Path, name: str) -> None:
    page.goto((folder / f"{name}.html").as_uri())
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 718, "height": 1046})
    assert not page.locator("form").first.is_visible()
    assert not page.locator("nav").is_visible()
    assert page.evaluate("document.body.scrollHeight") <= 1046
