"""Programs of the clinic enrol patients, who then come in with what they were given."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from typing import Any, cast

import pytest
from sqlalchemy import update
from starlette.testclient import TestClient

from api.app import create_app
from api.enrolments import router_of
from backtrace.definitions import shipped_library
from bot.asked_enrolment import WEEKDAYS
from bot.doorbell import Doorbell
from bot.inbox import Inbox
from tests.api.conftest import COOKIE, SITE
from tests.bot.house import House
from trajectory import migrations, tables
from trajectory.database import Database

TOKEN = "a staff token of the clinic"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
BIRGIT = {"name": "Birgit Holm", "language": "en", "channel": "sms"}
KEY = {"Idempotency-Key": "6e1d4cb0-2f4a-4e5f-8d0c-1f6f6a1b2c3d"}
PHONE = "+4520304050"

PATHWAYS = shipped_library().pathways


@pytest.fixture
def clinic(migrated_database_url: str) -> Iterator[House]:
    database = Database(migrated_database_url, durable=False)
    yield House(database)
    database.close()


@pytest.fixture
def light_clinic() -> Iterator[House]:
    """On SQLite only: where the kind of database makes no difference."""
    database = migrations.throw_away()
    yield House(database)
    database.close()


def program(house: House) -> TestClient:
    inbox = cast(Inbox, None)
    routers = [router_of(TOKEN)]
    app = create_app(house.deployment, inbox, Doorbell(), secure=True, extra_routers=routers)
    return TestClient(app, base_url=SITE, follow_redirects=False)


def enrol(house: House, *headers: dict[str, str], **changes: Any) -> dict[str, Any]:
    sent = {name: value for each in (BEARER, *headers) for name, value in each.items()}
    answer = program(house).post("/api/enrolments", json=BIRGIT | changes, headers=sent)
    assert answer.status_code == 201, answer.text
    assert answer.headers["cache-control"] == "no-store"
    return cast(dict[str, Any], answer.json())


def refused(house: House, *headers: dict[str, str], **changes: Any) -> list[tuple[str, str]]:
    """The fields that are wrong and what to do about them."""
    sent = {name: value for each in (BEARER, *headers) for name, value in each.items()}
    answer = program(house).post("/api/enrolments", json=BIRGIT | changes, headers=sent)
    assert answer.status_code == 422
    assert house.rows(tables.core(tables.Patient)) == []
    return [(each["loc"][-1], each["msg"]) for each in answer.json()["detail"]]


def count(house: House) -> int:
    return len(house.rows(tables.core(tables.Patient)))


def test_what_the_clinic_is_given_brings_the_patient_in(clinic: House) -> None:
    given = enrol(clinic, pathway=None, hour="18:30", weekday="Tuesday")
    assert re.fullmatch(r"[2-9A-HJKMNP-Z]{4}-[2-9A-HJKMNP-Z]{4}", given["code"])
    assert re.fullmatch(r"\d{4}", given["own_code"])
    assert given["expires_at"].startswith("2026-12-08T09:00")
    how = f"Send this text message to +45 70 10 20 30: START {given['code']}"
    assert given["ways"]["sms"] == how
    assert given["links"]["telegram"] == f"https://t.me/klinik_nord_bot?start={given['code']}"
    clinic.write(f"start {given['code']}", PHONE, channel="sms")
    clinic.write("yes", PHONE, channel="sms")
    clinic.settle()
    assert "You are set up" in clinic.sms.texts(PHONE)[-1], "all else is known"
    person = clinic.person(given["patient"])
    assert (person.name, f"{person.hour:%H:%M}", person.weekday) == ("Birgit Holm", "18:30", 1)
    assert person.code == given["own_code"]


def test_the_link_brings_the_patient_into_the_web_chat(clinic: House) -> None:
    given = enrol(clinic, channel="web", language="da")
    with program(clinic) as browser:
        page = browser.post(given["links"]["web"].removeprefix("https://nord.example"))
        assert page.status_code == 303
        assert COOKIE in browser.cookies
        clinic.settle()
        shown = browser.get("/chat").text
    assert "Hej, det er Klinik Nord." in shown
    clinic.write(given["code"], PHONE, channel="sms")
    clinic.settle()
    assert "Koden virker ikke" in clinic.sms.texts(PHONE)[-1], "the card lets in once"


def test_whoever_consented_on_paper_is_asked_nothing(clinic: House) -> None:
    given = enrol(clinic, consented=True, pathway=None)
    clinic.write(given["code"], PHONE, channel="sms")
    assert clinic.person(given["patient"]).status == "active"


def test_the_card_says_all_that_the_patient_needs(light_clinic: House) -> None:
    given = enrol(light_clinic)
    card = given["card_html"]
    for words in (given["code"], given["own_code"], "112", "HELP", "STOP", "SUMMARY", "<svg"):
        assert words in card
    assert "src=" not in card
    assert "href=" not in card


@pytest.mark.parametrize(
    "headers",
    [{}, {"Authorization": "Bearer wrong"}, {"Authorization": TOKEN}, {"Authorization": "Bearer"}],
)
def test_without_the_staff_token_nobody_is_enrolled(
    light_clinic: House, headers: dict[str, str]
) -> None:
    answer = program(light_clinic).post("/api/enrolments", content=b"{", headers=headers)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert count(light_clinic) == 0


def test_the_same_request_again_gets_the_same_answer(clinic: House) -> None:
    first = enrol(clinic, KEY)
    assert enrol(clinic, KEY) == first
    assert count(clinic) == 1
    assert enrol(clinic)["patient"] != first["patient"], "without a key each is one of its own"


def test_the_same_request_at_the_same_moment_enrols_one(clinic: House) -> None:
    answers: list[dict[str, Any]] = []
    # The framework makes what it reads requests with at the first of them, and not in threads.
    refused(clinic, language="no such")
    threads = [
        threading.Thread(target=lambda: answers.append(enrol(clinic, KEY))) for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 3
    assert all(answer == answers[0] for answer in answers)
    assert count(clinic) == 1


def test_a_key_belongs_to_one_request(clinic: House) -> None:
    enrol(clinic, KEY)
    sent = BEARER | KEY
    answer = program(clinic).post("/api/enrolments", json=BIRGIT | {"name": "Jo"}, headers=sent)
    assert answer.status_code == 422
    assert "another request" in answer.text
    assert count(clinic) == 1


@pytest.mark.both_databases
def test_what_is_kept_for_a_repetition_does_not_open_with_the_ring_alone(clinic: House) -> None:
    given = enrol(clinic, KEY)
    (row,) = clinic.rows(tables.core(tables.EnrolmentRequest))
    assert given["code"].encode() not in bytes(row.body)
    assert KEY["Idempotency-Key"].encode() not in bytes(row.body) + bytes(row.hash)
    with clinic.database.write() as connection:
        requests = tables.core(tables.EnrolmentRequest)
        connection.execute(update(requests).values(created_at=clinic.clock.now().replace(day=20)))
    assert enrol(clinic, KEY)["patient"] != given["patient"], "after a day it is a new request"
    assert len(clinic.rows(tables.core(tables.EnrolmentRequest))) == 1


@pytest.mark.parametrize(
    ("changes", "field", "advice"),
    [
        ({"language": "sv"}, "language", "choose da, en"),
        ({"pathway": "knee"}, "pathway", f"choose {', '.join(sorted(PATHWAYS))}"),
        ({"timezone": "Moon/Base"}, "timezone", "write it as Europe/Copenhagen"),
        ({"channel": "whatsapp"}, "channel", "it is not set up here; choose telegram, sms, web"),
        ({"channel": "fax"}, "channel", "Input should be 'telegram', 'sms', 'whatsapp' or 'web'"),
        ({"hour": "7"}, "hour", "write a time from 08:00 to 20:59, as 18:00"),
        ({"hour": "23:00"}, "hour", "write a time from 08:00 to 20:59, as 18:00"),
        ({"weekday": "Mon"}, "weekday", f"choose {', '.join(WEEKDAYS)}"),
        ({"name": "x" * 61}, "name", "write at most 60 characters"),
        ({"days": 0}, "days", "Input should be greater than or equal to 1"),
        ({"days": 91}, "days", "Input should be less than or equal to 90"),
        (
            {"phone": "12"},
            "phone",
            "write a telephone number with its country code, as +45 12 34 56 78",
        ),
        (
            {"phone": PHONE, "channel": "web"},
            "phone",
            "only an SMS can be sent; choose channel sms, or leave the phone out",
        ),
        ({"cpr": "010190"}, "cpr", "Extra inputs are not permitted"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_what_to_do(
    light_clinic: House, changes: dict[str, Any], field: str, advice: str
) -> None:
    assert refused(light_clinic, **changes) == [(field, advice)]


def test_what_is_wrong_is_not_repeated(light_clinic: House) -> None:
    sent = BIRGIT | {"name": ["Birgit Holm"], "phone": "secret"}
    answer = program(light_clinic).post("/api/enrolments", json=sent, headers=BEARER)
    assert answer.status_code == 422
    assert "Birgit" not in answer.text
    assert "secret" not in answer.text


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff", b'{"language": "en"}'])
def test_what_is_no_enrolment_is_refused(light_clinic: House, body: bytes) -> None:
    answer = program(light_clinic).post("/api/enrolments", content=body, headers=BEARER)
    assert answer.status_code == 422


def test_a_key_that_can_be_guessed_is_refused(light_clinic: House) -> None:
    ((field, advice),) = refused(light_clinic, {"Idempotency-Key": "1"})
    assert field == "Idempotency-Key"
    assert "such as a UUID" in advice


def test_a_phone_gets_an_sms_once(clinic: House) -> None:
    given = enrol(clinic, KEY, phone="20 30 40 50")
    enrol(clinic, KEY, phone="20 30 40 50")
    clinic.settle()
    (said,) = clinic.sms.texts(PHONE)
    assert f"START {given['code']}" in said


def test_a_phone_of_somebody_who_is_here_already_is_refused(clinic: House) -> None:
    clinic.enrol(PHONE, channel="sms")
    sent = BIRGIT | {"phone": PHONE}
    answer = program(clinic).post("/api/enrolments", json=sent, headers=BEARER)
    assert answer.status_code == 422
    assert "a patient is reached there already" in answer.text
    assert count(clinic) == 1
