"""Anne's browser: setting up, signing in, the list, and from there to a patient's page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, cast

import pytest
from fastapi import FastAPI
from httpx2 import Response
from starlette.testclient import TestClient

from api import pro, professional, sign_in
from api.app import create_app
from tests.bot.ward import ANNE, DAY, LARS, Ward
from trajectory import migrations, professionals
from trajectory.database import Database

SITE = "https://nord.example"


@pytest.fixture
def ward(migrated_database_url: str) -> Iterator[Ward]:
    database = Database(migrated_database_url, durable=False)
    yield Ward(database)
    database.close()


@pytest.fixture
def light_ward() -> Iterator[Ward]:
    """On SQLite only: where the kind of database makes no difference."""
    database = migrations.throw_away()
    yield Ward(database)
    database.close()


def application(ward: Ward, *, secure: bool = True) -> FastAPI:
    return create_app(
        ward.deployment,
        cast(Any, None),
        ward.doorbell,
        secure=secure,
        extra_routers=[professional.router, pro.router, sign_in.router_of("/pro")],
    )


class Desk:
    """Somebody of the directory at a browser; it follows no redirect by itself."""

    def __init__(
        self, ward: Ward, number: int = 0, email: str = ANNE.email, language: str = "en"
    ) -> None:
        self.ward, self.number, self.email = ward, number, email
        self.browser = TestClient(
            application(ward),
            base_url=SITE,
            follow_redirects=False,
            headers={"Accept-Language": language},
        )

    def ask(self, email: str = "") -> Response:
        return self.browser.post("/pro", data={"email": email or self.email})

    def type(self, code: str, shown: str) -> Response:
        return self.browser.post("/pro/code", data={"code": code, "shown": shown})

    def come_in(self) -> Response:
        self.ask()
        answer = self.type(self.ward.mailed_code(), self.ward.shown(self.number))
        assert answer.headers["location"] == "/pro"
        return self.home()

    def home(self) -> Response:
        return self.browser.get("/pro")

    def open(self, grant_id: int) -> Response:
        return self.browser.post(f"/pro/p/{grant_id}/open")


@pytest.fixture
def anne(ward: Ward) -> Desk:
    return Desk(ward, ward.hire())


def test_from_the_invitation_to_a_patients_page(ward: Ward) -> None:
    desk = Desk(ward, ward.employ())
    setup = f"/pro/setup/{ward.invitation()}"
    shown = desk.browser.get(setup)
    assert "For Anne Skov, at Klinik Nord" in shown.text
    assert "<svg" in shown.text
    assert desk.browser.post(setup, data={"shown": "000000"}).status_code == 403
    done = desk.browser.post(setup, data={"shown": ward.shown(desk.number)})
    assert done.headers["location"] == "/pro?ready=1"
    assert desk.browser.get(setup).status_code == 404
    shared = ward.share(desk.number)
    ward.wait(DAY / 24)
    page = desk.come_in().text
    assert "To look at: 1 of 1" in page
    assert "not looked at yet" in page
    opened = desk.open(shared.grant_id)
    assert (opened.status_code, opened.headers["location"]) == (303, f"/pro/p/{shared.grant_id}")
    summary = desk.browser.get(f"/pro/p/{shared.grant_id}").text
    assert "Birgit Holm" in summary
    assert 'href="/pro"' in summary


def test_cookies_are_for_this_host_alone(anne: Desk) -> None:
    asked = anne.ask()
    come = anne.type(anne.ward.mailed_code(), anne.ward.shown(anne.number))
    for answer in (asked, come):
        for cookie in answer.headers.get_list("set-cookie"):
            assert cookie.startswith("__Host-backtrace-")
            for wanted in ("HttpOnly", "Secure", "SameSite=strict", "Path=/"):
                assert wanted in cookie


def test_known_and_unknown_addresses_get_the_same_page(anne: Desk) -> None:
    pages = []
    for email in (ANNE.email, "nobody@klinik.example", "", "not an address", "x" * 9000):
        answer = anne.ask(email) if email else anne.browser.post("/pro", data={})
        assert (answer.status_code, answer.headers["location"]) == (303, "/pro/code")
        pages.append(anne.browser.get("/pro/code").text)
        pages.append(anne.type("000000", "000000").text)
    assert len(set(pages[::2])) == len(set(pages[1::2])) == 1


def test_get_changes_nothing_before_signing_in(anne: Desk) -> None:
    ward = anne.ward
    shared, letters = ward.share(anne.number), len(ward.letters())
    for path in ("/pro", "/pro/code", f"/pro/p/{shared.grant_id}", "/pro/setup/unknown"):
        assert anne.browser.get(path).status_code in (200, 303, 404)
    assert (len(ward.letters()), ward.audited(shared.patient_id)) == (letters, [])


def test_another_site_cannot_post(anne: Desk) -> None:
    anne.come_in()
    shared = anne.ward.share(anne.number)
    elsewhere = {"Sec-Fetch-Site": "cross-site"}
    for path in ("/pro", "/pro/code", "/pro/leave", f"/pro/p/{shared.grant_id}/open"):
        assert anne.browser.post(path, headers=elsewhere).status_code == 403


def test_signed_out_she_gets_the_door_and_no_page(anne: Desk) -> None:
    shared = anne.ward.share(anne.number)
    anne.come_in()
    anne.open(shared.grant_id)
    assert anne.browser.post("/pro/leave").headers["location"] == "/pro"
    assert "Sign in at Klinik Nord" in anne.home().text
    closed = anne.browser.get(f"/pro/p/{shared.grant_id}")
    assert (closed.status_code, closed.headers["location"]) == (303, "/pro")


def test_closing_one_page_leads_back_to_the_list(anne: Desk) -> None:
    shared = anne.ward.share(anne.number)
    anne.come_in()
    anne.open(shared.grant_id)
    left = anne.browser.post(f"/pro/p/{shared.grant_id}/leave")
    assert left.headers["location"] == "/pro"
    assert anne.browser.get(f"/pro/p/{shared.grant_id}").headers["location"] == "/pro"
    assert "Patients who share with you" in anne.home().text


def test_a_note_goes_to_the_patient_whose_page_it_was_written_on(anne: Desk) -> None:
    birgit, jonas = anne.ward.share(anne.number), anne.ward.share(anne.number, "Jonas Lund")
    anne.come_in()
    for each in (birgit, jonas):
        anne.open(each.grant_id)
    place = f"/pro/p/{birgit.grant_id}"
    written = anne.browser.post(f"{place}/notes", data={"agreed": "walk 15 min x 2", "id": "1"})
    assert written.headers["location"] == f"{place}?said=noted"
    assert "walk 15 min x 2" in anne.browser.get(place).text
    assert "walk 15 min x 2" not in anne.browser.get(f"/pro/p/{jonas.grant_id}").text
    assert "Birgit Holm" in anne.browser.get(f"{place}/journal.txt").text


def test_when_signed_out_meanwhile_a_note_is_given_back(anne: Desk) -> None:
    shared = anne.ward.share(anne.number)
    anne.come_in()
    anne.open(shared.grant_id)
    anne.ward.wait(DAY / 24)
    lost = anne.browser.post(f"/pro/p/{shared.grant_id}/notes", data={"agreed": "walk 15 min"})
    assert lost.status_code == 401
    assert "walk 15 min" in lost.text


def test_what_is_not_shared_with_her_is_not_there(anne: Desk) -> None:
    lars = anne.ward.hire(LARS)
    his = anne.ward.share(lars)
    anne.come_in()
    assert anne.open(his.grant_id).status_code == 404
    assert anne.open(999_999).status_code == 404
    for path in (f"/pro/p/{his.grant_id}", "/pro/p/abc", "/pro/p/-1", "/pro/p/" + "9" * 30):
        assert anne.browser.get(path).status_code in (303, 404)


def test_no_address_names_a_patient_or_says_anything_of_health(anne: Desk) -> None:
    shared = anne.ward.share(anne.number)
    anne.ward.report(shared, DAY, odi=50)
    page = anne.come_in().text
    anne.open(shared.grant_id)
    page += anne.browser.get(f"/pro/p/{shared.grant_id}").text
    addresses = re.findall(r'(?:href|action|src)="([^"]*)"', page)
    assert addresses
    for secret in ("birgit", "holm", "odi", "pain"):
        assert not any(secret in each.lower() for each in addresses if not each.startswith("#"))


def test_where_the_browser_says_nothing_in_the_language_of_the_directory(ward: Ward) -> None:
    desk = Desk(ward, ward.hire(LARS), LARS.email, language="")
    shared = ward.share(desk.number)
    ward.report(shared, 9 * DAY, odi=36)
    ward.report(shared, DAY, odi=50)
    page = desk.come_in().text
    assert "Se på: 1 af 1" in page
    assert "værre ud over måleusikkerhed" in page
    assert "ODI 36 → 50" in page


def test_a_code_said_in_the_room_leads_to_the_page(anne: Desk) -> None:
    birgit = anne.ward.enrol()
    anne.come_in()
    said = anne.ward.write(birgit, "show")
    opened = anne.browser.post("/pro/room", data={"code": said[4:11]})
    assert opened.status_code == 303
    assert "Birgit Holm" in anne.browser.get(opened.headers["location"]).text


def test_a_code_that_opens_nothing_leads_back_to_the_list_which_says_so(anne: Desk) -> None:
    anne.come_in()
    for _ in range(10):
        wrong = anne.browser.post("/pro/room", data={"code": "<b>222</b>"})
        assert (wrong.status_code, "This code opens nothing." in wrong.text) == (403, True)
        assert "<b>222" not in wrong.text
    assert "Too many codes" in anne.browser.post("/pro/room", data={"code": "222222"}).text


def test_signed_out_a_code_leads_to_the_door(anne: Desk) -> None:
    said = anne.ward.write(anne.ward.enrol(), "show")
    shut = anne.browser.post("/pro/room", data={"code": said[4:11]})
    assert (shut.status_code, shut.headers["location"]) == (303, "/pro")


def test_day_and_hour_of_the_weekly_mail_are_chosen_on_the_list(anne: Desk) -> None:
    assert "Comes Wednesday at 07:00" in anne.come_in().text
    chosen = anne.browser.post("/pro/digest", data={"day": "4", "hour": "15", "on": "1"})
    assert chosen.headers["location"] == "/pro?saved=1"
    assert "Comes Friday at 15:00" in anne.home().text
    assert anne.browser.post("/pro/digest", data={"day": "9", "hour": "3"}).status_code == 422
    anne.browser.post("/pro/digest", data={"day": "4", "hour": "15", "on": ""})
    assert "You get no weekly mail." in anne.home().text
    anne.browser.post("/pro/leave")
    shut = anne.browser.post("/pro/digest", data={"day": "4", "hour": "15", "on": "1"})
    assert shut.headers["location"] == "/pro"


def test_the_link_in_the_mail_shows_a_button_and_only_that_ends_it(anne: Desk) -> None:
    with anne.ward.database.read() as connection:
        ring = anne.ward.deployment.ring
        token = professionals.unsubscribe_token(connection, ring, anne.number)
    place = f"/pro/digest/off/{token}"
    assert "End the weekly mail" in anne.browser.get(place).text
    anne.come_in()
    assert "Comes Wednesday" in anne.home().text
    assert "You get no weekly mail any more" in anne.browser.post(place).text
    assert "You get no weekly mail." in anne.home().text
    assert anne.browser.post("/pro/digest/off/1-00").status_code == 404


def test_a_sign_is_handled_and_a_letter_kept_on_the_page_from_the_list(anne: Desk) -> None:
    shared = anne.ward.share(anne.number)
    sign = anne.ward.record(shared, "red-flag", DAY, flow="red-flags", item="leg-weakness")
    anne.come_in()
    anne.open(shared.grant_id)
    place = f"/pro/p/{shared.grant_id}"
    assert f'action="{place}/flags/{sign}/handled"' in anne.browser.get(place).text
    handled = anne.browser.post(f"{place}/flags/{sign}/handled")
    assert handled.headers["location"] == f"{place}?said=handled"
    letter = {"sector": "imaging", "day": "2026-11-02", "text": "No fracture.", "id": "1"}
    kept = anne.browser.post(f"{place}/letters", data=letter)
    assert kept.headers["location"] == f"{place}?said=letter"
    page = anne.browser.get(place).text
    assert "seen, handled by you" in page
    assert "No fracture." in page
    assert anne.browser.post(f"{place}/flags/{10**30}/handled").status_code == 404
