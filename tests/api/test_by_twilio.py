"""A whole questionnaire by SMS and by WhatsApp, over both wires, with everything going wrong."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlencode

import pytest
from starlette.testclient import TestClient

from api import twilio as door
from api.app import create_app
from backtrace.equipping import channels_of, hooks_of
from backtrace.settings import Settings
from bot.doorbell import Doorbell
from bot.inbox import Inbox
from bot.receiving import receive
from tests.bot.house import House
from tests.house import twilio_server as far
from tests.house.twilio_server import NUMBER, SID, TOKEN, Trouble, TwilioServer, report, signed
from trajectory.database import Database

PUBLIC = "https://nord.example"
PATIENT = "+4520301234"
TROUBLES = [
    Trouble(429, 20429, retry_after=5),
    Trouble(503, 20503, taken=True),
    Trouble(503, 20503),
    Trouble(500, 20500, taken=True),
    Trouble(taken=True),
    Trouble(),
    Trouble(400, 30003),
    Trouble(502, None, taken=True),
]


@pytest.fixture
def house(migrated_database_url: str) -> Iterator[House]:
    database = Database(migrated_database_url, durable=False)
    yield House(database)
    database.close()


@pytest.fixture
def twilio(house: House) -> Iterator[TwilioServer]:
    with far.twilio_server() as server:
        server.clock = house.clock.now
        yield server
        assert not server.wrong


@pytest.fixture
def web(house: House, twilio: TwilioServer) -> Iterator[TestClient]:
    settings = Settings(
        twilio_account_sid=SID,
        twilio_auth_token=TOKEN,
        twilio_api_url=twilio.url,
        twilio_from=NUMBER,
        whatsapp_from=NUMBER,
        public_url=PUBLIC,
    )
    channels = channels_of(settings, house.clock, Doorbell())
    house.deployment = replace(house.deployment, channels={**house.deployment.channels, **channels})
    inbox = Inbox(lambda batch: receive(house.deployment, batch), lambda: None)
    app = create_app(house.deployment, inbox, Doorbell(), secure=True, hooks=hooks_of(settings))
    with TestClient(app) as client:
        yield client
    inbox.close()


def knock(web: TestClient, path: str, fields: dict[str, str]) -> None:
    headers = signed(PUBLIC + path, fields)
    assert web.post(path, content=urlencode(fields), headers=headers).is_success


@pytest.mark.parametrize("channel", ["sms", "whatsapp"])
def test_every_answer_counts_once_and_every_question_is_read_once(
    house: House, twilio: TwilioServer, web: TestClient, channel: str
) -> None:
    birgit = house.enrol(PATIENT, channel=channel)
    sender = f"whatsapp:{PATIENT}" if channel == "whatsapp" else PATIENT
    knock(web, door.MESSAGES, far.webhook(sender, "hello"))
    house.ask(birgit.patient_id, "odi")
    for n in range(1, 11):
        assert f"{n}/10" in twilio.bodies[-1]
        for status in ("delivered", "sent"):
            knock(web, door.STATUS, report(twilio.messages[-1]["sid"], status))
        twilio.trouble = TROUBLES[n - 1 : n]
        fields = far.webhook(sender, "B", MessageSid=f"SM{900 + n:032x}")
        for _ in range(2):  # Twilio repeats what it is not sure of
            knock(web, door.MESSAGES, fields)
        house.wait(minutes=2)
    answers = house.answers(birgit.patient_id)
    assert [value for _, value in answers] == [1] * 10
    assert len({item for item, _ in answers}) == 10
    for n in range(1, 11):
        assert len([body for body in twilio.bodies if f"{n}/10" in body]) == 1
    assert {row.status for row in house.outbox() if "/10" in house.said(row)} == {"delivered"}


def test_whoever_opted_out_at_the_carrier_goes_on_where_they_stopped_after_start(
    house: House, twilio: TwilioServer, web: TestClient
) -> None:
    birgit = house.enrol(PATIENT, channel="sms")
    house.ask(birgit.patient_id, "odi")
    twilio.trouble = [Trouble(400, 21610)]
    knock(web, door.MESSAGES, far.webhook(PATIENT, "B", MessageSid=f"SM{901:032x}"))
    house.wait(minutes=30)
    assert len(house.answers(birgit.patient_id)) == 1
    assert len([body for body in twilio.bodies if "2/10" in body]) == 0
    start = far.webhook(PATIENT, "START", MessageSid=f"SM{902:032x}", OptOutType="START")
    knock(web, door.MESSAGES, start)
    house.wait(minutes=2)
    assert "2/10" in twilio.bodies[-1]
    for n in range(2, 11):
        fields = far.webhook(PATIENT, "B", MessageSid=f"SM{910 + n:032x}")
        knock(web, door.MESSAGES, fields)
        house.wait(minutes=2)
    assert [value for _, value in house.answers(birgit.patient_id)] == [1] * 10
