"""A clinic with a patient, and an assistant that answers everything with a question."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import SystemRandom
from typing import Any, cast

from fastapi import FastAPI
from sqlalchemy import insert, select

from api.app import create_app
from bot.channels import Parcel
from bot.channels.web import WebChat
from bot.deployment import Chance, Clinic, Deployment
from bot.doorbell import Doorbell
from bot.inbound import Inbound
from bot.inbox import Inbox
from bot.messages import Priority, Rendered
from templates.catalogue import load_catalogues
from trajectory import patients, tables, web_access
from trajectory.database import Database, Unavailable
from trajectory.ids import Ids
from trajectory.keys import Ring, Sealer
from trajectory.sql import insert_once

MORNING = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
SCALE = [[str(n), f"q.7.1.{n}"] for n in range(11)]
STATEMENTS = [
    ["A: I can walk as far as I like", "q.7.2.0"],
    ["B: After a mile or so it hurts too much", "q.7.2.1"],
    ["C: I get about with a stick or crutches", "q.7.2.2"],
]


class Clock:
    """Shows what it was set to, and a millisecond more each time it is asked."""

    def __init__(self) -> None:
        self.moment = MORNING

    def now(self) -> datetime:
        self.moment += timedelta(milliseconds=1)
        return self.moment


@dataclass
class House:
    """The web application's surroundings, with what a test does to them."""

    database: Database
    clock: Clock = field(default_factory=Clock)
    doorbell: Doorbell = field(default_factory=Doorbell)
    ring: Ring = field(default_factory=Ring.generate)
    lost: bool = False
    """The inbox cannot reach the database."""
    answer: tuple[str, list[list[str]]] = ("And how was your night?", [])
    handed_over: list[Inbound] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.ids = Ids(self.database)
        self.deployment = Deployment(
            database=self.database,
            ids=self.ids,
            ring=self.ring,
            library=cast(Any, None),
            lexicons={},
            scanner=cast(Any, None),
            catalogues=load_catalogues("messages"),
            clock=self.clock,
            chance=Chance(SystemRandom()),
            channels={"web": WebChat(self.doorbell)},
            clinic=Clinic(name="Klinik Nord"),
        )
        self.patient_id, self.sealer = self.enrol()

    def app(self, *, secure: bool = True, framed: bool = False) -> FastAPI:
        inbox = cast(Inbox, self)
        return create_app(self.deployment, inbox, self.doorbell, secure=secure, framed=framed)

    def enrol(self, language: str = "en") -> tuple[int, Sealer]:
        with self.database.write() as connection:
            patient_id, sealer = patients.create(
                connection,
                self.ids,
                self.ring,
                language=language,
                timezone="Europe/Copenhagen",
                pathway=None,
                status="active",
                profile={"name": "Birgit Holm", "hour": "18:00", "weekday": 0, "code": ""},
                now=self.clock.now(),
            )
            patients.add_address(
                connection,
                self.ids,
                self.ring,
                sealer,
                patient_id=patient_id,
                channel="web",
                address=f"birgit-{patient_id}",
                now=self.clock.now(),
            )
        return patient_id, sealer

    def give_phone(self, channel: str = "sms", address: str = "+4511223344") -> int:
        """The patient is reached on a phone as well, and prefers it."""
        with self.database.write() as connection:
            return patients.add_address(
                connection,
                self.ids,
                self.ring,
                self.sealer,
                patient_id=self.patient_id,
                channel=channel,
                address=address,
                now=self.clock.now(),
            )

    def on_the_phone(self) -> list[str]:
        """What was said to the patient's phone."""
        outbox = tables.core(tables.Outbox)
        phone = select(outbox).where(outbox.c.channel != "web").order_by(outbox.c.id)
        with self.database.read() as connection:
            rows = connection.execute(phone).all()
        return [self.sealer.open_json("outbox.body", row.id, row.body)["text"] for row in rows]

    def code(self) -> str:
        """The newest six-digit code that was sent to the phone."""
        found = re.findall(r"\b\d{6}\b", self.on_the_phone()[-1])
        return str(found[0])

    def link(self, lifetime: timedelta = timedelta(hours=1)) -> str:
        token = self.deployment.chance.token()
        with self.database.write() as connection:
            web_access.create_link(
                connection,
                self.ids,
                self.ring,
                self.sealer,
                patient_id=self.patient_id,
                token=token,
                now=self.clock.now(),
                lifetime=lifetime,
            )
        return token

    def let_in(self) -> str:
        """The cookie of a device that came in by a link."""
        cookie = self.deployment.chance.token()
        token = self.link()
        with self.database.write() as connection:
            now = self.clock.now()
            found = web_access.exchange(
                connection, self.ids, self.ring, token=token, cookie=cookie, now=now
            )
        assert found == self.patient_id
        return cookie

    def say(
        self,
        text: str,
        buttons: list[list[str]] | None = None,
        *,
        priority: Priority = Priority.REPLY,
        at: datetime | None = None,
        picture: str = "",
        **columns: Any,
    ) -> int:
        """The assistant says something that has been sent; the row's id."""
        with self.database.write() as connection:
            row_id = self.ids.take(connection)
            body = {"text": text, "buttons": buttons or [], "subject": "", "to": ""}
            body |= {"picture": picture} if picture else {}
            now = at or self.clock.now()
            row = {
                "id": row_id,
                "patient_id": self.patient_id,
                "channel": "web",
                "sequence": row_id,
                "priority": int(priority),
                "body": self.sealer.seal_json("outbox.body", row_id, body),
                "status": "sent",
                "ready_at": now,
                "attempts": 1,
                "created_at": now,
                "sent_at": now,
            }
            connection.execute(insert(tables.core(tables.Outbox)), row | columns)
        parcel = Parcel(row_id, self.patient_id, "", Rendered(text))
        self.deployment.channels["web"].send(parcel)
        return row_id

    def hear(self, message: Inbound, at: datetime | None = None, **columns: Any) -> bool:
        """Store a patient's message, once."""
        with self.database.write() as connection:
            row_id = self.ids.take(connection)
            body = {"text": message.text, "choice": message.choice, "address": message.address}
            row = {
                "id": row_id,
                "channel": message.channel,
                "external_id": message.external_id,
                "patient_id": self.patient_id,
                "at": message.at,
                "received_at": at or self.clock.now(),
                "kind": message.kind.value,
                "body": self.sealer.seal_json("inbox.body", row_id, body),
                "status": "done",
            }
            return insert_once(connection, tables.core(tables.Inbox), row | columns)

    async def take(self, message: Inbound) -> None:
        """Stands where the inbox does."""
        if self.lost:
            raise Unavailable("The database cannot be reached.")
        self.handed_over.append(message)
        if self.hear(message):
            self.say(*self.answer)
