"""New messages come to an open page by themselves, each once, whatever happens in between."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx
import pytest

from api import chat_stream
from api.metrics import STREAMS
from bot.doorbell import LISTENERS
from tests.api.conftest import Serve
from tests.api.house import SCALE, House
from trajectory import patients, web_access
from trajectory.database import Unavailable


@dataclass
class Event:
    """One server-sent event."""

    name: str = "message"
    id: str = ""
    data: str = ""


@dataclass
class Page:
    """A page that listens."""

    lines: Iterator[str]

    def next(self) -> Event | None:
        """The next event; None at the end of the stream."""
        event = Event()
        for line in self.lines:
            field, _, value = line.partition(": ")
            match field:
                case "event":
                    event.name = value
                case "id":
                    event.id = value
                case "data":
                    event.data += value
                case "" if event.name != "message":
                    return event
        return None

    def until(self, text: str) -> list[str]:
        """The texts of lines up to the one that has this text."""
        seen = []
        while (event := self.next()) is not None:
            seen.append(event.data)
            if text in event.data:
                return seen
        raise AssertionError("the stream ended")


@dataclass
class Browser:
    """A browser with the patient's cookie."""

    client: httpx.Client

    @contextmanager
    def listen(self, last: str = "", after: str = "") -> Iterator[Page]:
        headers = {"Last-Event-ID": last} if last else {}
        url = f"/chat/events?after={after}" if after else "/chat/events"
        with self.client.stream("GET", url, headers=headers) as answer:
            assert answer.status_code == 200
            assert answer.headers["content-type"].startswith("text/event-stream")
            yield Page(answer.iter_lines())


@pytest.fixture
def browser(house: House, serve: Serve) -> Iterator[Browser]:
    address = serve(house.app(secure=False))
    cookies = {"backtrace": house.let_in()}
    with httpx.Client(base_url=address, cookies=cookies, timeout=5) as client:
        yield Browser(client)


def test_a_message_comes_as_soon_as_it_is_sent(browser: Browser, house: House) -> None:
    with browser.listen() as page:
        house.say("How bad was your pain?", SCALE)
        event = page.next()
    assert event
    assert event.name == "line"
    assert "How bad was your pain?" in event.data
    assert event.data.count('name="choice"') == 11
    assert "open" in event.data


def test_what_the_patient_writes_comes_too_with_the_answer_after_it(
    browser: Browser, house: House
) -> None:
    with browser.listen() as page:
        browser.client.post(
            "/chat/messages",
            data={"id": "12345678", "text": "six\n\rof ten\u2028maybe"},
            headers={"X-Requested-With": "fetch"},
        )
        mine, answer = page.next(), page.next()
    assert mine
    assert answer
    assert "six" in mine.data
    assert "maybe" in mine.data
    assert "And how was your night?" in answer.data


def test_a_page_that_comes_back_gets_what_it_missed_and_nothing_twice(
    browser: Browser, house: House
) -> None:
    for text in ("One.", "Two.", "Three."):
        house.say(text)
    with browser.listen() as page:
        page.next()
        two = page.next()
        assert two
    house.say("Four.")
    with browser.listen(last=two.id) as page:
        texts = page.until("Four.")
    assert [any(n in text for text in texts) for n in ("One.", "Two.", "Three.", "Four.")] == [
        False, False, True, True,
    ]  # fmt: skip


def test_one_that_is_recorded_late_is_not_skipped(browser: Browser, house: House) -> None:
    slow_process = house.clock.now()
    house.say("First to be seen.")
    with browser.listen() as page:
        first = page.next()
        assert first
    house.say("Said before, seen later.", at=slow_process)
    with browser.listen(last=first.id) as page:
        texts = page.until("Said before, seen later.")
    assert len(texts) == 1


def test_the_stream_goes_on_where_the_page_ended(browser: Browser, house: House) -> None:
    house.say("On the page already.")
    html = browser.client.get("/chat").text
    cursor = html.split('data-cursor="')[1].split('"')[0]
    house.say("New.")
    with browser.listen(after=cursor) as page:
        assert len(page.until("New.")) == 1


def test_what_another_process_sent_is_found_without_a_ring(
    browser: Browser, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chat_stream, "POLL", 0.02)
    monkeypatch.setattr(house.doorbell, "ring", lambda patient_id: None)
    with browser.listen() as page:
        house.say("From the worker.")
        assert page.until("From the worker.")


def test_another_patients_messages_stay_with_them(browser: Browser, house: House) -> None:
    mine = house.patient_id, house.sealer
    house.patient_id, house.sealer = house.enrol()
    house.say("For somebody else.")
    house.patient_id, house.sealer = mine
    house.say("For me.")
    with browser.listen() as page:
        assert len(page.until("For me.")) == 1


def test_what_is_not_sent_yet_is_not_shown(browser: Browser, house: House) -> None:
    for status in ("ready", "sending", "dead", "unknown"):
        house.say(f"This is {status}.", status=status, sent_at=None)
    house.say("By SMS.", channel="sms")
    house.say("To a professional.", channel="email", member_id=7)
    house.say("Sent.")
    with browser.listen() as page:
        assert len(page.until("Sent.")) == 1


def test_closing_the_chat_elsewhere_ends_the_stream(browser: Browser, house: House) -> None:
    with browser.listen() as page:
        house.say("Hello.")
        page.next()
        with house.database.write() as connection:
            web_access.close_all(connection, house.patient_id, house.clock.now())
        house.doorbell.ring(house.patient_id)
        last = page.next()
        assert last
        assert last.name == "closed"
        assert page.next() is None


def test_a_page_in_a_language_that_is_no_longer_theirs_is_to_be_loaded_anew(
    browser: Browser, house: House
) -> None:
    with browser.listen() as page:
        house.say("Hello.")
        page.next()
        with house.database.write() as connection:
            patients.change(connection, house.patient_id, language="da")
        house.say("Hej.")
        house.doorbell.ring(house.patient_id)
        last = page.next()
        assert last
        assert last.name == "closed"
        assert page.next() is None


def test_stopping_the_process_ends_the_streams_at_once(browser: Browser, house: House) -> None:
    with browser.listen() as page:
        house.say("Hello.")
        page.next()
        house.doorbell.close()
        assert page.next() is None


def test_a_stream_outlives_a_moment_without_database(
    browser: Browser, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chat_stream, "POLL", 0.01)
    reads = iter([True, True, False])
    read = house.database.read

    def flaky() -> object:
        if next(reads, False):
            raise Unavailable("gone for a moment")
        return read()

    with browser.listen() as page:
        monkeypatch.setattr(house.database, "read", flaky)
        house.say("After the trouble.")
        assert page.until("After the trouble.")


def test_a_silent_stream_shows_that_it_is_alive(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chat_stream, "POLL", 0.01)
    monkeypatch.setattr(chat_stream, "SILENCE", 0.0)
    with browser.listen() as page:
        assert ":" in [next(page.lines) for _ in range(4)]


def test_too_many_pages_of_one_patient_are_asked_to_come_back_later(
    browser: Browser, house: House
) -> None:
    house.say("Hello.")

    def open_more(count: int) -> None:
        with browser.listen() as page:
            if count:
                assert page.next()
                open_more(count - 1)
            else:
                assert list(page.lines) == ["retry: 2000", "", "retry: 60000", ""]

    open_more(LISTENERS)


def test_streams_are_counted_while_they_last(browser: Browser, house: House) -> None:
    with browser.listen() as page:
        house.say("Hello.")
        page.next()
        assert STREAMS._value.get() == 1
        house.doorbell.close()
        assert page.next() is None
    assert STREAMS._value.get() == 0
