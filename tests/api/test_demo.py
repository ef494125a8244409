"""The demo's page over the real product on SQLite: whose phone, what mail, what time."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from random import SystemRandom

import pytest
from starlette.testclient import TestClient

from api import desk, professional
from api.app import create_app
from api.demo import DemoPatient, Stage, demo_router
from backtrace.composition import deploy
from backtrace.definitions import shipped_library
from backtrace.demo.stage import secretary
from bot.channels.shown_mail import ShownMail
from bot.channels.web import WebChat
from bot.deployment import Chance, Clinic
from bot.doorbell import Doorbell
from bot.driving import drive, run_until_quiet
from bot.enrolling import Newcomer, enrol
from bot.inbound import Inbound, InboundKind
from bot.inbox import Inbox
from bot.receiving import receive
from trajectory.database import Database
from trajectory.keys import Ring

SITE = "http://127.0.0.1:8000"
AFTERNOON = datetime(2026, 11, 24, 15, 30, tzinfo=UTC)
SHARE = ("send my summary to my physio", "Anne Skov", "anne@klinik.example", "C", "4071", "no")


@dataclass
class Clock:
    """Stands still until it is set."""

    moment: datetime = AFTERNOON

    def now(self) -> datetime:
        return self.moment

    def set(self, moment: datetime) -> None:
        self.moment = moment


@dataclass
class Rehearsal:
    """The product with Birgit in it, and what the stage was asked for."""

    database: Database
    clock: Clock = field(default_factory=Clock)
    doorbell: Doorbell = field(default_factory=Doorbell)
    jumps: list[timedelta] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.deployment = deploy(
            self.database,
            Ring.generate(),
            shipped_library(),
            clock=self.clock,
            chance=Chance(SystemRandom()),
            channels={"web": WebChat(self.doorbell), "email": ShownMail()},
            clinic=Clinic(name="Klinik Nord", public_url=SITE),
        )
        self.patients: dict[int, DemoPatient] = {}
        self._numbers = count(1)
        self.birgit = self.enrol("Birgit Holm", seeded=True)

    def enrol(
        self, name: str, *, seeded: bool = False, language: str = "en", zone: str = "Europe/London"
    ) -> int:
        known = Newcomer("web", f"demo:{name}", language, zone, name=name, code="4071")
        ref = enrol(self.deployment, known, consented=bool(name))
        run_until_quiet(self.deployment)
        self.patients[ref.patient_id] = DemoPatient(ref.patient_id, name, language, seeded)
        return ref.patient_id

    def write(self, patient_id: int, *texts: str) -> None:
        address = f"demo:{self.patients[patient_id].name}"
        for text in texts:
            external_id, now = f"m{next(self._numbers)}", self.clock.now()
            message = Inbound("web", address, external_id, InboundKind.TEXT, now, text=text)
            receive(self.deployment, [message])
            run_until_quiet(self.deployment)

    def jump(self, delta: timedelta) -> None:
        self.jumps.append(delta)
        drive(self.deployment, self.clock, self.clock.now() + delta)

    def people(self) -> list[DemoPatient]:
        return list(self.patients.values())

    def newcomer(self) -> int:
        return self.enrol("")


@pytest.fixture
def rehearsal(migrated_sqlite: Path, tmp_path: Path) -> Iterator[Rehearsal]:
    file = shutil.copy(migrated_sqlite, tmp_path / "demo.db")
    database = Database(f"sqlite:///{file}", durable=False)
    yield Rehearsal(database)
    database.close()


@pytest.fixture
def guest(rehearsal: Rehearsal) -> Iterator[TestClient]:
    """A browser without JavaScript."""
    stage = Stage(
        rehearsal.jump,
        rehearsal.people,
        rehearsal.newcomer,
        lambda: secretary(rehearsal.deployment),
    )
    inbox = Inbox(lambda batch: receive(rehearsal.deployment, batch), lambda: None)
    app = create_app(
        rehearsal.deployment,
        inbox,
        rehearsal.doorbell,
        secure=False,
        framed=True,
        extra_routers=[professional.router, *desk.ROUTERS, demo_router(stage)],
    )
    with TestClient(app, base_url=SITE, follow_redirects=False) as client:
        yield client
    inbox.close()


def take(guest: TestClient, patient: int | str) -> None:
    answer = guest.post("/demo/phone", data={"patient": str(patient)})
    assert (answer.status_code, answer.headers["location"]) == (303, "/demo")


def page(guest: TestClient, path: str = "/demo") -> str:
    answer = guest.get(path)
    assert answer.status_code == 200
    return answer.text


def subjects(html: str) -> list[str]:
    return re.findall(r'class="subject">([^<]+)<', html)


def test_the_front_door_leads_to_the_demo(guest: TestClient) -> None:
    answer = guest.get("/")
    assert (answer.status_code, answer.headers["location"]) == (303, "/demo")


def test_the_page_says_what_it_is(guest: TestClient) -> None:
    html = page(guest)
    for words in ("Invented people", "not sent", "Not for emergencies"):
        assert words in html


def test_who_has_no_phone_yet_is_offered_birgits_or_a_new_one(
    guest: TestClient, rehearsal: Rehearsal
) -> None:
    html = page(guest)
    assert "Whose phone do you take?" in html
    assert html.count(f'name="patient" value="{rehearsal.birgit}"') == 2
    assert html.count('name="patient" value="new"') == 2
    assert "three months in" in html
    assert "<iframe" not in html


def test_birgits_phone_shows_her_own_chat(guest: TestClient, rehearsal: Rehearsal) -> None:
    take(guest, rehearsal.birgit)
    html = page(guest)
    assert '<iframe src="/chat"' in html
    assert re.search(rf'value="{rehearsal.birgit}"[^>]* aria-current="true"', html)
    assert "First 1 question about your safety" in page(guest, "/chat")


def test_a_new_patient_is_greeted_and_asked_for_a_language(guest: TestClient) -> None:
    take(guest, "new")
    assert "Which language do you want to use?" in page(guest, "/chat")
    assert "Somebody new" in page(guest)


def test_taking_another_phone_puts_the_first_one_down(
    guest: TestClient, rehearsal: Rehearsal
) -> None:
    take(guest, rehearsal.birgit)
    first = guest.cookies["backtrace"]
    take(guest, "new")
    guest.cookies.clear()
    guest.cookies.set("backtrace", first)
    assert guest.get("/chat").status_code == 401


@pytest.mark.parametrize("patient", ["", "7", "birgit", "-1"])
def test_nobody_else_has_a_phone(guest: TestClient, patient: str) -> None:
    assert guest.post("/demo/phone", data={"patient": patient}).status_code == 422
    assert "backtrace" not in guest.cookies


@pytest.mark.parametrize(
    ("hours", "day", "time"),
    [
        ("1", "Tuesday 24 November 2026", "16:30"),
        ("24", "Wednesday 25 November 2026", "15:30"),
        ("168", "Tuesday 1 December 2026", "15:30"),
    ],
)
def test_time_passes_by_an_hour_a_day_or_a_week(
    guest: TestClient, rehearsal: Rehearsal, hours: str, day: str, time: str
) -> None:
    take(guest, rehearsal.birgit)
    assert guest.post("/demo/clock", data={"hours": hours}).status_code == 303
    assert rehearsal.jumps == [timedelta(hours=int(hours))]
    html = page(guest)
    assert f">{day}<" in html
    assert f">{time}<" in html


def test_what_falls_due_meanwhile_stands_in_the_chat(
    guest: TestClient, rehearsal: Rehearsal
) -> None:
    take(guest, rehearsal.birgit)
    rehearsal.write(rehearsal.birgit, "no")
    for _ in range(9):
        rehearsal.write(rehearsal.birgit, "A")
    guest.post("/demo/clock", data={"hours": "168"})
    assert "10 questions about your day today" in page(guest, "/chat")


@pytest.mark.parametrize("hours", ["", "0", "2", "-1", "1.0", "week"])
def test_the_clock_jumps_no_other_way(guest: TestClient, rehearsal: Rehearsal, hours: str) -> None:
    assert guest.post("/demo/clock", data={"hours": hours}).status_code == 422
    assert rehearsal.jumps == []


def test_the_clock_is_the_patients_own(guest: TestClient, rehearsal: Rehearsal) -> None:
    assert guest.get("/demo/now").json() == {
        "day": "Tuesday 24 November 2026",
        "time": "16:30",
        "iso": "2026-11-24T16:30+01:00",
        "mail": None,
    }
    take(guest, rehearsal.enrol("Kim", zone="Australia/Sydney"))
    assert guest.get("/demo/now").json() == {
        "day": "Wednesday 25 November 2026",
        "time": "02:30",
        "iso": "2026-11-25T02:30+11:00",
        "mail": None,
    }


def test_what_to_try_is_said_in_the_patients_language(
    guest: TestClient, rehearsal: Rehearsal
) -> None:
    assert "send my summary to my physio" in page(guest)
    take(guest, rehearsal.enrol("Kim", language="da"))
    assert "send min oversigt til min fysioterapeut" in page(guest)


def test_mail_stands_on_the_desk_and_its_link_opens_the_real_page(
    guest: TestClient, rehearsal: Rehearsal
) -> None:
    take(guest, rehearsal.birgit)
    assert "No mail yet." in page(guest)
    rehearsal.write(rehearsal.birgit, *SHARE)
    html = page(guest)
    assert subjects(html) == ["A patient shares a summary with you"]
    assert "to anne@klinik.example" in html
    number = guest.get("/demo/now").json()["mail"]
    opened = page(guest, f"/demo?open={number}")
    assert f'href="/demo?open={number}#desk"' in html
    path = re.search(r'<iframe src="(/s/[^"]+)" name="page"', opened)
    assert path
    assert "This link is for Anne Skov" in page(guest, path[1])
    assert "look in the phone" in opened


def test_the_mail_with_the_code_comes_on_top_and_opens_the_summary(
    guest: TestClient, rehearsal: Rehearsal
) -> None:
    take(guest, rehearsal.birgit)
    rehearsal.write(rehearsal.birgit, *SHARE)
    path = re.search(r'data-path="(/s/[^"]+)"', page(guest, "/demo/mails"))
    words = re.search(r"they open the page: (\w+ \w+)\.", page(guest, "/chat"))
    assert path
    assert words
    guest.post(f"{path[1]}/code")
    rehearsal.clock.moment += timedelta(seconds=5)
    run_until_quiet(rehearsal.deployment)
    html = page(guest, "/demo/mails")
    assert subjects(html)[0] == "Your six-digit code"
    code = re.search(r"\b\d{6}\b", html)
    assert code
    guest.post(f"{path[1]}/open", data={"code": code.group(), "word": words[1]})
    assert '<iframe src="/summary" name="page"' in page(guest, "/demo?open=page")
    assert "Birgit Holm" in page(guest, "/summary")


@pytest.mark.parametrize("opened", ["1", "x", "/s/abc", "https://elsewhere.example/"])
def test_no_other_page_is_opened_on_the_desk(
    guest: TestClient, rehearsal: Rehearsal, opened: str
) -> None:
    take(guest, rehearsal.birgit)
    rehearsal.write(rehearsal.birgit, *SHARE)
    answer = guest.get("/demo", params={"open": opened})
    assert answer.status_code == 200
    assert 'name="page"' not in answer.text


def test_the_desk_shows_mail_about_the_patient_whose_phone_is_held(
    guest: TestClient, rehearsal: Rehearsal
) -> None:
    rehearsal.write(rehearsal.birgit, *SHARE)
    assert subjects(page(guest)) == []
    take(guest, "new")
    assert subjects(page(guest)) == []
    assert subjects(page(guest, "/demo/mails")) == []
    take(guest, rehearsal.birgit)
    assert len(subjects(page(guest))) == 1


def test_names_cannot_become_markup(guest: TestClient, rehearsal: Rehearsal) -> None:
    attack = "<script>alert(1)</script>"
    patient = rehearsal.enrol(attack)
    take(guest, patient)
    rehearsal.write(patient, SHARE[0], attack, *SHARE[2:])
    html = page(guest)
    assert subjects(html)
    assert "<script>alert" not in html
    assert html.count("&lt;script&gt;") >= 3


@pytest.mark.parametrize("opened", ["", "page"])
def test_nothing_needs_an_exception_from_the_content_security_policy(
    guest: TestClient, rehearsal: Rehearsal, opened: str
) -> None:
    take(guest, rehearsal.birgit)
    answer = guest.get("/demo", params={"open": opened})
    assert "frame-src 'self'" in answer.headers["content-security-policy"]
    assert not re.search(r" style=|<style|\son\w+=", answer.text)
    assert re.findall(r"<script[^>]*>", answer.text) == ['<script src="/static/demo.js" defer>']


@pytest.mark.parametrize(
    ("path", "form"), [("/demo/phone", {"patient": "new"}), ("/demo/clock", {"hours": "1"})]
)
def test_another_site_cannot_press_the_buttons(
    guest: TestClient, rehearsal: Rehearsal, path: str, form: dict[str, str]
) -> None:
    answer = guest.post(path, data=form, headers={"sec-fetch-site": "cross-site"})
    assert answer.status_code == 403
    assert rehearsal.jumps == []
    assert len(rehearsal.patients) == 1


def test_the_clinics_desk_opens_without_mail_and_authenticator(guest: TestClient) -> None:
    assert "The clinic’s desk" in page(guest)
    for _ in range(2):  # the second time the same person
        answer = guest.post("/demo/staff")
        assert (answer.status_code, answer.headers["location"]) == (303, "/desk")
        assert guest.get("/desk").status_code == 303
