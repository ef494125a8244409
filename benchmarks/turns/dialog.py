"""aiogram-dialog as its documentation builds it, on a no-op wire, its storage keeping JSON."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any
from urllib.parse import urlencode

import orjson
from aiogram import Bot, Dispatcher
from aiogram.client.session.base import BaseSession
from aiogram.filters import Command
from aiogram.fsm.state import State, StatesGroup
from aiogram.fsm.storage.base import BaseStorage, StateType, StorageKey
from aiogram.methods import TelegramMethod
from aiogram.types import CallbackQuery, Message
from aiogram_dialog import Dialog, DialogManager, StartMode, Window, setup_dialogs
from aiogram_dialog.manager.message_manager import MessageManager
from aiogram_dialog.widgets.input import MessageInput
from aiogram_dialog.widgets.kbd import Button, Group
from aiogram_dialog.widgets.text import Const, Format

from benchmarks.turns.questionnaire import Option, Question, Questionnaire, percentage
from benchmarks.turns.wire import TOKEN, Wire


class NoOpSession(BaseSession):
    """Writes the form that AiohttpSession would post, and answers it from memory."""

    def __init__(self, wire: Wire) -> None:
        super().__init__(json_loads=orjson.loads, json_dumps=_dumps)
        self._wire = wire

    async def close(self) -> None:
        pass

    async def make_request(
        self, bot: Bot, method: TelegramMethod[Any], timeout: int | None = None
    ) -> Any:
        form = {}
        for key, value in method.model_dump(warnings=False).items():
            prepared = self.prepare_value(value, bot=bot, files={})
            if prepared:
                form[key] = prepared
        answer = self._wire.post(method.__api_method__, urlencode(form).encode())
        return self.check_response(bot, method, 200, answer.decode()).result

    async def stream_content(self, *_: Any, **__: Any) -> AsyncGenerator[bytes, None]:
        yield b""


def _dumps(value: Any) -> str:
    return orjson.dumps(value).decode()


class JsonStorage(BaseStorage):
    """Everything in memory, as JSON."""

    def __init__(self) -> None:
        self._states: dict[StorageKey, str | None] = {}
        self._data: dict[StorageKey, bytes] = {}

    async def close(self) -> None:
        pass

    async def set_state(self, key: StorageKey, state: StateType = None) -> None:
        self._states[key] = state.state if isinstance(state, State) else state

    async def get_state(self, key: StorageKey) -> str | None:
        return self._states.get(key)

    async def set_data(self, key: StorageKey, data: Any) -> None:
        self._data[key] = orjson.dumps(data)

    async def get_data(self, key: StorageKey) -> dict[str, Any]:
        return dict(orjson.loads(self._data.get(key, b"{}")))


class KeepsKeyboards(MessageManager):
    """Leaves the keyboard of an answered question, as the others do: one request less."""

    async def remove_inline_kbd(self, *_: Any, **__: Any) -> None:
        pass


class DialogContestant:
    """The questionnaire, one window a question and one for the end."""

    def __init__(self, questionnaire: Questionnaire) -> None:
        self.wire = Wire()
        self._questionnaire = questionnaire
        self._scores: dict[int, float] = {}
        names = [f"q{number}" for number in range(len(questionnaire.questions))]
        group: Any = type("Odi", (StatesGroup,), {name: State() for name in [*names, "done"]})
        self._states = group.__states__
        self._bot = Bot(TOKEN, session=NoOpSession(self.wire))
        self._dispatcher = Dispatcher(storage=JsonStorage())
        self._dispatcher.message.register(self._ask_first, Command("odi"))
        end = Window(
            Format("{dialog_data[lead]}"), Const(questionnaire.closing), state=self._states[-1]
        )
        windows = map(self._window, questionnaire.questions, self._states)
        self._dispatcher.include_router(Dialog(*windows, end, on_start=self._lead_in))
        setup_dialogs(self._dispatcher, message_manager=KeepsKeyboards())

    async def open(self) -> None:
        await self._dispatcher.emit_startup(bot=self._bot)

    async def begin(self, body: bytes, chat: int) -> None:
        await self.take(body)

    async def take(self, body: bytes) -> None:
        await self._dispatcher.feed_raw_update(self._bot, orjson.loads(body))

    def score(self, chat: int) -> float | None:
        return self._scores.pop(chat, None)

    def _window(self, question: Question, state: State) -> Window:
        options = {option.id: option for option in question.options}

        async def pressed(query: CallbackQuery, button: Button, manager: DialogManager) -> None:
            await self._take(manager, question, options[button.widget_id], query.data or "")

        async def typed(message: Message, source: MessageInput, manager: DialogManager) -> None:
            said = (message.text or "").strip()
            option = options.get(said.lower())
            if option is None:
                manager.dialog_data["lead"] = self._questionnaire.hint
            else:
                await self._take(manager, question, option, said)

        buttons = [
            Button(Const(option.label), id=option.id, on_click=pressed)
            for option in question.options
        ]
        return Window(
            Format("{dialog_data[lead]}"),
            Const(question.text),
            Group(*buttons, width=question.rows[0]),
            MessageInput(typed),
            state=state,
        )

    async def _ask_first(self, message: Message, dialog_manager: DialogManager) -> None:
        await dialog_manager.start(self._states[0], mode=StartMode.RESET_STACK)

    async def _lead_in(self, _: Any, manager: DialogManager) -> None:
        manager.dialog_data["lead"] = self._questionnaire.intro

    async def _take(
        self, manager: DialogManager, question: Question, option: Option, raw: str
    ) -> None:
        answers = manager.dialog_data.setdefault("answers", {})
        answers[question.id] = [option.id, option.score, raw]
        manager.dialog_data["lead"] = option.echo
        if len(answers) == len(self._questionnaire.questions):
            chat = manager.middleware_data["event_chat"].id
            self._scores[chat] = percentage([score for _, score, _ in answers.values()])
        await manager.next()
