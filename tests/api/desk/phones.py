"""A ward whose patients have phones: SMS, WhatsApp and Telegram beside the web chat."""

from __future__ import annotations

from random import SystemRandom

from sqlalchemy import select

from backtrace.composition import deploy
from bot.channels import Trouble
from bot.channels.shown_mail import ShownMail
from bot.channels.web import WebChat
from bot.delivering import note_status
from bot.deployment import Chance, Clinic, Deployment
from bot.driving import run_until_quiet
from bot.inbound import Inbound, InboundKind
from bot.inviting import Invitation
from bot.inviting_once import answered
from bot.receiving import receive
from tests.bot.house import Provider
from tests.bot.ward import LIBRARY, Ward
from trajectory import tables
from trajectory.database import Database
from trajectory.keys import Ring

PHONE = "+4520304050"


class PhoneWard(Ward):
    """Its clinic has a bot, a number for SMS and one for WhatsApp."""

    def __init__(self, database: Database) -> None:
        self.providers: dict[str, Provider] = {}
        self.heard = 0
        super().__init__(database)

    def _deploy(self) -> Deployment:
        names = ("sms", "whatsapp", "telegram")
        self.providers = {name: Provider(name, self.clock) for name in names}  # type: ignore[arg-type]
        web, mail = WebChat(self.doorbell), ShownMail()
        return deploy(
            self.database,
            Ring.generate(),
            LIBRARY,
            clock=self.clock,
            chance=Chance(SystemRandom()),
            channels={"web": web, "email": mail, **self.providers},
            clinic=Clinic(
                name="Klinik Nord",
                public_url="https://nord.example",
                telegram_bot="klinik_nord_bot",
                sms_number="+4570102030",
                whatsapp_number="+4570102031",
            ),
        )

    def hear(self, text: str, channel: str, address: str) -> None:
        """Somebody writes to the clinic."""
        self.heard += 1
        message = Inbound(channel, address, f"heard-{self.heard}", InboundKind.TEXT, self.now, text)
        receive(self.deployment, [message])
        run_until_quiet(self.deployment)

    def settle(self) -> None:
        """Send all that can be sent now."""
        run_until_quiet(self.deployment)

    def hear_of(self, status: str, trouble: Trouble | None = None, code: str = "") -> None:
        """What Twilio says later of the newest SMS."""
        number = len(self.providers["sms"].sent)
        assert note_status(self.deployment, f"sms-{number}", status, trouble, code)

    def card(self, key: str) -> Invitation:
        """What is on the card that was made for this key."""
        with self.database.read() as connection:
            found = answered(connection, self.deployment, key, self.now)
        assert found is not None
        return found

    def patients(self) -> list[int]:
        """Numbers of all patients, in the order in which they came."""
        patient = tables.core(tables.Patient)
        with self.database.read() as connection:
            return list(connection.execute(select(patient.c.id).order_by(patient.c.id)).scalars())
