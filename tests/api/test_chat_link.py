"""A patient opens the web chat by a link: once, on one device; a wrong one tells nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from starlette.testclient import TestClient

from tests.api.conftest import COOKIE
from tests.api.house import House
from trajectory import audit, patients, tables, web_access
from trajectory.web_access import IDLE, NewLink


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


@pytest.mark.both_databases
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


@pytest.fixture
def sent(house: House) -> str:
    """The address of a link that was sent to the patient's own phone."""
    address_id, token = house.give_phone(), house.deployment.chance.token()
    with house.database.write() as connection:
        web_access.create_links(
            connection,
            house.ids,
            house.ring,
            [NewLink(house.patient_id, token, address_id)],
            house.clock.now(),
            timedelta(days=7),
        )
    return f"/chat/in/{token}"


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06}"


def type_code(visitor: TestClient, link: str, code: str) -> Any:
    return visitor.post(f"{link}/code", data={"code": code})


def audited(house: House) -> list[str]:
    with house.database.read() as connection:
        return [record.action for record in audit.records(connection, house.patient_id)]


def test_a_new_device_is_asked_for_a_code_from_the_phone(visitor: TestClient, house: House) -> None:
    house.give_phone()
    link = f"/chat/in/{house.link()}"
    assert "First we send a code to your phone" in visitor.get(link).text
    assert house.on_the_phone() == []
    page = visitor.post(link)
    assert (page.status_code, "set-cookie" in page.headers) == (200, False)
    assert "a text message with a code of six digits" in page.text
    assert house.code() not in page.text
    opened = type_code(visitor, link, house.code())
    assert (opened.status_code, opened.headers["location"]) == (303, "/chat#newest")
    assert visitor.get("/chat").status_code == 200
    assert audited(house) == ["device-code-sent", "device-let-in"]


def test_the_code_may_be_typed_with_spaces(visitor: TestClient, house: House, sent: str) -> None:
    visitor.post(sent)
    code = house.code()
    assert type_code(visitor, sent, f" {code[:3]} {code[3:]} ").status_code == 303


def test_the_page_of_the_code_speaks_the_patients_language(house: House) -> None:
    house.patient_id, house.sealer = house.enrol("da")
    house.give_phone("telegram", "4711")
    with TestClient(house.app(), follow_redirects=False) as client:
        page = client.post(f"/chat/in/{house.link()}", headers={"Accept-Language": "en"})
    assert "en kode på seks cifre på Telegram" in page.text
    assert house.on_the_phone()[0].startswith("Din kode til chatten: ")


def test_without_its_code_a_link_opens_nothing(
    visitor: TestClient, house: House, sent: str
) -> None:
    visitor.post(sent)
    assert type_code(visitor, sent, "").status_code == 403
    assert visitor.post(f"{sent}/code").status_code == 403
    assert visitor.get("/chat").status_code == 401


def test_a_wrong_code_is_told_kindly_and_the_right_one_still_opens(
    visitor: TestClient, house: House, sent: str
) -> None:
    visitor.post(sent)
    page = type_code(visitor, sent, wrong(house.code()))
    assert page.status_code == 403
    assert "That is not the code." in page.text
    assert type_code(visitor, sent, house.code()).status_code == 303


def test_five_wrong_codes_close_the_link(visitor: TestClient, house: House, sent: str) -> None:
    visitor.post(sent)
    code = house.code()
    tries = [type_code(visitor, sent, wrong(code)).text for _ in range(5)]
    assert ["That is not the code." in page for page in tries] == [True] * 4 + [False]
    assert "This link is closed now" in tries[-1]
    assert "for a new one" in tries[-1]
    unknown = visitor.post("/chat/in/never-given-out/code", data={"code": code})
    late = type_code(visitor, sent, code)
    assert (late.status_code, late.text) == (404, unknown.text)
    assert visitor.post(sent).status_code == 404
    assert audited(house)[-1] == "device-link-closed"


def test_another_code_is_no_new_chance_to_guess(
    visitor: TestClient, house: House, sent: str
) -> None:
    visitor.post(sent)
    for _ in range(4):
        type_code(visitor, sent, wrong(house.code()))
    house.clock.moment += timedelta(minutes=2)
    visitor.post(f"{sent}/again")
    assert "closed now" in type_code(visitor, sent, wrong(house.code())).text


