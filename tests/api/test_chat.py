"""A patient writes in the web chat without JavaScript, and as the page's script does."""

from __future__ import annotations

import base64
import re
from datetime import timedelta
from html import unescape
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from api.chat_form import LONGEST, Unreadable, button_value, parse
from bot.inbound import InboundKind
from bot.messages import Priority
from tests.api.conftest import SITE
from tests.api.house import SCALE, STATEMENTS, House
from tests.house.listening import statements
from trajectory.database import Database

SCRIPT = {"X-Requested-With": "fetch"}


def form_id(page: str) -> str:
    """The id that the page gives a form without JavaScript."""
    found = re.search(r'name="id" value="([^"]+)"', page)
    assert found
    return found[1]


def bubbles(page: str) -> list[str]:
    """Who said what, as a screen reader meets it."""
    texts = re.findall(r'<p class="text"[^>]*><span class="hidden">(.*?)</span>(.*?)</p>', page)
    return [unescape(who + re.sub("<.*?>", "", said)) for who, said in texts]


def button(page: str, label: str) -> str:
    """The value of the button with these words."""
    buttons = re.findall(r'<button form="press" name="choice" value="([^"]*)">(.*?)</button>', page)
    values = [unescape(value) for value, words in buttons if label in re.sub("<.*?>", "", words)]
    assert len(values) == 1
    return values[0]


def test_the_page_shows_what_was_said_oldest_first(patient: TestClient, house: House) -> None:
    house.say("How bad was your pain, 0 to 10?", SCALE)
    patient.post("/chat/messages", data={"id": "12345678", "text": "6, I <think>"})
    assert bubbles(patient.get("/chat").text) == [
        "Assistant: How bad was your pain, 0 to 10?",
        "You: 6, I <think>",
        "Assistant: And how was your night?",
    ]


def test_an_empty_chat_says_that_nothing_waits(patient: TestClient) -> None:
    assert "Nothing waits for you" in patient.get("/chat").text


def test_writing_without_javascript_leads_back_to_a_page_with_the_answer(
    patient: TestClient, house: House
) -> None:
    page = patient.get("/chat").text
    sent = patient.post("/chat/messages", data={"id": form_id(page), "text": " 6 \r\nor so "})
    assert (sent.status_code, sent.headers["location"]) == (303, "/chat#newest")
    assert bubbles(patient.get("/chat").text)[-1] == "Assistant: And how was your night?"
    (message,) = house.handed_over
    assert (message.channel, message.kind, message.text) == ("web", InboundKind.TEXT, "6 \nor so")
    assert message.address == f"birgit-{house.patient_id}"
    assert message.external_id.startswith("web:")
    assert message.external_id.endswith(form_id(page))


def test_pressing_a_statement_sends_its_data_and_shows_its_label(
    patient: TestClient, house: House
) -> None:
    house.say("Walking: which fits you best today?", STATEMENTS)
    page = patient.get("/chat").text
    pressed = {"id": form_id(page), "choice": button(page, "B: After a mile")}
    assert patient.post("/chat/messages", data=pressed).status_code == 303
    (message,) = house.handed_over
    assert (message.kind, message.choice) == (InboundKind.CHOICE, "q.7.2.1")
    assert "You: B: After a mile or so it hurts too much" in bubbles(patient.get("/chat").text)


def test_only_the_newest_answers_stand_open_and_older_ones_can_still_be_pressed(
    patient: TestClient, house: House
) -> None:
    house.say("How bad was your pain?", SCALE)
    page = patient.get("/chat").text
    assert page.count('<details class="choices now" open>') == 1
    house.answer = ("Which fits you best?", STATEMENTS)
    pressed = {"id": form_id(page), "choice": button_value("q.7.1.6", "6")}
    patient.post("/chat/messages", data=pressed)
    page = patient.get("/chat").text
    assert page.count('<details class="choices now" open>') == 1
    assert page.count('<details class="choices">') == 1
    correction = {"id": form_id(page), "choice": button_value("q.7.1.4", "4")}
    patient.post("/chat/messages", data=correction)
    assert house.handed_over[-1].choice == "q.7.1.4"


