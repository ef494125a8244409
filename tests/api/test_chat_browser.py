"""The chat page in a real browser: by keyboard, by touch, on a small phone, in the dark."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import APIResponse, Browser, Page, Route, expect

from bot.messages import Priority
from tests.api.conftest import Serve
from tests.api.house import SCALE, STATEMENTS, House
from tests.house.accessible import assert_accessible
from tests.house.browser import SLOWEST
from trajectory import patients, web_access

PHONE = {"width": 360, "height": 740}
DESK = {"width": 1280, "height": 900}


@dataclass
class Device:
    """A patient's device; opens pages and fails on any error of their scripts."""

    engine: Browser
    address: str
    house: House

    def open(self, path: str = "/chat", *, known: bool = True, **how: Any) -> Page:
        page = self.engine.new_context(**{"viewport": PHONE, **how}).new_page()
        page.set_default_timeout(SLOWEST)
        if known:
            page.context.add_cookies(
                [{"name": "backtrace", "value": self.house.let_in(), "url": self.address}]
            )
        page.goto(self.address + path)
        return page


@pytest.fixture
def device(engine: Browser, serve: Serve, light_house: House) -> Iterator[Device]:
    yield Device(engine, serve(light_house.app(secure=False)), light_house)
    for context in engine.contexts:
        context.close()


def write(page: Page, text: str) -> None:
    page.get_by_role("textbox").fill(text)
    page.keyboard.press("Enter")


def lines(page: Page) -> list[str]:
    return [text.split(": ", 1)[1] for text in page.locator("#log .text").all_text_contents()]


def test_writing_and_being_answered_without_a_reload(device: Device) -> None:
    page = device.open()
    page.evaluate("window.notReloaded = true")
    write(page, "my back is better")
    expect(page.locator(".line.assistant")).to_have_count(1)
    assert lines(page) == ["my back is better", "And how was your night?"]
    expect(page.get_by_role("textbox")).to_be_focused()
    expect(page.get_by_role("textbox")).to_have_value("")
    assert page.evaluate("window.notReloaded")


def test_whoever_chooses_another_language_has_the_whole_page_in_it(device: Device) -> None:
    page, house = device.open(), device.house
    expect(page.locator("html")).to_have_attribute("lang", "en")
    with house.database.write() as connection:
        patients.change(connection, house.patient_id, language="da")
    house.say("Vi skriver dansk nu.")
    house.doorbell.ring(house.patient_id)
    expect(page.locator("html")).to_have_attribute("lang", "da")
    expect(page.get_by_role("button", name="Hjælp")).to_be_visible()
    assert lines(page)[-1] == "Vi skriver dansk nu."


def test_answering_by_keyboard_alone(device: Device) -> None:
    device.house.say("How bad was your pain, 0 to 10?", SCALE)
    device.house.answer = ("Which of these fits you best?", STATEMENTS)
    page = device.open()
    page.get_by_role("button", name="6", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Which of these fits you best?")).to_be_visible()
    assert device.house.handed_over[0].choice == "q.7.1.6"
    expect(page.get_by_role("button", name="6", exact=True)).to_be_hidden()
    expect(page.locator("summary:focus")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="A: I can walk as far as I like")).to_be_focused()


def test_an_older_answer_can_be_corrected(device: Device) -> None:
    device.house.say("How bad was your pain, 0 to 10?", SCALE)
    page = device.open()
    page.get_by_role("button", name="6", exact=True).click()
    page.get_by_text("Answer choices").click()
    page.get_by_role("button", name="4", exact=True).click()
    expect(page.locator(".line.patient")).to_have_count(2)
    assert [m.choice for m in device.house.handed_over] == ["q.7.1.6", "q.7.1.4"]


def test_what_could_not_be_sent_stays_and_is_sent_once_when_tried_again(device: Device) -> None:
    page = device.open()
    device.house.lost = True
    write(page, "it hurts less")
    expect(page.get_by_role("alert")).to_contain_text("not sent yet")
    expect(page.get_by_role("textbox")).to_have_value("it hurts less")
    ids: list[str] = []
    page.on("request", lambda r: ids.append((r.post_data or "").split("&")[0]))
    with page.expect_response("**/chat/messages"):
        page.keyboard.press("Enter")
    expect(page.get_by_role("textbox")).to_have_value("it hurts less")
    device.house.lost = False
    page.keyboard.press("Enter")
    expect(page.locator(".line.patient")).to_have_count(1)
    expect(page.get_by_role("textbox")).to_have_value("")
    expect(page.locator("#problem")).to_be_hidden()
    assert len(set(ids)) == 1


def test_a_text_that_is_too_long_is_not_sent_and_not_lost(device: Device) -> None:
    page = device.open()
    write(page, "å" * 4001)
    expect(page.get_by_role("alert")).to_contain_text("at most 4000 characters")
    assert len(page.get_by_role("textbox").input_value()) == 4001
    assert device.house.handed_over == []


def test_an_answer_to_the_next_question_waits_until_the_last_one_has_arrived(
    device: Device,
) -> None:
    device.house.answer = ("How bad was your pain, 0 to 10?", SCALE)
    page = device.open()
    held: list[tuple[Route, APIResponse]] = []

    def hold_the_first(route: Route) -> None:
        if held:
            route.continue_()
        else:
            held.append((route, route.fetch()))

    page.route("**/chat/messages", hold_the_first)
    write(page, "hello")
    page.get_by_role("button", name="6", exact=True).dblclick()
    assert [m.text for m in device.house.handed_over] == ["hello"]
    route, response = held[0]
    route.fulfill(response=response)
    expect(page.locator(".line.patient")).to_have_count(2)
    assert [m.choice for m in device.house.handed_over] == ["", "q.7.1.6"]


