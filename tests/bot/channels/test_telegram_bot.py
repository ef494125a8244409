"""Telegram as a channel: real answers of the Bot API in, the exact class of trouble out."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from bot.channels import NotSent, Parcel, Trouble
from bot.channels.telegram_bot import Telegram
from bot.channels.telegram_http import Timeouts
from bot.messages import Button, Rendered
from tests.house.post_office import Papers
from tests.house.telegram_server import CHAT, TOKEN, TelegramServer, telegram_server

HURRIED = Timeouts(connect=0.5, write=0.5, upload=0.5, read=0.15)
PATIENT = Timeouts(read=20)
SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><rect width="9" height="9"/></svg>'


@pytest.fixture
def server() -> Iterator[TelegramServer]:
    with telegram_server() as server:
        yield server


@pytest.fixture
def channel(server: TelegramServer) -> Iterator[Telegram]:
    channel = Telegram(TOKEN, server.url, PATIENT)
    yield channel
    channel.close()


def parcel(text: str = "How are you?", *buttons: Button, picture: str = "") -> Parcel:
    return Parcel(1, 1, str(CHAT), Rendered(text, buttons, picture=picture))


def refused(channel: Telegram, sent: Parcel | None = None) -> NotSent:
    with pytest.raises(NotSent) as caught:
        channel.send(sent or parcel())
    return caught.value


def test_a_message_arrives_with_its_buttons(server: TelegramServer, channel: Telegram) -> None:
    first = channel.send(parcel("Any pain? 🙂", Button("Yes", "q.1.1.yes")))
    second = channel.send(parcel("Thank you."))
    assert server.texts() == ["Any pain? 🙂", "Thank you."]
    assert (CHAT, int(first or "")) in server.shown
    assert first != second
    keyboard = server.sent[0].body["reply_markup"]["inline_keyboard"]
    assert keyboard == [[{"text": "Yes", "callback_data": "q.1.1.yes"}]]


def test_a_picture_arrives_as_a_photo_with_the_text_under_it(
    server: TelegramServer, channel: Telegram
) -> None:
    channel.send(parcel("Pain was 7.", Button("Yes", "q.1.1.yes"), picture=SVG))
    (call,) = server.sent
    assert call.method == "sendPhoto"
    assert call.body["photo"].startswith(b"\x89PNG")
    assert call.body["caption"] == "Pain was 7."
    assert "reply_markup" in call.body


def test_a_long_text_follows_its_picture(server: TelegramServer, channel: Telegram) -> None:
    channel.send(parcel("a" * 1200, Button("Yes", "q.1.1.yes"), picture=SVG))
    assert [call.method for call in server.sent] == ["sendPhoto", "sendMessage"]
    assert ["reply_markup" in call.body for call in server.sent] == [False, True]


@pytest.mark.parametrize("picture", ["no picture", "<svg"])
def test_a_picture_that_cannot_be_made_keeps_no_words_back(
    server: TelegramServer, channel: Telegram, picture: str
) -> None:
    channel.send(parcel("Pain was 7.", picture=picture))
    assert [call.method for call in server.sent] == ["sendMessage"]


def test_a_picture_that_telegram_does_not_take_keeps_no_words_back(
    server: TelegramServer, channel: Telegram
) -> None:
    refusal = "Bad Request: PHOTO_INVALID_DIMENSIONS"
    server.goes_wrong("sendPhoto", status=400, description=refusal)
    channel.send(parcel("Pain was 7.", picture=SVG))
    assert server.texts() == ["Pain was 7."]


def test_a_picture_for_a_patient_who_blocks_us_is_not_tried_without(
    server: TelegramServer, channel: Telegram
) -> None:
    server.blocked_by(CHAT)
    assert refused(channel, parcel(picture=SVG)).trouble is Trouble.GONE
    assert len(server.calls) == 1


HTML = b"<html>nginx</html>"
TABLE: list[tuple[dict[str, Any], Trouble, str]] = [
    ({"status": 403, "description": "Forbidden: bot was blocked by the user"},
     Trouble.GONE, "blocked"),
    ({"status": 403, "description": "Forbidden: user is deactivated"},
     Trouble.GONE, "deactivated"),
    ({"status": 403, "description": "Forbidden: bot can't initiate conversation with a user"},
     Trouble.GONE, "never-started"),
    ({"status": 403, "description": "Forbidden: bot was kicked from the group chat"},
     Trouble.GONE, "kicked"),
    ({"status": 400, "description": "Bad Request: chat not found"},
     Trouble.GONE, "chat-not-found"),
    ({"status": 403, "raw": HTML}, Trouble.CONFIGURATION, "forbidden"),
    ({"status": 401, "description": "Unauthorized"}, Trouble.CONFIGURATION, "token"),
    ({"status": 404, "description": "Not Found"}, Trouble.CONFIGURATION, "token"),
    ({"status": 409, "description": "Conflict: terminated by other getUpdates request"},
     Trouble.CONFIGURATION, "conflict"),
    ({"status": 400, "description": "Bad Request: message is too long"},
     Trouble.CONTENT, "refused"),
    ({"status": 400, "description": "Bad Request: BUTTON_DATA_INVALID"},
     Trouble.CONTENT, "refused"),
    ({"status": 400, "raw": HTML}, Trouble.CONTENT, "refused"),
    ({"status": 500, "description": "Internal Server Error"}, Trouble.RETRY, "server"),
    ({"status": 502, "description": "Bad Gateway"}, Trouble.RETRY, "server"),
    ({"status": 504, "description": "Gateway Timeout"}, Trouble.UNKNOWN, "gateway"),
    ({"status": 502, "raw": HTML}, Trouble.UNKNOWN, "interrupted"),
    ({"status": 429, "description": "Too Many Requests"}, Trouble.RETRY, "server"),
    ({"status": 200, "raw": HTML}, Trouble.UNKNOWN, "unreadable"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("fault", "trouble", "code"), TABLE, ids=[f"{f['status']} {code}" for f, _, code in TABLE]
)
def test_what_an_answer_means(
    server: TelegramServer, channel: Telegram, fault: dict[str, Any], trouble: Trouble, code: str
) -> None:
    server.goes_wrong("sendMessage", **fault)
    found = refused(channel)
    assert (found.trouble, found.code, found.wait) == (trouble, code, None)
    channel.send(parcel("Here I am again."))
    assert server.texts() == ["Here I am again."]


def test_telegram_says_how_long_to_wait(server: TelegramServer, channel: Telegram) -> None:
    too_many = "Too Many Requests: retry after 35"
    server.goes_wrong("sendMessage", status=429, description=too_many, retry_after=35)
    found = refused(channel)
    assert (found.trouble, found.wait) == (Trouble.RETRY, timedelta(seconds=35))


def test_a_group_that_has_moved_is_gone(server: TelegramServer, channel: Telegram) -> None:
    moved = (
        b'{"ok": false, "error_code": 400, "description": "Bad Request: group chat was upgraded",'
        b' "parameters": {"migrate_to_chat_id": -1009}}'
    )
    server.goes_wrong("sendMessage", status=400, raw=moved)
    assert refused(channel).trouble is Trouble.GONE


def test_what_was_written_and_not_answered_may_have_arrived(server: TelegramServer) -> None:
    server.goes_wrong("sendMessage", hangs=True, does=True)
    channel = Telegram(TOKEN, server.url, HURRIED)
    found = refused(channel)
    channel.close()
    assert (found.trouble, found.code) == (Trouble.UNKNOWN, "timeout")
    server.wait_for(lambda: server.texts() == ["How are you?"])


def test_a_connection_that_ends_without_an_answer_may_have_delivered(
    server: TelegramServer, channel: Telegram
) -> None:
    server.goes_wrong("sendMessage", drops=True)
    found = refused(channel)
    assert (found.trouble, found.code) == (Trouble.UNKNOWN, "interrupted")


def test_what_never_reached_telegram_is_sent_again() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, and listening to nobody
        channel = Telegram(TOKEN, f"http://127.0.0.1:{taken.getsockname()[1]}", HURRIED)
        found = refused(channel)
        channel.close()
    assert (found.trouble, found.code) == (Trouble.RETRY, "no-connection")


def test_a_server_that_speaks_no_tls_was_never_reached(server: TelegramServer) -> None:
    channel = Telegram(TOKEN, server.url.replace("http", "https"), PATIENT)
    found = refused(channel)
    channel.close()
    assert (found.trouble, found.code) == (Trouble.RETRY, "no-connection")


def test_a_certificate_that_the_environment_names_is_trusted(
    papers: Papers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(papers.file))
    heard: list[bytes] = []
    listener = socket.create_server(("127.0.0.1", 0))
    with papers.server.wrap_socket(listener, server_side=True) as tls:
        thread = threading.Thread(target=lambda: heard.append(_first_words(tls)))
        thread.start()
        channel = Telegram(TOKEN, f"https://localhost:{listener_port(tls)}", PATIENT)
        refused(channel)
        thread.join()
        channel.close()
    assert heard[0].startswith(b"POST /bot")


@pytest.mark.parametrize(
    ("spared", "asked"), [("", "POST http://api.nord.example/bot"), ("127.0.0.1", "POST /bot")]
)
@pytest.mark.parametrize("scheme", ["http://", ""])
def test_calls_go_by_the_proxy_that_the_environment_names(
    spared: str, asked: str, scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        here = f"http://127.0.0.1:{listener_port(listener)}"
        proxy = here if not spared else "http://127.0.0.1:1"
        monkeypatch.setenv("http_proxy", scheme + proxy.removeprefix("http://"))
        monkeypatch.setenv("no_proxy", spared)
        heard: list[bytes] = []
        thread = threading.Thread(target=lambda: heard.append(_first_words(listener)))
        thread.start()
        channel = Telegram(TOKEN, here if spared else "http://api.nord.example", PATIENT)
        refused(channel)
        thread.join()
        channel.close()
    assert heard[0].decode().startswith(asked)


def listener_port(listener: socket.socket) -> int:
    return int(listener.getsockname()[1])


def _first_words(listener: socket.socket) -> bytes:
    """Of whoever connects, to whom nothing is answered."""
    connection, _ = listener.accept()
    with connection:
        return connection.recv(1000)


def test_a_wrong_token_is_ours_to_mend(server: TelegramServer) -> None:
    channel = Telegram("7000000002:wrong", server.url, PATIENT)
    found = refused(channel)
    channel.close()
    assert found.trouble is Trouble.CONFIGURATION


def test_trouble_names_no_token_address_or_text(
    server: TelegramServer, channel: Telegram, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(0)
    server.goes_wrong("sendMessage", status=400, description=f"Bad Request: {TOKEN} secret words")
    server.goes_wrong("sendMessage", status=502, raw=b"secret words " + TOKEN.encode())
    for _ in range(2):
        found = refused(channel, parcel("secret words"))
        assert found.__context__ is None
        assert found.__cause__ is None
        assert str(found).split()[0] in {"content", "unknown"}
        assert "secret" not in repr(found)
        assert TOKEN not in repr(found)
    assert "secret" not in caplog.text
    assert TOKEN not in caplog.text


def test_a_closed_channel_sends_nothing_and_says_so(server: TelegramServer) -> None:
    channel = Telegram(TOKEN, server.url, PATIENT)
    channel.send(parcel())
    channel.close()
    channel.close()
    assert refused(channel).trouble is Trouble.RETRY


def test_a_channel_that_never_sent_closes(server: TelegramServer) -> None:
    Telegram(TOKEN, server.url).close()
    assert server.calls == []