def test_the_same_form_sent_twice_is_one_message(patient: TestClient, house: House) -> None:
    form = {"id": "double-click", "text": "6"}
    for _ in range(2):
        patient.post("/chat/messages", data=form)
    assert bubbles(patient.get("/chat").text).count("You: 6") == 1
    first, again = house.handed_over
    assert first.external_id == again.external_id


def test_the_script_gets_a_bare_answer(patient: TestClient, house: House) -> None:
    form = {"id": "from-script", "text": "6"}
    answer = patient.post("/chat/messages", data=form, headers=SCRIPT)
    assert (answer.status_code, answer.content) == (204, b"")
    assert len(house.handed_over) == 1


def test_an_empty_message_is_nobodys_answer(patient: TestClient, house: House) -> None:
    for text in ("", "  \r\n "):
        sent = patient.post("/chat/messages", data={"id": "12345678", "text": text})
        assert sent.status_code == 303
    assert house.handed_over == []


@pytest.mark.parametrize("length", [LONGEST, LONGEST + 1])
def test_a_very_long_message_is_refused_kindly_and_stays_in_the_box(
    patient: TestClient, house: House, length: int
) -> None:
    text = "å" * length
    sent = patient.post("/chat/messages", data={"id": "12345678", "text": text})
    if length <= LONGEST:
        assert (sent.status_code, len(house.handed_over)) == (303, 1)
        return
    assert (sent.status_code, house.handed_over) == (422, [])
    assert "at most 4000 characters, and this has 4001" in sent.text
    assert f">{text}</textarea>" in sent.text
    by_script = patient.post(
        "/chat/messages", data={"id": "12345678", "text": text}, headers=SCRIPT
    )
    assert by_script.status_code == 422
    assert by_script.text.startswith("That is longer than we can take")


def test_what_was_written_is_given_back_while_the_database_is_lost(
    patient: TestClient, house: House
) -> None:
    house.lost = True
    form = {"id": "keep-this-id", "text": "6 <but> it hurts"}
    page = patient.post("/chat/messages", data=form)
    assert (page.status_code, page.headers["retry-after"]) == (503, "5")
    assert "nothing is lost" in page.text
    assert "6 &lt;but&gt; it hurts</textarea>" in page.text
    assert form_id(page.text) == "keep-this-id"
    house.lost = False
    assert patient.post("/chat/messages", data=form).status_code == 303
    assert [message.text for message in house.handed_over] == ["6 <but> it hurts"]


def test_a_press_is_given_back_too(patient: TestClient, house: House) -> None:
    house.lost = True
    value = button_value("q.7.1.6", "6")
    page = patient.post("/chat/messages", data={"id": "12345678", "choice": value}).text
    kept = re.search(r'name="choice" value="([^"]+)"', page)
    assert kept
    assert unescape(kept[1]) == value


def test_the_script_is_told_that_nothing_was_sent(patient: TestClient, house: House) -> None:
    house.lost = True
    form = {"id": "12345678", "text": "6"}
    answer = patient.post("/chat/messages", data=form, headers=SCRIPT)
    assert answer.status_code == 503
    assert answer.text == "This was not sent yet. Nothing is lost; try again."


def test_nothing_typed_is_lost_when_the_database_is_stopped_altogether(
    patient: TestClient, house: House, stopped: Database
) -> None:
    page = patient.post("/chat/messages", data={"id": "12345678", "text": "6 in the morning"})
    assert page.status_code == 503
    assert "6 in the morning</textarea>" in page.text


@pytest.mark.parametrize(
    "form",
    [
        {"text": "6"},
        {"id": "short", "text": "6"},
        {"id": "12345678\n", "text": "6"},
        {"id": "12345678", "choice": "no-label"},
        {"id": "12345678", "choice": "\tno data"},
        {"id": "12345678", "choice": "x" * 65 + "\tlabel"},
    ],
)
def test_forms_that_our_page_does_not_make_are_refused(
    patient: TestClient, house: House, form: dict[str, str]
) -> None:
    assert patient.post("/chat/messages", data=form).status_code == 400
    assert house.handed_over == []


