"""Telegram in the processes: who is posted to, who fetches, and that all of it ends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from backtrace.by_telegram import telegram_heard, telegram_on
from backtrace.clock import SystemClock
from backtrace.equipping import channels_of, hooks_of
from backtrace.loops import receiving
from backtrace.settings import Settings
from bot.doorbell import Doorbell
from tests.bot.house import House
from tests.house.telegram_server import CHAT, TOKEN, TelegramServer, telegram_server
from trajectory.database import Database


@pytest.fixture
def house(migrated_database_url: str) -> Iterator[House]:
    database = Database(migrated_database_url, durable=False)
    yield House(database)
    database.close()


@pytest.fixture
def server() -> Iterator[TelegramServer]:
    with telegram_server() as server:
        yield server


def settings(server: TelegramServer, secret: str | None = None) -> Settings:
    return Settings(
        _env_file=None,
        public_url="https://nord.example",
        telegram_token=TOKEN,
        telegram_api_url=server.url,
        telegram_webhook_secret=secret,
    )


@contextmanager
def process(house: House, settings: Settings, *, fetches: bool) -> Iterator[int]:
    """A process that has Telegram on; how many webhooks it serves."""
    house.deployment.channels.update(  # type: ignore[attr-defined]
        channels_of(settings, SystemClock(), Doorbell())
    )
    with ExitStack() as stack:
        presses = stack.enter_context(telegram_on(house.deployment))
        put = stack.enter_context(receiving(house.deployment, lambda: None))
        stack.enter_context(
            telegram_heard(settings, house.deployment, presses, put if fetches else None)
        )
        yield len(hooks_of(settings, presses))


def menus(server: TelegramServer) -> bool:
    return set(server.commands) == {"", "da", "en"}


def test_with_a_secret_updates_are_posted_and_never_fetched(
    house: House, server: TelegramServer
) -> None:
    with process(house, settings(server, "a-secret"), fetches=True) as webhooks:
        server.wait_for(lambda: menus(server))
        assert webhooks == 1
    assert server.webhook["url"] == "https://nord.example/telegram/webhook"
    assert server.webhook["secret_token"] == "a-secret"
    assert server.named("getUpdates") == []


def test_without_a_secret_updates_are_fetched(house: House, server: TelegramServer) -> None:
    house.enrol(str(CHAT))
    update = server.writes("help")
    with process(house, settings(server), fetches=True) as webhooks:
        server.wait_for(lambda: any(offset > update["update_id"] for offset in server.offsets))
        server.wait_for(lambda: menus(server))
        assert webhooks == 0
    assert [house.heard(row) for row in house.inbox()] == ["help"]
    assert server.named("setWebhook") == []


def test_a_process_that_only_answers_pages_fetches_nothing(
    house: House, server: TelegramServer
) -> None:
    with process(house, settings(server), fetches=False):
        server.wait_for(lambda: menus(server))
    assert server.named("getUpdates") == []


def test_without_a_token_telegram_is_off(house: House, server: TelegramServer) -> None:
    off = Settings(_env_file=None)
    assert "telegram" not in channels_of(off, SystemClock(), Doorbell())
    with process(house, off, fetches=True) as webhooks:
        assert webhooks == 0
    assert server.calls == []


def test_telegram_out_of_reach_keeps_no_process_from_starting_or_stopping(
    house: House, server: TelegramServer
) -> None:
    server.goes_wrong("setWebhook", hangs=True)
    with process(house, settings(server, "a-secret"), fetches=True):
        server.wait_for(lambda: server.named("setWebhook"))
    assert server.webhook == {}
