"""What no route may forget: every path of the application is walked, with and without a cookie."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from api.health import Probe, probed
from tests.api.open_house import OpenHouse, open_house

PAGES = Path(__file__).parent.parent.parent / "templates" / "pages"
STRICT = {
    "content-security-policy": "default-src 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "strict-transport-security": "max-age=31536000",
    "permissions-policy": "camera=()",
}


@pytest.fixture(scope="module")
def house() -> Iterator[OpenHouse]:
    with open_house() as found:
        yield found


def routes(house: OpenHouse) -> list[tuple[str, str]]:
    """Method and path, as it stands in the code."""
    paths = house.app.openapi()["paths"]
    return sorted((method.upper(), path) for path, methods in paths.items() for method in methods)


def check(answer: Response) -> None:
    for name, value in STRICT.items():
        assert answer.headers[name].startswith(value), (name, answer.request.url)
    policy = answer.headers["content-security-policy"]
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert "form-action 'self'" in policy
    assert answer.headers["cache-control"] == "no-store", answer.request.url
    for cookie in answer.headers.get_list("set-cookie"):
        assert re.search(r"^__Host-.*HttpOnly.*Path=/.*SameSite=strict.*Secure", cookie)


def filled(path: str, house: OpenHouse) -> str:
    filled = path.replace("{grant_id}", str(house.shared.grant_id))
    return filled.replace("{token}", house.token_for(path)) if "{token}" in path else filled


def test_every_answer_of_every_route_is_strict(house: OpenHouse) -> None:
    walked = routes(house)
    assert len(walked) > 20
    for method, path in walked:
        for cookies in ({}, house.let_in()):
            if cookies and path == "/chat/events":
                continue  # goes on for as long as the page is open
            browser = house.browser()
            browser.cookies.update(cookies)
            nobodys = path.replace("{token}", "nobodys").replace("{grant_id}", f"{2**63}")
            for address in (nobodys, filled(path, house)):
                answer = browser.request(method, address)
                assert answer.status_code < 500, (method, path)
                check(answer)


def test_no_route_is_left_out_of_the_walk() -> None:
    for file in Path(__file__).parent.parent.parent.joinpath("api").glob("*.py"):
        if file.name != "demo.py":
            assert "include_in_schema=False" not in file.read_text("utf-8"), file.name


def test_what_no_route_answers_is_strict_too(house: OpenHouse) -> None:
    browser = house.browser()
    for answer, status in (
        (browser.get("/nowhere"), 404),
        (browser.delete("/chat"), 405),
        (browser.options("/chat"), 405),
        (browser.post("/chat/out", headers={"Origin": "https://elsewhere.example"}), 403),
    ):
        assert answer.status_code == status
        check(answer)
    # Refused before anything of ours sees it: fixed words, and nothing of the request.
    large = browser.post("/chat/messages", content=b"x" * 300_000)
    assert (large.status_code, large.text) == (413, "Content Too Large")


def test_an_answer_to_a_mistake_of_ours_is_strict_and_tells_nothing(
    house: OpenHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    def trip(*_: object) -> None:
        raise RuntimeError("Birgit Holm's words")

    monkeypatch.setattr("api.health.generate_latest", trip)
    answer = house.browser().get("/metrics")
    assert (answer.status_code, answer.text) == (500, "error")
    check(answer)


def test_no_route_that_changes_something_listens_to_another_site(house: OpenHouse) -> None:
    browser = house.browser()
    browser.cookies.update(house.let_in())
    before = len(house.practice.timeline())
    for method, path in routes(house):
        if method not in ("GET", "HEAD"):
            for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://x.example"}):
                answer = browser.request(method, filled(path, house), headers=headers)
                assert answer.status_code == 403, path
    assert len(house.practice.timeline()) == before
    assert browser.get("/summary").status_code == 200, "nobody was signed out"


def test_a_get_changes_nothing(house: OpenHouse) -> None:
    """But for the look itself, which is noted."""
    links = {"chat": house.link(), "copy": house.copy_link()}
    let_in = house.let_in()
    before = len(house.practice.mails())
    for cookies in ({}, let_in):
        browser = house.browser()
        browser.cookies.update(cookies)
        for method, path in routes(house):
            if method == "GET" and path != "/chat/events":
                token = links.get(path.split("/")[1], house.shared.token)
                address = path.replace("{grant_id}", str(house.shared.grant_id))
                browser.get(address.replace("{token}", token))
        for page in ("/chat", "/copy", "/summary", "/pro", f"/pro/p/{house.shared.grant_id}"):
            status = browser.get(page).status_code
            assert not cookies or status == 200, f"{page} is still open"
    assert len(house.practice.mails()) == before
    assert house.browser().get(f"/copy/in/{links['copy']}").status_code == 200, "still unused"
    assert house.browser().post(f"/chat/in/{links['chat']}").status_code == 303, "still unused"


def test_no_page_has_a_script_or_a_style_in_its_lines() -> None:
    for file in PAGES.rglob("*.html"):
        if file.name == "cards.html":
            continue  # its style is in it only where it is a file, printed from the disk
        page = file.read_text("utf-8")
        assert re.findall(r"<script(?![^>]*\bsrc=)", page) == [], file.name
        assert re.findall(r"<style|\sstyle=|\son\w+=|javascript:", page) == [], file.name


def test_a_worker_says_as_little_to_a_browser(house: OpenHouse) -> None:
    answer = TestClient(probed(Probe(house.practice.deployment))).get("/healthz")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
