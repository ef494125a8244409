"""Who may be named, and how the naming is left."""

from __future__ import annotations

import re

import pytest

from tests.bot.house import House

EMPLOYER = "I do not send to employers"
OFFICE = "What may Mette Dahl read?"


@pytest.fixture(autouse=True)
def enrolled(house: House) -> None:
    house.enrol()


def say(house: House, *lines: str) -> str:
    """The patient writes; the last thing that is answered."""
    for line in lines:
        house.write(line)
        house.settle()
    return house.telegram.sent[-1].text


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("send til jobcenteret", OFFICE),
        ("send my summary to the municipality", OFFICE),
        ("del med kommunen", OFFICE),
        ("del med min leder", EMPLOYER),
        ("send mit overblik til min chef", EMPLOYER),
        ("share with my supervisor", EMPLOYER),
        ("send my summary to a colleague", EMPLOYER),
        ("del mit overblik med min kollega", EMPLOYER),
    ],
)
def test_employers_are_refused_and_offices_read_a_page_about_work(
    house: House, text: str, answer: str
) -> None:
    said = say(house, text)
    if answer == OFFICE:
        said = say(house, "Mette Dahl", "mette@x.dk")
    assert said.startswith(answer)


@pytest.mark.parametrize(
    "lines",
    [
        ("min leder",),
        ("somebody else", "Jobcenter Aarhus", "post@x.dk"),
        ("somebody else", "Aarhus Kommune", "post@x.dk"),
        ("somebody else", "Anne Berg", "anne@jobcenter-odense.dk"),
        ("somebody else", "Anne Berg", "anne@odense.kommune.dk"),
        ("physiotherapist", "kommunen", "Anne Berg", "anne@x.dk"),
        ("insurance company", "Bo Lund", "bo@x.dk"),
    ],
)
def test_they_are_known_by_name_and_by_address_too(house: House, lines: tuple[str, ...]) -> None:
    assert re.match(r"What may .+ read\?|I do not send to employers", say(house, "share", *lines))


@pytest.mark.parametrize(
    "described",
    [
        "physio, Anne Jensen, anne@x.dk",
        "physio - Anne Jensen - anne@x.dk",
        "fys / Anne Jensen / anne@x.dk",
        "fysioterapeut\nAnne Jensen\nanne@x.dk",
        "Anne Jensen, my physio, anne@x.dk",
        "anne@x.dk; Anne Jensen; physio",
        "min fys hedder Anne Jensen, anne@x.dk",
        "Anne Jensen my physio at anne@x.dk",
        "my physio Anne Jensen, her email is anne@x.dk",
        "Anne Jensen min fys på anne@x.dk",
    ],
)
def test_role_name_and_address_in_one_message_are_told_apart(house: House, described: str) -> None:
    assert say(house, "add somebody", described).startswith("Anne Jensen is now in your care team")


@pytest.mark.parametrize(
    ("language", "lines", "told"),
    [
        ("en", ["send my summary to my physio and my doctor"], "One at a time. First: physio."),
        ("en", ["add somebody", "my physio and my doctor"], "One at a time. First: my physio."),
        ("en", ["add somebody", "both"], "One at a time, please."),
        ("en", ["add my physio", "both"], "One at a time, please."),
        ("en", ["add my physio", "Anne and Ole"], "One at a time. First: Anne."),
        ("da", ["send mit resultat til Jens og til min læge"], "Én ad gangen. Først: Jens."),
        ("da", ["tilføj nogen", "begge"], "Én ad gangen, tak."),
    ],
)
def test_several_people_are_named_one_at_a_time(
    house: House, language: str, lines: list[str], told: str
) -> None:
    house.enrol("ole", language=language)
    for line in lines:
        house.write(line, "ole")
        house.settle()
    assert house.telegram.texts("ole")[-1].startswith(told)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "send my data to me"),
        ("en", "share my answers with myself"),
        ("da", "send mine data til mig"),
    ],
)
def test_what_is_sent_to_the_patient_is_a_copy(house: House, language: str, text: str) -> None:
    house.enrol("ole", language=language, code="4071")
    house.write(text, "ole")
    house.settle()
    asked = {"en": "four-digit code", "da": "kode på fire cifre"}[language]
    assert asked in house.telegram.texts("ole")[-1]


@pytest.mark.parametrize("name", ["Anne-Marie Berg", "O'Hara", "Ida van der Berg"])
def test_a_name_keeps_its_hyphens_and_all_its_words(house: House, name: str) -> None:
    assert say(house, "add my physio", name, "a@x.dk").startswith(f"{name} is now")


@pytest.mark.parametrize(
    "text", ["add physio, Anne Jensen, anne@x.dk", "tilføj fys - Anne Jensen - anne@x.dk"]
)
def test_somebody_is_added_in_one_message(house: House, text: str) -> None:
    assert say(house, text).startswith("Anne Jensen is now")


def test_a_physiotherapist_of_a_municipality_is_one(house: House) -> None:
    answer = say(house, "share with my physio", "Anne Berg", "anne@odense.kommune.dk")

    assert answer.startswith("Anne Berg will see one page")


@pytest.mark.parametrize(
    "text",
    ["never mind", "she has no mail", "glem det", "hun har ingen mail", "Forget it.", "later"],
)
def test_the_question_for_the_address_can_be_left(house: House, text: str) -> None:
    answer = say(house, "share with my physio", "Anne Berg", text)

    assert answer == "All right, left as it was."
    assert "e-mail address" not in say(house, "hello there")


def test_never_mind_leaves_no_question_of_a_check_in(house: House) -> None:
    house.ask(1)

    assert "10" in say(house, "never mind")


@pytest.mark.parametrize("text", ["4", "A", "6 4", "yes"])
def test_a_number_or_a_letter_is_nobody_s_name(house: House, text: str) -> None:
    answer = say(house, "share with my physio", text)

    assert answer.startswith("That does not look like a name. NEVER MIND ends this.")
    assert answer.endswith("What is the name?")


def test_who_answers_the_check_in_meanwhile_is_told_that_it_comes_after(house: House) -> None:
    house.ask(1)

    answer = say(house, "6", "send my summary to my physio", "4")

    assert "The other question comes after this." in answer
    assert "2/4" in say(house, "never mind")


@pytest.mark.parametrize(
    "text",
    [
        "send my summary to my gp Bo Holm until christmas",
        "send til min læge Bo Holm indtil vinterferien",
    ],
)
def test_an_end_that_cannot_be_read_is_asked_for_and_is_no_name(house: House, text: str) -> None:
    answer = say(house, text, "bo@clinic.dk")

    assert answer.startswith("Bo Holm will see one page")
    assert "For how long?" in answer
