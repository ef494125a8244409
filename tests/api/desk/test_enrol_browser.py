"""The secretary enrols by keyboard alone, the patient scans the card, and answers."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from playwright.sync_api import Browser, BrowserContext, Page, expect

from bot.channels import Trouble
from bot.desk.worker import Worker
from bot.directory import staff
from tests.api.conftest import Serve
from tests.api.desk.desk_house import DeskHouse
from tests.api.desk.phones import PHONE, PhoneWard
from tests.bot.desk.tables import FAULTY, HEADING
from tests.bot.ward import ANNE, LARS
from tests.house.accessible import assert_accessible
from tests.house.pdf import Pdf
from trajectory import entries, migrations

PICTURES = os.environ.get("BACKTRACE_TEST_PICTURES", "")
"""A folder for pictures of the pages, for whoever wants to look at them."""
WIDTHS = (1280, 768)
TELEGRAM = "4711"
LOOKS_EVERY = 2_000
"""Milliseconds, as `desk-arrival.js` has it."""


@pytest.fixture
def ward() -> Iterator[PhoneWard]:
    database = migrations.throw_away()
    yield PhoneWard(database)
    database.close()


@pytest.fixture
def site(plain_app: FastAPI, serve: Serve) -> str:
    return serve(plain_app)


@pytest.fixture
def context(
    house: DeskHouse, engine: Browser, site: str, mette: Worker
) -> Iterator[BrowserContext]:
    """Chromium at the desk; no print dialogue opens in it."""
    context = house.context(engine, site, mette)
    context.add_init_script("window.print = () => { document.documentElement.dataset.printed = 1 }")
    yield context
    context.close()


def seen(page: Page, name: str) -> None:
    """Nothing is wrong with the page for those who see it otherwise; and keep a picture."""
    assert_accessible(page)
    wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
    assert not wide, "it must not scroll sideways"
    if PICTURES:
        page.screenshot(path=str(Path(PICTURES, f"{name}.png")), full_page=True)


def at_all_widths(page: Page, name: str) -> None:
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        seen(page, f"{name}-{width}")
    page.set_viewport_size({"width": WIDTHS[0], "height": 900})


def press_alt(page: Page, key: str) -> None:
    """Press an access key; Playwright's own `Alt+` leaves out what the browser looks for."""
    session = page.context.new_cdp_session(page)
    pressed = {"modifiers": 1, "key": key, "unmodifiedText": key}
    pressed["windowsVirtualKeyCode"] = ord(key.upper())
    session.send("Input.dispatchKeyEvent", {"type": "keyDown", **pressed})
    session.send("Input.dispatchKeyEvent", {"type": "keyUp", **pressed})


def tab_to(page: Page, id: str) -> None:
    """Press Tab until the focus is there."""
    for _ in range(30):
        if page.evaluate("document.activeElement.id") == id:
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not lead to {id}")


def enrols(page: Page, site: str, channel: str) -> Page:
    """From the empty form to the printed card, without a mouse; the page with the card."""
    page.goto(f"{site}/desk/enrol")
    keyboard = page.keyboard
    expect(page.locator("#name"), "the cursor is there already").to_be_focused()
    keyboard.type("Birgit Holm")
    keyboard.press("Tab")
    keyboard.type("14-09-1958")
    keyboard.press("Tab")
    keyboard.type("20 30 40 50")
    tab_to(page, "channel")
    keyboard.type({"sms": "Text", "telegram": "Tele", "web": "Web"}[channel])
    if page.get_by_role("checkbox").count():
        keyboard.press("Tab")
        keyboard.press("Space")  # Anne Skov
    tab_to(page, "submit")
    keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Birgit Holm is enrolled")
    expect(page.get_by_role("link", name="Print the card")).to_be_focused()
    with page.context.expect_page() as opened:
        keyboard.press("Enter")
    card = opened.value
    expect(card.locator("html")).to_have_attribute("data-printed", "1")
    return card


def card_key(context: BrowserContext) -> str:
    return next(each["value"] for each in context.cookies() if each["name"] == "backtrace-card")


def answers(ward: PhoneWard, patient: int) -> list[str | None]:
    with ward.database.read() as connection:
        timeline = entries.timeline(connection, ward.sealer(patient), patient)
    return [each.item for each in timeline if each.kind == "answer"]


def scan_telegram(ward: PhoneWard, link: str, _page: Page) -> Callable[[str], None]:
    code = link.removeprefix("https://t.me/klinik_nord_bot?start=")
    ward.hear(f"/start {code}", "telegram", TELEGRAM)
    return lambda text: ward.hear(text, "telegram", TELEGRAM)


def scan_sms(ward: PhoneWard, link: str, _page: Page) -> Callable[[str], None]:
    number, _, text = link.partition("?body=")
    assert number == "sms:+4570102030"
    ward.hear(text.replace("%20", " "), "sms", PHONE)
    return lambda text: ward.hear(text, "sms", PHONE)


def scan_web(ward: PhoneWard, link: str, page: Page) -> Callable[[str], None]:
    """The patient's own browser."""
    page.goto(link)
    page.get_by_role("button").click()
    expect(page.get_by_role("textbox")).to_be_visible()
    ward.settle()
    expect(page.locator(".line.assistant").first).to_be_visible()

    def write(text: str) -> None:
        page.get_by_role("textbox").fill(text)
        before = page.locator(".line.assistant").count()
        with page.expect_response("**/chat/messages"):
            page.get_by_role("textbox").press("Enter")
        ward.settle()
        expect(page.locator(".line.assistant")).not_to_have_count(before)

    return write


SCANS = {"telegram": scan_telegram, "sms": scan_sms, "web": scan_web}


