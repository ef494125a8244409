"""What Telegram is told when a process starts, and what happens when it does not listen."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.channels.telegram_api import BotApi
from bot.channels.telegram_http import Timeouts
from bot.channels.telegram_setup import set_commands, set_webhook
from bot.introducing import Introduction
from templates.catalogue import load_catalogues
from tests.house.telegram_server import TOKEN, TelegramServer, telegram_server

REQUESTS = [
    set_webhook("https://nord.example", "/telegram/webhook", "a-secret"),
    *set_commands(load_catalogues("messages")),
]


@pytest.fixture
def server() -> Iterator[TelegramServer]:
    with telegram_server() as server:
        yield server


@pytest.fixture
def api(server: TelegramServer) -> Iterator[BotApi]:
    api = BotApi(TOKEN, server.url, Timeouts(read=20))
    yield api
    api.close()


def introduce(api: BotApi, *waits: float) -> None:
    introduction = Introduction(api, REQUESTS, waits)
    introduction.join()
    introduction.close()


def test_updates_are_to_come_to_us_and_every_language_has_its_menu(
    server: TelegramServer, api: BotApi
) -> None:
    introduce(api)
    assert server.webhook == {
        "url": "https://nord.example/telegram/webhook",
        "secret_token": "a-secret",
        "allowed_updates": ["message", "edited_message", "callback_query", "my_chat_member"],
    }
    assert set(server.commands) == {"", "da", "en"}
    assert server.commands[""] == server.commands["en"]
    assert {"command": "stop_deling", "description": "Slut med at dele"} in server.commands["da"]


def test_to_say_it_twice_changes_nothing(server: TelegramServer, api: BotApi) -> None:
    introduce(api)
    said = dict(server.webhook), dict(server.commands)
    introduce(api)
    assert (server.webhook, server.commands) == said


def test_while_telegram_is_in_trouble_it_is_told_again(server: TelegramServer, api: BotApi) -> None:
    server.goes_wrong("setWebhook", 2, status=500, description="Internal Server Error")
    introduce(api, 0.01, 0.01)
    assert server.webhook
    assert len(server.named("setWebhook")) == 3


def test_what_telegram_refuses_is_not_said_again_and_the_rest_is_said(
    server: TelegramServer, api: BotApi
) -> None:
    refusal = "Bad Request: bad webhook: An HTTPS URL must be provided for webhook"
    server.goes_wrong("setWebhook", status=400, description=refusal)
    introduce(api, 0.01)
    assert len(server.named("setWebhook")) == 1
    assert server.webhook == {}
    assert set(server.commands) == {"", "da", "en"}


def test_a_process_that_stops_does_not_wait_for_telegram(
    server: TelegramServer, api: BotApi
) -> None:
    server.goes_wrong("setWebhook", hangs=True)
    introduction = Introduction(api, REQUESTS)
    server.wait_for(lambda: server.named("setWebhook"))
    introduction.close()
    assert server.commands == {}
