"""Telegram: short buttons under the text, long statements lettered inside it.

Updates are read and requests written here, after the Bot API, without sending anything.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import orjson

from bot.inbound import BLOCKED, CHOICE, EDIT, GROUP, OTHER, TEXT, UNBLOCKED, Inbound, InboundKind
from bot.messages import Button, Layout, Message, Rendered
from templates.catalogue import Catalogue

NAME = "telegram"
LONGEST_LABEL = 20
"""Characters that a button shows on a narrow phone; longer words go into the text."""
LONGEST_KEY = 3
"""Labels up to this length stand beside each other; longer ones have a row each."""
LONGEST_ID = 64
"""Characters of a press's id, which is a number of 64 bits."""
MOST_BESIDE = 8
"""More buttons than this Telegram does not show in one row."""
LONGEST_CAPTION = 1024
"""UTF-16 units of the text under a picture."""
ASKED_FOR = ("message", "edited_message", "callback_query", "my_chat_member")
"""The kinds of updates that we want to be told of."""
_COMMAND = re.compile(r"/([A-Za-z0-9_]{1,32})(?:@\w+)?(?!\S)")
_NAMED_BY_KEYS = (Layout.DIGITS, Layout.IN_TEXT)
_REACHED = {"kicked": BLOCKED, "member": UNBLOCKED}

Update = Mapping[str, Any]
"""An update of the Bot API, as its JSON says it."""


class Request(NamedTuple):
    """One call of the Bot API: its method, and the JSON to post there; `photo` is a PNG."""

    method: str
    body: bytes
    photo: bytes = b""


def render(message: Message, words: Catalogue) -> Rendered:
    """The message as one Telegram text with an inline keyboard."""
    choices, layout = message.choices, message.layout
    beside = choices.longest <= LONGEST_LABEL or layout is Layout.IN_TEXT
    text = message.text if beside else f"{message.text}\n\n{choices.listed}"
    buttons = choices.worded if beside and layout not in _NAMED_BY_KEYS else choices.keyed
    text = _with_anchors(text, message, words)
    return Rendered(text, buttons, "", message.picture, message.place)


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
        ValueError: this is no JSON, or no update of the Bot API.
    """
    return understood(parsed(body), bot, now)


def understood(update: Update, bot: str, now: datetime) -> Inbound | None:
    """As `inbound`, of an update that may have any shape. Raises ValueError."""
    try:
        return inbound(update, bot, now)
    except (ValueError, LookupError, TypeError, AttributeError, OverflowError, OSError):
        raise ValueError("this is no update of the Bot API") from None


def parsed(body: bytes) -> Update:
    """The JSON of an update. Raises ValueError."""
    try:
        update = orjson.loads(body)
    except orjson.JSONDecodeError:
        # orjson refuses half of a character, which JSON may carry and `Inbound` mends.
        try:
            update = json.loads(body)
        except RecursionError:
            raise ValueError("this is nested too deep") from None
    if not isinstance(update, dict) or not _is_number(update.get("update_id")):
        raise ValueError("this is no update of the Bot API")
    return update


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
    if "my_chat_member" in update:
        return _membership(update["my_chat_member"], bot, update["update_id"])
    return None


def _message(message: Update, bot: str) -> Inbound:
    return Inbound(
        NAME,
        _chat(message),
        _id(message, bot),
        _kind(message),
        _moment(message["date"]),
        _said(message.get("text", "")),
    )


def _said(text: str) -> str:
    """`/stop_sharing@nord_bot` is "/stop sharing": a command's name knows no blanks."""
    if not text.startswith("/"):
        return text
    return _COMMAND.sub(lambda found: "/" + found[1].replace("_", " "), text, count=1)


def _kind(message: Update) -> InboundKind:
    if not _is_private(message):
        return GROUP
    return TEXT if "text" in message else OTHER


def _edit(message: Update, bot: str, update_id: int) -> Inbound | None:
    """An edited text. A place that is shared live comes as edits too, and says nothing."""
    if not _is_private(message) or "text" not in message:
        return None
    edited = _id(message, bot)
    return Inbound(
        NAME,
        _chat(message),
        f"{edited}.{update_id}",
        EDIT,
        _moment(message["edit_date"]),
        _said(message["text"]),
        edit_of=edited,
    )