def test_help_is_one_tap_away(device: Device) -> None:
    page = device.open()
    page.get_by_role("button", name="Help").click()
    expect(page.locator(".line.patient")).to_have_count(1)
    assert device.house.handed_over[0].text == "help"


def test_a_chat_that_is_closed_elsewhere_closes_here(device: Device) -> None:
    page = device.open()
    house = device.house
    house.say("Hello.")
    expect(page.get_by_text("Hello.")).to_be_visible()
    with house.database.write() as connection:
        web_access.close_all(connection, house.patient_id, house.clock.now())
    house.doorbell.ring(house.patient_id)
    expect(page.get_by_text("The chat is not open on this device")).to_be_visible()


def test_the_whole_way_without_javascript(device: Device) -> None:
    device.house.say("How bad was your pain, 0 to 10?", SCALE)
    link = f"/chat/in/{device.house.link()}"
    page = device.open(link, known=False, java_script_enabled=False)
    page.get_by_role("button", name="Open my chat").click()
    page.get_by_role("button", name="6", exact=True).click()
    page.get_by_role("textbox").fill("badly")
    page.get_by_role("button", name="Send").click()
    device.house.say("One more thing.")
    page.get_by_role("button", name="See new messages").click()
    assert lines(page) == [
        "How bad was your pain, 0 to 10?", "6", "And how was your night?",
        "badly", "And how was your night?", "One more thing.",
    ]  # fmt: skip


@pytest.mark.parametrize("scripts", [True, False])
def test_a_new_phone_is_let_in_by_link_and_code(device: Device, *, scripts: bool) -> None:
    device.house.give_phone()
    device.house.say("How bad was your pain, 0 to 10?", SCALE)
    link = f"/chat/in/{device.house.link()}"
    page = device.open(link, known=False, java_script_enabled=scripts)
    page.get_by_role("button", name="Send me a code").click()
    expect(page.get_by_role("heading", name="Type your code")).to_be_visible()
    page.get_by_label("Code").fill("12")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_have_text(
        "That is not the code. Look at our newest message and try again."
    )
    page.get_by_label("Code").fill(device.house.code())
    page.get_by_role("button", name="Open my chat").click()
    page.get_by_role("button", name="6", exact=True).click()
    expect(page.locator(".line.patient .text")).to_have_text("You: 6")


@pytest.mark.parametrize(
    ("language", "size"), [("en", PHONE), ("da", {"width": 320, "height": 640})]
)
def test_the_page_that_asks_for_the_code_is_in_nobodys_way(
    device: Device, language: str, size: Any
) -> None:
    house = device.house
    house.patient_id, house.sealer = house.enrol(language)
    house.give_phone()
    page = device.open(f"/chat/in/{house.link()}", known=False, viewport=size)
    page.locator("button.primary").click()
    page.get_by_role("textbox").fill("12")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_role("textbox")).to_be_focused()
    check_access(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    for button in page.locator("button, input").all():
        box = button.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 44


def test_new_messages_are_told_to_a_screen_reader_and_safety_at_once(device: Device) -> None:
    page = device.open()
    log = page.get_by_role("log", name="Your conversation")
    expect(log).to_have_attribute("aria-live", "polite")
    device.house.say("Call 112 now.", priority=Priority.SAFETY)
    alert = log.get_by_role("alert")
    expect(alert).to_contain_text("Important for your safety")
    expect(alert.get_by_role("link", name="Call 112")).to_have_attribute("href", "tel:112")


def check_access(page: Page) -> None:
    assert_accessible(page)


def fill(house: House) -> None:
    house.say("How bad was your pain, 0 to 10?\n0 = none, 10 = the worst", SCALE)
    house.say("Right?", [["Yes", "y"], ["No", "n"]])
    house.say("Call 112 now.", priority=Priority.SAFETY)
    house.say("Which of these fits you best?", STATEMENTS)


@pytest.mark.parametrize(("size", "scheme"), [(PHONE, "dark"), (DESK, "light")])
def test_nothing_in_the_way_of_anybody(device: Device, size: Any, scheme: Any) -> None:
    fill(device.house)
    page = device.open(viewport=size, color_scheme=scheme)
    page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
    check_access(page)


@pytest.mark.parametrize("path", ["/chat/in/{link}", "/chat/in/unknown"])
def test_nothing_in_the_way_on_the_small_pages_either(device: Device, path: str) -> None:
    page = device.open("/healthz", extra_http_headers={"Accept": "text/html"})
    page.context.clear_cookies()
    page.goto(device.address + path.format(link=device.house.link()))
    check_access(page)


@pytest.mark.parametrize(("width", "zoom"), [(320, 100), (360, 200)])
def test_a_narrow_phone_and_large_letters_need_no_sideways_scrolling(
    device: Device, width: int, zoom: int
) -> None:
    fill(device.house)
    page = device.open(viewport={"width": width, "height": 640})
    page.evaluate(f"document.documentElement.style.fontSize = '{zoom}%'")
    page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_everything_that_is_pressed_is_large_enough_for_a_finger(device: Device) -> None:
    fill(device.house)
    page = device.open()
    page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
    for button in page.locator("button, summary, textarea, a.ring").all():
        box = button.bounding_box()
        if box:
            assert min(box["width"], box["height"]) >= 44, button.inner_text()
