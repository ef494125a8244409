"""A clinic's whole process in the test's own: pages and webhooks, sender and ticker."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import urlencode

from httpx2 import Response
from starlette.testclient import TestClient

from api import twilio
from backtrace.loops import answering, ticking
from bot.doorbell import Doorbell
from tests.api.conftest import COOKIE, SITE
from tests.bot.house import House
from tests.crash.lives import wait
from tests.crash.providers import PUBLIC
from tests.house import twilio_server as far
from trajectory import web_access
from trajectory.database import Database

PHONE = "+4520301234"
SOON = 30.0


@dataclass
class Site:
    """Patients write to it as their providers do; what it sends is looked at here."""

    house: House
    client: TestClient
    patient_id: int
    acknowledged: set[str] = field(default_factory=set)
    numbers: int = 0

    def sms(self, text: str, sid: str = "") -> Response:
        """A message by the webhook, or the same one again."""
        self.numbers += 1
        sid = sid or f"SM{self.numbers:032x}"
        fields = far.webhook(PHONE, text, MessageSid=sid)
        headers = far.signed(PUBLIC + twilio.MESSAGES, fields)
        body = urlencode(fields)
        answer = self.client.post(twilio.MESSAGES, content=body, headers=headers)
        if answer.status_code == 200:
            self.acknowledged.add(sid)
        return answer

    def until_refused(self, most: int = 500) -> str:
        """Patients write until a message finds no room; its id."""
        for _ in range(most):
            answer = self.sms("note the stairs went well")
            if answer.status_code != 200:
                assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
                return f"SM{self.numbers:032x}"
        raise AssertionError("there is always room")

    def wait_for(self, holds: Callable[[], bool]) -> None:
        """Wait until something holds."""
        deadline = time.monotonic() + SOON
        while not holds():
            assert time.monotonic() < deadline, "it never came to that"
            wait(0.01)

    def nothing_lost(self) -> None:
        """What was acknowledged is stored, all of it once, and none of it was set aside."""
        stored = [row.external_id for row in self.house.inbox()]
        assert sorted(stored) == sorted(self.acknowledged)
        assert {row.status for row in self.house.inbox()} == {"done"}

    def sent_once(self) -> None:
        """Everything has gone out, and once."""
        ids = [each.parcel.outbox_id for each in self.house.sms.sent]
        assert sorted(ids) == [row.id for row in self.house.outbox() if row.channel == "sms"]


@contextmanager
def site(database: Database) -> Iterator[Site]:
    """It runs while this lasts."""
    house = House(database)
    patient_id = house.enrol(PHONE, channel="sms").patient_id
    house.settle()
    with ExitStack() as stack:
        hooks = twilio.twilio_hooks(far.TOKEN, PUBLIC)
        app = stack.enter_context(answering(house.deployment, Doorbell(), secure=True, hooks=hooks))
        stack.enter_context(ticking(house.deployment))
        client = TestClient(app, SITE, raise_server_exceptions=False, follow_redirects=False)
        stack.enter_context(client)
        yield Site(house, client, patient_id)


def let_in(site: Site) -> None:
    """The browser is let into the patient's chat."""
    house, patient_id = site.house, site.patient_id
    deployment, sealer, now = house.deployment, house.sealer(patient_id), house.clock.now()
    token, cookie = deployment.chance.token(), deployment.chance.token()
    ids, ring = deployment.ids, deployment.ring
    with house.database.write() as connection:
        web_access.create_link(
            connection, ids, ring, sealer, patient_id=patient_id, token=token, now=now,
            lifetime=timedelta(hours=1),
        )  # fmt: skip
        web_access.exchange(connection, ids, ring, token=token, cookie=cookie, now=now)
    site.client.cookies.set(COOKIE, cookie)