def _press(query: Update, now: datetime) -> Inbound | None:
    message = query.get("message")
    if message is None or "data" not in query or not _is_private(message):
        return None
    data, query_id = query["data"], query["id"]
    _whole(message["message_id"])
    if not query_id.isalnum() or len(query_id) > LONGEST_ID or type(data) is not str:
        raise TypeError("this is no press")
    return Inbound(
        NAME,
        _chat(message),
        query_id,
        CHOICE,
        now,
        label_of(message, data),
        data,
    )


def _membership(change: Update, bot: str, update_id: int) -> Inbound | None:
    """The patient has blocked us, or takes that back."""
    kind = _REACHED.get(change["new_chat_member"]["status"])
    if kind is None or not _is_private(change):
        return None
    external_id = f"{bot}.member.{update_id}"
    return Inbound(NAME, _chat(change), external_id, kind, _moment(change["date"]))


def label_of(message: Update, data: str) -> str:
    """The label of the button with this data; of an old message Telegram shows none."""
    for row in message.get("reply_markup", {}).get("inline_keyboard", ()):
        for button in row:
            if button.get("callback_data") == data:
                return str(button["text"])
    return ""


def _is_private(message: Update) -> bool:
    return bool(message["chat"]["type"] == "private")


def _chat(message: Update) -> str:
    return str(_whole(message["chat"]["id"]))


def _id(message: Update, bot: str) -> str:
    return f"{bot}.{_chat(message)}.{_whole(message['message_id'])}"


def _whole(number: int) -> int:
    if not _is_number(number):
        raise TypeError("this is no number of the Bot API")
    return number


def _is_number(value: object) -> bool:
    """Whether this is a whole number of 64 bits, as all those of the Bot API are."""
    return type(value) is int and -(2**63) <= value < 2**63


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
        body["reply_markup"] = _under(rendered.buttons, rendered.place)
    return Request("sendMessage", orjson.dumps(body))


def send_picture(address: str, rendered: Rendered, png: bytes) -> list[Request]:
    """The calls that send this message with its picture: the text under it, or behind it.

    The buttons stay with the text.
    """
    chat = {"chat_id": int(address)}
    if _units(rendered.text) > LONGEST_CAPTION:
        alone = Request("sendPhoto", orjson.dumps(chat), png)
        return [alone, send_message(address, rendered)]
    body: dict[str, Any] = chat | {"caption": rendered.text}
    if rendered.buttons:
        body["reply_markup"] = _under(rendered.buttons, rendered.place)
    return [Request("sendPhoto", orjson.dumps(body), png)]


def delete_message(address: str, message_id: str) -> Request:
    """The call that takes a message out of its chat."""
    body = {"chat_id": int(address), "message_id": int(message_id)}
    return Request("deleteMessage", orjson.dumps(body))


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def _under(buttons: Sequence[Button], place: str) -> dict[str, Any]:
    return {"inline_keyboard": _keyboard(buttons, place)}


def answer_press(press: Inbound) -> Request:
    """The call that ends the waiting circle on a pressed button."""
    return Request("answerCallbackQuery", orjson.dumps({"callback_query_id": press.external_id}))


def in_reply(request: Request) -> bytes:
    """A call as the body of the answer to a webhook: Telegram makes it without another request."""
    return orjson.dumps({"method": request.method, **orjson.loads(request.body)})


def _keyboard(buttons: Sequence[Button], place: str) -> list[list[dict[str, str]]]:
    """Letters and digits beside each other in rows of about the same length; words below."""
    shown = [{"text": label, "callback_data": place + data} for label, data in buttons]
    beside = MOST_BESIDE if max([len(label) for label, _ in buttons]) <= LONGEST_KEY else 1
    rows = -(-len(shown) // beside)
    wide = -(-len(shown) // rows)
    return [shown[start : start + wide] for start in range(0, len(shown), wide)]