def test_a_code_is_good_for_ten_minutes(visitor: TestClient, house: House, sent: str) -> None:
    visitor.post(sent)
    code = house.code()
    house.clock.moment += timedelta(minutes=11)
    page = type_code(visitor, sent, code)
    assert (page.status_code, "too old by now" in page.text) == (403, True)
    assert "sent you a text message" in visitor.post(f"{sent}/again").text
    assert type_code(visitor, sent, house.code()).status_code == 303


def test_only_the_newest_code_opens(visitor: TestClient, house: House, sent: str) -> None:
    visitor.post(sent)
    first = house.code()
    house.clock.moment += timedelta(minutes=2)
    visitor.post(f"{sent}/again")
    if first != house.code():
        assert type_code(visitor, sent, first).status_code == 403
    assert type_code(visitor, sent, house.code()).status_code == 303


def test_pressing_twice_sends_one_code(visitor: TestClient, house: House, sent: str) -> None:
    for path in (sent, sent, f"{sent}/again"):
        assert visitor.post(path).status_code == 200
    assert len(house.on_the_phone()) == 1


def test_three_codes_are_sent_for_a_link_at_most(
    visitor: TestClient, house: House, sent: str
) -> None:
    visitor.post(sent)
    pages = []
    for _ in range(3):
        house.clock.moment += timedelta(minutes=2)
        pages.append(visitor.post(f"{sent}/again"))
    assert "No further code is sent" in pages[-1].text
    assert len(house.on_the_phone()) == 3
    house.clock.moment += timedelta(minutes=11)
    assert "This link is closed now" in visitor.post(f"{sent}/again").text


def test_a_reloaded_page_begins_at_the_link(visitor: TestClient, sent: str) -> None:
    back = visitor.get(f"{sent}/code")
    assert (back.status_code, back.headers["location"]) == (303, sent)


def test_a_device_that_is_let_in_already_needs_no_code(
    patient: TestClient, house: House, sent: str
) -> None:
    assert patient.get(sent).headers["location"] == "/chat#newest"
    opened = patient.post(sent)
    assert (opened.status_code, "set-cookie" in opened.headers) == (303, False)
    assert house.on_the_phone() == []
    patient.cookies.clear()
    assert patient.post(sent).status_code == 404


def test_the_device_of_somebody_else_is_asked_like_any_other(
    patient: TestClient, house: House
) -> None:
    house.patient_id, house.sealer = house.enrol()
    house.give_phone()
    link = f"/chat/in/{house.link()}"
    assert "Send me a code" in patient.get(link).text
    assert "code of six digits" in patient.post(link).text


@pytest.mark.both_databases
def test_a_phone_that_is_no_longer_theirs_opens_nothing(
    visitor: TestClient, house: House, sent: str
) -> None:
    """The link alone, which that phone has, must not be enough once the phone is gone."""
    with house.database.write() as connection:
        connection.execute(update(tables.core(tables.Address)).values(status="gone"))
    assert visitor.post(sent).status_code == 404
    assert visitor.post(f"/chat/in/{house.link()}").status_code == 303


def test_while_it_is_in_doubt_who_reads_no_code_is_sent(
    visitor: TestClient, house: House, sent: str
) -> None:
    memory = {"task": {"name": "hands", "step": "neutral"}}
    with house.database.write() as connection:
        body = house.sealer.seal_json(patients.BODY, house.patient_id, memory)
        patients.save_conversation(connection, house.patient_id, 0, None, body)
    assert visitor.post(sent).status_code == 404
    assert house.on_the_phone() == []


def test_a_lost_phone_is_locked_out_with_its_codes_as_well(
    visitor: TestClient, house: House, sent: str
) -> None:
    visitor.post(sent)
    code = house.code()
    with house.database.write() as connection:
        web_access.close_all(connection, house.patient_id, house.clock.now())
    assert type_code(visitor, sent, code).status_code == 404
    assert visitor.post(f"{sent}/again").status_code == 404
    with house.database.read() as connection:
        assert connection.execute(select(tables.core(tables.WebCode))).all() == []


def test_no_code_is_kept_in_the_clear_or_counted_by_its_link(
    visitor: TestClient, house: House, sent: str, caplog: pytest.LogCaptureFixture
) -> None:
    visitor.post(sent)
    code, token = house.code(), sent.rpartition("/")[2]
    type_code(visitor, sent, wrong(code))
    with house.database.read() as connection:
        kept = repr(connection.execute(select(tables.core(tables.WebCode))).all())
    told = kept + visitor.get("/metrics").text + caplog.text
    assert code not in told
    assert token not in told
    assert "+4511223344" not in told
