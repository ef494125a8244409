"""A clinic with a directory: professionals who sign in, and patients who share with them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import SystemRandom
from typing import Any

from sqlalchemy import select

from backtrace.composition import deploy
from backtrace.definitions import shipped_library
from backtrace.replay.stage import ReplayClock, Stage
from bot.channels.shown_mail import ShownMail
from bot.channels.web import WebChat
from bot.conversation.step import Person
from bot.deployment import Chance, Clinic, Deployment
from bot.directory import signing_in, staff
from bot.directory.overview import Overview, read_list
from bot.doorbell import Doorbell
from bot.driving import drive
from bot.inbound import Inbound, InboundKind
from bot.loading import opened
from bot.mailbox import mails
from bot.receiving import receive
from bot.sending import send_ready
from bot.transcript import transcript
from tests.house.authenticator_app import code_at
from trajectory import (
    audit,
    audit_checks,
    care_team,
    entries,
    grants,
    patients,
    professionals,
    tables,
)
from trajectory import deployment as deployment_key
from trajectory.care_team import Member
from trajectory.database import Database
from trajectory.entries import NewEntry
from trajectory.keys import Ring, Sealer
from trajectory.professionals import Professional

TUESDAY = datetime(2026, 11, 24, 13, 5, tzinfo=UTC)
"""14:05 in Copenhagen."""
DAY = timedelta(days=1)
LIBRARY = shipped_library()
ANNE = Professional(0, "Anne Skov", "anne@klinik.example", "physiotherapist", "primary", "en")
LARS = Professional(0, "Lars Holm", "lars@klinik.example", "gp", "primary", "da")
_outbox = tables.core(tables.Outbox)


@dataclass(frozen=True)
class Letter:
    """A mail to somebody of the directory."""

    to: str
    subject: str
    text: str


@dataclass(frozen=True)
class Sharing:
    """A patient who shares with somebody."""

    patient_id: int
    sealer: Sealer
    member: Member
    grant_id: int


class Ward:
    """The surroundings, and what people do in them."""

    def __init__(self, database: Database, stage: Stage | None = None) -> None:
        """On a stage others have played before, or on one of its own, with its real channels."""
        self.database = database
        self.doorbell = Doorbell()
        self.clock = stage.clock if stage else ReplayClock(TUESDAY)
        self.deployment = stage.deployment if stage else self._deploy()
        self._written = 0
        with database.write() as connection:
            deployment_key.take(connection, self.deployment.ring)

    def _deploy(self) -> Deployment:
        return deploy(
            self.database,
            Ring.generate(),
            LIBRARY,
            clock=self.clock,
            chance=Chance(SystemRandom()),
            channels={"web": WebChat(self.doorbell), "email": ShownMail()},
            clinic=Clinic(name="Klinik Nord", public_url="https://nord.example"),
        )

    @property
    def now(self) -> datetime:
        return self.clock.now()

    def wait(self, time: timedelta) -> None:
        self.clock.set(self.now + time)

    def drive(self, until: datetime) -> None:
        """Let time pass; whatever falls due happens at its own time."""
        drive(self.deployment, self.clock, until)

    # The clinic and its professionals.

    def employ(self, who: Professional = ANNE) -> int:
        """Somebody is put into the directory and invited."""
        number = staff.add(self.deployment, who)
        staff.invite(self.deployment, number)
        return number

    def hire(self, who: Professional = ANNE) -> int:
        """The same, and the authenticator is set up."""
        number = self.employ(who)
        token = self.invitation()
        signing_in.confirm_authenticator(self.deployment, token, self.shown(number), self.now)
        self.wait(timedelta(seconds=30))
        return number

    def invitation(self) -> str:
        """The token in the newest invitation."""
        found = re.findall(r"/pro/setup/([\w-]+)", "\n".join(each.text for each in self.letters()))
        return str(found[-1])

    def shown(self, number: int) -> str:
        """What this person's authenticator shows now."""
        with self.database.read() as connection:
            known = professionals.authenticator(connection, self.deployment.ring, number)
        assert known is not None
        return code_at(known.secret, self.now)

    def mailed_code(self) -> str:
        found = re.search(r"\b\d{6}\b", self.letters()[-1].text)
        assert found
        return found[0]

    def sign_in(self, number: int, email: str = ANNE.email) -> str:
        """The cookie of a browser at which this person has signed in; half a minute goes by."""
        cookie, trial = self.deployment.chance.token(), self.deployment.chance.token()
        signing_in.ask_for_code(self.deployment, email, trial, self.now)
        signing_in.sign_in(
            self.deployment, trial, self.mailed_code(), self.shown(number), cookie, self.now
        )
        self.wait(timedelta(seconds=30))
        return cookie

    def read_list(self, cookie: str) -> Overview:
        return read_list(self.deployment, cookie, self.now)

    def letters(self) -> list[Letter]:
        """Mails that belong to no patient, oldest first."""
        while send_ready(self.deployment):
            pass
        wanted = select(_outbox).where(_outbox.c.patient_id.is_(None)).order_by(_outbox.c.id)
        with self.database.read() as connection:
            sealer = deployment_key.sealer(connection, self.deployment.ring)
            bodies = [
                sealer.open_json("outbox.body", row.id, row.body)
                for row in connection.execute(wanted)
            ]
        return [Letter(body["to"], body["subject"], body["text"]) for body in bodies]

    # Patients.

    def enrol(
        self, name: str = "Birgit Holm", language: str = "en", weeks: int = 12, code: str = ""
    ) -> int:
        person = Person(0, "active", language, "Europe/Copenhagen", name=name, code=code)
        deployment = self.deployment
        with self.database.write() as connection:
            patient_id, sealer = patients.create(
                connection,
                deployment.ids,
                deployment.ring,
                language=language,
                timezone="Europe/Copenhagen",
                pathway="low-back-pain",
                status="active",
                profile=person.profile(),
                now=self.now,
            )
            patients.add_address(
                connection,
                deployment.ids,
                deployment.ring,
                sealer,
                patient_id=patient_id,
                channel="web",
                address=f"web-{patient_id}",
                now=self.now,
            )
            started = self.now - timedelta(weeks=weeks)
            patients.change(connection, patient_id, started_at=started)
        return patient_id

    def share(
        self,
        number: int,
        name: str | int = "Birgit Holm",
        purposes: Sequence[str] = ("summary", "digest"),
        until: timedelta | None = 90 * DAY,
        looked: timedelta | None = None,
    ) -> Sharing:
        """A patient of this name (or number) shares with this professional, who looked before."""
        patient_id = name if isinstance(name, int) else self.enrol(name)
        sealer, deployment = self.sealer(patient_id), self.deployment
        with self.database.write() as connection:
            who = professionals.by_id(connection, deployment.ring, number)
            assert who is not None
            member = Member(
                deployment.ids.take(connection), who.role, who.name, who.email, False, number
            )
            care_team.add(connection, sealer, member, patient_id=patient_id, now=self.now)
            grant_id = grants.give(
                connection,
                deployment.ids,
                deployment.ring,
                sealer,
                patient_id=patient_id,
                member_id=member.id,
                purposes=purposes,
                until=None if until is None else self.now + until,
                token=deployment.chance.token(),
                word="copper meadow",
                now=self.now,
            )
            if looked is not None:
                grant = tables.core(tables.AccessGrant)
                seen = self.now - looked
                connection.execute(
                    grant.update()
                    .where(grant.c.id == grant_id)
                    .values(first_seen_at=seen, last_seen_at=seen)
                )
        return Sharing(patient_id, sealer, member, grant_id)

    def write(self, patient_id: int, text: str) -> str:
        """A patient writes; what the assistant says to that, its choices below."""
        self._written += 1
        address, external = f"web-{patient_id}", f"message-{self._written}"
        message = Inbound("web", address, external, InboundKind.TEXT, self.now, text)
        before = len(self.chat(patient_id))
        receive(self.deployment, [message])
        return "\n".join(self.chat(patient_id)[before:])

    def sealer(self, patient_id: int) -> Sealer:
        with self.database.read() as connection:
            (row,) = patients.read(connection, [patient_id])
        return row.sealer(self.deployment.ring)

    def end(self, shared: Sharing) -> None:
        with self.database.write() as connection:
            grants.end(connection, shared.grant_id, self.now)

    def stop(self, shared: Sharing) -> None:
        with self.database.write() as connection:
            patients.change(connection, shared.patient_id, status="stopped")

    def record(self, shared: Sharing, kind: str, ago: timedelta = timedelta(0), **more: Any) -> int:
        """Something stands in the patient's record since so long."""
        at = self.now - ago
        with self.database.write() as connection:
            number = self.deployment.ids.take(connection)
            fields = {"at": at, "recorded_at": at} | more
            # Before whatever the conversation itself has numbered.
            entry = NewEntry(number, shared.patient_id, number - 1_000_000, kind=kind, **fields)
            entries.append(connection, [(shared.sealer, entry)])
        return number

    def report(self, shared: Sharing, ago: timedelta, **values: float) -> None:
        """The patient gave these values so long ago: `odi`, or items of the check-in."""
        for name, value in values.items():
            if name == "odi":
                detail = {"answered": 10, "of": 10}
                self.record(shared, "score", ago, flow="odi", value=value, detail=detail)
            else:
                self.record(shared, "answer", ago, flow="weekly-check-in", item=name, value=value)

    def team(self, patient_id: int) -> list[Member]:
        with self.database.read() as connection:
            return care_team.active(connection, self.sealer(patient_id), patient_id)

    def looked_at(self, patient_id: int) -> datetime:
        """When somebody of this patient's last looked."""
        grant = tables.core(tables.AccessGrant)
        with self.database.read() as connection:
            found = select(grant.c.last_seen_at).where(grant.c.patient_id == patient_id)
            looked: datetime = connection.execute(found).scalar_one()
        return looked

    def rests(self, patient_id: int) -> bool:
        """Whether this patient has paused or stopped."""
        with self.database.read() as connection:
            (row,) = patients.read(connection, [patient_id])
        loaded = opened(row, row.sealer(self.deployment.ring))
        until = loaded.memory.paused_until
        paused = bool(until) and self.now < datetime.fromisoformat(until)
        return paused or loaded.person.status != "active"

    def chat(self, patient_id: int) -> list[str]:
        """What the assistant has written to this patient so far."""
        while send_ready(self.deployment):
            pass
        said = transcript(self.deployment, patient_id)
        return [bubble.text for bubble in said if bubble.author == "assistant"]

    def offered(self, patient_id: int) -> list[str]:
        """What can be chosen under the newest message, as it is written there."""
        while send_ready(self.deployment):
            pass
        buttons = transcript(self.deployment, patient_id)[-1].buttons
        return [button.label.partition(": ")[2] for button in buttons]

    def mails(self, patient_id: int) -> list[str]:
        """Mails to this patient's people, oldest first."""
        while send_ready(self.deployment):
            pass
        return [each.text for each in reversed(mails(self.deployment, [patient_id]))]

    def audited(self, patient_id: int) -> list[tuple[str, str]]:
        """Who did what, and the chain is whole."""
        with self.database.read() as connection:
            assert not audit_checks.check(connection, [patient_id])[0].problems
            return [(each.actor, each.action) for each in audit.records(connection, patient_id)]