@given(st.binary(max_size=200))
def test_any_bytes_are_a_form_or_unreadable(body: bytes) -> None:
    try:
        written = parse(b"id=12345678&" + body)
    except Unreadable:
        return
    assert "\x00" not in written.text


@given(st.from_regex(r"[a-z0-9.]{1,64}", fullmatch=True), st.text(min_size=1, max_size=80))
def test_a_button_says_what_it_was_made_to_say(data: str, label: str) -> None:
    value = button_value(data, label)
    written = parse(urlencode({"id": "12345678", "choice": value}, errors="replace").encode())
    assert written.choice == data


def test_a_message_costs_one_query_besides_its_commit(patient: TestClient, house: House) -> None:
    house.lost = True  # so that what the inbox itself does is not counted
    with statements(house.database) as found:
        patient.post("/chat/messages", data={"id": "12345678", "text": "6"}, headers=SCRIPT)
    assert len(found) == 1


def test_a_safety_message_stands_out_and_can_be_rung_from(
    patient: TestClient, house: House
) -> None:
    house.say("Call 112 NOW. Do not wait, 1120 is no number.", priority=Priority.SAFETY)
    page = patient.get("/chat").text
    assert 'class="line assistant safety"' in page
    assert "Important for your safety" in page
    assert '<a class="ring" href="tel:112">Call 112</a>' in page
    assert "tel:1813" not in page


def test_a_picture_stands_under_its_words(patient: TestClient, house: House) -> None:
    svg = '<svg xmlns="http://www.w3.org/2000/svg"><text>æ</text></svg>'
    house.say("Pain was 7 and is now 4 of 10.", picture=svg)
    house.say("Thank you.")
    response = patient.get("/chat")
    (shown,) = re.findall(
        r'<img class="picture" src="data:image/svg\+xml;base64,([^"]+)"', response.text
    )
    assert base64.b64decode(shown).decode() == svg
    assert 'alt="What you have reported, drawn as curves"' in response.text
    assert "img-src 'self' data:" in response.headers["content-security-policy"]


def test_a_link_in_a_message_can_be_followed_but_not_one_that_somebody_wrote_themselves(
    patient: TestClient, house: House
) -> None:
    house.say("Your page: https://chat.example/mine <b>")
    form = {"id": "12345678", "text": "see https://evil.example"}
    patient.post("/chat/messages", data=form, headers=SCRIPT)
    page = patient.get("/chat").text
    assert '<a href="https://chat.example/mine"' in page
    assert "<b>" not in bubbles(page)[0] or "&lt;b&gt;" in page
    assert 'href="https://evil.example"' not in page


def test_the_newest_messages_first_and_earlier_ones_on_request(
    patient: TestClient, house: House
) -> None:
    for n in range(103):
        house.say(f"Message {n}.")
    page = patient.get("/chat").text
    assert len(bubbles(page)) == 100
    assert 'href="/chat?show=200"' in page
    page = patient.get("/chat?show=200").text
    assert len(bubbles(page)) == 103
    assert "chat?show=" not in page
    assert patient.get("/chat?show=-5").status_code == 200


def test_days_are_told_apart_on_the_patients_own_clock(patient: TestClient, house: House) -> None:
    house.clock.moment = house.clock.moment.replace(hour=22, minute=30)
    house.say("Half past eleven in the evening.")
    house.clock.moment += timedelta(hours=1)
    house.say("Half past twelve at night.")
    page = patient.get("/chat").text
    assert re.findall(r'class="day"><time[^>]*>([^<]*)<', page) == ["24 Nov", "25 Nov"]
    assert re.findall(r'class="when"><time[^>]*>([^<]*)<', page) == ["23:30", "00:30"]


def test_danish_all_through(house: House) -> None:
    house.patient_id, house.sealer = house.enrol("da")
    with TestClient(house.app(), base_url=SITE) as client:
        client.cookies.set("__Host-backtrace", house.let_in())
        page = client.get("/chat").text
    assert '<html lang="da">' in page
    assert "En computer læser med." in page
    assert 'value="hjælp"' in page
