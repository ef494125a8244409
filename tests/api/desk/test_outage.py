"""A provider is down for an hour: the desk says so within a minute, and all goes out once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from random import SystemRandom
from typing import Any

import pytest

from bot import due
from bot.channels.telegram_bot import Telegram
from bot.channels.telegram_http import Timeouts
from bot.channels.twilio import Account, Twilio
from bot.conversation.effects import SetDue
from bot.driving import run_until_quiet
from bot.enrolling import Newcomer, enrol
from bot.inbound import Inbound, InboundKind
from bot.receiving import receive
from tests.api.desk.desk_house import METTE, DeskHouse, application
from tests.bot.house import Unspread
from tests.bot.ward import Ward
from tests.house import telegram_server as bot_api
from tests.house import twilio_server as far
from tests.house.plug import Plug, plug_to
from tests.house.telegram_server import Fault, TelegramServer
from tests.house.twilio_server import NUMBER, SID, TOKEN, Trouble, TwilioServer
from trajectory import tables

PEOPLE = 3
"""Patients on each channel."""
ADDRESSES = [
    *(("sms", f"+452030123{number}") for number in range(PEOPLE)),
    *(("telegram", str(4711 + number)) for number in range(PEOPLE)),
]


@dataclass
class Providers:
    """Both, with the plugs that they hang on."""

    twilio: TwilioServer
    telegram: TelegramServer
    plugs: list[Plug]

    def arrived(self, channel: str) -> list[tuple[str, str]]:
        """Who has read what, in order."""
        of = {"sms": self.twilio.deliveries, "telegram": self.telegram.deliveries}[channel]
        return [(each.address, each.text) for each in of]

    def refuse_connections(self) -> None:
        for plug in self.plugs:
            plug.pull()

    def recover(self) -> None:
        self.twilio.mood = lambda sends: None
        self.telegram.mood = lambda method: None
        for plug in self.plugs:
            plug.pull()
            plug.put_in()

    def answer(self, twilio: Trouble, telegram: dict[str, Any]) -> None:
        """Whatever is asked from now on is answered so."""
        self.twilio.mood = lambda sends: twilio
        self.telegram.mood = lambda method: Fault(method, **telegram)


@pytest.fixture
def providers(either_ward: Ward) -> Iterator[Providers]:
    """Where the ward's SMS and Telegram go."""
    ward = either_ward
    ward.deployment = replace(ward.deployment, chance=Unspread(SystemRandom()))
    channels: Any = ward.deployment.channels
    with (
        far.twilio_server() as twilio,
        bot_api.telegram_server() as telegram,
        plug_to(twilio.url) as one,
        plug_to(telegram.url) as other,
    ):
        twilio.clock = lambda: ward.now
        account = Account(SID, TOKEN, one.url, "https://nord.example/twilio/status")
        channels["sms"] = Twilio("sms", account, sender=NUMBER, now=lambda: ward.now)
        channels["telegram"] = bot = Telegram(bot_api.TOKEN, other.url, Timeouts(read=20))
        yield Providers(twilio, telegram, [one, other])
        bot.close()
        assert not twilio.wrong


@dataclass
class Clinic:
    """The ward with patients on both channels, and a secretary who looks at her screen."""

    ward: Ward
    desk: DeskHouse
    patients: list[int] = field(default_factory=list)

    def ask(self) -> None:
        """A check-in falls due for everybody."""
        now = self.ward.now
        row = SetDue("start:weekly-check-in", "flow", now, payload={"flow": "weekly-check-in"})
        with self.ward.database.write() as connection:
            due.write(connection, self.ward.deployment, [(each, row) for each in self.patients])
        run_until_quiet(self.ward.deployment)

    def hear(self) -> None:
        """Everybody asks for help, which is answered."""
        for number, (channel, address) in enumerate(ADDRESSES):
            kind, id = InboundKind.TEXT, f"help-{number}-{self.ward.now:%H%M}"
            message = Inbound(channel, address, id, kind, self.ward.now, "help")
            receive(self.ward.deployment, [message])
        run_until_quiet(self.ward.deployment)

    def page(self, language: str = "en") -> str:
        """What the secretary reads."""
        mette = self.mette
        text = self.desk.browser(mette, language).get("/desk/running").text
        return " ".join(re.sub(r"<[^>]+>", " ", text).split())

    def __post_init__(self) -> None:
        self.mette = self.desk.hire(METTE)


