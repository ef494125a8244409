"""A patient fetches everything that is held of them: a link, a code, a document and a data file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, cast

import orjson
import pytest
from starlette.testclient import TestClient

from api.app import create_app
from bot.doorbell import Doorbell
from tests.bot.house import House
from trajectory import migrations, web_access
from trajectory.database import Database
from trajectory.patients import PatientRef

SITE = "https://nord.example"
NOT_YOU = "Was it not you?"


@pytest.fixture
def house(migrated_database_url: str) -> Iterator[House]:
    database = Database(migrated_database_url, durable=False)
    yield House(database)
    database.close()


@pytest.fixture
def light_house() -> Iterator[House]:
    database = migrations.throw_away()
    yield House(database)
    database.close()


class Birgit:
    """With her phone and a browser that follows no redirect by itself."""

    def __init__(self, house: House, language: str = "en") -> None:
        self.house = house
        self.ref: PatientRef = house.enrol(language=language, code="4071")
        app = create_app(house.deployment, cast(Any, None), Doorbell(), secure=True)
        self.browser = TestClient(app, base_url=SITE, follow_redirects=False)

    @property
    def said(self) -> str:
        return self.house.telegram.sent[-1].text

    def say(self, *lines: str) -> str:
        for line in lines:
            self.house.write(line)
            self.house.settle()
        return self.said

    def link(self, words: str = "export my data") -> str:
        """Asks for it, gives her own code and chooses the link; its path."""
        found = re.search(r"https://nord\.example(/copy/in/\S+)", self.say(words, "4071", "A"))
        assert found
        return found[1]

    def code(self) -> str:
        self.house.settle()
        (digits,) = re.findall(r"\b\d{6}\b", self.said)
        return str(digits)

    def open(self, link: str) -> Any:
        self.browser.post(link)
        return self.browser.post(f"{link}/code", data={"code": self.code()})

    def data(self) -> dict[str, Any]:
        found: dict[str, Any] = orjson.loads(self.browser.get("/copy/data.json").content)
        return found


@pytest.fixture
def birgit(house: House) -> Birgit:
    return Birgit(house)


@pytest.fixture
def light(light_house: House) -> Birgit:
    return Birgit(light_house)


@pytest.mark.parametrize(
    ("language", "words", "button"),
    [("en", "export my data", "Open my copy"), ("da", "eksporter mine data", "Åbn min kopi")],
)
def test_from_the_sentence_to_the_files(
    house: House, language: str, words: str, button: str
) -> None:
    birgit = Birgit(house, language)
    link = birgit.link(words)
    birgit.browser.get(link)
    asked = birgit.browser.post(link)
    assert button in asked.text
    opened = birgit.browser.post(f"{link}/code", data={"code": birgit.code()})
    assert (opened.status_code, opened.headers["location"]) == (303, "/copy")
    page = birgit.browser.get("/copy")
    assert "/copy/data.json" in page.text
    document = birgit.browser.get("/copy/record.pdf")
    assert document.content.startswith(b"%PDF-")
    assert document.headers["content-type"] == "application/pdf"
    assert document.headers["cache-control"] == "no-store"
    data = birgit.browser.get("/copy/data.json")
    assert re.fullmatch(
        r'attachment; filename="backtrace-2026-11-24\.json"', data.headers["content-disposition"]
    )
    assert birgit.data()["name"] == "Birgit Holm"


def test_looking_at_the_link_changes_nothing_and_it_works_once(birgit: Birgit) -> None:
    link = birgit.link()
    for _ in range(3):
        assert "Send me a code" in birgit.browser.get(link).text
    assert birgit.open(link).status_code == 303
    birgit.browser.cookies.clear()
    assert birgit.browser.get(link).status_code == 404
    assert birgit.browser.post(link).status_code == 404
    assert birgit.browser.get("/copy").status_code == 404


def test_the_files_may_be_fetched_for_an_hour_and_the_link_used_for_a_day(light: Birgit) -> None:
    link = light.link()
    light.house.wait(hours=23)
    assert light.open(link).status_code == 303
    light.house.wait(minutes=59)
    assert light.browser.get("/copy/record.pdf").status_code == 200
    light.house.wait(minutes=2)
    assert light.browser.get("/copy/record.pdf").status_code == 404
    late = light.link()
    light.house.wait(hours=24, minutes=1)
    assert light.browser.get(late).status_code == 404


def test_whoever_has_the_link_alone_gets_nothing(light: Birgit) -> None:
    link = light.link()
    light.browser.post(link)
    for digits in ("000000", "111111", "222222", "333333"):
        assert light.browser.post(f"{link}/code", data={"code": digits}).status_code == 403
    code = light.code()
    assert light.browser.post(f"{link}/code", data={"code": "444444"}).status_code == 403
    assert light.browser.post(f"{link}/code", data={"code": code}).status_code == 404


def test_a_link_to_the_copy_opens_no_chat_and_none_to_the_chat_a_copy(light: Birgit) -> None:
    link = light.link()
    chat = light.say("use the web chat", "4071")
    found = re.search(r"https://nord\.example(/chat/in/\S+)", chat)
    assert found
    assert light.browser.get(link.replace("/copy/", "/chat/")).status_code == 404
    assert light.browser.post(link.replace("/copy/", "/chat/")).status_code == 404
    assert light.browser.get(found[1].replace("/chat/", "/copy/")).status_code == 404
    assert light.browser.get(found[1]).status_code == 200


def test_who_has_no_phone_opens_it_where_their_chat_is(light_house: House) -> None:
    birgit = light_house.enrol("birgit-web", channel="web")
    app = create_app(light_house.deployment, cast(Any, None), Doorbell(), secure=True)
    for line in ("export my data", "A"):
        light_house.write(line, "birgit-web", channel="web")
        light_house.settle()
    found = re.search(r"nord\.example(/copy/in/\S+)", light_house.web.sent[-1].text)
    assert found
    stranger = TestClient(app, base_url=SITE, follow_redirects=False)
    assert stranger.post(found[1]).status_code == 404
    cookie = let_in(light_house, birgit.patient_id)
    known = TestClient(app, base_url=SITE, follow_redirects=False)
    known.cookies.set("__Host-backtrace", cookie)
    assert known.post(found[1]).status_code == 303
    assert known.get("/copy/data.json").status_code == 200


def let_in(house: House, patient_id: int) -> str:
    """The cookie of a device that is in this patient's chat."""
    deployment, now = house.deployment, house.clock.now()
    with house.database.write() as connection:
        ids, ring = deployment.ids, deployment.ring
        new = web_access.NewLink(patient_id, "to-the-chat")
        web_access.create_links(connection, ids, ring, [new], now, timedelta(hours=1))
        web_access.exchange(connection, ids, ring, token="to-the-chat", cookie="hers", now=now)
    return "hers"


