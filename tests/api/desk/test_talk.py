"""The desk's page of a conversation: nothing typed is lost, nothing goes out twice."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi import FastAPI
from playwright.sync_api import Browser, Page, expect
from starlette.testclient import TestClient

from bot import due
from bot.conversation.effects import SetDue
from bot.desk.worker import Worker
from bot.driving import run_until_quiet
from tests.api.conftest import Serve
from tests.api.desk.desk_house import KIRSTEN, DeskHouse
from tests.bot.ward import Ward
from tests.house.accessible import assert_accessible
from trajectory import patients, web_access

WIDTHS = (1280, 768, 360)
LOOKS_EVERY = 5_000
"""Milliseconds, as `talk.js` has it."""


def field(html: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', html)
    assert found
    return found[1]


def typed(html: str) -> str:
    found = re.search(r"<textarea[^>]*>\n?([^<]*)</textarea>", html)
    assert found
    return found[1]


class Desk:
    """One browser at the desk, on the page of one patient."""

    def __init__(self, browser: TestClient, patient_id: int) -> None:
        self.browser = browser
        self.path = f"/desk/talk/{patient_id}"
        self.html = browser.get(self.path).text

    def press(self, do: str, text: str = "") -> int:
        """Press a button under what was typed; the answer's status."""
        data = {"do": do, "text": text, "form": field(self.html, "form")}
        answer = self.browser.post(self.path, data=data | {"seen": field(self.html, "seen")})
        self.html = answer.text
        if answer.status_code == 303:
            self.html = self.browser.get(answer.headers["location"]).text
        return answer.status_code


@pytest.fixture
def birgit(ward: Ward) -> int:
    """Has asked for a person."""
    patient_id = ward.enrol()
    ward.write(patient_id, "PERSON")
    return patient_id


@pytest.fixture
def desk(house: DeskHouse, mette: Worker, birgit: int) -> Desk:
    return Desk(house.browser(mette), birgit)


def said(ward: Ward, patient_id: int, words: str) -> int:
    """How often these words went out to this patient."""
    return sum(words in text for text in ward.chat(patient_id))


def test_a_reply_goes_out_signed_and_its_fate_stands_beside_it(
    desk: Desk, ward: Ward, birgit: int
) -> None:
    assert desk.press("send", "Come on Thursday at 10.") == 303
    assert "On its way." in desk.html
    assert "Mette Dam, Klinik Nord: Come on Thursday at 10." in desk.html
    assert "waits to go out" in desk.html
    assert ward.chat(birgit)[-1].endswith("Mette Dam, Klinik Nord: Come on Thursday at 10.")
    assert "stands in the web chat" in desk.browser.get(desk.path).text


def test_pressing_twice_sends_once(desk: Desk, ward: Ward, birgit: int) -> None:
    page = desk.html
    for _ in range(2):
        desk.html = page
        assert desk.press("send", "Come on Thursday.") == 303
    assert said(ward, birgit, "Come on Thursday.") == 1


def test_a_reply_to_what_has_moved_on_comes_back_with_a_warning(
    desk: Desk, ward: Ward, birgit: int
) -> None:
    desk.press("take")
    ward.write(birgit, "never mind, I found it")
    assert desk.press("send", "It is on the first floor.") == 409
    assert "Birgit Holm has written since you began. Nothing was sent" in desk.html
    assert "never mind, I found it" in desk.html
    assert typed(desk.html) == "It is on the first floor."
    assert said(ward, birgit, "first floor") == 0
    assert desk.press("send", "It is on the first floor.") == 303
    assert said(ward, birgit, "first floor") == 1


def test_somebody_else_sees_who_holds_it_and_takes_it_over_with_what_they_typed(
    house: DeskHouse, desk: Desk, ward: Ward, birgit: int
) -> None:
    desk.press("take")
    kirsten = Desk(house.browser(house.hire(KIRSTEN)), birgit)
    assert "Mette Dam has held this conversation since" in kirsten.html
    assert 'value="send"' not in kirsten.html
    assert kirsten.press("send", "Hello") == 409
    assert typed(kirsten.html) == "Hello"
    assert kirsten.press("take", "Hello") == 200
    assert typed(kirsten.html) == "Hello"
    assert kirsten.press("send", "Hello") == 303
    assert said(ward, birgit, "Kirsten Friis, Klinik Nord: Hello") == 1
    assert desk.press("back") == 409
    assert "Kirsten Friis holds this conversation." in desk.html


