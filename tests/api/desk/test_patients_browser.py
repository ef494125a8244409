"""In a real browser, by keyboard alone: a lost phone is locked, a course pauses, ends, returns."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from fastapi import FastAPI
from playwright.sync_api import Browser, Page, expect

from bot.desk.worker import Worker
from bot.inbound import Inbound, InboundKind
from bot.receiving import receive
from tests.api.conftest import Serve
from tests.api.desk.desk_house import DeskHouse
from tests.api.desk.test_patients import PHONE, addresses, give_phone, status_of
from tests.bot.ward import Ward
from tests.house.accessible import assert_fits
from trajectory import entries, web_access


@pytest.fixture
def site(serve: Serve, plain_app: FastAPI) -> str:
    return serve(plain_app)


@pytest.fixture
def birgit(ward: Ward) -> int:
    patient_id = ward.enrol("Birgit Sørensen", code="4071")
    give_phone(ward, patient_id)
    return patient_id


@pytest.fixture
def page(engine: Browser, site: str, house: DeskHouse, mette: Worker) -> Iterator[Page]:
    """Mette's browser; it has no mouse."""
    context = house.context(engine, site, mette)
    yield context.new_page()
    context.close()


def reads_aloud_and_fits(page: Page) -> None:
    """On her desk and on a tablet."""
    assert_fits(page, (1280, 768))


def tab_to(page: Page, name: str) -> None:
    """Tab until this has the focus, as somebody without a mouse does."""
    for _ in range(60):
        page.keyboard.press("Tab")
        focused = page.evaluate(
            "(document.activeElement.getAttribute('aria-label')"
            " || document.activeElement.innerText || document.activeElement.value || '').trim()"
        )
        if focused == name:
            return
    raise AssertionError(f"the Tab key does not lead to {name}")


def link_of(ward: Ward, patient_id: int) -> str:
    token = ward.deployment.chance.token()
    with ward.database.write() as connection:
        web_access.create_link(
            connection,
            ward.deployment.ids,
            ward.deployment.ring,
            ward.sealer(patient_id),
            patient_id=patient_id,
            token=token,
            now=ward.now,
            lifetime=timedelta(days=1),
        )
    return token


def find(page: Page, site: str, wanted: str) -> None:
    page.goto(f"{site}/desk/patients")
    expect(page.locator("#wanted")).to_be_focused()
    page.keyboard.type(wanted)
    page.keyboard.press("Enter")


def test_a_lost_phone_is_locked_in_a_breath(
    engine: Browser, page: Page, site: str, ward: Ward, birgit: int
) -> None:
    device = engine.new_context()
    chat = device.new_page()
    chat.goto(f"{site}/chat/in/{link_of(ward, birgit)}")
    chat.get_by_role("button").first.click()
    expect(chat.get_by_role("textbox")).to_be_visible()
    unused = link_of(ward, birgit)

    find(page, site, "sorensen bir")
    expect(page.locator("table.hits")).to_be_visible()
    reads_aloud_and_fits(page)
    tab_to(page, "Lock the phone of Birgit Sørensen")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Locked.")
    reads_aloud_and_fits(page)

    assert addresses(ward, birgit)[PHONE] == "locked"
    receive(
        ward.deployment,
        [Inbound("sms", PHONE, "SM1", InboundKind.TEXT, ward.now, "note read my secrets")],
    )
    with ward.database.read() as connection:
        assert entries.timeline(connection, ward.sealer(birgit), birgit) == []
    chat.goto(f"{site}/chat")
    expect(chat.get_by_role("textbox")).to_have_count(0)
    answer = chat.goto(f"{site}/chat/in/{unused}")
    assert answer is not None
    assert answer.status == 404
    device.close()

    tab_to(page, "Unlock")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Unlocked.")
    assert addresses(ward, birgit)[PHONE] == "active"


def test_a_pause_and_the_end_of_a_course_by_keyboard(
    page: Page, site: str, ward: Ward, birgit: int
) -> None:
    page.goto(f"{site}/desk/patients/{birgit}")
    tab_to(page, "Pause")
    page.keyboard.press("Enter")
    tab_to(page, "2 weeks")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Paused.")
    assert ward.rests(birgit)
    tab_to(page, "End the pause")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("The pause is over.")

    tab_to(page, "Moved away, discharged or died")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    reads_aloud_and_fits(page)
    tab_to(page, "End the course")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Course ended.")
    expect(page.locator(".standing")).to_contain_text("discharged")
    assert status_of(ward, birgit) == "ended"

    tab_to(page, "Marked by mistake, take up again")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Taken up again.")
    assert status_of(ward, birgit) == "active"


def test_what_is_wrong_is_said_where_it_was_typed(
    page: Page, site: str, ward: Ward, birgit: int
) -> None:
    page.goto(f"{site}/desk/patients/{birgit}")
    tab_to(page, "Pause")
    page.keyboard.press("Enter")
    tab_to(page, "Pause")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Give a day to come")
    expect(page.locator("#until")).to_be_focused()
    reads_aloud_and_fits(page)


def test_a_name_is_corrected_by_keyboard(page: Page, site: str, birgit: int) -> None:
    page.goto(f"{site}/desk/patients/{birgit}")
    tab_to(page, "Correct name or birth date")
    page.keyboard.press("Enter")
    tab_to(page, "Birgit Sørensen")
    page.keyboard.press("Control+A")
    page.keyboard.type("Birgit Holm")
    page.keyboard.press("Tab")
    page.keyboard.type("31-02-1958")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Nothing is saved yet")
    expect(page.locator("#birth_date")).to_be_focused()
    expect(page.locator("#birth_date")).to_have_accessible_description(
        "As 14-09-1958. Empty where it is not known. Write day, month and year, as 14-09-1958."
    )
    expect(page.locator("#name")).to_have_value("Birgit Holm")
    reads_aloud_and_fits(page)
    page.keyboard.press("Control+A")
    page.keyboard.type("14-09-1958")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Corrected.")
    expect(page.get_by_role("heading", level=1)).to_have_text("Birgit Holm")
