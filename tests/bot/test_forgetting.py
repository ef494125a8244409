"""Providers are asked to delete what they keep of somebody who was erased, until they have."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from backtrace.equipping import channels_of
from backtrace.settings import Settings
from bot.doorbell import Doorbell
from bot.forgetting import ask_providers
from bot.reconciling import reconcile
from tests.bot.house import House
from tests.house import telegram_server as bot_api
from tests.house import twilio_server as far
from tests.house.telegram_server import CHAT, TelegramServer
from tests.house.twilio_server import NUMBER, SID, Trouble, TwilioServer
from trajectory import patients, tables

pytestmark = pytest.mark.both_databases

PATIENT = "+4520301234"
SAID = "my hip is like macaroni"


@pytest.fixture
def twilio() -> Iterator[TwilioServer]:
    with far.twilio_server() as server:
        yield server
        assert not server.wrong


@pytest.fixture
def telegram() -> Iterator[TelegramServer]:
    with bot_api.telegram_server() as server:
        yield server


@pytest.fixture
def clinic(house: House, twilio: TwilioServer, telegram: TelegramServer) -> Iterator[House]:
    """The house, with SMS and Telegram as an operator's settings make them."""
    settings = Settings(
        twilio_account_sid=SID,
        twilio_auth_token=far.TOKEN,
        twilio_api_url=twilio.url,
        twilio_from=NUMBER,
        telegram_token=bot_api.TOKEN,
        telegram_api_url=telegram.url,
        public_url="https://nord.example",
    )
    twilio.clock = house.clock.now
    channels = channels_of(settings, house.clock, Doorbell())
    house.deployment = replace(house.deployment, channels={**house.deployment.channels, **channels})
    yield house
    channels["telegram"].close()  # type: ignore[attr-defined]


def waiting(house: House) -> int:
    return len(house.rows(tables.core(tables.ProviderMessage)))


def deliver(twilio: TwilioServer) -> None:
    for message in twilio.messages:
        if message["direction"] != "inbound":
            message["status"] = "delivered"


def delete_me(house: House, address: str, channel: str) -> None:
    """What a patient without a code of their own writes."""
    for line in ("delete my data", "yes", "DELETE"):
        house.write(line, address, channel=channel)
        house.settle()
    house.wait(minutes=6)
    with house.database.read() as connection:
        assert not patients.read(connection, [1])


def hear(house: House, twilio: TwilioServer, text: str) -> None:
    """An SMS that Twilio keeps and tells us of."""
    sid = twilio.hear(PATIENT, text)["sid"]
    house.write(text, PATIENT, channel="sms", id=sid)
    house.settle()


def test_every_sms_of_the_erased_is_deleted_at_twilio_and_no_other(
    clinic: House, twilio: TwilioServer
) -> None:
    clinic.enrol(PATIENT, channel="sms")
    clinic.enrol("+4520309999", channel="sms", name="Jonas Lund")
    clinic.write("help", "+4520309999", channel="sms")
    clinic.settle()
    hear(clinic, twilio, SAID)
    delete_me(clinic, PATIENT, "sms")
    deliver(twilio)
    assert waiting(clinic) >= 4
    assert ask_providers(clinic.deployment) >= 4
    assert {each["to"] for each in twilio.messages} == {"+4520309999"}
    assert waiting(clinic) == 0


@pytest.mark.parametrize(
    "trouble", [Trouble(503, 20503), Trouble(429, 20429), Trouble(409, 20009), Trouble(401, 20003)]
)
def test_a_provider_that_cannot_yet_is_asked_again_in_an_hour(
    clinic: House, twilio: TwilioServer, trouble: Trouble
) -> None:
    clinic.enrol(PATIENT, channel="sms")
    delete_me(clinic, PATIENT, "sms")
    deliver(twilio)
    twilio.delete_trouble = [trouble] * waiting(clinic)
    assert ask_providers(clinic.deployment) == 0
    assert ask_providers(clinic.deployment) == 0, "not before the hour is over"
    clinic.wait(hours=1)
    assert ask_providers(clinic.deployment) > 0
    assert [each for each in twilio.messages if each["to"] == PATIENT] == []


def test_what_a_provider_never_deletes_is_given_up_with_a_word_in_the_log(
    clinic: House, twilio: TwilioServer
) -> None:
    clinic.enrol(PATIENT, channel="sms")
    delete_me(clinic, PATIENT, "sms")
    ids = [each["sid"] for each in twilio.messages]
    clinic.wait(days=30, hours=1)
    with capture_logs() as logs:
        assert waiting(clinic) == ask_providers(clinic.deployment)
    assert waiting(clinic) == 0
    assert logs[0]["event"] == "providers keep messages of the erased"
    told = str(logs)
    assert not any(each in told for each in [PATIENT, *ids])


def test_the_bot_takes_its_messages_of_two_days_out_of_the_chat(
    clinic: House, telegram: TelegramServer
) -> None:
    birgit = clinic.enrol(str(CHAT), language="en")
    clinic.ask(birgit.patient_id)
    clinic.wait(days=3, hours=3)
    old = len(telegram.shown)
    delete_me(clinic, str(CHAT), "telegram")
    said = len(telegram.shown)
    assert said > old
    assert ask_providers(clinic.deployment) == said - old
    assert len(telegram.shown) == old
    assert waiting(clinic) == 0


def test_what_the_chat_has_no_more_is_settled(clinic: House, telegram: TelegramServer) -> None:
    clinic.enrol(str(CHAT))
    delete_me(clinic, str(CHAT), "telegram")
    telegram.shown.clear()
    assert ask_providers(clinic.deployment) > 0
    assert waiting(clinic) == 0


def test_what_was_written_before_the_erasure_does_not_come_back_with_the_hourly_look(
    clinic: House, twilio: TwilioServer
) -> None:
    clinic.enrol(PATIENT, channel="sms")
    hear(clinic, twilio, SAID)
    delete_me(clinic, PATIENT, "sms")
    listing = clinic.deployment.channels["sms"].received  # type: ignore[attr-defined]
    reconcile(clinic.deployment, [listing], None)
    assert clinic.inbox() == []
    twilio.hear(PATIENT, "are you there?")
    reconcile(clinic.deployment, [listing], None)
    assert len(clinic.inbox()) == 1, "what she writes afterwards is heard"