def test_handing_back_waits_for_what_was_typed(desk: Desk) -> None:
    desk.press("take")
    assert desk.press("back", "and bring your card") == 409
    assert typed(desk.html) == "and bring your card"
    assert desk.press("back") == 303
    assert "The assistant is back." in desk.html


def test_looking_for_new_messages_keeps_what_was_typed(desk: Desk, ward: Ward, birgit: int) -> None:
    desk.press("take")
    ward.write(birgit, "is anybody there?")
    assert desk.press("look", "Yes, one mo") == 200
    assert "is anybody there?" in desk.html
    assert typed(desk.html) == "Yes, one mo"


@pytest.mark.parametrize("text", ["", "a" * 1001])
def test_a_reply_out_of_bounds_comes_back(desk: Desk, text: str) -> None:
    assert desk.press("send", text) == 422
    assert typed(desk.html) == text


def test_whoever_wrote_stop_gets_nothing_and_the_desk_is_told_to_ring(
    desk: Desk, ward: Ward, birgit: int, house: DeskHouse, mette: Worker
) -> None:
    ward.write(birgit, "STOP")
    assert desk.press("send", "Are you there?") == 409
    assert "The patient has written STOP. Nothing may be sent; ring instead." in desk.html
    assert typed(desk.html) == "Are you there?"
    page = house.browser(mette).get(f"/desk/talk/{birgit}").text
    assert "<textarea" not in page
    assert "Ctrl + Enter" not in page
    assert "Your first reply takes it over" not in page


def test_the_page_shows_no_answers_and_the_audit_says_who_opened_it(
    house: DeskHouse, mette: Worker, ward: Ward
) -> None:
    birgit = ward.enrol()
    ward.write(birgit, "HELP")
    with ward.database.write() as connection:
        asked = SetDue("start:1", "flow", ward.now, payload={"flow": "weekly-check-in"})
        due.write(connection, ward.deployment, [(birgit, asked)])
    run_until_quiet(ward.deployment)
    ward.write(birgit, "6")
    ward.write(birgit, "I want to talk to a person")
    html = Desk(house.browser(mette), birgit).html
    assert "I want to talk to a person" in html
    words = re.findall(r'<p class="words"[^>]*>([^<]*)', html)
    assert words == ["I want to talk to a person"]
    assert ("desk:" + str(mette.id), "talk-opened") in ward.audited(birgit)


def test_every_way_to_read_a_conversation_is_audited_and_a_page_left_open_once_an_hour(
    house: DeskHouse, mette: Worker, ward: Ward, birgit: int
) -> None:
    def looks() -> int:
        return ward.audited(birgit).count((mette.actor, "talk-opened"))

    browser, path = house.browser(mette), f"/desk/talk/{birgit}"
    for _ in range(2):
        assert "PERSON" in browser.get(f"{path}/thread").text
    assert looks() == 1
    for data in ({"do": "look"}, {"do": "send"}):
        assert "PERSON" in browser.post(path, data=data).text
    assert looks() == 3
    ward.wait(timedelta(minutes=29))
    browser.get("/desk/talk")
    ward.wait(timedelta(minutes=29))
    browser.get(f"{path}/thread")
    assert looks() == 3
    ward.wait(timedelta(minutes=3))
    browser.get(f"{path}/thread")
    assert looks() == 4


def test_the_list_leads_to_whoever_has_waited_longest(
    house: DeskHouse, mette: Worker, ward: Ward, birgit: int
) -> None:
    ward.wait(timedelta(minutes=5))
    jens = ward.enrol("Jens Bo")
    ward.write(jens, "PERSON")
    html = house.browser(mette).get("/desk/talk").text
    assert html.index("Birgit Holm") < html.index("Jens Bo")
    assert "nobody yet" in html


def test_an_empty_list_says_so(house: DeskHouse, mette: Worker) -> None:
    assert "Nobody waits for a person" in house.browser(mette).get("/desk/talk").text


