"""The whole application as the settings build it, with a patient and a professional let in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from fastapi import FastAPI
from starlette.testclient import TestClient

from api.app import create_app
from backtrace.equipping import hooks_of, routers_of
from backtrace.settings import Settings
from bot.directory import from_list, staff
from bot.inbox import Inbox
from bot.opening import open_for
from bot.permission import holding
from bot.receiving import receive
from bot.sending import send_ready
from tests.bot.practice import Practice, Shared
from trajectory import (
    care_team,
    copy_access,
    grants,
    migrations,
    professionals,
    sign_ins,
    web_access,
)
from trajectory.professionals import Professional
from trajectory.web_access import COPY, NewLink

SITE = "https://nord.example"
STAFF = "a-token-of-the-clinic-0123456789"
SETTINGS = Settings(
    staff_token=STAFF,
    telegram_token="7000000001:not-a-secret",
    telegram_bot="nord_bot",
    telegram_webhook_secret="a-secret_42",
    public_url=SITE,
)
PATIENT, PROFESSIONAL = "__Host-backtrace", "__Host-backtrace-pro"
COPIED, DIRECTORY = "__Host-backtrace-copy", "__Host-backtrace-directory"


@dataclass(frozen=True)
class OpenHouse:
    """Everything that the application shows, and who may see it."""

    app: FastAPI
    practice: Practice
    shared: Shared
    listed: int
    """Anne's number in the clinic's directory."""

    def browser(self) -> TestClient:
        """It follows no redirect by itself, and shows what breaks as a browser would see it."""
        return TestClient(
            self.app, base_url=SITE, follow_redirects=False, raise_server_exceptions=False
        )

    def link(self) -> str:
        """A new one-time link into Birgit's chat."""
        token, deployment = self.practice.deployment.chance.token(), self.practice.deployment
        with self.practice.database.write() as connection:
            web_access.create_link(
                connection,
                deployment.ids,
                deployment.ring,
                self.practice.sealer,
                patient_id=self.practice.birgit,
                token=token,
                now=self.practice.now,
                lifetime=timedelta(days=7),
            )
        return token

    def let_in(self) -> dict[str, str]:
        """The cookies of a device of Birgit's with her copy open, and of Anne's, signed in."""
        deployment, cookie = self.practice.deployment, self.practice.deployment.chance.token()
        token = self.link()
        with self.practice.database.write() as connection:
            web_access.exchange(
                connection,
                deployment.ids,
                deployment.ring,
                token=token,
                cookie=cookie,
                now=self.practice.now,
            )
        self.practice.wait(timedelta(hours=1))  # codes an hour are few
        while send_ready(deployment):
            pass
        return {
            PATIENT: cookie,
            PROFESSIONAL: self._open_page(),
            COPIED: self._open_copy(),
            DIRECTORY: self._sign_in(),
        }

    def copy_link(self) -> str:
        """A new one-time link to Birgit's copy of everything."""
        token, deployment = self.practice.deployment.chance.token(), self.practice.deployment
        new = NewLink(self.practice.birgit, token, purpose=COPY)
        with self.practice.database.write() as connection:
            web_access.create_links(
                connection,
                deployment.ids,
                deployment.ring,
                [new],
                self.practice.now,
                copy_access.LINK_LIFE,
            )
        return token

    def token_for(self, path: str) -> str:
        """One that opens something at this path."""
        links = {"chat": self.link, "copy": self.copy_link}
        return links.get(path.split("/")[1], lambda: self.shared.token)()

    def _open_page(self) -> str:
        """As if code and words had been right, which Anne's mailbox is read for elsewhere."""
        deployment, now = self.practice.deployment, self.practice.now
        cookie = deployment.chance.token()
        with self.practice.database.write() as connection:
            ref = grants.by_id(connection, self.shared.grant_id, now)
            assert ref is not None
            with holding(connection, deployment, ref, now) as (held, grant):
                open_for(held, grant, cookie)
        return cookie

    def _open_copy(self) -> str:
        token, now = self.copy_link(), self.practice.now
        ring, cookie = self.practice.deployment.ring, self.practice.deployment.chance.token()
        with self.practice.database.write() as connection:
            link = web_access.find_link(connection, ring, token, now, COPY)
            assert link is not None
            copy_access.open_page(connection, ring, link, cookie, now)
        return cookie

    def _sign_in(self) -> str:
        """At a browser where the page that is shared is open already."""
        deployment, now = self.practice.deployment, self.practice.now
        cookie = deployment.chance.token()
        with self.practice.database.write() as connection:
            sign_ins.open_session(
                connection, deployment.ids, deployment.ring, self.listed, cookie, now
            )
        from_list.open_patient(deployment, cookie, self.shared.grant_id, now)
        return cookie


@contextmanager
def open_house() -> Iterator[OpenHouse]:
    """On a throw-away database."""
    database = migrations.throw_away()
    practice = Practice(database)
    inbox = Inbox(lambda batch: receive(practice.deployment, batch), lambda: None)
    app = create_app(
        practice.deployment,
        inbox,
        practice.doorbell,
        secure=True,
        extra_routers=routers_of(SETTINGS),
        hooks=hooks_of(SETTINGS),
    )
    shared = practice.share(until=None)
    try:
        yield OpenHouse(app, practice, shared, _listed(practice, shared))
    finally:
        inbox.close()
        database.close()


def _listed(practice: Practice, shared: Shared) -> int:
    """Anne is in the directory, and has set her authenticator up."""
    member = shared.member
    anne = Professional(0, member.name, member.email or "", member.role, "primary", "en")
    number = staff.add(practice.deployment, anne)
    with practice.database.write() as connection:
        professionals.make_ready(connection, number, practice.now)
        care_team.link(connection, member.id, number)
    return number
