"""The patient's own page: the care team, what each sees, who looked, and changes to it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, cast

import pytest
from starlette.testclient import TestClient

from api import professional
from api.app import create_app
from bot import access
from bot.inbound import Inbound
from tests.api.conftest import COOKIE
from tests.api.test_professional import SITE, Anne
from tests.bot.practice import Practice
from trajectory import care_team, web_access, work_pages
from trajectory.care_team import Member
from trajectory.grants import WORK_PAGE


@dataclass
class Letterbox:
    """Stands where the inbox does."""

    taken: list[Inbound] = field(default_factory=list)

    async def take(self, message: Inbound) -> None:
        self.taken.append(message)


class Birgit:
    """At her own page, without JavaScript."""

    def __init__(self, practice: Practice) -> None:
        self.practice = practice
        self.letterbox = Letterbox()
        self.browser = TestClient(
            create_app(
                practice.deployment,
                cast(Any, self.letterbox),
                practice.doorbell,
                secure=True,
                extra_routers=[professional.router],
            ),
            base_url=SITE,
            follow_redirects=False,
            headers={"Accept-Language": "en"},
        )

    def signs_in(self) -> None:
        deployment, now = self.practice.deployment, self.practice.now
        token, cookie = deployment.chance.token(), deployment.chance.token()
        with deployment.database.write() as connection:
            ids, ring = deployment.ids, deployment.ring
            web_access.create_link(
                connection,
                ids,
                ring,
                self.practice.sealer,
                patient_id=self.practice.birgit,
                token=token,
                now=now,
                lifetime=timedelta(hours=1),
            )
            web_access.exchange(connection, ids, ring, token=token, cookie=cookie, now=now)
        self.browser.cookies.set(COOKIE, cookie)

    def team(self, query: str = "") -> str:
        page = self.browser.get(f"/chat/team{query}")
        assert page.status_code == 200
        return " ".join(re.sub(r"<[^>]+>", " ", page.text).split())

    def posts(self, path: str, **data: str) -> tuple[int, str]:
        answer = self.browser.post(f"/chat/team{path}", data=data)
        return answer.status_code, answer.headers.get("location", "")

    def people(self) -> list[Member]:
        with self.practice.database.read() as connection:
            return care_team.active(connection, self.practice.sealer, self.practice.birgit)


@pytest.fixture
def birgit(practice: Practice) -> Iterator[Birgit]:
    birgit = Birgit(practice)
    birgit.signs_in()
    yield birgit
    birgit.browser.close()


def test_it_says_what_each_sees_until_when_and_who_looked(
    birgit: Birgit, practice: Practice
) -> None:
    practice.open(practice.share(None, "summary", "alert"))
    practice.share(practice.name("Ida", "relative", "ida@hjem.example"), until=None)
    mette = practice.name("Mette Dahl", "job-centre", "mette@jobcenter.example")
    practice.open(practice.share(mette, WORK_PAGE))
    practice.name("Bo Holm", "gp", "bo@laege.example")
    said = birgit.team()
    for line in (
        "Anne Skov Physiotherapist Sees your summary until 22 Feb 2027. Gets a mail if",
        "Looked last on 24 Nov.",
        "Ida Somebody close to me Sees your goal, your plan and how it goes until you end it.",
        "Mette Dahl Job centre Sees your page about work, as it was until 22 Feb 2027.",
        "Bo Holm Doctor Sees nothing",
        "Lone Bo, by the link of Mette Dahl. Purpose: sickness benefit",
    ):
        assert line in said


def test_the_chat_leads_there(birgit: Birgit) -> None:
    assert 'href="/chat/team"' in birgit.browser.get("/chat").text


def test_somebody_is_added_once_and_sees_nothing(birgit: Birgit, practice: Practice) -> None:
    bo = {"role": "gp", "name": " Bo  Holm ", "email": "bo@laege.example"}
    for _ in range(2):
        assert birgit.posts("/add", **bo) == (303, "/chat/team?done=added")
    (member,) = birgit.people()
    assert (member.role, member.name, member.email) == ("gp", "Bo Holm", "bo@laege.example")
    assert practice.audited() == [("patient", "member-added")]
    assert "They see nothing yet" in birgit.team("?done=added")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"role": "employer"}, "Choose who it is"),
        ({"role": ""}, "Choose who it is"),
        ({"name": " "}, "Write a name"),
        ({"name": "x" * 61}, "Write a name"),
        ({"email": "bo at laege"}, "does not look like an e-mail"),
    ],
)
def test_what_cannot_be_added_stays_in_the_form(
    birgit: Birgit, wrong: dict[str, str], said: str
) -> None:
    typed = {"role": "gp", "name": "Bo <Holm>", "email": "bo@laege.example"} | wrong
    page = birgit.browser.post("/chat/team/add", data=typed)
    assert page.status_code == 422
    assert said in page.text
    if "name" not in wrong:
        assert 'value="Bo &lt;Holm&gt;"' in page.text
    assert birgit.people() == []


def test_an_office_is_one_whatever_was_chosen(birgit: Birgit) -> None:
    birgit.posts("/add", role="other", name="Mette Dahl", email="mette@jobcenter-odense.dk")
    assert [member.role for member in birgit.people()] == ["job-centre"]


def test_a_new_name_changes_nothing_else(birgit: Birgit, practice: Practice) -> None:
    shared = practice.share()
    cookie = practice.open(shared)
    at = f"/{shared.member.id}/rename"
    assert birgit.posts(at, name="Anne Holm") == (303, "/chat/team?done=renamed")
    assert practice.read(cookie).grant.member.name == "Anne Holm"
    assert birgit.posts(at, name=" ")[0] == 422


@pytest.mark.parametrize("what", ["remove", "stop"])
def test_what_ends_is_asked_about_and_ends_at_once(
    birgit: Birgit, practice: Practice, what: str
) -> None:
    shared = practice.share()
    cookie = practice.open(shared)
    at = f"/chat/team/{shared.member.id}/{what}"
    for _ in range(3):
        asked = birgit.browser.get(at)
        assert asked.status_code == 200
        assert "Anne Skov" in asked.text
    assert practice.read(cookie).summary.person.name == "Birgit Holm"
    assert birgit.browser.post(at).status_code == 303
    with pytest.raises(access.Ended):
        practice.read(cookie)
    left = [] if what == "remove" else ["Anne Skov"]
    assert [member.name for member in birgit.people()] == left
    kinds = [entry.kind for entry in practice.timeline()]
    assert kinds == ["grant-ended", *(["member-removed"] if what == "remove" else [])]
    assert ("patient", "sharing-stopped") in practice.audited()


def test_showing_it_goes_through_the_chat_with_its_preview_and_code(
    birgit: Birgit, practice: Practice
) -> None:
    bo = practice.name("Bo Holm", "gp", "bo@laege.example")
    assert birgit.posts(f"/{bo.id}/show", id="12345678") == (303, "/chat#newest")
    (message,) = birgit.letterbox.taken
    assert (message.text, message.channel) == ("send my summary to Bo Holm", "web")
    assert "Sees nothing" in birgit.team()


def test_the_page_about_work_is_there_to_be_printed(birgit: Birgit, practice: Practice) -> None:
    assert birgit.browser.get("/chat/work-page").status_code == 404
    with practice.database.write() as connection:
        work_pages.keep(
            connection,
            practice.deployment.ids,
            practice.sealer,
            practice.work_page(),
            patient_id=practice.birgit,
            grant_id=None,
            now=practice.now,
        )
    assert 'href="/chat/work-page"' in birgit.browser.get("/chat/team").text
    page = birgit.browser.get("/chat/work-page")
    assert "A desk that I can raise would help." in page.text
    assert "The patient can see that this page was opened" not in page.text


def test_nobody_without_the_patients_cookie_sees_or_changes_anything(
    birgit: Birgit, practice: Practice
) -> None:
    shared = practice.share()
    anne = Anne(practice)
    anne.come_in(shared)
    birgit.browser.cookies.clear()
    stranger, at = birgit.browser, f"/chat/team/{shared.member.id}"
    for browser in (stranger, anne.browser):
        for path in ("/chat/team", f"{at}/remove", f"{at}/stop", "/chat/work-page"):
            page = browser.get(path)
            assert page.status_code == 401
            assert "Anne" not in page.text
        for path in ("/chat/team/add", f"{at}/rename", f"{at}/remove", f"{at}/stop", f"{at}/show"):
            typed = {"role": "gp", "name": "X Y", "email": "x@y.example", "id": "12345678"}
            assert browser.post(path, data=typed).status_code == 401
    assert [member.name for member in birgit.people()] == ["Anne Skov"]
    assert birgit.letterbox.taken == []


def test_somebody_elses_people_cannot_be_named(birgit: Birgit, practice: Practice) -> None:
    other = Practice(practice.database)
    theirs = other.share()
    at = f"/{theirs.member.id}"
    for path in (f"{at}/rename", f"{at}/remove", f"{at}/stop", f"{at}/show"):
        assert birgit.posts(path, name="Mallory", id="12345678")[0] == 404
    assert birgit.browser.get(f"/chat/team{at}/remove").status_code == 404
    with practice.database.read() as connection:
        (kept,) = care_team.active(connection, other.sealer, other.birgit)
    assert kept.name == "Anne Skov"


def test_another_site_cannot_change_the_team(birgit: Birgit, practice: Practice) -> None:
    shared = practice.share()
    birgit.browser.headers["Sec-Fetch-Site"] = "cross-site"
    assert birgit.posts(f"/{shared.member.id}/remove")[0] == 403
    assert len(birgit.people()) == 1