def test_whoever_was_erased_is_not_there(house: DeskHouse, mette: Worker) -> None:
    browser = house.browser(mette)
    for answer in (
        browser.get("/desk/talk/4711"),
        browser.get("/desk/talk/4711/thread"),
        browser.post("/desk/talk/4711", data={"text": "Hello"}),
    ):
        assert answer.status_code == 404
        assert "There is no such patient" in answer.text


def test_the_page_is_in_danish(house: DeskHouse, mette: Worker, birgit: int) -> None:
    html = house.browser(mette, "da").get(f"/desk/talk/{birgit}").text
    assert "Skriv med Birgit Holm" in html
    assert "Assistenten har samtalen." in html


# In a real browser, by keyboard alone


@pytest.fixture
def page(
    house: DeskHouse, plain_app: FastAPI, mette: Worker, engine: Browser, serve: Serve, birgit: int
) -> Iterator[Page]:
    """Mette at the page of Birgit's conversation."""
    site = serve(plain_app)
    context = house.context(engine, site, mette)
    opened = context.new_page()
    opened.clock.install()
    opened.goto(f"{site}/desk/talk/{birgit}")
    yield opened
    context.close()


@pytest.fixture
def look(pictures: Path | None) -> Callable[[Page, str], None]:
    """Axe finds nothing, and no width scrolls sideways."""

    def look_at(page: Page, name: str) -> None:
        size = page.viewport_size
        assert size is not None
        assert_accessible(page)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth") == width
            if pictures is not None:
                page.screenshot(path=pictures / f"{name}-{width}.png", full_page=True)
        page.set_viewport_size(size)

    return look_at


@pytest.fixture
def pictures() -> Path | None:
    """Where pictures are kept, when somebody wants to see them."""
    folder = os.environ.get("PICTURES")
    return Path(folder) if folder else None


def reaches(page: Page, name: str) -> None:
    """Go on by Tab until the button of this name has the focus."""
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent.trim()") == name:
            return
    raise AssertionError(f"{name} cannot be reached by Tab")


def settle(page: Page) -> None:
    page.wait_for_load_state("networkidle")


def test_a_conversation_is_taken_over_and_handed_back_by_keyboard(
    page: Page, ward: Ward, birgit: int, look: Callable[[Page, str], None]
) -> None:
    expect(page.locator("#text")).to_be_focused()
    page.keyboard.type("You can come on Thursday at 10.")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("status").first).to_contain_text("On its way.")
    ward.write(birgit, "Thank you. Can I come at 11?")
    with ward.database.write() as connection:
        asked = SetDue("start:1", "flow", ward.now, payload={"flow": "weekly-check-in"})
        due.write(connection, ward.deployment, [(birgit, asked)])
    before = len(ward.chat(birgit))
    run_until_quiet(ward.deployment)
    assert len(ward.chat(birgit)) == before
    expect(page.locator("#text")).to_be_focused()
    page.clock.run_for(LOOKS_EVERY)
    expect(page.locator("#thread")).to_contain_text("Can I come at 11?")
    page.keyboard.type("Yes.")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".talk-lines li")).to_have_count(4)
    look(page, "talk")
    reaches(page, "Hand back to the assistant")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").first).to_contain_text("The assistant is back.")
    last = ward.chat(birgit)[-1]
    assert "From here on it is me again, the assistant." in last
    assert "This waited meanwhile:" in last
    assert "on average" in last


@pytest.fixture
def chat(page: Page, ward: Ward, birgit: int, engine: Browser) -> Iterator[Page]:
    """Birgit's web chat, open on her phone."""
    deployment, cookie, token = ward.deployment, "the-phone", "the-link"
    with ward.database.write() as connection:
        ids, ring, now = deployment.ids, deployment.ring, ward.now
        web_access.create_link(
            connection,
            ids,
            ring,
            ward.sealer(birgit),
            patient_id=birgit,
            token=token,
            now=now,
            lifetime=timedelta(hours=1),
        )
        web_access.exchange(connection, ids, ring, token=token, cookie=cookie, now=now)
    site = page.url.partition("/desk")[0]
    context = engine.new_context(viewport={"width": 360, "height": 780}, locale="en-GB")
    context.set_default_timeout(20_000)
    context.add_cookies([{"name": "backtrace", "value": cookie, "url": site}])
    opened = context.new_page()
    opened.goto(f"{site}/chat")
    yield opened
    context.close()


