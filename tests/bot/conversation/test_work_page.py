"""The page about work in the chat: what goes along, own words, and how it is left."""

from __future__ import annotations

import pytest

from bot.commands import recognise
from templates.catalogue import load_catalogues
from tests.bot.house import House
from trajectory import tables, work_pages
from trajectory.patients import PatientRef
from trajectory.work_page import LIMITS, WorkPage

CHOICES = (
    *(f"share.work.short.{part}" for part in ("work", "days", "plan")),
    *(f"share.work.short.limit-{item}" for item in LIMITS),
    *(
        f"share.work.{label}"
        for label in ("words", "words-anew", "done", "share", "change", "make")
    ),
)


@pytest.fixture
def birgit(house: House) -> PatientRef:
    return house.enrol()


def say(house: House, *lines: str) -> str:
    """The patient writes; the last thing that is answered."""
    for line in lines:
        house.write(line)
        house.settle()
    return house.telegram.sent[-1].text


def shared(house: House, ref: PatientRef) -> WorkPage | None:
    grants = house.rows(tables.core(tables.AccessGrant))
    if not grants:
        return None
    with house.database.read() as connection:
        return work_pages.of_grant(connection, house.sealer(ref.patient_id), grants[-1].id)


TO_METTE = ("send my summary to the job centre", "Mette Dahl", "mette@jobcenter.dk")


@pytest.mark.parametrize("language", ["en", "da"])
@pytest.mark.parametrize("key", CHOICES)
def test_no_choice_is_taken_for_a_command(language: str, key: str) -> None:
    label = load_catalogues("messages")[language].say(key)
    for said in (label, f"+ {label}", f"- {label}"):
        assert recognise(said, language) is None


def test_nothing_empty_is_shared(house: House, birgit: PatientRef) -> None:
    assert say(house, *TO_METTE).startswith("What may Mette Dahl read?")
    assert say(house, "done").startswith("What may Mette Dahl read?")
    assert shared(house, birgit) is None


def test_own_words_alone_are_enough_and_can_be_left_out_again(
    house: House, birgit: PatientRef
) -> None:
    say(house, *TO_METTE, "in my own words", "I can work half days.")
    assert "your own words" in say(house, "done")
    say(house, "change", "other words of my own", "no")
    assert say(house, "done").startswith("What may Mette Dahl read?")
    say(house, "in my own words", "Mornings are best.", "done", "share once")
    page = shared(house, birgit)
    assert page is not None
    assert (page.words, page.status, page.weeks, page.limits, page.plan) == (
        "Mornings are best.", None, (), (), None,
    )  # fmt: skip


def test_words_that_are_too_long_are_asked_for_again(house: House, birgit: PatientRef) -> None:
    answer = say(house, *TO_METTE, "in my own words", "long " * 120)
    assert answer.startswith("That is longer than the page has room for")
    assert "Write it in your own words" in answer


@pytest.mark.parametrize("at_last", [(), ("in my own words", "Half days."), ("goes nowhere",)])
def test_it_can_be_left_at_any_moment(
    house: House, birgit: PatientRef, at_last: tuple[str, ...]
) -> None:
    say(house, *TO_METTE, *at_last)
    assert say(house, "do not share") == "All right, nothing was shared."
    assert shared(house, birgit) is None


def test_it_stays_as_it_was_when_more_is_told(house: House, birgit: PatientRef) -> None:
    say(house, *TO_METTE, "in my own words", "Half days.", "done", "share once")
    before = shared(house, birgit)
    say(house, "my goal is to dance")
    assert before is not None
    assert shared(house, birgit) == before


def test_an_employer_is_refused_as_often_as_asked(house: House, birgit: PatientRef) -> None:
    for text in ("send my summary to Lars my boss", "share with my employer"):
        assert say(house, text).startswith("I do not send to employers")
    assert house.rows(tables.core(tables.CareTeamMember)) == []
    assert house.email.texts() == []


def test_a_page_that_is_shared_anew_takes_the_place_of_the_old_one(
    house: House, birgit: PatientRef
) -> None:
    say(house, *TO_METTE, "in my own words", "Half days.", "done", "share once")
    assert say(house, "send my summary to Mette").startswith("Mette Dahl can see it already.")
    say(house, "in my own words", "Whole days.", "done", "share once")
    page = shared(house, birgit)
    assert page is not None
    assert page.words == "Whole days."
    ended = [row.ended_at is None for row in house.rows(tables.core(tables.AccessGrant))]
    assert ended == [False, True]
