"""`backtrace serve` with its tokens, from the card to the score, over the providers' own wires.

What the providers do wrong is in the tests of each channel, where time can be moved; here the
program runs as a clinic runs it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest

from bot.conversation.effects import SetDue
from tests.bot.house import Clock, House
from tests.house import twilio_server as far
from tests.house.program import Program
from tests.house.telegram_server import TOKEN as BOT_TOKEN
from tests.house.telegram_server import TelegramServer, telegram_server
from tests.house.twilio_server import NUMBER, SID, Trouble, TwilioServer
from trajectory.database import Database
from trajectory.keys import Ring

pytestmark = pytest.mark.first

PUBLIC = "https://nord.example"
SECRET = "a-secret_42"
STAFF = "a-token-of-the-clinic-0123456789"
PHONE = "+4520301234"


class Clinic:
    """A clinic's machine with `serve` on it, and the providers far away."""

    def __init__(self, folder: Path, *, polls: bool, stack: ExitStack) -> None:
        self.telegram: TelegramServer = stack.enter_context(telegram_server())
        self.twilio: TwilioServer = stack.enter_context(far.twilio_server())
        ring = Ring.generate()
        file = f"sqlite:///{folder / 'clinic.db'}"
        settings = {
            "BACKTRACE_DATABASE_URL": file,
            "BACKTRACE_KEYS": ring.setting(),
            "BACKTRACE_PUBLIC_URL": PUBLIC,
            "BACKTRACE_STAFF_TOKEN": STAFF,
            "BACKTRACE_TELEGRAM_TOKEN": BOT_TOKEN,
            "BACKTRACE_TELEGRAM_API_URL": self.telegram.url,
            "BACKTRACE_TWILIO_ACCOUNT_SID": SID,
            "BACKTRACE_TWILIO_AUTH_TOKEN": far.TOKEN,
            "BACKTRACE_TWILIO_API_URL": self.twilio.url,
            "BACKTRACE_TWILIO_FROM": NUMBER,
        }
        if not polls:
            settings["BACKTRACE_TELEGRAM_WEBHOOK_SECRET"] = SECRET
        self.polls = polls
        self.program = Program(folder, ("serve",), settings, forked=True)
        self.program.start()
        stack.callback(self.program.stop)
        database = Database(file)
        stack.callback(database.close)
        self.house = House(database, ring, Clock(datetime.now(UTC)))
        self._messages = 0

    def post(self, path: str, body: bytes, **headers: str) -> Any:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        with urlopen(Request(self.program.address + path, body, given), timeout=20) as answer:
            return answer.read()

    def enrol(self, channel: str) -> dict[str, Any]:
        """The clinic's own program enrols somebody for whom it is noon."""
        east = (12 - datetime.now(UTC).hour) % 24
        zone = f"Etc/GMT{-east:+d}" if east <= 14 else f"Etc/GMT{24 - east:+d}"
        asked = {
            "language": "en",
            "channel": channel,
            "name": "Birgit Holm",
            "timezone": zone,
            "pathway": None,
            "hour": "18:00",
            "weekday": "monday",
            "consented": True,
        }
        answer = self.post(
            "/api/enrolments",
            json.dumps(asked).encode(),
            Authorization=f"Bearer {STAFF}",
            Content_Type="application/json",
        )
        enrolled: dict[str, Any] = json.loads(answer)
        return enrolled

    def fall_due(self, patient_id: int) -> None:
        """The ODI, for somebody who has been here for a while."""
        at = datetime.now(UTC) - timedelta(seconds=1)
        row = SetDue("start:odi", "flow", at, payload={"flow": "odi"})
        self.house.set_row(patient_id, row)

    def updates(self, update: dict[str, Any]) -> None:
        """Telegram tells of it, if it is not asked."""
        if not self.polls:
            reply = self.post(
                "/telegram/webhook",
                json.dumps(update).encode(),
                X_Telegram_Bot_Api_Secret_Token=SECRET,
            )
            self.telegram.is_told(reply)

    def sms(self, text: str) -> None:
        """A patient writes an SMS."""
        self._messages += 1
        fields = far.webhook(PHONE, text, MessageSid=f"SM{self._messages:032x}")
        path = "/twilio/messages"
        signature = far.signature(PUBLIC + path, fields)
        body = urlencode(fields).encode()
        self.post(path, body, X_Twilio_Signature=signature, X_Forwarded_Host="nord.example")


@pytest.fixture
def clinic(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Clinic]:
    with ExitStack() as stack:
        running = Clinic(tmp_path, polls=request.param, stack=stack)
        yield running
        assert running.twilio.wrong == []


def answered(clinic: Clinic, patient_id: int) -> None:
    """Ten answers, each once, and the score that they make."""
    answers = clinic.house.answers(patient_id)
    assert [value for _, value in answers] == [1] * 10
    assert len({item for item, _ in answers}) == 10
    scores = [e.value for e in clinic.house.timeline(patient_id) if e.kind == "score"]
    assert scores == [20]


def is_asked(texts: Callable[[], Sequence[str]], number: int) -> bool:
    """Whether the question with this number has arrived."""
    return any(f"{number}/10" in text for text in texts())


@pytest.mark.parametrize(
    "clinic", [pytest.param(False, id="posted"), pytest.param(True, id="fetched")], indirect=True
)
def test_a_patient_with_a_card_answers_the_odi_by_telegram(clinic: Clinic) -> None:
    telegram = clinic.telegram
    enrolled = clinic.enrol("telegram")
    code = enrolled["links"]["telegram"].rpartition("=")[2]
    clinic.updates(telegram.writes(f"/start {code}"))
    telegram.wait_for(telegram.texts)
    clinic.fall_due(enrolled["patient"])
    for n in range(1, 11):
        telegram.wait_for(partial(is_asked, telegram.texts, n))
        if n == 3:
            telegram.goes_wrong(
                "sendMessage", status=429, description="Too Many Requests", retry_after=1
            )
        keyboard = telegram.sent[-1].body["reply_markup"]["inline_keyboard"]
        labels = [button["text"] for row in keyboard for button in row]
        clinic.updates(telegram.presses(labels[1]))
    telegram.wait_for(lambda: "last question" in telegram.texts()[-1])
    answered(clinic, enrolled["patient"])
    telegram.wait_for(lambda: len(telegram.named("editMessageText")) == 10)
    assert len(telegram.named("answerCallbackQuery")) == 10


@pytest.mark.parametrize("clinic", [pytest.param(False, id="posted")], indirect=True)
def test_a_patient_with_a_card_answers_the_odi_by_sms(clinic: Clinic) -> None:
    enrolled = clinic.enrol("sms")
    clinic.sms(f"START {enrolled['code'].lower()}")
    clinic.twilio.wait_for(lambda: clinic.twilio.bodies)
    clinic.fall_due(enrolled["patient"])
    for n in range(1, 11):
        clinic.twilio.wait_for(partial(is_asked, lambda: clinic.twilio.bodies, n))
        if n == 3:
            clinic.twilio.trouble = [Trouble(429, 20429, retry_after=1)]
        clinic.sms("B")
    clinic.twilio.wait_for(lambda: "last question" in clinic.twilio.bodies[-1])
    answered(clinic, enrolled["patient"])
    assert {call["StatusCallback"] for call in clinic.twilio.created()} == {
        f"{PUBLIC}/twilio/status"
    }