def writes(chat: Page, ward: Ward, text: str) -> None:
    chat.get_by_role("textbox").fill(text)
    chat.keyboard.press("Enter")
    expect(chat.get_by_role("textbox")).to_have_value("")
    run_until_quiet(ward.deployment)


def test_patient_and_desk_see_each_other_write_and_the_check_in_follows(
    page: Page, chat: Page, ward: Ward, birgit: int
) -> None:
    log = chat.get_by_role("log")
    writes(chat, ward, "it is about my appointment")
    page.clock.run_for(LOOKS_EVERY)
    expect(page.locator("#thread")).to_contain_text("it is about my appointment")
    page.keyboard.type("Do you mean Thursday?")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("status").first).to_contain_text("On its way.")
    run_until_quiet(ward.deployment)
    expect(log).to_contain_text("Mette Dam, Klinik Nord: Do you mean Thursday?")
    with ward.database.write() as connection:
        asked = SetDue("start:1", "flow", ward.now, payload={"flow": "weekly-check-in"})
        due.write(connection, ward.deployment, [(birgit, asked)])
    writes(chat, ward, "yes")
    page.clock.run_for(LOOKS_EVERY)
    expect(page.locator("#thread")).to_contain_text("yes")
    assert "on average" not in (log.text_content() or "")
    reaches(page, "Hand back to the assistant")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").first).to_contain_text("The assistant is back.")
    run_until_quiet(ward.deployment)
    expect(log).to_contain_text("on average")
    expect(log).to_contain_text("From here on it is me again, the assistant.")


def test_what_is_being_typed_stays_when_new_messages_come(
    page: Page, ward: Ward, birgit: int, look: Callable[[Page, str], None]
) -> None:
    page.keyboard.type("Hello.")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("status").first).to_contain_text("On its way.")
    expect(page.locator("#text")).to_be_focused()
    page.keyboard.type("One moment, I am loo")
    ward.write(birgit, "it is about Friday")
    page.clock.run_for(LOOKS_EVERY)
    expect(page.locator("#thread")).to_contain_text("it is about Friday")
    expect(page.locator("#text")).to_have_value("One moment, I am loo")
    expect(page.locator("#text")).to_be_focused()
    expect(page.locator("#new")).to_have_text("Birgit Holm has written. Read it before you send.")
    page.keyboard.type("king.")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("alert")).to_contain_text("Nothing was sent")
    expect(page.locator("#text")).to_have_value("One moment, I am looking.")
    look(page, "talk-problem")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("status").first).to_contain_text("On its way.")
    assert said(ward, birgit, "One moment, I am looking.") == 1


def test_the_list_is_read_aloud_well(page: Page, look: Callable[[Page, str], None]) -> None:
    page.goto(page.url.rpartition("/")[0])
    expect(page.locator("tbody a")).to_be_focused()
    look(page, "talks")
    page.keyboard.press("Enter")
    expect(page.locator("#text")).to_be_focused()


def test_the_script_counts_text_messages_as_the_server_does(
    page: Page, ward: Ward, birgit: int
) -> None:
    with ward.database.write() as connection:
        sealer, deployment = ward.sealer(birgit), ward.deployment
        (web,) = patients.addresses(connection, sealer, birgit)
        patients.set_address_status(connection, web.id, "gone")
        patients.add_address(
            connection,
            deployment.ids,
            deployment.ring,
            sealer,
            patient_id=birgit,
            channel="sms",
            address="+4520304050",
            now=ward.now,
        )
    page.reload()
    for text in ("", "a" * 400, "Æble [4] €", "😀 " * 60):
        page.locator("#text").fill(text)
        counted = page.locator("#segments").text_content()
        page.get_by_role("button", name="Look for new messages").click()
        settle(page)
        with_scripts_off = re.search(
            r'<span id="segments"[^>]*>([^<]*)</span>',
            page.evaluate(
                """async () => (await fetch(location.pathname, {method: "POST",
                body: new URLSearchParams({do: "look", text: text.value})})).text()"""
            ),
        )
        assert with_scripts_off
        assert counted == with_scripts_off[1], text
