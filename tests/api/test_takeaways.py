"""What Anne takes along from the open page: a text for the journal, a PDF."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from starlette.testclient import TestClient

from tests.api.test_professional import Anne, light_practice, practice
from tests.bot.practice import MINUTE, Practice
from tests.house.pdf import Pdf
from trajectory.said import author_of

__all__ = ["light_practice", "practice"]

TAKEAWAYS = ("/summary/journal.txt", "/summary/summary.pdf")


@pytest.fixture
def anne(practice: Practice) -> Anne:
    """At her open page."""
    practice.wait(timedelta(microseconds=123_456))  # as a real clock stands
    practice.tell("goal", "walk to the allotment")
    anne = Anne(practice)
    anne.come_in(practice.share())
    return anne


def test_the_pdf_is_made_out_to_her(anne: Anne) -> None:
    answer = anne.browser.get("/summary/summary.pdf")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-disposition"] == 'attachment; filename="summary.pdf"'
    pdf = Pdf(answer.content)
    assert pdf.text.startswith("Birgit Holm For Anne Skov; shared with you until")
    assert "Goal “walk to the allotment”" in pdf.text
    assert pdf.language == "en"


def test_it_speaks_the_language_of_the_page(anne: Anne) -> None:
    anne.browser.headers["Accept-Language"] = "da"
    assert Pdf(anne.browser.get("/summary/summary.pdf").content).language == "da"


def test_the_audit_tells_reading_copying_and_printing_apart(anne: Anne, practice: Practice) -> None:
    anne.summary()
    for address in TAKEAWAYS:
        anne.browser.get(address)
    (actor,) = {actor for actor, _ in practice.audited() if actor.startswith("professional:")}
    assert practice.audited()[-3:] == [(actor, how) for how in ("viewed", "copied", "printed")]


@pytest.mark.parametrize("address", TAKEAWAYS)
def test_what_birgit_has_ended_gives_nothing_away(practice: Practice, address: str) -> None:
    anne, shared = Anne(practice), practice.share()
    anne.come_in(shared)
    practice.end(shared)
    before = practice.audited()
    answer = anne.browser.get(address)
    assert answer.status_code in (401, 404)
    assert b"Birgit" not in answer.content
    assert answer.headers["content-type"].startswith("text/html")
    assert practice.audited() == before


@pytest.mark.parametrize("address", TAKEAWAYS)
def test_a_page_that_was_left_alone_gives_nothing_away(
    light_practice: Practice, address: str
) -> None:
    anne = Anne(light_practice)
    anne.come_in(light_practice.share())
    light_practice.wait(40 * MINUTE)
    answer = anne.browser.get(address)
    assert answer.status_code == 401
    assert b"Birgit" not in answer.content


@pytest.mark.parametrize("address", TAKEAWAYS)
def test_a_relative_takes_nothing_along_and_the_audit_does_not_say_so(
    light_practice: Practice, address: str
) -> None:
    practice = light_practice
    peter = Anne(practice)
    shared = practice.share(practice.name("Peter", "relative", "p@hjem.example"))
    peter.come_in(shared)
    before = practice.audited()
    assert peter.browser.get(address).status_code == 404
    assert practice.audited() == before
    assert before[-1] == (author_of(shared.member.id), "opened")


def test_the_page_offers_both_and_says_who_else_reads(anne: Anne, practice: Practice) -> None:
    practice.share(practice.name("Dr Holm", "gp", "holm@klinik.example"), until=None)
    practice.share(practice.name("Peter", "relative", "p@hjem.example"))
    page = anne.summary().text
    assert {f'href="{each}"' in page for each in TAKEAWAYS} == {True}
    who = page[page.index('id="who"') :]
    who = re.sub(r"<[^>]*>", "", who[: who.index("</ul>")])
    assert "Anne Skov (you), physiotherapist" in who
    assert "Dr Holm, doctor" in who
    assert "until the patient stops it" in who
    assert "Peter" not in page, "whom Birgit shares with besides is hers to tell"


def test_a_stranger_gets_neither(light_practice: Practice) -> None:
    browser: TestClient = Anne(light_practice).browser
    assert {browser.get(address).status_code for address in TAKEAWAYS} == {401}
    assert light_practice.audited() == []
