"""The whole application around a ward, with people signed in at the clinic's desk."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from fastapi import FastAPI
from playwright.sync_api import Browser, BrowserContext
from starlette.testclient import TestClient

from api.app import create_app
from backtrace.equipping import hooks_of, routers_of
from bot.desk.worker import Worker
from bot.directory import staff
from bot.inbox import Inbox
from bot.receiving import receive
from tests.api.open_house import DIRECTORY, SETTINGS, SITE
from tests.bot.ward import Ward
from trajectory import professionals, sign_ins
from trajectory.professionals import STAFF, Professional
from trajectory.staff_tokens import Role

METTE = Professional(
    0, "Mette Dam", "mette@nord.example", STAFF, "", "en", desk=frozenset({Role.SECRETARY})
)
KIRSTEN = Professional(
    0,
    "Kirsten Friis",
    "kirsten@nord.example",
    "physiotherapist",
    "primary",
    "en",
    desk=frozenset({Role.CLINICIAN}),
)
OLE = Professional(
    0, "Ole Bay", "ole@nord.example", STAFF, "", "en", desk=frozenset({Role.OPERATOR})
)
PLAIN = "backtrace-directory"
"""The cookie of a sign-in where browsers reach us without https."""


@dataclass(frozen=True)
class DeskHouse:
    """The application and who works in it; `app` is as browsers reach it by https."""

    ward: Ward
    app: FastAPI

    def hire(self, who: Professional = METTE) -> Worker:
        """Somebody gets a place at the desk, with the authenticator set up."""
        number = staff.add(self.ward.deployment, who)
        with self.ward.database.write() as connection:
            professionals.make_ready(connection, number, self.ward.now)
        return Worker(number, who.name, who.desk, who.language, f"desk:{number}")

    def cookie(self, worker: Worker) -> str:
        """What shows that this person is signed in, for as long as a sign-in lasts."""
        deployment = self.ward.deployment
        cookie = deployment.chance.token()
        with self.ward.database.write() as connection:
            sign_ins.open_session(
                connection, deployment.ids, deployment.ring, worker.id, cookie, self.ward.now
            )
        return cookie

    def browser(self, worker: Worker | None = None, language: str = "en") -> TestClient:
        """A browser without JavaScript that follows no redirect by itself."""
        browser = TestClient(
            self.app,
            base_url=SITE,
            follow_redirects=False,
            headers={"Accept-Language": language},
        )
        if worker is not None:
            browser.cookies.set(DIRECTORY, self.cookie(worker))
        return browser

    def context(
        self,
        engine: Browser,
        site: str,
        worker: Worker,
        *,
        scripts: bool = True,
    ) -> BrowserContext:
        """Chromium, signed in; `site` is where `tests.api.conftest.serve` serves `plain_app`."""
        context = engine.new_context(
            viewport={"width": 1280, "height": 900},
            locale="en-GB",
            java_script_enabled=scripts,
            reduced_motion="reduce",
        )
        context.set_default_timeout(20_000)
        context.add_cookies([{"name": PLAIN, "value": self.cookie(worker), "url": site}])
        return context


@contextmanager
def application(ward: Ward, *, secure: bool = True) -> Iterator[FastAPI]:
    """Everything that the settings switch on, over this ward's deployment."""
    inbox = Inbox(lambda batch: receive(ward.deployment, batch), lambda: None)
    try:
        yield create_app(
            ward.deployment,
            inbox,
            ward.doorbell,
            secure=secure,
            extra_routers=routers_of(SETTINGS),
            hooks=hooks_of(SETTINGS),
        )
    finally:
        inbox.close()
