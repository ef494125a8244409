"""The professional's browser: from the link in a mail to the summary, a note, and out again."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, cast

import pytest
from fastapi import FastAPI
from httpx2 import Response
from starlette.testclient import TestClient

from api import professional
from api.app import create_app
from tests.bot.practice import MINUTE, WORDS, Practice, Shared
from tests.bot.test_answering import reports
from trajectory import migrations
from trajectory.database import Database
from trajectory.grants import WORK_PAGE

SITE = "https://nord.example"
NOTE = "walk 15 min x 2"


@pytest.fixture
def practice(migrated_database_url: str) -> Iterator[Practice]:
    """On both databases: the way in and the page."""
    database = Database(migrated_database_url, durable=False)
    yield Practice(database)
    database.close()


@pytest.fixture
def light_practice() -> Iterator[Practice]:
    """On SQLite only: where the kind of database makes no difference."""
    database = migrations.throw_away()
    yield Practice(database)
    database.close()


def application(practice: Practice, *, secure: bool = True) -> FastAPI:
    return create_app(
        practice.deployment,
        cast(Any, None),
        practice.doorbell,
        secure=secure,
        extra_routers=[professional.router],
    )


class Anne:
    """At her browser; it follows no redirect by itself."""

    def __init__(self, practice: Practice, *, secure: bool = True, language: str = "en") -> None:
        self.practice = practice
        self.browser = TestClient(
            application(practice, secure=secure),
            base_url=SITE if secure else SITE.replace("https", "http"),
            follow_redirects=False,
            headers={"Accept-Language": language} if language else {"Accept-Language": ""},
        )

    def look(self, shared: Shared, step: str = "") -> Response:
        return self.browser.get(f"/s/{shared.token}{step}")

    def press(self, shared: Shared) -> Response:
        return self.browser.post(f"/s/{shared.token}/code")

    def type(self, shared: Shared, code: str, words: str = WORDS) -> Response:
        return self.browser.post(f"/s/{shared.token}/open", data={"code": code, "word": words})

    def come_in(self, shared: Shared) -> Response:
        self.press(shared)
        return self.type(shared, self.practice.newest_code())

    def summary(self) -> Response:
        return self.browser.get("/summary")

    def write(self, text: str, note_id: str = "1") -> Response:
        return self.browser.post("/summary/notes", data={"found": text, "id": note_id})


@pytest.fixture
def anne(practice: Practice) -> Anne:
    return Anne(practice)


@pytest.fixture
def shared(practice: Practice) -> Shared:
    return practice.share()


def test_from_the_mail_to_the_summary(anne: Anne, shared: Shared, practice: Practice) -> None:
    practice.tell("goal", "walk to the allotment")
    assert "This link is for Anne Skov" in anne.look(shared).text
    sent = anne.press(shared)
    assert (sent.status_code, sent.headers["location"]) == (303, f"/s/{shared.token}/open")
    asked = anne.look(shared, "/open").text
    assert "15 minutes" in asked
    assert 'name="code"' in asked
    opened = anne.type(shared, practice.newest_code())
    assert (opened.status_code, opened.headers["location"]) == (303, "/summary")
    page = anne.summary()
    assert page.status_code == 200
    assert "Birgit Holm" in page.text
    assert "walk to the allotment" in page.text
    assert practice.chat() == ["Anne Skov looked at your summary on 24 November at 14:05."]


def test_a_scanner_that_follows_the_link_changes_nothing(
    anne: Anne, shared: Shared, practice: Practice
) -> None:
    for step in ("", "/open", "", "/open"):
        assert anne.look(shared, step).status_code == 200
    assert anne.browser.head(f"/s/{shared.token}").status_code == 405
    assert (practice.mails(), practice.audited(), practice.chat()) == ([], [], [])


def test_before_the_page_is_open_nothing_names_the_patient(
    anne: Anne, shared: Shared, practice: Practice
) -> None:
    practice.tell("goal", "walk to the allotment")
    pages = [
        anne.look(shared),
        anne.press(shared),
        anne.look(shared, "/open"),
        anne.type(shared, practice.newest_code(), "silver spoon"),
        anne.summary(),
    ]
    for page in pages:
        for secret in ("Birgit", "Holm", "allotment", "copper"):
            assert secret not in page.text + str(page.headers)


def test_nothing_about_health_or_person_is_in_an_address(
    anne: Anne, shared: Shared, practice: Practice
) -> None:
    anne.come_in(shared)
    page = anne.summary().text
    addresses = [shared.token, *re.findall(r'(?:href|action|src)="([^"]*)"', page)]
    for secret in ("birgit", "holm", "anne", "skov", "odi", "pain", str(practice.birgit)):
        assert not any(secret in each.lower() for each in addresses if each != shared.token)


def test_wrong_words_and_a_wrong_code_look_the_same(
    anne: Anne, shared: Shared, practice: Practice
) -> None:
    anne.press(shared)
    code = practice.newest_code()
    words = anne.type(shared, code, "silver spoon")
    digits = anne.type(shared, f"{(int(code) + 1) % 1_000_000:06}")
    assert words.status_code == digits.status_code == 403
    assert words.text == digits.text
    assert "set-cookie" not in words.headers
    assert "Code or words are not right" in words.text
    assert anne.summary().status_code == 401


def test_an_empty_form_opens_nothing(anne: Anne, shared: Shared) -> None:
    anne.press(shared)
    assert anne.browser.post(f"/s/{shared.token}/open").status_code == 403


def test_a_used_code_says_that_a_new_one_is_needed(
    anne: Anne, shared: Shared, practice: Practice
) -> None:
    anne.come_in(shared)
    again = anne.type(shared, practice.newest_code())
    assert again.status_code == 403
    assert "Have a new one sent" in again.text


def test_guessing_is_slowed_down(anne: Anne, shared: Shared, practice: Practice) -> None:
    for _ in range(5):
        assert anne.press(shared).status_code == 303
        practice.wait(2 * MINUTE)
    refused = anne.press(shared)
    assert refused.status_code == 429
    assert len(practice.mails()) == 5


@pytest.mark.parametrize("language", ["en", "da"])
def test_every_dead_link_looks_the_same(light_practice: Practice, language: str) -> None:
    practice = light_practice
    ended, expired = practice.share(), practice.share(until=timedelta(days=1))
    unknown = Shared("x" * 43, 0, ended.member)
    practice.end(ended)
    practice.wait(timedelta(days=2))
    anne = Anne(practice, language=language)
    answers = {
        (page.status_code, page.text)
        for shared in (ended, expired, unknown)
        for page in (
            anne.look(shared),
            anne.look(shared, "/open"),
            anne.press(shared),
            anne.type(shared, "123456"),
        )
    }
    assert len(answers) == 1
    assert answers.pop()[0] == 404
    assert practice.mails() == []


def test_a_page_that_birgit_ends_is_gone_at_the_next_request(
    anne: Anne, shared: Shared, practice: Practice
) -> None:
    anne.come_in(shared)
    assert anne.summary().status_code == 200
    practice.end(shared)
    for page in (anne.summary(), anne.browser.get("/summary/journal.txt")):
        assert page.status_code in (401, 404)
        assert "Birgit" not in page.text


def test_a_note_that_comes_after_the_end_is_given_back(
    anne: Anne, shared: Shared, practice: Practice
) -> None:
    anne.come_in(shared)
    practice.end(shared)
    page = anne.write(NOTE)
    assert page.status_code == 404
    assert "The patient has ended the sharing" in page.text
    assert NOTE in page.text
    assert practice.timeline() == []


def test_a_note_that_took_too_long_to_write_is_given_back(
    anne: Anne, shared: Shared, practice: Practice
) -> None:
    anne.come_in(shared)
    practice.wait(40 * MINUTE)
    page = anne.write(f"<b>{NOTE}")
    assert page.status_code == 401
    assert f"&lt;b&gt;{NOTE}" in page.text
    assert practice.timeline() == []


def test_a_note_reaches_trajectory_and_chat(anne: Anne, shared: Shared, practice: Practice) -> None:
    anne.come_in(shared)
    form = anne.summary().text
    found = re.search(r'name="id" value="([^"]+)"', form)
    assert found
    for _ in range(2):
        saved = anne.write(NOTE, found[1])
        assert (saved.status_code, saved.headers["location"]) == (303, "/summary?said=noted")
    (note,) = practice.timeline()
    assert (note.text, note.author) == (NOTE, f"professional:{shared.member.id}")
    assert practice.chat()[1:] == [
        f"Anne Skov (physiotherapist) has written to you:\nFound: {NOTE}"
    ]
    page = anne.browser.get("/summary?said=noted").text
    assert "Saved. Your note goes to the patient’s chat" in page
    assert NOTE in page


def test_after_stop_the_page_does_not_promise_that_the_note_is_read(
    anne: Anne, shared: Shared, practice: Practice
) -> None:
    anne.come_in(shared)
    practice.stop()
    assert "the patient reads it at once" not in anne.summary().text
    anne.write(NOTE)
    assert "reads your note after starting again" in anne.browser.get("/summary?said=noted").text


@pytest.mark.parametrize(("text", "said"), [("  ", "Write something first"), ("x" * 501, "500")])
def test_a_note_that_cannot_be_kept_stays_on_the_page(
    light_practice: Practice, text: str, said: str
) -> None:
    anne = Anne(light_practice)
    anne.come_in(light_practice.share())
    page = anne.write(text)
    assert page.status_code == 422
    assert said in page.text
    assert text in page.text
    assert light_practice.timeline() == []


def test_a_note_about_a_number_that_no_flag_can_have_is_refused(anne: Anne, shared: Shared) -> None:
    anne.come_in(shared)
    for number in (-(2**63) - 1, 2**63, 0):
        form = {"text": NOTE, "id": "1", "flags": str(number)}
        assert anne.browser.post("/summary/notes", data=form).status_code == 422


def test_the_journal_text_is_plain(anne: Anne, shared: Shared, practice: Practice) -> None:
    practice.tell("goal", "walk to <the> allotment")
    anne.come_in(shared)
    journal = anne.browser.get("/summary/journal.txt")
    assert journal.headers["content-type"] == "text/plain; charset=utf-8"
    assert 'Goal: "walk to <the> allotment"' in journal.text
    assert journal.text.startswith("Birgit Holm")


def test_leaving_closes_the_page_on_this_device(
    anne: Anne, shared: Shared, practice: Practice
) -> None:
    anne.come_in(shared)
    cookie = anne.browser.cookies["__Host-backtrace-pro"]
    assert anne.browser.post("/summary/leave").status_code == 303
    assert anne.browser.cookies == {}
    anne.browser.cookies.set("__Host-backtrace-pro", cookie)
    page = anne.summary()
    assert page.status_code == 401
    assert "You are signed out" in page.text


def test_the_cookie_stays_on_this_site_and_out_of_reach_of_scripts(
    light_practice: Practice,
) -> None:
    cookie = Anne(light_practice).come_in(light_practice.share()).headers["set-cookie"]
    name, *attributes = [part.strip().lower() for part in cookie.split(";")]
    assert name.startswith("__host-backtrace-pro=")
    assert {"secure", "httponly", "samesite=strict", "path=/"} <= set(attributes)
    assert not any(each.startswith(("domain", "max-age", "expires")) for each in attributes)


def test_on_plain_http_in_development_the_cookie_has_a_plain_name(
    light_practice: Practice,
) -> None:
    anne = Anne(light_practice, secure=False)
    assert anne.come_in(light_practice.share()).headers["set-cookie"].startswith("backtrace-pro=")
    assert anne.summary().status_code == 200


def test_no_page_of_the_way_in_is_kept_by_the_browser(light_practice: Practice) -> None:
    anne, shared = Anne(light_practice), light_practice.share()
    pages = [anne.look(shared), anne.come_in(shared), anne.summary()]
    assert {page.headers["cache-control"] for page in pages} == {"no-store"}


def test_another_site_cannot_write_a_note(light_practice: Practice) -> None:
    anne = Anne(light_practice)
    anne.come_in(light_practice.share())
    anne.browser.headers["Sec-Fetch-Site"] = "cross-site"
    assert anne.write(NOTE).status_code == 403
    assert light_practice.timeline() == []


@pytest.mark.parametrize(
    ("browser", "said"), [("da-DK,da;q=0.9", "Send mig en kode"), ("", "Send mig en kode"),
                          ("en-GB", "Send me a code"), ("de", "Send mig en kode")],
)  # fmt: skip
def test_the_page_speaks_the_browsers_language_or_the_patients(
    light_practice: Practice, browser: str, said: str
) -> None:
    practice = Practice(light_practice.database, "da")
    assert said in Anne(practice, language=browser).look(practice.share()).text


def test_a_danish_summary_is_danish_throughout(light_practice: Practice) -> None:
    practice = Practice(light_practice.database, "da")
    anne = Anne(practice, language="da")
    anne.come_in(practice.share())
    page = anne.summary().text
    assert '<html lang="da">' in page
    assert "Mål" in page
    assert anne.write(NOTE).status_code == 303
    assert practice.chat()[-1] == f"Anne Skov (fysioterapeut) har skrevet til dig:\nFundet: {NOTE}"


def test_a_relative_sees_goal_and_plan_and_no_more(light_practice: Practice) -> None:
    practice = light_practice
    practice.tell("goal", "walk to the allotment")
    practice.tell("question", "Can I halve the tablets?")
    peter = Anne(practice)
    peter.come_in(practice.share(practice.name("Peter", "relative", "p@hjem.example")))
    page = peter.summary()
    assert page.status_code == 200
    assert "walk to the allotment" in page.text
    assert "tablets" not in page.text
    assert peter.browser.get("/summary/journal.txt").status_code == 404
    assert peter.write("take it easy").status_code == 404


def test_without_a_cookie_there_is_no_page(light_practice: Practice) -> None:
    anne = Anne(light_practice)
    for page in (
        anne.summary(),
        anne.browser.get("/summary/journal.txt"),
        anne.write(NOTE),
    ):
        assert page.status_code == 401
    assert anne.browser.post("/summary/leave").status_code == 303
    assert light_practice.audited() == []


class Mette(Anne):
    """At the job centre."""

    def come_in(self, shared: Shared, who: str = "Lone Bo", purpose: str = "a case") -> Response:
        self.press(shared)
        code = self.practice.newest_code()
        typed = {"code": code, "word": WORDS, "who": who, "purpose": purpose}
        return self.browser.post(f"/s/{shared.token}/open", data=typed)


@pytest.fixture
def office(light_practice: Practice) -> Shared:
    mette = light_practice.name("Mette Dahl", "job-centre", "mette@jobcenter.example")
    return light_practice.share(mette, WORK_PAGE)


def test_the_job_centre_reads_its_page_and_no_other(
    light_practice: Practice, office: Shared
) -> None:
    light_practice.tell("goal", "walk to the allotment")
    mette = Mette(light_practice)
    assert "a page about work" in mette.look(office).text
    assert mette.come_in(office).status_code == 303
    page = mette.summary()
    assert page.status_code == 200
    for said in ("Page about work", "on sick leave", "lifting", "A desk that I can raise"):
        assert said in page.text
    for kept in ("allotment", "ODI", "STarT", "Copy for the journal", 'name="found"'):
        assert kept not in page.text
    assert mette.browser.get("/summary/journal.txt").status_code == 404
    assert mette.write(NOTE).status_code == 404
    assert mette.browser.post("/summary/letters", data={"text": "x"}).status_code == 404
    assert mette.browser.post("/summary/flags/1/handled").status_code == 404


def test_the_job_centre_says_who_opens_it_and_what_for(
    light_practice: Practice, office: Shared
) -> None:
    mette = Mette(light_practice)
    asked = mette.come_in(office, who="Lone <b>", purpose="")
    assert asked.status_code == 422
    assert "Say who you are" in asked.text
    assert 'value="Lone &lt;b&gt;"' in asked.text
    assert light_practice.chat() == []


def test_a_warning_sign_is_handled_by_one_button(anne: Anne, practice: Practice) -> None:
    flag = reports(practice)
    anne.come_in(practice.share())
    assert "Seen, handled by Anne Skov" in anne.summary().text
    for _ in range(2):
        pressed = anne.browser.post(f"/summary/flags/{flag}/handled")
        assert (pressed.status_code, pressed.headers["location"]) == (303, "/summary?said=handled")
    page = anne.browser.get("/summary?said=handled").text
    assert "The patient is told that you have seen it" in page
    assert "seen, handled by you" in page
    assert "Seen, handled by Anne Skov" not in page
    assert anne.browser.get(f"/summary/flags/{flag}/handled").status_code == 405
    assert anne.browser.post("/summary/flags/99999/handled").status_code == 404


def test_a_letter_is_kept_or_given_back(anne: Anne, practice: Practice) -> None:
    anne.come_in(practice.share())
    letter = {"sector": "imaging", "day": "2026-11-20", "text": "No <fracture>.", "id": "1"}
    refused = anne.browser.post("/summary/letters", data=letter | {"day": "2027-01-01"})
    assert refused.status_code == 422
    assert "cannot be later than today" in refused.text
    assert "No &lt;fracture&gt;.</textarea>" in refused.text
    for _ in range(2):
        assert anne.browser.post("/summary/letters", data=letter).status_code == 303
    assert [row.kind for row in practice.timeline()] == ["contact"]
    page = anne.summary().text
    assert "letter, added by you" in page
    assert "No &lt;fracture&gt;." in page


def test_all_four_fields_come_back_when_one_is_too_long(light_practice: Practice) -> None:
    anne = Anne(light_practice)
    anne.come_in(light_practice.share())
    typed = {"found": "stiff", "agreed": "walk", "who": "x" * 501, "by": "Friday"}
    page = anne.browser.post("/summary/notes", data=typed)
    assert page.status_code == 422
    for words in typed.values():
        assert f">{words}</textarea>" in page.text


def test_the_sex_life_item_is_nowhere_outside_the_odi(light_practice: Practice) -> None:
    anne = Anne(light_practice)
    anne.come_in(light_practice.share())
    light_practice.answer("odi", "sex-life", 4, "D, not possible any more")
    for path in ("/summary", "/summary/journal.txt"):
        page = anne.browser.get(path)
        assert page.status_code == 200
        assert "sex" not in page.text.lower()
        assert "not possible any more" not in page.text