@pytest.fixture
def clinic(either_ward: Ward, providers: Providers) -> Iterator[Clinic]:
    with application(either_ward) as app:
        clinic = Clinic(either_ward, DeskHouse(either_ward, app))
        for channel, address in ADDRESSES:
            newcomer = Newcomer(channel, address, "en", pathway=None, name="Birgit")
            enrolled = enrol(either_ward.deployment, newcomer, consented=True)
            clinic.patients.append(enrolled.patient_id)
        clinic.ask()
        yield clinic


@dataclass(frozen=True)
class Outage:
    """How a provider fails, and what the secretary reads of it."""

    begin: Callable[[Providers], None]
    says: str
    does: str


DOWN = "The provider cannot be reached, or says that it is out of order."
OUTAGES = {
    "connections refused": Outage(Providers.refuse_connections, DOWN, "Nothing; it is tried again"),
    "401": Outage(
        lambda providers: providers.answer(
            Trouble(401, 20003), {"status": 401, "description": "Unauthorized"}
        ),
        "The provider does not accept our password (the token was refused).",
        "Call the operator. Nothing else for you to do.",
    ),
    "429": Outage(
        lambda providers: providers.answer(
            Trouble(429, 20429, retry_after=600),
            {"status": 429, "description": "Too Many Requests", "retry_after": 600},
        ),
        "The provider asks us to wait.",
        "Nothing; it goes on by itself.",
    ),
    "5xx": Outage(
        lambda providers: providers.answer(
            Trouble(503, 20503), {"status": 500, "description": "Internal Server Error"}
        ),
        DOWN,
        "Nothing; it is tried again by itself.",
    ),
}


@pytest.mark.parametrize("outage", OUTAGES.values(), ids=OUTAGES)
def test_an_hour_without_the_provider_is_told_and_nothing_is_lost(
    clinic: Clinic, providers: Providers, outage: Outage
) -> None:
    ward = clinic.ward
    assert "Everything runs." in clinic.page()
    ward.drive(ward.now + timedelta(minutes=20))
    before = {channel: providers.arrived(channel) for channel in ("sms", "telegram")}
    outage.begin(providers)
    clinic.hear()
    ward.drive(ward.now + timedelta(seconds=50))
    page = clinic.page()
    for channel in ("SMS", "Telegram"):
        assert f"{channel} has not gone out since 14:05; {PEOPLE} wait; nothing is lost." in page
    assert outage.says in page
    assert outage.does in page
    assert "Everything runs." not in page
    assert "venter; intet er tabt." in clinic.page("da")
    ward.drive(ward.now + timedelta(minutes=59))
    assert f"{PEOPLE} wait; nothing is lost." in clinic.page()
    for channel, arrived in before.items():
        assert providers.arrived(channel) == arrived
    providers.recover()
    ward.drive(ward.now + timedelta(minutes=40))
    for channel, arrived in before.items():
        asked = providers.arrived(channel)[len(arrived) :]
        assert len(asked) == len({to for to, _ in asked}) == PEOPLE, "each once"
    statuses = {row.status for row in _outbox(ward) if row.channel != "email"}
    assert statuses == {"sent"}
    page = clinic.page()
    assert "Everything runs." in page
    assert "stands still" not in page


@pytest.mark.both_databases
def test_what_waited_follows_at_once_when_one_message_goes_through(
    clinic: Clinic, providers: Providers
) -> None:
    """Back-off alone would let the others wait for up to half an hour."""
    ward = clinic.ward
    providers.refuse_connections()
    clinic.hear()
    ward.drive(ward.now + timedelta(minutes=50))
    providers.plugs[0].put_in()  # of Twilio; Telegram stays away
    message = Inbound("sms", "+4520301299", "new", InboundKind.TEXT, ward.now, "hello")
    receive(ward.deployment, [message])
    ward.drive(ward.now + timedelta(seconds=1))
    page = clinic.page()
    assert "SMS goes out again since 14:55. It stood still from 14:05; nothing was lost." in page
    assert f"{PEOPLE} messages still follow by themselves." in page
    assert "Telegram has not gone out since 14:05" in page
    ward.drive(ward.now + timedelta(seconds=45))
    helped = [text for _, text in providers.arrived("sms") if "STOP" in text]
    assert len(helped) == PEOPLE
    assert "still follow" not in clinic.page()


def _outbox(ward: Ward) -> list[Any]:
    table = tables.core(tables.Outbox)
    with ward.database.read() as connection:
        return list(connection.execute(table.select()))
