"""Updates of Telegram read, calls of its Bot API written: real shapes in, exact calls out."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import orjson
import pytest

from bot.channels.telegram import Request, answer_press, inbound, read, render, send_message
from bot.inbound import Inbound, InboundKind
from bot.messages import Button, Choice, Message, Rendered
from templates.catalogue import load_catalogues

BOT = "7000000001"
NOW = datetime(2026, 11, 24, 13, 5, tzinfo=UTC)
SENT = datetime(2026, 11, 24, 13, 4, 58, tzinfo=UTC)
BIRGIT = {"id": 4711, "is_bot": False, "first_name": "Birgit", "language_code": "da"}
CHAT = {"id": 4711, "first_name": "Birgit", "type": "private"}
GROUP = {"id": -1009, "title": "Rygskolen", "type": "supergroup"}
OURS = {"id": 7000000001, "is_bot": True, "first_name": "Nord", "username": "nord_bot"}


def message(**more: Any) -> dict[str, Any]:
    return {"message_id": 55, "from": BIRGIT, "chat": CHAT, "date": int(SENT.timestamp()), **more}


def press(data: str | None = "q.12.3.c", **more: Any) -> dict[str, Any]:
    asked = {
        "message_id": 54,
        "from": OURS,
        "chat": CHAT,
        "date": int(SENT.timestamp()),
        "text": "3/10 What can you lift today?",
        "reply_markup": {
            "inline_keyboard": [
                [
                    {"text": "B", "callback_data": "q.12.3.b"},
                    {"text": "C", "callback_data": "q.12.3.c"},
                ]
            ]
        },
    }
    query = {"id": "20233", "from": BIRGIT, "message": asked, "chat_instance": "-8", **more}
    return query if data is None else {**query, "data": data}


def taken(**update: Any) -> Inbound | None:
    """What is read of an update, through the bytes of its JSON."""
    return read(json.dumps({"update_id": 900, **update}).encode(), BOT, NOW)


def test_a_text() -> None:
    assert taken(message=message(text="7ish, can i run 🏃")) == Inbound(
        "telegram", "4711", f"{BOT}.4711.55", InboundKind.TEXT, SENT, "7ish, can i run 🏃"
    )


def test_a_press_brings_its_label_and_is_dated_now() -> None:
    assert taken(callback_query=press()) == Inbound(
        "telegram", "4711", "20233", InboundKind.CHOICE, NOW, "C", "q.12.3.c"
    )


def test_a_press_on_a_message_that_telegram_no_longer_shows() -> None:
    gone = {"chat": CHAT, "message_id": 54, "date": 0}
    found = taken(callback_query=press(message=gone))
    assert found is not None
    assert (found.text, found.choice) == ("", "q.12.3.c")


def test_an_edit_names_the_message_that_it_changes() -> None:
    later = SENT + timedelta(minutes=2)
    original = taken(message=message(text="7"))
    edit = taken(edited_message=message(text="4", edit_date=int(later.timestamp())))
    assert original is not None
    assert edit == Inbound(
        "telegram",
        "4711",
        f"{BOT}.4711.55.900",
        InboundKind.EDIT,
        later,
        "4",
        edit_of=original.external_id,
    )


def test_another_bot_numbers_its_messages_anew() -> None:
    update = {"update_id": 1, "message": message(text="hello")}
    ours, other = inbound(update, BOT, NOW), inbound(update, "7000000002", NOW)
    assert ours is not None
    assert other is not None
    assert ours.external_id != other.external_id


@pytest.mark.parametrize(
    "content",
    [
        {"voice": {"file_id": "v", "file_unique_id": "v", "duration": 3}},
        {"photo": [{"file_id": "p", "file_unique_id": "p", "width": 90, "height": 90}]},
        {"photo": [], "caption": "7"},
        {"sticker": {"file_id": "s", "emoji": "👍"}},
        {"location": {"latitude": 55.6, "longitude": 12.5}},
    ],
    ids=["voice", "photo", "caption", "sticker", "location"],
)
def test_what_is_no_text_is_taken_as_something_that_we_cannot_read(content: Any) -> None:
    found = taken(message=message(**content))
    assert found is not None
    assert (found.kind, found.text) == (InboundKind.OTHER, "")


@pytest.mark.parametrize(
    "update",
    [
        {"edited_message": message(chat=GROUP, text="7", edit_date=1)},
        {"edited_message": message(location={"latitude": 55.6}, edit_date=1)},
        {"callback_query": press(message=message(chat=GROUP, text="?"))},
        {"callback_query": press(None, game_short_name="chess")},
        {"callback_query": {"id": "1", "from": BIRGIT, "data": "x", "inline_message_id": "y"}},
        {"channel_post": message(chat={"id": -1, "type": "channel"}, text="7")},
        {"my_chat_member": {"chat": CHAT, "from": BIRGIT, "date": 1}},
        {"poll": {"id": "1"}},
        {},
    ],
    ids=[
        "edit in a group", "live location", "press in a group", "game", "inline message",
        "channel", "block", "poll", "nothing known",
    ],
)  # fmt: skip
def test_what_no_patient_wrote_to_us_is_nothing(update: Any) -> None:
    assert taken(**update) is None


@pytest.mark.parametrize("content", [{"text": "7"}, {"photo": []}])
def test_what_is_written_in_a_group_is_said_to_be_of_one(content: Any) -> None:
    found = taken(message=message(chat=GROUP, **content))
    assert found is not None
    assert (found.kind, found.address) == (InboundKind.GROUP, str(GROUP["id"]))


def test_half_of_a_character_becomes_a_question_mark() -> None:
    found = taken(message=message(text="7 \ud83d"))
    assert found is not None
    assert found.text == "7 ?"


@pytest.mark.parametrize("body", [b"", b"{", b"\xff"])
def test_what_is_no_json_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        read(body, BOT, NOW)


def called(request: Request) -> tuple[str, Any]:
    return request.method, orjson.loads(request.body)


def labels(request: Request) -> list[list[str]]:
    keyboard = orjson.loads(request.body)["reply_markup"]["inline_keyboard"]
    return [[button["text"] for button in row] for row in keyboard]


def test_a_message_without_buttons() -> None:
    assert called(send_message("4711", Rendered("Tak. 🙂\nVi ses."))) == (
        "sendMessage",
        {
            "chat_id": 4711,
            "text": "Tak. 🙂\nVi ses.",
            "link_preview_options": {"is_disabled": True},
        },
    )


def test_buttons_carry_their_data() -> None:
    buttons = (Button("Yes", "q.12.3.yes"), Button("No", "q.12.3.no"))
    _, body = called(send_message("4711", Rendered("Do you mean 7?", buttons)))
    assert body["reply_markup"] == {
        "inline_keyboard": [
            [
                {"text": "Yes", "callback_data": "q.12.3.yes"},
                {"text": "No", "callback_data": "q.12.3.no"},
            ]
        ]
    }


@pytest.mark.parametrize(
    ("names", "rows"),
    [
        ("A B C D E F", [6]),
        ("0 1 2 3 4 5 6 7", [8]),
        ("0 1 2 3 4 5 6 7 8 9 10", [6, 5]),
        ("Ja Nej", [2]),
        ("Never Sometimes Always", [1, 1, 1]),
    ],
)
def test_letters_and_digits_stand_beside_each_other_and_words_below(
    names: str, rows: Sequence[int]
) -> None:
    buttons = tuple(Button(name, f"q.1.1.{name}") for name in names.split())
    shown = labels(send_message("4711", Rendered("?", buttons)))
    assert [len(row) for row in shown] == rows
    assert [label for row in shown for label in row] == names.split()


def test_a_press_is_answered() -> None:
    found = taken(callback_query=press())
    assert found is not None
    assert called(answer_press(found)) == ("answerCallbackQuery", {"callback_query_id": "20233"})


@cache
def bot_api() -> Any:
    folder = os.environ.get("BACKTRACE_SPECS")
    if folder is None:
        pytest.skip("BACKTRACE_SPECS names no folder with the published API descriptions")
    return json.loads((Path(folder) / "telegram-bot-api.json").read_text("utf-8"))


def wrong(value: Any, kinds: Sequence[str]) -> Iterator[str]:
    """What keeps a value from being of any of these types of the Bot API."""
    found = [list(_wrong(value, kind)) for kind in kinds]
    yield from min(found, key=len)


def _wrong(value: Any, kind: str) -> Iterator[str]:
    plain = {"Integer": int, "String": str, "Boolean": bool}
    if kind.startswith("Array of "):
        for each in value if isinstance(value, list) else [f"{value!r} is no list"]:
            yield from _wrong(each, kind.removeprefix("Array of "))
    elif kind in plain:
        if type(value) is not plain[kind]:
            yield f"{value!r} is no {kind}"
    elif isinstance(value, dict):
        yield from wrong_fields(value, bot_api()["types"][kind])
    else:
        yield f"{value!r} is no {kind}"


def wrong_fields(values: Mapping[str, Any], described: Mapping[str, Any]) -> Iterator[str]:
    fields = {field["name"]: field for field in described.get("fields", [])}
    yield from (f"{name} is unknown" for name in values.keys() - fields.keys())
    for name, field in fields.items():
        if name in values:
            yield from (f"{name}: {reason}" for reason in wrong(values[name], field["types"]))
        elif field["required"]:
            yield f"{name} is missing"


CHOICES = tuple(Choice(key, f"{key}, and more words than a button shows", key) for key in "ABCDEF")


@pytest.mark.parametrize(
    "request_",
    [
        send_message("4711", Rendered("Tak.")),
        send_message("4711", render(Message("How?", CHOICES), load_catalogues("messages")["en"])),
        answer_press(Inbound("telegram", "4711", "20233", InboundKind.CHOICE, NOW)),
    ],
    ids=["text", "buttons", "press"],
)  # fmt: skip
def test_our_calls_are_what_the_published_description_of_the_bot_api_asks_for(
    request_: Request,
) -> None:
    method, body = called(request_)
    assert list(wrong_fields(body, bot_api()["methods"][method])) == []


def test_the_description_of_the_bot_api_refuses_what_is_wrong() -> None:
    method = bot_api()["methods"]["sendMessage"]
    keyboard = {"inline_keyboard": [{"text": "A", "callback_data": 1}]}
    body = {"chat": 4711, "text": "?", "reply_markup": keyboard}
    assert {reason.partition(":")[0] for reason in wrong_fields(body, method)} == {
        "chat is unknown",
        "chat_id is missing",
        "reply_markup",
    }
