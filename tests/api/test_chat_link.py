"""A patient opens the web chat by a link: once, on one device; a wrong one tells nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from tests.api.conftest import COOKIE
from tests.api.house import House
from trajectory import tables, web_access
from trajectory.web_access import IDLE


def set_cookie(client: TestClient, house: House) -> str:
    return client.post(f"/chat/in/{house.link()}").headers["set-cookie"]


def test_looking_at_the_link_changes_nothing(visitor: TestClient, house: House) -> None:
    link = f"/chat/in/{house.link()}"
    for _ in range(3):
        page = visitor.get(link)
        assert page.status_code == 200
        assert "Open my chat" in page.text
        assert "set-cookie" not in page.headers
    assert visitor.post(link).status_code == 303


def test_the_page_of_the_link_speaks_the_patients_language(house: House) -> None:
    house.patient_id, house.sealer = house.enrol("da")
    with TestClient(house.app()) as client:
        page = client.get(f"/chat/in/{house.link()}", headers={"Accept-Language": "en"})
    assert "Åbn min chat" in page.text


def test_the_button_opens_the_chat_on_this_device(visitor: TestClient, house: House) -> None:
    opened = visitor.post(f"/chat/in/{house.link()}")
    assert (opened.status_code, opened.headers["location"]) == (303, "/chat#newest")
    assert visitor.get("/chat").status_code == 200


def test_the_cookie_stays_on_this_site_and_out_of_reach_of_scripts(
    visitor: TestClient, house: House
) -> None:
    cookie = set_cookie(visitor, house)
    name, *attributes = [part.strip().lower() for part in cookie.split(";")]
    assert name.startswith("__host-backtrace=")
    assert {"secure", "httponly", "samesite=strict", "path=/"} <= set(attributes)
    assert not any(each.startswith("domain") for each in attributes)


def test_on_plain_http_in_development_the_cookie_has_a_plain_name(house: House) -> None:
    with TestClient(house.app(secure=False), follow_redirects=False) as client:
        cookie = set_cookie(client, house)
        assert cookie.startswith("backtrace=")
        assert "secure" not in cookie.lower()
        assert client.get("/chat").status_code == 200


def test_a_link_opens_one_device_only(visitor: TestClient, house: House) -> None:
    link = f"/chat/in/{house.link()}"
    assert visitor.post(link).status_code == 303
    visitor.cookies.clear()
    assert visitor.post(link).status_code == 404
    assert visitor.get("/chat").status_code == 401


def test_wrong_used_and_expired_links_get_the_same_answer(
    visitor: TestClient, house: House
) -> None:
    used, expired = house.link(), house.link(timedelta(minutes=5))
    visitor.post(f"/chat/in/{used}")
    visitor.cookies.clear()
    house.clock.moment += timedelta(minutes=6)
    answers = [
        (answer.status_code, answer.text, sorted(answer.headers.items()))
        for token in (used, expired, "never-given-out", "x" * 43)
        for answer in (visitor.get(f"/chat/in/{token}"), visitor.post(f"/chat/in/{token}"))
    ]
    assert answers[0][0] == 404
    assert "Ask for a new one" in answers[0][1]
    assert all(answer == answers[0] for answer in answers)


def test_the_used_link_leads_on_where_the_chat_is_open_already(
    patient: TestClient, house: House
) -> None:
    answer = patient.get("/chat/in/used-long-ago")
    assert (answer.status_code, answer.headers["location"]) == (303, "/chat#newest")
    twice = patient.post("/chat/in/used-long-ago")
    assert (twice.status_code, "set-cookie" in twice.headers) == (303, False)


def test_neither_token_nor_cookie_is_kept_in_the_clear(house: House) -> None:
    token = house.link()
    cookie = house.let_in()
    with house.database.read() as connection:
        links = connection.execute(select(tables.core(tables.WebLink))).all()
        sessions = connection.execute(select(tables.core(tables.WebSession))).all()
    kept = repr(links) + repr(sessions)
    assert token not in kept
    assert cookie not in kept


def test_a_patient_who_writes_sms_can_be_let_in_too(house: House) -> None:
    with house.database.write() as connection:
        connection.execute(tables.core(tables.Address).delete())
    with TestClient(house.app(), base_url="https://chat.example") as client:
        client.cookies.set(COOKIE, house.let_in())
        client.post("/chat/messages", data={"id": "from-sms", "text": "hej"})
    assert [message.channel for message in house.handed_over] == ["web"]


def test_a_device_that_nobody_used_for_long_is_let_in_no_more(
    patient: TestClient, house: House
) -> None:
    house.clock.moment += IDLE - timedelta(hours=1)
    assert "set-cookie" in patient.get("/chat").headers, "use prolongs it"
    house.clock.moment += timedelta(days=2)
    assert patient.get("/chat").status_code == 200
    house.clock.moment += IDLE
    assert patient.get("/chat").status_code == 401


def test_closing_the_chat_lets_this_device_in_no_more(patient: TestClient, house: House) -> None:
    other = house.let_in()
    mine = patient.cookies[COOKIE]
    left = patient.post("/chat/out")
    assert (left.status_code, left.headers["location"]) == (303, "/chat")
    assert "max-age=0" in left.headers["set-cookie"].lower()
    patient.cookies.set(COOKIE, mine)
    assert patient.get("/chat").status_code == 401
    patient.cookies.set(COOKIE, other)
    assert patient.get("/chat").status_code == 200


def test_a_lost_phone_can_be_locked_out_at_once(patient: TestClient, house: House) -> None:
    out_there = house.link()
    with house.database.write() as connection:
        web_access.close_all(connection, house.patient_id, house.clock.now())
    assert patient.get("/chat").status_code == 401
    assert patient.post("/chat/messages", data={"id": "12345678", "text": "x"}).status_code == 401
    assert patient.post(f"/chat/in/{out_there}").status_code == 404
    assert house.handed_over == []


@pytest.mark.parametrize("path", ["/chat", "/chat/events"])
def test_without_a_cookie_there_is_nothing_to_see(visitor: TestClient, path: str) -> None:
    answer = visitor.get(path)
    assert answer.status_code == 401
    visitor.cookies.set(COOKIE, "invented")
    assert visitor.get(path).status_code == 401
