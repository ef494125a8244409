"""Updates of Telegram read, calls of its Bot API written: real shapes in, exact calls out."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest

from bot.channels.telegram import (
    Request,
    answer_press,
    in_reply,
    inbound,
    read,
    render,
    send_message,
    send_picture,
)
from bot.channels.telegram_presses import answered_text, pressed, show_answer
from bot.channels.telegram_setup import (
    commands,
    delete_webhook,
    set_commands,
    set_webhook,
    webhook_info,
)
from bot.commands import recognise
from bot.inbound import Inbound, InboundKind
from bot.messages import Button, Choice, Choices, Layout, Message, Rendered
from templates.catalogue import load_catalogues
from tests.house.bot_api import bot_api, wrong_call, wrong_fields

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


def membership(status: str, **more: Any) -> dict[str, Any]:
    member = {"user": OURS, "status": status}
    since = int(SENT.timestamp())
    return {"chat": CHAT, "from": BIRGIT, "date": since, "new_chat_member": member, **more}


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
        {"my_chat_member": membership("kicked", chat=GROUP)},
        {"my_chat_member": membership("restricted")},
        {"poll": {"id": "1"}},
        {},
    ],
    ids=[
        "edit in a group", "live location", "press in a group", "game", "inline message",
        "channel", "thrown out of a group", "restricted", "poll", "nothing known",
    ],
)  # fmt: skip
def test_what_no_patient_wrote_to_us_is_nothing(update: Any) -> None:
    assert taken(**update) is None


@pytest.mark.parametrize(
    ("status", "kind"), [("kicked", InboundKind.BLOCKED), ("member", InboundKind.UNBLOCKED)]
)
def test_whoever_blocks_us_or_takes_it_back_is_told_apart(status: str, kind: InboundKind) -> None:
    assert taken(my_chat_member=membership(status)) == Inbound(
        "telegram", "4711", f"{BOT}.member.900", kind, SENT
    )


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("/stop_sharing", "/stop sharing"),
        ("/stop_sharing@nord_bot", "/stop sharing"),
        ("/help@nord_bot", "/help"),
        ("/start aB_3-x", "/start aB_3-x"),
        ("/start@nord_bot aB_3-x", "/start aB_3-x"),
        ("/my_plan now", "/my plan now"),
        ("6/10", "6/10"),
        ("a_b", "a_b"),
        ("/", "/"),
    ],
)
def test_a_command_s_name_is_read_as_words(written: str, text: str) -> None:
    found = taken(message=message(text=written))
    assert found is not None
    assert found.text == text


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


@pytest.mark.parametrize(
    "update",
    [
        [],
        None,
        7,
        "message",
        {},
        {"update_id": "1"},
        {"update_id": 1, "message": None},
        {"update_id": 1, "message": []},
        {"update_id": 1, "message": {}},
        {"update_id": 1, "message": message(text=7)},
        {"update_id": 1, "message": message(text=None)},
        {"update_id": 1, "message": message(text=["7"])},
        {"update_id": 1, "message": message(text="7", date="now")},
        {"update_id": 1, "message": message(text="7", date=10**30)},
        {"update_id": 1, "message": message(text="7", date=-(10**13))},
        {"update_id": 1, "message": message(text="7", chat={"id": "4711", "type": "private"})},
        {"update_id": 1, "message": message(text="7", chat={"type": "private"})},
        {"update_id": 1, "message": message(text="7", message_id={"a": 1})},
        {"update_id": 1, "edited_message": message(text="7")},
        {"update_id": 1, "callback_query": press(id=20233)},
        {"update_id": 1, "callback_query": press(id="2\x00")},
        {"update_id": 1, "callback_query": press({"a": 1})},  # type: ignore[arg-type]
        {"update_id": 1, "callback_query": press(message=message(reply_markup=[]))},
        {"update_id": 1, "my_chat_member": {"chat": CHAT}},
        {"update_id": 1, "my_chat_member": membership(["kicked"])},  # type: ignore[arg-type]
    ],
    ids=lambda update: json.dumps(update, default=str)[:60],
)
def test_what_is_no_update_is_refused_and_breaks_nothing(update: Any) -> None:
    with pytest.raises(ValueError, match=r"^this is no update of the Bot API$"):
        read(json.dumps(update).encode(), BOT, NOW)


def test_what_is_nested_without_end_is_refused() -> None:
    with pytest.raises(ValueError, match=r"."):
        read(b'{"update_id": 1, "message": ' + b"[" * 100_000, BOT, NOW)


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


def test_what_a_question_gives_back_begins_with_its_place_and_its_buttons_are_everybodys() -> None:
    words, yes_or_no = load_catalogues("messages")["en"], Choices([Choice("Y", "Yes", "yes")])
    first, second = (
        render(Message("Pain?", yes_or_no, Layout.YES_NO, place=place), words)
        for place in ("q.12.3.", "q.13.1.")
    )
    assert first.buttons is second.buttons
    for rendered, data in ((first, "q.12.3.yes"), (second, "q.13.1.yes")):
        _, body = called(send_message("4711", rendered))
        assert body["reply_markup"]["inline_keyboard"] == [[{"text": "Yes", "callback_data": data}]]


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
    assert json.loads(in_reply(answer_press(found))) == {
        "method": "answerCallbackQuery",
        "callback_query_id": "20233",
    }


PNG = b"a picture"


def test_the_text_stands_under_its_picture_with_the_buttons() -> None:
    rendered = Rendered("Pain was 7.", (Button("Yes", "q.12.3.yes"),), picture="<svg/>")
    (request,) = send_picture("4711", rendered, PNG)
    method, body = called(request)
    keyboard = body.pop("reply_markup")["inline_keyboard"]
    assert (method, body) == ("sendPhoto", {"chat_id": 4711, "caption": "Pain was 7."})
    assert keyboard == [[{"text": "Yes", "callback_data": "q.12.3.yes"}]]
    assert request.photo == PNG


@pytest.mark.parametrize(("text", "calls"), [("a" * 1024, 1), ("a" * 1025, 2), ("🏃" * 513, 2)])
def test_a_text_too_long_for_a_caption_comes_after_its_picture(text: str, calls: int) -> None:
    rendered = Rendered(text, (Button("Yes", "q.12.3.yes"),), picture="<svg/>")
    requests = send_picture("4711", rendered, PNG)
    assert len(requests) == calls
    assert [request.photo for request in requests] == [PNG, b""][:calls]
    _, body = called(requests[-1])
    assert text in (body.get("text"), body.get("caption"))
    assert labels(requests[-1]) == [["Yes"]]


def test_a_picture_goes_along_from_message_to_rendered() -> None:
    words = load_catalogues("messages")["en"]
    assert render(Message("How?", picture="<svg/>"), words).picture == "<svg/>"


@pytest.mark.parametrize(
    ("text", "label", "shown"),
    [
        ("Any pain?", "Yes", "Any pain? - Yes"),
        (
            "2/10 How much does it hurt now?\n\nA: It does not\nB: It hurts a little",
            "B",
            "2/10 How much does it hurt now? - B: It hurts a little",
        ),
        ("Thanks: 4 days.\nAny pain?", "No", "Thanks: 4 days.\nAny pain? - No"),
        ("Pain now?\n0: none, 10: worst", "7", "Pain now?\n0: none, 10: worst\n- 7"),
        ("Which?\n\nA: one", "C", "Which?\n\nA: one\n- C"),
        ("Lead.\n\nA: x\n\nWhich?\n\nA: one\nB: two", "A", "Lead.\n\nA: x\n\nWhich? - A: one"),
    ],
)
def test_a_pressed_question_shows_what_was_answered(text: str, label: str, shown: str) -> None:
    assert answered_text(text, label) == shown


def test_a_pressed_question_is_edited_and_loses_its_buttons() -> None:
    found = pressed({"update_id": 1, "callback_query": press()})
    assert found is not None
    request = show_answer(found)
    assert request is not None
    assert called(request) == (
        "editMessageText",
        {
            "chat_id": 4711,
            "message_id": 54,
            "text": "3/10 What can you lift today? - C",
            "link_preview_options": {"is_disabled": True},
        },
    )


def test_under_a_picture_the_caption_is_edited() -> None:
    asked = {**press()["message"], "caption": "Any pain?"}
    del asked["text"]
    found = pressed({"update_id": 1, "callback_query": press(message=asked)})
    assert found is not None
    request = show_answer(found)
    assert request is not None
    assert called(request) == (
        "editMessageCaption",
        {"chat_id": 4711, "message_id": 54, "caption": "Any pain? - C"},
    )


def test_a_message_that_telegram_no_longer_shows_is_left_alone() -> None:
    gone = {"chat": CHAT, "message_id": 54, "date": 0}
    found = pressed({"update_id": 1, "callback_query": press(message=gone)})
    assert found is not None
    assert show_answer(found) is None


CATALOGUES = load_catalogues("messages")


@pytest.mark.parametrize("language", CATALOGUES)
def test_every_command_of_the_menu_is_understood(language: str) -> None:
    menu = commands(CATALOGUES[language])
    assert 3 <= len(menu) <= 100
    for each in menu:
        assert re.fullmatch("[a-z0-9_]{1,32}", each["command"])
        assert 1 <= len(each["description"]) <= 256
        found = taken(message=message(text=f"/{each['command']}@nord_bot"))
        assert found is not None
        assert recognise(found.text, language) is not None, each["command"]


def test_the_menus_of_all_languages_hold_the_same() -> None:
    held = {
        language: {
            found.name
            for each in commands(words)
            if (found := recognise(each["command"].replace("_", " "), language))
        }
        for language, words in CATALOGUES.items()
    }
    assert held["en"] == held["da"]


CHOICES = Choices(
    Choice(key, f"{key}, and more words than a button shows", key) for key in "ABCDEF"
)


@pytest.mark.parametrize(
    "request_",
    [
        send_message("4711", Rendered("Tak.")),
        send_message("4711", render(Message("How?", CHOICES), load_catalogues("messages")["en"])),
        answer_press(Inbound("telegram", "4711", "20233", InboundKind.CHOICE, NOW)),
        set_webhook("https://nord.example", "/telegram/webhook", "secret"),
        webhook_info(),
        delete_webhook(),
        *set_commands(CATALOGUES),
    ],
    ids=lambda request: request.method,
)
def test_our_calls_are_what_the_published_description_of_the_bot_api_asks_for(
    request_: Request,
) -> None:
    method, body = called(request_)
    assert bot_api()
    assert wrong_call(method, body) == []


def test_the_description_of_the_bot_api_refuses_what_is_wrong() -> None:
    method = bot_api()["methods"]["sendMessage"]
    keyboard = {"inline_keyboard": [{"text": "A", "callback_data": 1}]}
    body = {"chat": 4711, "text": "?", "reply_markup": keyboard}
    assert {reason.partition(":")[0] for reason in wrong_fields(body, method)} == {
        "chat is unknown",
        "chat_id is missing",
        "reply_markup",
    }
