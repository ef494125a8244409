"""The walk that the README describes, by a patient and a physiotherapist, in a real browser."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.browser.screen import Desk, Phone, let_pass, the_words
from tests.house.accessible import assert_fits
from tests.house.pdf import Pdf
from tests.house.program import Program

ODI = "CBCBCCBCDC"
"""2 1 2 1 2 2 1 2 3 2: a published vector, 18 of 50 points."""
ODI_SCORE = "36"


def clock(page: Page) -> datetime:
    shown = page.locator("#clock").get_attribute("datetime")
    assert shown
    return datetime.fromisoformat(shown)


def enrols(page: Page) -> Phone:
    """From hello to the last question of the first questionnaire."""
    phone = Phone(page)
    page.locator(".choose").get_by_role("button", name="Be a new patient").click()
    phone.hears("language")
    phone.presses("English", "Is that all right with you?")
    phone.presses("Yes, I agree", "What may I call you?")
    phone.writes("Kim Larsen", "At what time of day")
    phone.presses("12:00", "On which day")
    in_four_days = clock(page) + timedelta(days=4)
    phone.presses(f"{in_four_days:%A}", "four digits")
    phone.writes("2718", "Is any of this new")
    phone.presses("No", "1/9 ")
    phone.presses_all(["Agree", "Disagree"] * 4 + ["C"], 9, "the last question")
    return phone


def is_asked_the_odi(page: Page, phone: Phone) -> None:
    let_pass(page, "+1 day")
    phone.hears("1/10 ")


def answers_the_check_in(phone: Phone) -> None:
    """Pain 6, bothersome on 4 days, limited on 2, off work on 1, nothing new."""
    phone.hears("How strong was your back pain")
    phone.presses_all(["6", "4", "2", "1", "No"], 5, "Your week is noted")


def shares(phone: Phone) -> None:
    phone.writes("send my summary to my physio", "name")
    phone.writes("Anne Skov", "e-mail address")
    phone.writes("anne.skov@klinik.example", "Anne Skov will see one page")
    phone.chat.locator(".choices.now button").first.click()
    phone.hears("four-digit code")
    phone.writes("2718", "may I mail Anne Skov too?")
    phone.presses("Yes", "I will mail Anne Skov")


def test_the_walk(page: Page) -> None:
    phone, desk = enrols(page), Desk(page)
    is_asked_the_odi(page, phone)
    phone.presses_all(ODI, 10, "the last question")

    let_pass(page, "+1 day")
    phone.hears("How is it with work at present?")
    phone.presses("I work as usual", "2/4 ")
    phone.writes("In May, in the garden", "3/4 ")
    phone.writes("Yoga", "4/4 ")
    phone.writes("Cycle to work", "need not tell that again")
    let_pass(page, "+1 day", times=2)
    answers_the_check_in(phone)

    shares(phone)
    desk.opens(the_words(phone))
    summary = desk.open_page
    expect(summary.get_by_role("heading", level=1)).to_have_text("Kim Larsen")
    expect(summary.get_by_role("row", name="ODI")).to_contain_text(f"{ODI_SCORE} ")
    expect(summary.get_by_role("row", name="Pain")).to_contain_text("6 ")
    phone.hears("Anne Skov looked at your summary")

    summary.get_by_label("Agreed").fill("Walk 15 minutes twice a day.")
    summary.get_by_role("button", name="Add note").click()
    expect(summary.get_by_role("status").first).to_contain_text("Saved")
    phone.hears("Walk 15 minutes twice a day.")

    let_pass(page, "+1 week")
    phone.hears("1/3 ")  # what a second week asks besides; the check-in waits behind it
    phone.presses("No, never", "2/3 ")
    phone.writes("skip", "3/3 ")
    phone.writes("skip", "How strong was your back pain")


@pytest.mark.parametrize("demo", [False], indirect=True, ids=["begun as in the README"])
def test_nothing_is_lost_when_the_demo_is_killed(page: Page, demo: Program) -> None:
    phone = enrols(page)
    is_asked_the_odi(page, phone)
    for number, letter in enumerate(ODI[:4], start=2):
        phone.presses(letter, f"{number}/10 ")
    said, shown = phone.said(), clock(page)

    demo.kill()
    demo.forked = True  # by now it is known that it begins
    demo.start()

    page.reload()
    phone.hears("5/10 ")
    assert phone.said() == said
    assert clock(page) >= shown
    for number, letter in enumerate(ODI[4:9], start=6):
        phone.presses(letter, f"{number}/10 ")
    phone.presses(ODI[9], "the last question")
    asked = re.findall(r"\b(\d+)/10 ", "\n".join(phone.said()))
    assert asked == [str(number) for number in range(1, 11)]
    phone.tries("how am I doing", f"Everyday trouble (Oswestry): {ODI_SCORE} of 100")


def test_birgit_is_three_months_in_and_her_physiotherapist_reads_on(page: Page) -> None:
    phone, desk = Phone(page), Desk(page)
    page.locator(".choose").get_by_role("button", name="Birgit Holm").click()
    phone.tries("how am I doing", "Oswestry")
    phone.tries("send my summary to my physio", "Anne Skov will see one page")
    phone.chat.locator(".choices.now button").first.click()
    phone.hears("they open the page")
    desk.opens(the_words(phone))
    expect(desk.open_page.get_by_role("img", name="ODI")).to_be_visible()
    with page.expect_download() as download:
        desk.open_page.get_by_role("link", name="PDF").first.click()
    assert download.value.suggested_filename == "summary.pdf"
    assert Pdf(download.value.path().read_bytes()).text.startswith("Birgit Holm For ")


def test_nothing_on_the_page_is_in_the_way_of_anybody(page: Page) -> None:
    check(page)
    page.locator(".choose").get_by_role("button", name="Birgit Holm").click()
    expect(page.locator(".mail").first).to_be_visible()
    check(page)
    page.locator(".mail a").first.click()
    expect(Desk(page).open_page.get_by_role("button")).to_be_visible()
    check(page)
    page.get_by_role("link", name="Back to the inbox").click()
    expect(page.locator(".mail").first).to_be_visible()
    check(page)


def check(page: Page) -> None:
    """At a desk and on a phone, where everything that is pressed is large enough for a finger."""
    for width in (1280, 360):
        page.set_viewport_size({"width": width, "height": 800})
        assert_fits(page, [width])
        for button in page.locator("button, a.button").all():
            box = button.bounding_box()
            assert box is None or min(box["width"], box["height"]) >= 44, button.inner_text()


def test_the_page_works_by_reloading_where_there_is_no_script(page: Page, demo: Program) -> None:
    browser = page.context.browser
    assert browser is not None
    with browser.new_context(java_script_enabled=False) as context:
        plain = context.new_page()
        plain.goto(f"{demo.address}/demo")
        plain.locator(".choose").get_by_role("button", name="Birgit Holm").click()
        expect(plain.locator(".mail .subject").first).to_be_visible()
        day = plain.locator("#day").inner_text()
        plain.get_by_role("button", name="+1 day").click()
        expect(plain.locator("#day")).not_to_have_text(day)
        plain.locator(".mail a").first.click()
        expect(Desk(plain).open_page.get_by_text("This link is for Anne Skov")).to_be_visible()
        plain.get_by_role("link", name="Back to the inbox").click()
        expect(plain.locator("iframe[name=page]")).to_have_count(0)


def test_the_clinics_tablet_asks_for_a_code_from_the_desk(page: Page, demo: Program) -> None:
    page.goto(f"{demo.address}/tablet")
    expect(page.get_by_label("Code from the desk")).to_be_focused()
