"""The work list as the secretary and the clinician see it, without scripts."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import update
from starlette.testclient import TestClient

from api.desk.parts import age_of
from api.desk.work import REFRESHES
from bot.desk import work
from bot.desk.work_list import PAGE
from bot.desk.worker import Worker
from tests.api.desk.desk_house import KIRSTEN, DeskHouse
from tests.bot.ward import Ward
from trajectory import cases, patients, tables
from trajectory.case_reasons import Reason
from trajectory.cases import Case, Kind
from trajectory.staff_tokens import Role

SIGN = "I cant feel when I pee"
HOUR = timedelta(hours=1)


def open_case(ward: Ward, patient_id: int, kind: Kind) -> int:
    with ward.database.write() as connection:
        case_id = ward.deployment.ids.take(connection)
        cases.open_case(connection, case_id, patient_id, kind, now=ward.now)
    return case_id


def only(ward: Ward) -> Case:
    with ward.database.read() as connection:
        (case,) = cases.listed(connection)
    return case


def give_phone(ward: Ward, patient_id: int, number: str) -> None:
    deployment = ward.deployment
    with ward.database.write() as connection:
        patients.add_address(
            connection,
            deployment.ids,
            deployment.ring,
            ward.sealer(patient_id),
            patient_id=patient_id,
            channel="sms",
            address=number,
            now=ward.now,
        )


def note_phone(ward: Ward, patient_id: int, number: str) -> None:
    """The clinic has their number; they write elsewhere."""
    sealer = ward.sealer(patient_id)
    with ward.database.write() as connection:
        (row,) = patients.read(connection, [patient_id])
        profile = sealer.open_json(patients.PROFILE, patient_id, row.profile) | {"phone": number}
        sealed = sealer.seal_json(patients.PROFILE, patient_id, profile)
        patient = tables.core(tables.Patient)
        connection.execute(update(patient).where(patient.c.id == patient_id).values(profile=sealed))


def text_of(page: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


@pytest.fixture
def browser(house: DeskHouse, mette: Worker) -> TestClient:
    return house.browser(mette)


def test_nothing_waits(browser: TestClient) -> None:
    seen = browser.get("/desk/work")
    assert "Nothing waits for you here." in seen.text
    assert "<title>Work list · Klinik Nord</title>" in seen.text


def test_safety_is_on_top_and_a_line_says_who_why_since_when_and_what_to_do(
    ward: Ward, house: DeskHouse, mette: Worker
) -> None:
    jonas, birgit = ward.enrol("Jonas Lund"), ward.enrol("Birgit Holm")
    give_phone(ward, birgit, "+4520304050")
    ward.write(jonas, "I want to talk to a person")
    ward.wait(timedelta(minutes=5))
    ward.write(birgit, SIGN)
    ward.wait(2 * HOUR)
    page = house.browser(mette).get("/desk/work").text
    assert "<title>(2) Work list · Klinik Nord</title>" in page
    first, second = page.split("<tbody>")[1].split("</tr>")[:2]
    assert text_of(first).startswith("Warning sign Emergency Reported a warning sign.")
    for words in ("Birgit Holm", "+45 20 30 40 50", "2 hours", "Take it", "Call the patient"):
        assert words in text_of(first)
    ring = re.search(r'id="do-\d+" href="(/desk/work/\d+)"', first)
    assert ring
    case = house.browser(mette).get(ring[1]).text
    assert 'class="button main-action" href="tel:+4520304050"' in case
    assert "Jonas Lund" in second
    assert "2 to look at · 1 about safety" in text_of(page)


def test_who_has_no_number_is_written_to(browser: TestClient, ward: Ward) -> None:
    birgit = ward.enrol()
    ward.write(birgit, SIGN)
    for address in ("/desk/work", f"/desk/work/{only(ward).id}"):
        page = browser.get(address).text
        assert "Write to the patient" in page
        assert "Call the patient" not in page
        assert f'href="/desk/talk/{birgit}"' in page


@pytest.mark.parametrize(
    ("status", "shown"), [("", True), ("active", True), ("gone", False), ("closed", False)]
)
def test_the_number_that_the_clinic_noted_is_rung_unless_it_is_theirs_no_more(
    browser: TestClient, ward: Ward, status: str, shown: bool
) -> None:
    birgit = ward.enrol()
    note_phone(ward, birgit, "+4520304050")
    if status:
        give_phone(ward, birgit, "+4520304050")
        with ward.database.write() as connection:
            (found,) = (
                each
                for each in patients.addresses(connection, ward.sealer(birgit), birgit)
                if each.channel == "sms"
            )
            patients.set_address_status(connection, found.id, status)
    ward.write(birgit, SIGN)
    assert ("+45 20 30 40 50" in browser.get("/desk/work").text) is shown


@pytest.mark.parametrize("who", ["mette", "kirsten"])
def test_the_desk_sees_no_answer_and_not_which_sign(
    ward: Ward, house: DeskHouse, who: str, request: pytest.FixtureRequest
) -> None:
    birgit = ward.enrol()
    ward.write(birgit, SIGN)
    seen = house.browser(request.getfixturevalue(who))
    for address in ("/desk/work", f"/desk/work/{only(ward).id}"):
        page = seen.get(address).text.lower()
        assert "birgit holm" in page
        for word in ("pee", "urin", "bladder", "bowel", "/pro/p/"):
            assert word not in page


def test_a_clinician_whom_the_patient_has_granted_it_is_led_to_the_answers(
    ward: Ward, house: DeskHouse, kirsten: Worker, mette: Worker
) -> None:
    shared = ward.share(kirsten.id)
    ward.write(shared.patient_id, SIGN)
    case = only(ward)
    place = f"/pro/p/{shared.grant_id}"
    seen = house.browser(kirsten)
    assert f'action="{place}/open"' in seen.get(f"/desk/work/{case.id}").text
    assert seen.post(f"{place}/open").headers["location"] == place
    assert place not in house.browser(mette).get(f"/desk/work/{case.id}").text
    ward.end(shared)
    assert place not in seen.get(f"/desk/work/{case.id}").text


def test_a_physiotherapist_whose_role_is_the_secretarys_is_not_led_there(
    ward: Ward, house: DeskHouse
) -> None:
    lone = house.hire(replace(KIRSTEN, email="lone@nord.example", desk=frozenset({Role.SECRETARY})))
    shared = ward.share(lone.id)
    ward.write(shared.patient_id, SIGN)
    assert "/pro/p/" not in house.browser(lone).get(f"/desk/work/{only(ward).id}").text


def test_take_and_done_with_a_reason(ward: Ward, browser: TestClient, mette: Worker) -> None:
    birgit = ward.enrol()
    ward.write(birgit, "I want to talk to a person")
    place = f"/desk/work/{only(ward).id}"
    taken = browser.post(f"{place}/take", data={"page": "1"})
    assert taken.headers["location"] == f"/desk/work?said=taken#case-{only(ward).id}"
    assert "It is yours." in browser.get("/desk/work?said=taken").text
    assert only(ward).owner == mette.actor
    done = browser.post(f"{place}/done", data={"reason": "booked", "note": "Thursday at ten"})
    assert done.headers["location"] == "/desk/work?said=done"
    assert "Nothing waits" in browser.get("/desk/work?said=done").text
    over = text_of(browser.get(place).text)
    assert "by Mette Dam: Booked a visit." in over
    assert "Thursday at ten" in over
    assert "What was done?" not in over
    assert (mette.actor, "case-handled") in ward.audited(birgit)


def test_without_a_reason_nothing_is_done_and_nothing_typed_is_lost(
    ward: Ward, browser: TestClient
) -> None:
    birgit = ward.enrol()
    ward.write(birgit, "I want to talk to a person")
    place, pages = f"/desk/work/{only(ward).id}", []
    for typed in (
        {"reason": "", "note": "rang twice"},
        {"reason": "doctor-looked", "note": "rang twice"},
        {"reason": "spoke", "note": "rang twice" * 200},
    ):
        answer = browser.post(f"{place}/done", data=typed)
        assert answer.status_code == 422
        assert typed["note"] in answer.text
        assert only(ward).is_listed
        pages.append(answer.text)
    assert re.search(r'value="spoke" checked', pages[-1])


def test_whoever_comes_second_is_told_who_has_it_and_keeps_what_they_typed(
    ward: Ward, house: DeskHouse, mette: Worker, kirsten: Worker
) -> None:
    birgit = ward.enrol()
    ward.write(birgit, "I want to talk to a person")
    case, second = only(ward), house.browser(kirsten)
    place = f"/desk/work/{case.id}"
    house.browser(mette).post(f"{place}/take")
    refused = second.post(f"{place}/take")
    assert (refused.status_code, "Mette Dam has it already." in refused.text) == (409, True)
    refused = second.post(f"{place}/done", data={"reason": "spoke", "note": "rang her"})
    assert (refused.status_code, "rang her" in refused.text) == (409, True)
    assert "Take it over from Mette Dam" in refused.text
    over = second.post(f"{place}/take", data={"before": mette.actor, "stay": "1"})
    assert over.headers["location"] == f"{place}?said=taken"
    assert only(ward).owner == kirsten.actor


def test_what_somebody_else_has_done_meanwhile_is_told_and_the_note_is_not_lost(
    ward: Ward, browser: TestClient
) -> None:
    birgit = ward.enrol()
    ward.write(birgit, "I want to talk to a person")
    case = only(ward)
    work.done(ward.deployment, "operator", case.id, Reason.SPOKE)
    late = browser.post(
        f"/desk/work/{case.id}/done", data={"reason": "booked", "note": "Thursday at ten"}
    )
    assert late.status_code == 409
    assert "by the operator: Spoke with the patient." in text_of(late.text)
    assert "Thursday at ten" in late.text
    assert "It was closed meanwhile." in late.text


def test_news_about_a_case_is_shown_to_its_owner_until_they_have_seen_it(
    ward: Ward, browser: TestClient
) -> None:
    birgit = ward.enrol()
    ward.write(birgit, "I have a fever and feel ill")
    place = f"/desk/work/{only(ward).id}"
    browser.post(f"{place}/take")
    ward.wait(HOUR / 6)
    ward.write(birgit, SIGN)
    assert "New since you looked" in browser.get("/desk/work").text
    seen = browser.post(f"{place}/take", data={"before": only(ward).owner, "stay": "1"})
    assert seen.headers["location"] == f"{place}?said=seen"
    assert "New since you looked" not in browser.get("/desk/work").text


def test_filters_show_mine_and_one_kind_and_say_how_many(ward: Ward, browser: TestClient) -> None:
    jonas, birgit = ward.enrol("Jonas Lund"), ward.enrol("Birgit Holm")
    ward.write(jonas, "I want to talk to a person")
    browser.post(f"/desk/work/{only(ward).id}/take")
    open_case(ward, birgit, Kind.SILENT)
    assert "Birgit Holm" not in browser.get("/desk/work?mine=1").text
    silent = browser.get("/desk/work?kind=silent").text
    assert "Birgit Holm" in silent
    assert "Jonas Lund" not in silent
    assert "Mine 1" in text_of(silent)
    assert "Jonas Lund" in browser.get("/desk/work?kind=nonsense").text


def test_hundreds_of_cases_come_page_by_page_and_are_counted_in_words(
    ward: Ward, browser: TestClient
) -> None:
    number = PAGE * 2 + 7
    for each in range(number):
        open_case(ward, ward.enrol(f"Patient {each:03}"), Kind.SILENT)
        ward.wait(timedelta(seconds=1))
    first = browser.get("/desk/work").text
    assert first.count("<tr id=") == PAGE
    assert f"1 to {PAGE} of {number}, the most pressing first." in text_of(first)
    (further,) = re.findall(r'rel="next" href="([^"]+)"', first)
    assert f"{PAGE + 1} to {2 * PAGE} of {number}" in text_of(browser.get(further).text)
    last = browser.get("/desk/work?page=99").text
    assert f"{2 * PAGE + 1} to {number} of {number}" in text_of(last)
    assert 'rel="next"' not in last


def test_what_became_of_the_last_message_is_shown(ward: Ward, browser: TestClient) -> None:
    birgit = ward.enrol()
    ward.write(birgit, "I want to talk to a person")
    place = f"/desk/work/{only(ward).id}"
    page = text_of(browser.get(place).text)
    assert re.search(r"Last message (sent|delivered|read)", page)
    assert "Reached at Web chat" in page


def test_a_case_that_there_is_not(browser: TestClient) -> None:
    for answer in (
        browser.get("/desk/work/4711"),
        browser.get("/desk/work/birgit"),
        browser.post("/desk/work/4711/take"),
        browser.post("/desk/work/4711/done", data={"reason": "spoke"}),
    ):
        assert answer.status_code == 404
        assert "There is no such case" in answer.text


def test_without_scripts_the_list_shows_itself_anew_until_nobody_is_there(
    browser: TestClient,
) -> None:
    shown = browser.get("/desk/work?kind=silent").text
    (again,) = re.findall(r'content="60; url=([^"]+)"', shown)
    assert html.unescape(again) == "/desk/work?kind=silent&again=1"
    assert "http-equiv" not in browser.get(f"/desk/work?again={REFRESHES}").text
    assert "http-equiv" not in browser.get("/desk/work?still=1").text
    assert "http-equiv" not in browser.get("/desk/work/4711").text


def test_in_danish(ward: Ward, house: DeskHouse, mette: Worker) -> None:
    birgit = ward.enrol()
    for kind in Kind:
        open_case(ward, birgit, kind)
    browser = house.browser(mette, "da")
    page = browser.get("/desk/work").text
    assert "Arbejdsliste" in page
    with ward.database.read() as connection:
        found = cases.listed(connection)
    for case in found:
        assert "Hvad er der gjort?" in browser.get(f"/desk/work/{case.id}").text


def test_ages_are_said_in_one_unit(ward: Ward) -> None:
    for ago, said in (
        (timedelta(seconds=59), ("now", 0)),
        (timedelta(minutes=59), ("minute", 59)),
        (timedelta(hours=23, minutes=59), ("hour", 23)),
        (timedelta(days=3, hours=23), ("day", 3)),
    ):
        assert age_of(ward.now - ago, ward.now) == said
