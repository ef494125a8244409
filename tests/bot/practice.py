"""Birgit shares with Anne, her physiotherapist: a whole deployment, with its real channels."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import SystemRandom
from typing import Any

from sqlalchemy import update

from backtrace.composition import deploy
from backtrace.definitions import shipped_library
from bot import access
from bot.channels.shown_mail import ShownMail
from bot.channels.web import WebChat
from bot.conversation.step import Person
from bot.deployment import Chance, Clinic
from bot.doorbell import Doorbell
from bot.mailbox import Mail, mails
from bot.sending import send_ready
from bot.transcript import transcript
from trajectory import (
    audit,
    audit_checks,
    care_team,
    entries,
    erasure,
    grants,
    patients,
    tables,
    work_pages,
)
from trajectory.care_team import Member
from trajectory.database import Database
from trajectory.entries import Entry, NewEntry
from trajectory.grants import WORK_PAGE
from trajectory.keys import Ring
from trajectory.work_page import Week, WorkPage

AFTERNOON = datetime(2026, 11, 24, 13, 5, tzinfo=UTC)
"""14:05 in Copenhagen."""
MINUTE = timedelta(minutes=1)
WORDS = "copper meadow"
LONE = access.Opener("Lone Bo", "sickness benefit")
"""Who opens what came to a mailbox with several readers, and what for."""
LIBRARY = shipped_library()


class Clock:
    """Shows what it was set to."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def now(self) -> datetime:
        return self.moment


@dataclass(frozen=True)
class Shared:
    """What Anne holds: the link, and the words that Birgit has told her."""

    token: str
    grant_id: int
    member: Member
    words: str = WORDS


