"""A small deployment for tests: patients who write, and a provider that takes what is sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import SystemRandom
from typing import Any, NamedTuple

from sqlalchemy import Row, Table, select, update

from backtrace.composition import INLINE, deploy
from backtrace.definitions import shipped_library
from bot import due
from bot.channels import Parcel
from bot.conversation.effects import SetDue
from bot.conversation.step import Person
from bot.deployment import Chance, Clinic
from bot.dispatching import dispatch
from bot.driving import drive, run_until_quiet
from bot.enrolling import Newcomer, enrol
from bot.inbound import Inbound, InboundKind
from bot.inviting import Invitation, Invitee, invite
from bot.loading import opened
from bot.messages import Button
from bot.receiving import receive
from bot.sending import send_ready
from trajectory import audit, audit_checks, entries, patients, tables
from trajectory.database import Database
from trajectory.entries import Entry
from trajectory.keys import Ring, Sealer
from trajectory.patients import PatientRef

MORNING = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
"""A Tuesday, 10:00 in Copenhagen."""
CHECK_IN = "weekly-check-in"


class Clock:
    """Shows what it was set to."""

    def __init__(self, moment: datetime = MORNING) -> None:
        self.moment = moment

    def now(self) -> datetime:
        return self.moment

    def set(self, moment: datetime) -> None:
        self.moment = moment


class Unspread(Chance):
    """Codes are by chance, and nothing is spread in time: a test says when things happen."""

    def fraction(self) -> float:
        return 0.0


class Sent(NamedTuple):
    """A message as the provider took it."""

    at: datetime
    parcel: Parcel

    @property
    def text(self) -> str:
        return self.parcel.rendered.text


@dataclass
class Provider:
    """The far end of a channel. `trouble` is what it raises instead of taking a message."""

    name: str
    clock: Clock
    trouble: list[BaseException] = field(default_factory=list)
    sent: list[Sent] = field(default_factory=list)
    before: Callable[[Parcel], None] = lambda parcel: None
    """What happens elsewhere while a message is under way."""

    def send(self, parcel: Parcel) -> str | None:
        self.before(parcel)
        if self.trouble:
            raise self.trouble.pop(0)
        self.sent.append(Sent(self.clock.now(), parcel))
        return f"{self.name}-{len(self.sent)}"

    def texts(self, address: str = "") -> list[str]:
        return [sent.text for sent in self.sent if address in ("", sent.parcel.address)]


class House:
    """The deployment, and what its patients and its clock do."""

    def __init__(
        self,
        database: Database,
        ring: Ring | None = None,
        clock: Clock | None = None,
        answers: Mapping[str, str] = INLINE,
    ) -> None:
        self.database = database
        self.clock = clock or Clock()
        self.sms, self.telegram, self.web, self.email = (
            Provider(name, self.clock) for name in ("sms", "telegram", "web", "email")
        )
        self.providers = (self.sms, self.telegram, self.web, self.email)
        self.deployment = deploy(
            database,
            ring or Ring.generate(),
            shipped_library(),
            clock=self.clock,
            chance=Unspread(SystemRandom()),
            channels={provider.name: provider for provider in self.providers},
            clinic=Clinic(
                name="Klinik Nord",
                public_url="https://nord.example",
                telegram_bot="klinik_nord_bot",
                sms_number="+4570102030",
            ),
            answers=answers,
        )
        self.written = 0
        """How many messages have come in, which their ids count."""

    def enrol(
        self,
        address: str = "birgit",
        *,
        name: str = "Birgit Holm",
        channel: str = "telegram",
        language: str = "en",
        pathway: str | None = None,
        code: str = "",
        consented: bool = True,
    ) -> PatientRef:
        """A patient who has been enrolled by the clinic, unless the conversation is to do it."""
        newcomer = Newcomer(channel, address, language, pathway=pathway, name=name, code=code)
        return enrol(self.deployment, newcomer, consented=consented)

    def invite(
        self,
        *,
        name: str = "Birgit Holm",
        language: str = "en",
        pathway: str | None = None,
        days: int = 14,
        **more: Any,
    ) -> Invitation:
        """A patient who has a card, and has not been heard yet."""
        invitee = Invitee(language, "Europe/Copenhagen", pathway, name, **more)
        return invite(self.deployment, invitee, timedelta(days=days))

    def add_address(self, patient_id: int, channel: str, address: str) -> int:
        """Another address of a patient; scheduled messages still go to the first."""
        deployment = self.deployment
        with self.database.write() as connection:
            return patients.add_address(
                connection,
                deployment.ids,
                deployment.ring,
                self.sealer(patient_id),
                patient_id=patient_id,
                channel=channel,
                address=address,
                now=self.clock.now(),
                preferred=False,
            )

    def set_address(self, address_id: int, status: str) -> None:
        """An address stops working (`gone`), or turns out to be somebody else's (`closed`)."""
        with self.database.write() as connection:
            patients.set_address_status(connection, address_id, status)

    def message(
        self,
        text: str = "",
        address: str = "birgit",
        *,
        id: str = "",
        channel: str = "telegram",
        kind: InboundKind = InboundKind.TEXT,
        choice: str = "",
        edit_of: str = "",
    ) -> Inbound:
        self.written += 1
        external_id = id or f"message-{self.written}"
        now = self.clock.now()
        return Inbound(channel, address, external_id, kind, now, text, choice, edit_of)

    def write(self, text: str, address: str = "birgit", **more: Any) -> None:
        """One message comes in, in a batch of its own."""
        self.receive(self.message(text, address, **more))

    def press(self, button: Button, address: str = "birgit", **more: Any) -> None:
        self.write(button.label, address, kind=InboundKind.CHOICE, choice=button.data, **more)

    def receive(self, *batch: Inbound) -> None:
        receive(self.deployment, batch)

    def set_due(self, patient_id: int, at: datetime | None = None, flow: str = CHECK_IN) -> None:
        """A flow falls due, now unless told otherwise."""
        moment = at or self.clock.now()
        self.set_row(patient_id, SetDue(f"start:{flow}", "flow", moment, payload={"flow": flow}))

    def set_row(self, patient_id: int, row: SetDue) -> None:
        with self.database.write() as connection:
            due.write(connection, self.deployment, [(patient_id, row)])

    def dispatch(self) -> int:
        return dispatch(self.deployment)

    def send(self) -> int:
        """Send once what is ready."""
        return send_ready(self.deployment)

    def settle(self) -> None:
        """Do and send everything that can be done and sent now."""
        run_until_quiet(self.deployment)

    def ask(self, patient_id: int, flow: str = CHECK_IN) -> None:
        """A flow falls due, and its question goes out."""
        self.set_due(patient_id, flow=flow)
        self.settle()

    def answer_all(self, address: str = "birgit") -> None:
        """The patient presses the last button of whatever is asked, until nothing is."""
        self.settle()
        for _ in range(50):
            buttons = self.telegram.sent[-1].parcel.rendered.buttons
            if not buttons:
                return
            self.press(buttons[-1], address)
            self.settle()
        raise AssertionError("it never ends")

    def wait(self, **time: float) -> None:
        """Let time pass; whatever falls due happens at its own time."""
        drive(self.deployment, self.clock, self.clock.now() + timedelta(**time))

    def sealer(self, patient_id: int) -> Sealer:
        with self.database.read() as connection:
            (row,) = patients.read(connection, [patient_id])
        return row.sealer(self.deployment.ring)

    def timeline(self, patient_id: int) -> list[Entry]:
        with self.database.read() as connection:
            return entries.timeline(connection, self.sealer(patient_id), patient_id)

    def addresses(self, patient_id: int) -> list[tuple[str, str, bool, str]]:
        """Channel, address, whether it is preferred, and status, oldest first."""
        with self.database.read() as connection:
            found = patients.addresses(connection, self.sealer(patient_id), patient_id)
        return [(each.channel, each.value, each.preferred, each.status) for each in found]

    def person(self, patient_id: int) -> Person:
        with self.database.read() as connection:
            (row,) = patients.read(connection, [patient_id])
        return opened(row, row.sealer(self.deployment.ring)).person

    def audited(self, patient_id: int) -> list[str]:
        """What was done, and the chain is whole."""
        with self.database.read() as connection:
            assert audit_checks.check(connection, [patient_id])[0].problems == []
            return [each.action for each in audit.records(connection, patient_id)]

    def answers(self, patient_id: int) -> list[tuple[str | None, float | None]]:
        return [(e.item, e.value) for e in self.timeline(patient_id) if e.kind == "answer"]

    def inbox(self) -> Sequence[Row[Any]]:
        return self.rows(tables.core(tables.Inbox))

    def outbox(self) -> Sequence[Row[Any]]:
        return self.rows(tables.core(tables.Outbox))

    def due(self) -> Sequence[Row[Any]]:
        return self.rows(tables.core(tables.Due))

    def rows(self, table: Table) -> Sequence[Row[Any]]:
        """All rows in order of their ids."""
        with self.database.read() as connection:
            return connection.execute(select(table).order_by(table.c.id)).all()

    def said(self, row: Row[Any]) -> str:
        """What an outbox row says."""
        body = self.sealer(row.patient_id).open_json("outbox.body", row.id, row.body)
        return str(body["text"])

    def heard(self, row: Row[Any]) -> str:
        """What an inbox row says."""
        body = self.sealer(row.patient_id).open_json("inbox.body", row.id, row.body)
        return str(body["text"])

    def change_outbox(self, row_id: int, **values: Any) -> None:
        """Something else has happened to a message."""
        outbox = tables.core(tables.Outbox)
        with self.database.write() as connection:
            connection.execute(update(outbox).where(outbox.c.id == row_id).values(**values))