def test_every_step_is_audited_and_the_patient_hears_of_the_opening(birgit: Birgit) -> None:
    birgit.open(birgit.link())
    birgit.house.settle()
    assert NOT_YOU in birgit.said
    birgit.browser.get("/copy/data.json")
    birgit.browser.get("/copy/record.pdf")
    assert birgit.browser.post("/copy/close").status_code == 200
    assert birgit.browser.get("/copy/data.json").status_code == 404
    done = [each for each in birgit.house.audited(birgit.ref.patient_id) if "copy" in each]
    assert done == ["copy-link-made", "copy-opened", "copy-taken", "copy-taken", "copy-closed"]


def test_link_and_messages_say_nothing_of_health(light: Birgit) -> None:
    link = light.link()
    assert not re.search(r"back|pain|answer|health", light.said.replace("https://nord", ""), re.I)
    assert "BackTrace" not in link
    assert re.fullmatch(r"/copy/in/[\w-]{20,}", link)


def test_a_phone_that_carries_links_only_gets_this_link_and_hears_of_the_opening() -> None:
    database = migrations.throw_away()
    birgit = Birgit(House(database, answers={"telegram": "link"}))
    birgit.say("export my data", "4071", "A")
    phone = birgit.house.telegram.texts()
    (told,) = [text for text in phone if "/copy/in/" in text]
    found = re.search(r"nord\.example(/copy/in/\S+)", told)
    assert found
    assert birgit.open(found[1]).status_code == 303
    birgit.house.settle()
    assert any(NOT_YOU in text for text in birgit.house.telegram.texts())
    database.close()


def test_a_lost_phone_closes_what_is_open(light: Birgit) -> None:
    light.open(light.link())
    assert light.browser.get("/copy").status_code == 200
    with light.house.database.write() as connection:
        web_access.close_all(connection, light.ref.patient_id, light.house.clock.now())
    assert light.browser.get("/copy").status_code == 404


def test_an_answer_that_was_changed_is_told_with_the_first_and_the_last(light: Birgit) -> None:
    light.house.ask(light.ref.patient_id)
    light.say("7", "no, 4", "A")
    light.open(light.link())
    (asked,) = light.data()["questionnaires"]
    first, *_ = asked["answers"]
    assert (first["item"], first["first"]["value"], first["last"]["value"]) == ("pain", 7, 4)
    assert first["first"]["words"] == "7"