class Practice:
    """The surroundings, and what people do in them."""

    def __init__(self, database: Database, language: str = "en") -> None:
        self.database = database
        self.clock = Clock(AFTERNOON)
        self.doorbell = Doorbell()
        self.deployment = deploy(
            database,
            Ring.generate(),
            LIBRARY,
            clock=self.clock,
            chance=Chance(SystemRandom()),
            channels={"web": WebChat(self.doorbell), "email": ShownMail()},
            clinic=Clinic(name="Klinik Nord", public_url="https://nord.example"),
        )
        self.birgit = self._enrol(language)
        self.words_on_page = "A desk that I can raise would help."

    def _enrol(self, language: str) -> int:
        deployment = self.deployment
        person = Person(0, "active", language, "Europe/Copenhagen", name="Birgit Holm")
        with self.database.write() as connection:
            patient_id, self.sealer = patients.create(
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
                self.sealer,
                patient_id=patient_id,
                channel="web",
                address="birgit",
                now=self.now,
            )
            patients.change(connection, patient_id, started_at=self.now - timedelta(weeks=6))
        return patient_id

    @property
    def now(self) -> datetime:
        return self.clock.moment

    def wait(self, time: timedelta) -> None:
        self.clock.moment += time

    def name(
        self,
        name: str = "Anne Skov",
        role: str = "physiotherapist",
        email: str = "anne@klinik.example",
    ) -> Member:
        """Birgit names somebody."""
        with self.database.write() as connection:
            member = Member(self.deployment.ids.take(connection), role, name, email)
            care_team.add(connection, self.sealer, member, patient_id=self.birgit, now=self.now)
        return member

    def share(
        self,
        member: Member | None = None,
        *purposes: str,
        until: timedelta | None = timedelta(days=90),
    ) -> Shared:
        """Birgit shares with somebody, Anne unless another is named."""
        member = member or self.name()
        token = self.deployment.chance.token()
        with self.database.write() as connection:
            grant_id = grants.give(
                connection,
                self.deployment.ids,
                self.deployment.ring,
                self.sealer,
                patient_id=self.birgit,
                member_id=member.id,
                purposes=purposes or ("summary",),
                until=None if until is None else self.now + until,
                token=token,
                word=WORDS,
                now=self.now,
            )
            if WORK_PAGE in purposes:
                work_pages.keep(
                    connection,
                    self.deployment.ids,
                    self.sealer,
                    self.work_page(),
                    patient_id=self.birgit,
                    grant_id=grant_id,
                    now=self.now,
                )
        return Shared(token, grant_id, member)

    def work_page(self) -> WorkPage:
        """What a job centre may read: that Birgit is on sick leave, and her own words."""
        since, words = self.now.date(), self.words_on_page
        days = (Week(since, 3, 5),)
        zone = "Europe/Copenhagen"
        return WorkPage(
            "Birgit Holm", self.now, zone, since, "sick-leave", days, ("lifting",), None, words
        )

    def end(self, shared: Shared) -> None:
        """Birgit ends it."""
        with self.database.write() as connection:
            grants.end(connection, shared.grant_id, self.now)

    def change_role(self, member: Member, role: str) -> None:
        """Somebody turns out to be somebody else."""
        table = tables.core(tables.CareTeamMember)
        with self.database.write() as connection:
            connection.execute(update(table).where(table.c.id == member.id).values(role=role))

    def erase(self) -> None:
        """Birgit has all of it deleted."""
        with self.database.write() as connection:
            patients.lock_conversations(connection, [self.birgit])
            erasure.erase(connection, self.birgit, self.now)

    def stop(self) -> None:
        """Birgit has written STOP."""
        with self.database.write() as connection:
            patients.change(connection, self.birgit, status="stopped")

    def tell(self, kind: str, text: str, **more: Any) -> int:
        """Birgit has told something; the entry's id."""
        with self.database.write() as connection:
            entry_id, now = self.deployment.ids.take(connection), self.now
            entry = NewEntry(entry_id, self.birgit, 0, now, now, kind, text=text, **more)
            entries.append(connection, [(self.sealer, entry)])
        return entry_id

    def answer(self, flow: str, item: str, value: int, text: str) -> int:
        """Birgit has answered one question."""
        return self.tell("answer", text, flow=flow, item=item, value=value)

    def press(self, shared: Shared) -> None:
        """Anne presses the button that has a code sent."""
        access.request_code(self.deployment, shared.token, self.now)

    def code(self, shared: Shared) -> str:
        """Anne presses the button and reads the code in her mail."""
        self.press(shared)
        return self.newest_code()

    def newest_code(self) -> str:
        found = re.search(r"\b\d{6}\b", self.mails()[0].text)
        assert found
        return found[0]

    def type(
        self, shared: Shared, code: str, words: str = WORDS, opener: access.Opener = LONE
    ) -> str:
        """Anne types code and words; the cookie of her page."""
        return access.open_page(self.deployment, shared.token, code, words, self.now, opener)

    def open(self, shared: Shared, opener: access.Opener = LONE) -> str:
        """Anne presses the button, reads her mail and types the code; her cookie."""
        return self.type(shared, self.code(shared), opener=opener)

    def read(self, cookie: str) -> access.View:
        return access.read_summary(self.deployment, cookie, self.now)

    def note(
        self, cookie: str, note: access.Fields | str, note_id: str = "", flags: Sequence[int] = ()
    ) -> None:
        access.write_note(self.deployment, cookie, note, self.now, note_id, flags)

    def leave(self, cookie: str) -> None:
        access.leave(self.deployment, cookie, self.now)

    def mails(self) -> list[Mail]:
        """What has arrived in the professionals' mailboxes, newest first."""
        while send_ready(self.deployment):
            pass
        return mails(self.deployment, [self.birgit])

    def chat(self) -> list[str]:
        """What the assistant has written to Birgit so far."""
        while send_ready(self.deployment):
            pass
        return [bubble.text for bubble in transcript(self.deployment, self.birgit)]

    def timeline(self) -> list[Entry]:
        with self.database.read() as connection:
            return entries.timeline(connection, self.sealer, self.birgit)

    def audited(self) -> list[tuple[str, str]]:
        """Who did what, and the chain is whole."""
        with self.database.read() as connection:
            assert audit_checks.check(connection, [self.birgit])[0].problems == []
            return [(each.actor, each.action) for each in audit.records(connection, self.birgit)]
