"""What Telegram is told about the bot: where its updates go, and its menu of commands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import orjson

from bot.channels.telegram import ASKED_FOR, Request
from templates.catalogue import Catalogue

PLAIN = "en"
"""The language of the menu for people whose own has none."""


def set_webhook(public_url: str, path: str, secret: str) -> Request:
    """The call that has updates posted to us."""
    body = {
        "url": f"{public_url}{path}",
        "secret_token": secret,
        "allowed_updates": list(ASKED_FOR),
    }
    return Request("setWebhook", orjson.dumps(body))


def webhook_info() -> Request:
    """The call that tells where updates are posted."""
    return Request("getWebhookInfo", b"{}")


def delete_webhook() -> Request:
    """The call after which updates wait to be fetched; none is lost."""
    return Request("deleteWebhook", b"{}")


def set_commands(catalogues: Mapping[str, Catalogue]) -> Iterator[Request]:
    """The calls that give the bot its menu: in each language, and for everybody else."""
    for language, words in catalogues.items():
        body = {"commands": commands(words)}
        yield _set_commands(body | {"language_code": language})
        if language == PLAIN:
            yield _set_commands(body)


def commands(words: Catalogue) -> list[dict[str, str]]:
    """The menu: one `name - what it does` a line."""
    lines = [line.partition(" - ") for line in words.say("telegram.commands").splitlines()]
    return [{"command": name, "description": does} for name, _, does in lines]


def _set_commands(body: Mapping[str, object]) -> Request:
    return Request("setMyCommands", orjson.dumps(body))