@pytest.mark.parametrize("channel", sorted(SCANS))
def test_enrolled_by_keyboard_the_patient_scans_and_answers(
    ward: PhoneWard, context: BrowserContext, engine: Browser, site: str, channel: str
) -> None:
    anne = staff.add(ward.deployment, ANNE)
    staff.add(ward.deployment, LARS)
    page = context.new_page()
    card = enrols(page, site, channel)
    made = ward.card(card_key(context))
    assert made.channel == channel
    expect(card.locator(".square svg")).to_be_visible()
    expect(card.locator(".digits")).to_have_text(made.digits)
    card.close()
    (patient,) = ward.patients()
    assert [each.professional_id for each in ward.team(patient)] == [anne]
    page.bring_to_front()
    press_alt(page, "s")  # the consent text is signed
    expect(page.get_by_text("Signed on paper.")).to_be_visible()

    phone = engine.new_context(viewport={"width": 390, "height": 780})
    link = made.links[channel].replace("https://nord.example", site)
    write = SCANS[channel](ward, link, phone.new_page())
    expect(page.locator(".arrival.good")).to_contain_text("The patient has written, and is in.")
    write("no")  # the first question of the safety gate
    assert len(answers(ward, patient)) == 1
    phone.close()


def test_a_test_message_turns_green_by_itself_and_without_scripts_by_look_again(
    house: DeskHouse, ward: PhoneWard, context: BrowserContext, engine: Browser, site: str,
    mette: Worker,
) -> None:  # fmt: skip
    page = context.new_page()
    page.clock.install()
    enrols(page, site, "sms").close()
    expect(page.locator(".arrival.wait")).to_contain_text("on its way")
    ward.settle()
    page.clock.run_for(LOOKS_EVERY)
    expect(page.locator(".arrival.wait")).to_contain_text("went out")
    ward.hear_of("delivered")
    page.clock.run_for(LOOKS_EVERY)
    expect(page.locator(".arrival.good")).to_contain_text("It has arrived. The number works.")
    at_all_widths(page, "enrolled")
    press_alt(page, "n")
    expect(page.get_by_label("Name")).to_be_focused()

    plain = house.context(engine, site, mette, scripts=False)
    bare = plain.new_page()
    bare.goto(f"{site}/desk/enrol")
    bare.get_by_label("Name").fill("Bo Lund")
    bare.get_by_label("Mobile number").fill("20 30 40 51")
    bare.keyboard.press("Enter")
    expect(bare.get_by_role("heading", level=1)).to_have_text("Bo Lund is enrolled")
    ward.settle()
    ward.hear_of("delivered")
    bare.get_by_role("link", name="Look again").press("Enter")
    expect(bare.locator(".arrival.good")).to_contain_text("It has arrived.")
    plain.close()


def test_pages_of_the_enrolment_are_for_everybody(
    ward: PhoneWard, context: BrowserContext, site: str
) -> None:
    for who in (ANNE, LARS):
        staff.add(ward.deployment, who)
    page = context.new_page()
    page.goto(f"{site}/desk/enrol")
    at_all_widths(page, "form")
    page.get_by_label("Name").fill("Birgit Holm")
    page.get_by_label("Mobile number").fill("20 30")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Mobile number")).to_be_focused()
    at_all_widths(page, "form-wrong")
    page.get_by_label("Mobile number").fill("20 30 40 50")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Birgit Holm is enrolled")
    ward.settle()
    ward.hear_of("undelivered", Trouble.GONE, "21614")
    expect(page.locator(".arrival.bad")).to_contain_text("landline")
    page.reload()
    at_all_widths(page, "enrolled-wrong-number")
    for paper, size in (("card", (420, 620)), ("consent", (820, 1100))):
        with context.expect_page() as opened:
            press_alt(page, {"card": "k", "consent": "c"}[paper])
        printed = opened.value
        printed.set_viewport_size({"width": size[0], "height": size[1]})
        seen(printed, paper)
        assert Pdf(printed.pdf(prefer_css_page_size=True)).pages == 1
        printed.close()
    page.goto(f"{site}/desk/enrol")
    page.get_by_label("Name").fill("Birgit Holm")
    page.get_by_label("Mobile number").fill("20 30 40 50")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Look at that patient")).to_be_focused()
    at_all_widths(page, "form-known")


def test_a_table_by_keyboard_from_the_file_to_the_cards(
    ward: PhoneWard, context: BrowserContext, site: str, tmp_path: Path
) -> None:
    lines = [f"Patient {n};{n:02}-01-1960;;da;;;" for n in range(1, 13)]
    lines += [FAULTY[line][0] for line in (12, 25, 77, 103, 155)]
    file = tmp_path / "patients.csv"
    file.write_bytes("\r\n".join([HEADING, *lines]).encode("cp1252"))
    page = context.new_page()
    page.goto(f"{site}/desk/enrol")
    press_alt(page, "b")
    expect(page.get_by_role("heading", level=1)).to_have_text("Enrol many from a table")
    at_all_widths(page, "bulk")
    with page.expect_file_chooser() as chooser:
        page.locator("#file").press("Enter")
    chooser.value.set_files(file)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("This is what would happen")
    at_all_widths(page, "bulk-looked")
    expect(page.get_by_role("button", name="Enrol the 12 patients")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Done")
    assert len(ward.patients()) == 12
    at_all_widths(page, "bulk-done")
    expect(page.get_by_role("button", name="Print the cards")).to_be_focused()
    with context.expect_page() as opened:
        page.keyboard.press("Enter")
    expect(opened.value.locator("article.card")).to_have_count(12)
    cards = opened.value
    assert Pdf(cards.pdf(prefer_css_page_size=True)).pages == 12, "a sheet each"
    cards.emulate_media(media="print")
    seen(cards, "cards")
