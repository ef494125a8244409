"""What holds for every answer of the web application, whoever asks for what."""

from __future__ import annotations

from typing import cast

import pytest
from fastapi import APIRouter, HTTPException
from prometheus_client import generate_latest
from sqlalchemy import text
from starlette.testclient import TestClient

from api.app import create_app
from api.language import preferred
from api.metrics import show_running
from api.webhooks import LARGEST_BODY
from bot.desk.causes import Cause
from bot.desk.running import ChannelRun, Running, Wait, Went
from bot.inbox import Inbox
from bot.lag import Lag
from tests.api.conftest import SITE
from tests.api.house import House
from trajectory.database import Database, Unavailable


def browse(house: House, **how: bool) -> TestClient:
    return TestClient(house.app(**how), base_url=SITE, follow_redirects=False)


@pytest.mark.parametrize("path", ["/chat", "/healthz", "/nowhere", "/static/chat.css"])
def test_every_answer_tells_the_browser_to_be_strict(light_house: House, path: str) -> None:
    headers = browse(light_house).get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert "max-age" in headers["strict-transport-security"]


def test_without_https_nothing_is_promised_about_https(light_house: House) -> None:
    client = TestClient(light_house.app(secure=False), base_url="http://127.0.0.1")
    assert "strict-transport-security" not in client.get("/chat").headers


def test_the_demo_may_frame_its_own_pages_only(light_house: House) -> None:
    policy = browse(light_house, framed=True).get("/chat").headers["content-security-policy"]
    assert "frame-ancestors 'self'" in policy


def test_pages_are_not_kept_and_files_are_asked_about(light_house: House) -> None:
    client = browse(light_house)
    assert client.get("/chat").headers["cache-control"] == "no-store"
    assert client.get("/static/chat.js").headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
        {"Origin": "https://elsewhere.example", "Sec-Fetch-Site": "cross-site"},
    ],
)
def test_another_site_cannot_post_with_the_patients_browser(
    patient: TestClient, house: House, headers: dict[str, str]
) -> None:
    form = {"id": "another-site", "text": "stop sharing"}
    assert patient.post("/chat/messages", data=form, headers=headers).status_code == 403
    assert house.handed_over == []


@pytest.mark.parametrize(
    "headers", [{"Origin": SITE}, {"Sec-Fetch-Site": "same-origin", "Origin": "null"}, {}]
)
def test_our_own_pages_can_post(patient: TestClient, house: House, headers: dict[str, str]) -> None:
    form = {"id": "our-own-site", "text": "hello"}
    assert patient.post("/chat/messages", data=form, headers=headers).status_code == 303
    assert len(house.handed_over) == 1


def test_too_large_a_request_is_not_read(patient: TestClient) -> None:
    body = b"id=12345678&text=" + b"a" * LARGEST_BODY
    assert patient.post("/chat/messages", content=body).status_code == 413


def test_alive_and_ready(house: House) -> None:
    client = browse(house)
    assert client.get("/healthz").text == "ok"
    assert client.get("/readyz").json() == {"status": "ok"}


def test_alive_but_not_ready_while_the_database_is_stopped(house: House, stopped: Database) -> None:
    client = browse(house)
    assert client.get("/healthz").status_code == 200
    assert client.get("/readyz").status_code == 503


def test_a_page_says_when_to_come_back_while_the_database_is_stopped(
    patient: TestClient, stopped: Database
) -> None:
    answer = patient.get("/chat", headers={"Accept": "text/html", "Accept-Language": "da"})
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    assert "Intet er gået tabt" in answer.text


def test_metrics_name_routes_and_never_paths(light_house: House) -> None:
    client = browse(light_house)
    client.get("/chat/in/a-token-that-nobody-may-read")
    client.request("BREW", "/teapot-with-a-name")
    told = client.get("/metrics").text
    assert 'route="/chat/in/{token}"' in told
    assert "a-token-that-nobody-may-read" not in told
    assert "teapot" not in told
    assert "BREW" not in told


def test_metrics_count_what_waits_and_why(light_house: House) -> None:
    now = light_house.deployment.clock.now()
    waits = [
        Wait(Cause.TOKEN, 2, now, now, "configuration", "20003"),
        Wait(Cause.SETTING, 1, now, now, "configuration", "30034"),
    ]
    show_running(Running(now, [ChannelRun("sms", Went(), Went(), waits=waits)], Lag({}, 0.0)))
    counted = 'backtrace_outbox_waiting{channel="sms",reason="configuration"}'
    assert f"{counted} 3.0" in generate_latest().decode()
    assert counted not in browse(light_house).get("/metrics").text


def test_metrics_are_told_while_the_database_is_stopped(
    patient: TestClient, stopped: Database
) -> None:
    assert "backtrace_http_request_seconds" in patient.get("/metrics").text


def test_there_is_no_page_that_lists_the_routes(light_house: House) -> None:
    client = browse(light_house)
    assert [client.get(path).status_code for path in ("/docs", "/openapi.json")] == [404, 404]


def test_an_unknown_address_gets_a_kind_page_and_a_program_one_word(light_house: House) -> None:
    client = browse(light_house)
    page = client.get("/nowhere", headers={"Accept": "text/html", "Accept-Language": "da"})
    assert (page.status_code, "Her er ikke noget" in page.text) == (404, True)
    assert client.get("/nowhere").text == "missing"


def test_a_routers_own_words_are_kept_and_a_lost_database_is_503_there_too(
    light_house: House,
) -> None:
    router = APIRouter()

    @router.get("/patients/{number}")
    def look(number: int) -> None:
        if number == 1:
            raise Unavailable("secret details")
        raise HTTPException(404, "no such patient")

    app = create_app(
        light_house.deployment,
        cast(Inbox, light_house),
        light_house.doorbell,
        secure=True,
        extra_routers=[router],
    )
    client = TestClient(app, base_url=SITE)
    assert client.get("/patients/2").json() == {"detail": "no such patient"}
    lost = client.get("/patients/1")
    assert (lost.status_code, lost.text) == (503, "unavailable")


@pytest.mark.parametrize(
    ("accepted", "spoken"),
    [
        ("da", "da"),
        ("da-DK,da;q=0.9,en;q=0.8", "da"),
        ("de,fr;q=0.9,da;q=0.2", "da"),
        ("en-GB,da;q=0.5", "en"),
        ("de", "en"),
        ("da;q=nonsense,en;q=0.1", "en"),
        ("", "en"),
    ],
)
def test_strangers_are_spoken_to_in_their_browsers_language(accepted: str, spoken: str) -> None:
    assert preferred(accepted, {"en", "da"}) == spoken


def test_the_stopped_database_really_refuses(stopped: Database) -> None:
    with pytest.raises(Unavailable), stopped.read() as connection:
        connection.execute(text("SELECT 1"))
