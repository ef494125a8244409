"""The patient who answers: raw updates in, timed, and every reply read as a phone shows it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from time import thread_time
from typing import Any, Literal, Protocol

from benchmarks.turns.questionnaire import Questionnaire
from benchmarks.turns.wire import BOT, MESSAGE_ID, SENT_AT, Wire

Variant = Literal["press", "typed"]


class Contestant(Protocol):
    """Somebody who asks the questionnaire over a wire."""

    wire: Wire

    async def begin(self, body: bytes, chat: int) -> None:
        """Put the first question; not timed."""
        ...

    async def take(self, body: bytes) -> None:
        """Take a raw update and post the replies: one turn."""
        ...

    def score(self, chat: int) -> float | None:
        """What the last finished questionnaire of this chat came to."""
        ...


@dataclass
class Answers:
    """What came of some patients who answered all questions once."""

    seconds: float = 0
    """Of the processor's time: whoever else is on the machine does not count."""
    turns: int = 0
    scores: list[float | None] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)
    """Every text that the first patient saw, with its buttons under it."""
    methods: dict[str, int] = field(default_factory=dict)
    """How often each method of the Bot API was called in turns."""


async def answer_all(
    contestant: Contestant,
    questionnaire: Questionnaire,
    variant: Variant,
    chats: range,
    at_least: float,
) -> Answers:
    """Let each of these patients answer every question, again until so many seconds are spent."""
    answers = Answers()
    while not answers.turns or answers.seconds < at_least:
        await _answer_once(answers, contestant, questionnaire, variant, chats)
    answers.seconds -= answers.turns * _cost_of_looking_at_the_clock()
    return answers


def _cost_of_looking_at_the_clock(times: int = 1000) -> float:
    begun = thread_time()
    for _ in range(times):
        thread_time()
    return (thread_time() - begun) / times


async def _answer_once(
    answers: Answers,
    contestant: Contestant,
    questionnaire: Questionnaire,
    variant: Variant,
    chats: range,
) -> None:
    for chat in chats:
        patient = _Patient(chat, contestant.wire)
        await contestant.begin(patient.typed("/odi"), chat)
        patient.look()
        for number in range(len(questionnaire.questions)):
            body = patient.reply(variant, choice(questionnaire, chat, number))
            begun = thread_time()
            await contestant.take(body)
            answers.seconds += thread_time() - begun
            answers.turns += 1
            for method in patient.look():
                answers.methods[method] = answers.methods.get(method, 0) + 1
        answers.scores.append(contestant.score(chat))
        answers.shown = answers.shown or patient.shown


def choice(questionnaire: Questionnaire, chat: int, number: int) -> int:
    """Which option this patient takes: all of them come about."""
    return (chat + number) % len(questionnaire.questions[number].options)


class _Patient:
    def __init__(self, chat: int, wire: Wire) -> None:
        self.shown: list[str] = []
        self._person = {"id": chat, "is_bot": False, "first_name": "Birgit", "language_code": "en"}
        self._chat = {"id": chat, "first_name": "Birgit", "type": "private"}
        self._wire = wire
        self._last: dict[str, Any] = {}
        self._updates = 0

    def look(self) -> list[str]:
        """Read what arrived; which methods brought it."""
        methods = []
        for method, body in self._wire.take():
            methods.append(method)
            if "text" in body:
                self._last = body
                self.shown.append("\n".join([body["text"], *self._labels()]))
        return methods

    def reply(self, variant: Variant, option: int) -> bytes:
        """Press or type this option of the question that was shown last."""
        button = self._buttons()[option]
        return self._pressed(button) if variant == "press" else self.typed("abcdefghij"[option])

    def typed(self, text: str) -> bytes:
        """An update with a message; Telegram marks a command in it."""
        more: dict[str, Any] = {"text": text}
        if text.startswith("/"):
            more["entities"] = [{"type": "bot_command", "offset": 0, "length": len(text)}]
        return self._update("message", self._message(MESSAGE_ID + 1, self._person, **more))

    def _pressed(self, button: dict[str, str]) -> bytes:
        bot = {"id": BOT, "is_bot": True, "first_name": "Nord", "username": "nord_bot"}
        asked = self._message(
            MESSAGE_ID, bot, text=self._last["text"], reply_markup=self._last["reply_markup"]
        )
        query = {
            "id": str(4_382_000_000_000 + self._updates),
            "from": self._person,
            "message": asked,
            "chat_instance": "-3921005812",
            "data": button["callback_data"],
        }
        return self._update("callback_query", query)

    def _message(self, number: int, sender: dict[str, Any], **more: Any) -> dict[str, Any]:
        return {
            "message_id": number, "from": sender, "chat": self._chat, "date": SENT_AT, **more
        }  # fmt: skip

    def _update(self, kind: str, what: dict[str, Any]) -> bytes:
        self._updates += 1
        return json.dumps({"update_id": self._updates, kind: what}).encode()

    def _buttons(self) -> list[dict[str, str]]:
        rows = self._last.get("reply_markup", {}).get("inline_keyboard", [])
        return [button for row in rows for button in row]

    def _labels(self) -> list[str]:
        return [f"[{button['text']}]" for button in self._buttons()]
