"""The whole application as the settings build it, with a patient and a professional let in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from fastapi import FastAPI
from starlette.testclient import TestClient

from api.app import create_app
from backtrace.furnishing import hooks_of, routers_of
from backtrace.settings import Settings
from bot.inbox import Inbox
from bot.receiving import receive
from tests.bot.practice import Practice, Shared
from trajectory import migrations, web_access
from trajectory.database import Database

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


@dataclass(frozen=True)
class OpenHouse:
    """Everything that the application shows, and who may see it."""

    app: FastAPI
    practice: Practice
    shared: Shared

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
        """The cookies of a device of Birgit's, and of Anne's."""
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
        return {PATIENT: cookie, PROFESSIONAL: self.practice.open(self.shared)}


@contextmanager
def open_house() -> Iterator[OpenHouse]:
    """On a throw-away database."""
    database = Database.for_replay()
    migrations.upgrade_database(database)
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
    try:
        yield OpenHouse(app, practice, practice.share(until=None))
    finally:
        inbox.close()
        database.close()
