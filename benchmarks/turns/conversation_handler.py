"""python-telegram-bot's ConversationHandler, as its documentation builds it, on a no-op wire.

Its persistence keeps JSON. The answers are read from it before every update and written after;
where a conversation stands is only ever read at the start, so that is written alone.
"""

from __future__ import annotations

from typing import Any

import orjson
from telegram import InlineKeyboardButton, InlineKeyboardMarkup, Update
from telegram.ext import (
    Application,
    BasePersistence,
    CallbackQueryHandler,
    CommandHandler,
    ContextTypes,
    ConversationHandler,
    MessageHandler,
    PersistenceInput,
    filters,
)
from telegram.request import BaseRequest, RequestData

from benchmarks.turns.questionnaire import Question, Questionnaire, percentage
from benchmarks.turns.wire import TOKEN, Wire

Users = dict[Any, Any]
Context = ContextTypes.DEFAULT_TYPE


class NoOpRequest(BaseRequest):
    """Writes what HTTPXRequest would hand to httpx, and answers it from memory."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    @property
    def read_timeout(self) -> float | None:
        return 5

    async def initialize(self) -> None:
        pass

    async def shutdown(self) -> None:
        pass

    async def do_request(
        self, url: str, method: str, request_data: RequestData | None = None, *_: Any, **__: Any
    ) -> tuple[int, bytes]:
        body = request_data.url_encoded_parameters().encode() if request_data else b""
        return 200, self._wire.post(url.rpartition("/")[2], body)

    @staticmethod
    def parse_json_payload(payload: bytes) -> Any:
        """The documented place for a faster JSON library."""
        return orjson.loads(payload)


class JsonPersistence(BasePersistence[Users, Users, Users]):
    """Everything in memory, as JSON."""

    def __init__(self) -> None:
        only_users = PersistenceInput(bot_data=False, chat_data=False, callback_data=False)
        super().__init__(only_users)
        self.users: dict[int, bytes] = {}
        self.states: dict[Any, bytes] = {}

    async def get_user_data(self) -> dict[int, Users]:
        return {}

    async def refresh_user_data(self, user_id: int, user_data: Users) -> None:
        if user_id in self.users:
            user_data.clear()
            user_data.update(orjson.loads(self.users[user_id]))

    async def update_user_data(self, user_id: int, data: Users) -> None:
        self.users[user_id] = orjson.dumps(data)

    async def get_conversations(self, name: str) -> dict[Any, object]:
        return {}

    async def update_conversation(self, name: str, key: Any, new_state: object | None) -> None:
        self.states[key] = orjson.dumps(new_state)

    async def get_bot_data(self) -> Users:
        return {}

    async def get_chat_data(self) -> dict[int, Users]:
        return {}

    async def get_callback_data(self) -> None:
        return None

    async def update_bot_data(self, data: Users) -> None:
        pass

    async def update_chat_data(self, chat_id: int, data: Users) -> None:
        pass

    async def update_callback_data(self, data: Any) -> None:
        pass

    async def drop_chat_data(self, chat_id: int) -> None:
        pass

    async def drop_user_data(self, user_id: int) -> None:
        pass

    async def refresh_chat_data(self, chat_id: int, chat_data: Users) -> None:
        pass

    async def refresh_bot_data(self, bot_data: Users) -> None:
        pass

    async def flush(self) -> None:
        pass


class ConversationHandlerContestant:
    """The questionnaire, one state a question; `saves`: whether anything is kept as JSON."""

    def __init__(self, questionnaire: Questionnaire, saves: bool) -> None:
        self.wire = Wire()
        self._questionnaire = questionnaire
        self._keyboards = [_keyboard(question) for question in questionnaire.questions]
        self._scores: dict[int, float] = {}
        self._saves = saves
        builder = (
            Application.builder()
            .token(TOKEN)
            .request(NoOpRequest(self.wire))
            .get_updates_request(NoOpRequest(self.wire))
            .updater(None)
            .job_queue(None)
        )
        if saves:
            builder = builder.persistence(JsonPersistence())
        self._application: Application[Any, Any, Any, Any, Any, Any] = builder.build()
        self._application.add_handler(self._conversation())

    async def open(self) -> None:
        await self._application.initialize()
        self.wire.take()

    async def begin(self, body: bytes, chat: int) -> None:
        await self.take(body)

    async def take(self, body: bytes) -> None:
        update = Update.de_json(orjson.loads(body), self._application.bot)
        await self._application.process_update(update)
        if self._saves:
            await self._application.update_persistence()

    def score(self, chat: int) -> float | None:
        return self._scores.pop(chat, None)

    def _conversation(self) -> ConversationHandler[Context]:
        return ConversationHandler(
            entry_points=[CommandHandler("odi", self._ask_first)],
            states={
                number: [
                    CallbackQueryHandler(self._pressed),
                    MessageHandler(filters.TEXT & ~filters.COMMAND, self._typed),
                ]
                for number in range(len(self._questionnaire.questions))
            },
            fallbacks=[],
            name="odi" if self._saves else None,
            persistent=self._saves,
        )

    async def _ask_first(self, update: Update, context: Context) -> int:
        assert context.user_data is not None
        context.user_data["answers"] = {}
        await self._say(update, context, self._questionnaire.intro + "\n", 0)
        return 0

    async def _pressed(self, update: Update, context: Context) -> int | None:
        query = update.callback_query
        assert query is not None
        assert query.data is not None
        await query.answer()
        question, _, option = query.data.partition(".")
        return await self._take(update, context, question, option, query.data)

    async def _typed(self, update: Update, context: Context) -> int | None:
        assert update.message is not None
        assert update.message.text is not None
        said = update.message.text.strip()
        return await self._take(update, context, None, said.lower(), said)

    async def _take(
        self, update: Update, context: Context, named: str | None, option: str, raw: str
    ) -> int | None:
        assert context.user_data is not None
        answers = context.user_data["answers"]
        number = len(answers)
        question = self._questionnaire.questions[number]
        chosen = next((each for each in question.options if each.id == option), None)
        if chosen is None or named not in (None, question.id):
            await self._say(update, context, self._questionnaire.hint + "\n", number)
            return None
        answers[question.id] = [chosen.id, chosen.score, raw]
        number += 1
        await self._say(update, context, chosen.echo + "\n", number)
        if number < len(self._questionnaire.questions):
            return number
        assert update.effective_chat is not None
        scores = [score for _, score, _ in answers.values()]
        self._scores[update.effective_chat.id] = percentage(scores)
        return ConversationHandler.END

    async def _say(self, update: Update, context: Context, lead: str, number: int) -> None:
        """Say this, and question `number` or that there is none any more."""
        assert update.effective_chat is not None
        if number == len(self._questionnaire.questions):
            text, keyboard = self._questionnaire.closing, None
        else:
            text, keyboard = self._questionnaire.questions[number].text, self._keyboards[number]
        await context.bot.send_message(update.effective_chat.id, lead + text, reply_markup=keyboard)


def _keyboard(question: Question) -> InlineKeyboardMarkup:
    buttons = [
        InlineKeyboardButton(option.label, callback_data=f"{question.id}.{option.id}")
        for option in question.options
    ]
    rows = iter(buttons)
    return InlineKeyboardMarkup([[next(rows) for _ in range(wide)] for wide in question.rows])
