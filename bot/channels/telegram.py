"""Telegram: short buttons under the text, long statements lettered inside it.

Updates are read and requests written here, after the Bot API, without sending anything.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import orjson

from bot.channels.plain import listed
from bot.inbound import Inbound, InboundKind
from bot.messages import Button, Layout, Message, Rendered
from templates.catalogue import Catalogue

NAME = "telegram"
LONGEST_LABEL = 20
"""Characters that a button shows on a narrow phone; longer words go into the text."""
LONGEST_KEY = 3
"""Labels up to this length stand beside each other; longer ones have a row each."""
MOST_BESIDE = 8
"""More buttons than this Telegram does not show in one row."""

Update = Mapping[str, Any]
"""An update of the Bot API, as its JSON says it."""


class Request(NamedTuple):
    """One call of the Bot API: its method, and the JSON to post there."""

    method: str
    body: bytes


def render(message: Message, words: Catalogue) -> Rendered:
    """The message as one Telegram text with an inline keyboard."""
    place = message.place
    beside = message.layout is Layout.IN_TEXT or _short(message)
    text = message.text if beside else f"{message.text}\n\n{listed(message)}"
    if beside and message.layout not in (Layout.DIGITS, Layout.IN_TEXT):
        buttons = [Button(label, place + data) for _, label, data in message.choices]
    else:
        buttons = [Button(key, place + data) for key, _, data in message.choices]
    return Rendered(_with_anchors(text, message, words), tuple(buttons))


def _short(message: Message) -> bool:
    return all(len(choice.words) <= LONGEST_LABEL for choice in message.choices)


def _with_anchors(text: str, message: Message, words: Catalogue) -> str:
    if message.anchors is None:
        return text
    low, high = message.anchors
    return f"{text}\n" + words.say(
        "hint.anchors", low=message.choices[0].key, lowest=low, high=message.choices[-1].key,
        highest=high,
    )  # fmt: skip


def read(body: bytes, bot: str, now: datetime) -> Inbound | None:
    """What a webhook was posted; see `inbound`.

    Raises:
        ValueError: this is no JSON.
    """
    try:
        update = orjson.loads(body)
    except orjson.JSONDecodeError:
        # orjson refuses half of a character, which JSON may carry and `Inbound` mends.
        update = json.loads(body)
    return inbound(update, bot, now)


def inbound(update: Update, bot: str, now: datetime) -> Inbound | None:
    """What a person did in a chat with us; None for all else, such as channels and polls.

    `bot` is the number that its token begins with: another bot numbers its messages anew. A
    press says nothing about when it was, so it is taken to be `now`.
    """
    if "message" in update:
        return _message(update["message"], bot)
    if "callback_query" in update:
        return _press(update["callback_query"], now)
    if "edited_message" in update:
        return _edit(update["edited_message"], bot, update["update_id"])
    return None


def _message(message: Update, bot: str) -> Inbound:
    text = message.get("text")
    return Inbound(
        NAME,
        str(message["chat"]["id"]),
        _id(message, bot),
        _kind(message),
        _moment(message["date"]),
        text or "",
    )


def _kind(message: Update) -> InboundKind:
    if not _is_private(message):
        return InboundKind.GROUP
    return InboundKind.TEXT if "text" in message else InboundKind.OTHER


def _edit(message: Update, bot: str, update_id: int) -> Inbound | None:
    """An edited text. A place that is shared live comes as edits too, and says nothing."""
    if not _is_private(message) or "text" not in message:
        return None
    edited = _id(message, bot)
    return Inbound(
        NAME,
        str(message["chat"]["id"]),
        f"{edited}.{update_id}",
        InboundKind.EDIT,
        _moment(message["edit_date"]),
        message["text"],
        edit_of=edited,
    )


def _press(query: Update, now: datetime) -> Inbound | None:
    message = query.get("message")
    if message is None or "data" not in query or not _is_private(message):
        return None
    data = query["data"]
    return Inbound(
        NAME,
        str(message["chat"]["id"]),
        query["id"],
        InboundKind.CHOICE,
        now,
        _pressed(message, data),
        data,
    )


def _pressed(message: Update, data: str) -> str:
    """The label of the button with this data; of an old message Telegram shows none."""
    for row in message.get("reply_markup", {}).get("inline_keyboard", ()):
        for button in row:
            if button.get("callback_data") == data:
                return str(button["text"])
    return ""


def _is_private(message: Update) -> bool:
    return bool(message["chat"]["type"] == "private")


def _id(message: Update, bot: str) -> str:
    return f"{bot}.{message['chat']['id']}.{message['message_id']}"


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def send_message(address: str, rendered: Rendered) -> Request:
    """The call that sends this message.

    Without a preview of links: nobody but the patient has to open what is meant for them.
    """
    body: dict[str, Any] = {
        "chat_id": int(address),
        "text": rendered.text,
        "link_preview_options": {"is_disabled": True},
    }
    if rendered.buttons:
        body["reply_markup"] = {"inline_keyboard": _keyboard(rendered.buttons)}
    return Request("sendMessage", orjson.dumps(body))


def answer_press(press: Inbound) -> Request:
    """The call that ends the waiting circle on a pressed button."""
    return Request("answerCallbackQuery", orjson.dumps({"callback_query_id": press.external_id}))


def _keyboard(buttons: Sequence[Button]) -> list[list[dict[str, str]]]:
    """Letters and digits beside each other in rows of about the same length; words below."""
    shown = [{"text": label, "callback_data": data} for label, data in buttons]
    beside = MOST_BESIDE if max([len(b.label) for b in buttons]) <= LONGEST_KEY else 1
    rows = -(-len(shown) // beside)
    wide = -(-len(shown) // rows)
    return [shown[start : start + wide] for start in range(0, len(shown), wide)]
