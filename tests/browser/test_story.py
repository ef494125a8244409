"""The whole story of sharing, in both languages: shown, looked at, answered, and ended."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, FrameLocator, Page, expect

from tests.browser.conftest import opened
from tests.browser.screen import Desk, Phone, the_words
from tests.house.program import Program


@dataclass(frozen=True)
class Telling:
    """What is said and read in one language."""

    locale: str
    language: str
    agree: str
    consent: str
    name: str
    hour: str
    weekday: str
    digits: str
    safe: str
    no: str
    first: str
    share: str
    who: str
    email: str
    preview: str
    code: str
    alert: str
    yes: str
    mailed: str
    mail: str
    code_mail: str
    send_me: str
    code_field: str
    words_field: str
    open: str
    receipt: str
    who_looked: str
    looked: str
    agreed_field: str
    send_note: str
    saved: str
    plan: str
    stop: str
    sure: str
    stopped: str
    over: str


ENGLISH = Telling(
    locale="en-GB",
    language="English",
    consent="Is that all right with you?",
    agree="Yes, I agree",
    name="What may I call you?",
    hour="At what time of day",
    weekday="On which day",
    digits="four digits",
    safe="Is any of this new",
    no="No",
    first="1/9 ",
    share="send my summary to my physio",
    who="name",
    email="e-mail address",
    preview="Anne Skov will see one page",
    code="four-digit code",
    alert="may I mail Anne Skov too?",
    yes="Yes",
    mailed="I will mail Anne Skov",
    mail="A patient shares a summary with you",
    code_mail="Your six-digit code",
    send_me="Send me a code",
    code_field="Six-digit code",
    words_field="two words",
    open="Open the summary",
    receipt="Anne Skov looked at your summary",
    who_looked="who looked",
    looked="- Anne Skov, ",
    agreed_field="Agreed",
    send_note="Add note",
    saved="Saved",
    plan="Walk to the allotment.",
    stop="stop sharing with Anne",
    sure="Shall I close it for Anne Skov?",
    stopped="can no longer see your answers",
    over="This link no longer opens anything",
)
DANISH = Telling(
    locale="da-DK",
    language="Dansk",
    consent="Er det i orden?",
    agree="Ja, det er i orden",
    name="Hvad må jeg kalde dig?",
    hour="Hvornår på dagen",
    weekday="På hvilken ugedag",
    digits="fire cifre",
    safe="Er noget af dette nyt",
    no="Nej",
    first="1/9 ",
    share="send mit overblik til min fys",
    who="navnet",
    email="e-mailadressen",
    preview="Anne Skov får én side at se",
    code="kode",
    alert="må jeg så også sende Anne Skov en mail?",
    yes="Ja",
    mailed="Så sender jeg Anne Skov en mail",
    mail="En patient deler et overblik med dig",
    code_mail="Din kode på seks cifre",
    send_me="Send mig en kode",
    code_field="Kode på seks cifre",
    words_field="to ord",
    open="Åbn overblikket",
    receipt="Anne Skov kiggede på dit overblik",
    who_looked="hvem har kigget",
    looked="- Anne Skov, ",
    agreed_field="Aftalt",
    send_note="Tilføj notat",
    saved="Gemt",
    plan="Gå til kolonihaven.",
    stop="stop deling med Anne",
    sure="Skal jeg lukke for Anne Skov?",
    stopped="kan ikke længere se dine svar",
    over="Linket åbner ikke noget længere",
)


@pytest.fixture(params=[ENGLISH, DANISH], ids=["en", "da"])
def told(request: pytest.FixtureRequest) -> Telling:
    telling: Telling = request.param
    return telling


@pytest.fixture
def page(engine: Browser, demo: Program, told: Telling) -> Iterator[Page]:
    with opened(engine, demo, told.locale) as page:
        yield page


def test_shown_looked_at_answered_and_ended(page: Page, told: Telling) -> None:
    phone, desk = Phone(page), Desk(page)
    enrols(page, phone, told)
    shares(phone, told)

    summary = reads(desk, phone, told)
    expect(summary.get_by_role("heading", level=1)).to_have_text("Kim Larsen")
    phone.hears(told.receipt)
    phone.writes(told.who_looked, told.looked)

    summary.get_by_label(told.agreed_field, exact=True).fill(told.plan)
    summary.get_by_role("button", name=told.send_note).click()
    expect(summary.get_by_role("status").first).to_contain_text(told.saved)
    expect(summary.locator("body")).to_contain_text(told.plan)
    phone.hears(told.plan)

    phone.writes(told.stop, told.sure)
    phone.presses(told.yes, told.stopped)
    summary.locator("body").evaluate("() => location.reload()")
    expect(summary.get_by_role("heading", level=1)).to_have_text(told.over)
    expect(summary.locator("body")).not_to_contain_text("Kim Larsen")


def enrols(page: Page, phone: Phone, told: Telling) -> None:
    page.locator(".choose").get_by_role("button", name="Be a new patient").click()
    expect(phone.chat.locator(".choices.now")).to_be_visible()
    phone.presses(told.language, told.consent)
    phone.presses(told.agree, told.name)
    phone.writes("Kim Larsen", told.hour)
    phone.presses("12:00", told.weekday)
    phone.chat.locator(".choices.now button").first.click()
    phone.hears(told.digits)
    phone.writes("2718", told.safe)
    phone.presses(told.no, told.first)


def shares(phone: Phone, told: Telling) -> None:
    """Named, seen before it is given, and with the patient's own code."""
    phone.writes(told.share, told.who)
    phone.writes("Anne Skov", told.email)
    phone.writes("anne.skov@klinik.example", told.preview)
    phone.chat.locator(".choices.now button").first.click()
    phone.hears(told.code)
    phone.writes("2718", told.alert)
    phone.presses(told.yes, told.mailed)


def reads(desk: Desk, phone: Phone, told: Telling) -> FrameLocator:
    """From the mail with its link over the mailed code and the patient's words to the page."""
    desk.gets(told.mail)
    desk.follows_the_link()
    desk.open_page.get_by_role("button", name=told.send_me).click()
    desk.open_page.get_by_label(told.code_field).fill(desk.reads_the_code(told.code_mail))
    desk.open_page.get_by_label(told.words_field).fill(the_words(phone))
    desk.open_page.get_by_role("button", name=told.open).click()
    return desk.open_page
