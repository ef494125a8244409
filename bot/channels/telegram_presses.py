"""Pressed buttons: the question is edited into "question - your answer"."""

from __future__ import annotations

from dataclasses import dataclass

import orjson

from bot.channels.telegram import Request, Update, label_of

_BETWEEN = "\n\n"
"""What `telegram.render` puts between a question and its lettered statements."""


@dataclass(frozen=True, slots=True)
class Pressed:
    """A button under a message of ours. `captioned`: the text stands under a picture."""

    query_id: str
    chat_id: int
    message_id: int
    text: str
    label: str
    captioned: bool = False


def pressed(update: Update) -> Pressed | None:
    """What was pressed; None for other updates, and where Telegram shows no text any more.

    Of an update that `telegram.read` has taken.
    """
    query = update.get("callback_query")
    if query is None:
        return None
    message = query["message"]
    captioned = "caption" in message
    text = message["caption"] if captioned else message.get("text", "")
    label = label_of(message, query["data"])
    return Pressed(
        query["id"], message["chat"]["id"], message["message_id"], text, label, captioned
    )


def answered_text(text: str, label: str) -> str:
    """The question with what was answered; a letter is replaced by its statement.

    "How much? ... B: It hurts a little ..." and B make "How much? - B: It hurts a little".
    """
    question, _, listed = text.rpartition(_BETWEEN)
    statement = next((line for line in listed.split("\n") if line.startswith(f"{label}: ")), None)
    if not question or statement is None:
        question, statement = text, label
    # Below what the ends of a scale mean the answer has a line of its own.
    gap = " - " if "\n" not in question or question.endswith("?") else "\n- "
    return f"{question}{gap}{statement}"


def show_answer(press: Pressed) -> Request | None:
    """The call that edits the pressed question and takes its buttons away.

    None where there is nothing to show: an old message, of which Telegram tells no text.
    """
    if not press.text or not press.label:
        return None
    method, field = (
        ("editMessageCaption", "caption") if press.captioned else ("editMessageText", "text")
    )
    body = {
        "chat_id": press.chat_id,
        "message_id": press.message_id,
        field: answered_text(press.text, press.label),
    }
    if not press.captioned:
        body["link_preview_options"] = {"is_disabled": True}
    return Request(method, orjson.dumps(body))
