"""Entering answers from paper and by telephone, and the clinic's tablet, without JavaScript."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest
from starlette.testclient import TestClient

from bot.desk.worker import Worker
from tests.api.desk.desk_house import KIRSTEN, METTE, DeskHouse
from tests.api.open_house import DIRECTORY
from tests.bot.desk.forms import ODI
from tests.bot.ward import Ward
from trajectory import entries
from trajectory.entries import Entry

TABLET = "__Host-backtrace-tablet"
LETTERS = "cbcbccbcdc"


@pytest.fixture
def birgit(ward: Ward) -> int:
    return ward.enrol(weeks=12)


@pytest.fixture
def desk(house: DeskHouse, mette: Worker) -> TestClient:
    return house.browser(mette)


def rows(ward: Ward, patient_id: int, kind: str = "answer") -> list[Entry]:
    with ward.database.read() as connection:
        found = entries.timeline(connection, ward.sealer(patient_id), patient_id)
    return [each for each in found if each.kind == kind]


def odi(letters: str = LETTERS) -> dict[str, str]:
    return {f"a.{item}": letter for item, letter in zip(ODI, letters, strict=True)}


def signs(*yes: str) -> dict[str, str]:
    names = (
        "bladder-bowel", "saddle-numbness", "sexual-function", "both-legs",
        "leg-weakness", "fever-unwell", "fall-or-crash", "cancer-weight-night",
    )  # fmt: skip
    return {f"a.{name}": "yes" if name in yes else "no" for name in names}


def place(patient_id: int) -> str:
    return f"/desk/patients/{patient_id}/answers"


def today(ward: Ward, ago: int = 0) -> str:
    return (ward.now - timedelta(days=ago)).date().isoformat()


def begun(ward: Ward, flow: str = "odi", mode: str = "paper", ago: int = 0) -> dict[str, str]:
    return {"flow": flow, "mode": mode, "day": today(ward, ago), "clock": "", "mark": "a-page"}


def code_in(html: str) -> str:
    found = re.search(r'class="big-code">([^<]+)<', html)
    assert found
    return found[1]


def test_from_the_choice_to_ten_of_ten_stored(desk: TestClient, ward: Ward, birgit: int) -> None:
    choice = desk.get(place(birgit))
    assert "Everyday life (ODI)" in choice.text
    empty = desk.get(f"{place(birgit)}/form", params=begun(ward, ago=3))
    assert "What can you lift today?" in empty.text
    mark = re.search(r'name="mark" value="([^"]+)"', empty.text)
    assert mark

    sent = desk.post(place(birgit), data={**begun(ward, ago=3), "mark": mark[1], **odi()})

    assert sent.status_code == 303
    done = desk.get(sent.headers["location"])
    assert "10 of 10 answered, stored." in unescape(done.text)
    assert {(e.author, e.channel, e.at.date().isoformat()) for e in rows(ward, birgit)} == {
        ("staff", "paper", today(ward, 3))
    }
    (score,) = rows(ward, birgit, "score")
    assert (score.value, score.code) == (36, "moderate")


def test_whoever_opens_it_stands_in_the_patients_audit(
    desk: TestClient, ward: Ward, birgit: int, mette: Worker
) -> None:
    desk.get(f"/desk/patients/{birgit}/answers")
    assert ward.audited(birgit)[-1] == (mette.actor, "desk-opened")


def test_the_patients_page_leads_to_it(desk: TestClient, birgit: int) -> None:
    assert f'href="{place(birgit)}"' in desk.get(f"/desk/patients/{birgit}").text


def test_nothing_that_is_shown_later_tells_score_or_answers(
    desk: TestClient, ward: Ward, birgit: int
) -> None:
    sent = desk.post(place(birgit), data={**begun(ward), **odi()})
    for address in (sent.headers["location"], place(birgit)):
        assert not re.search(r'\b36\b|moderate|name="[abw]\.', desk.get(address).text)


def test_the_form_comes_back_as_it_was_typed_with_what_is_wrong(
    desk: TestClient, ward: Ward, birgit: int
) -> None:
    typed = {**begun(ward), **odi(), "a.lifting": "f", "b.lifting": "b"}
    del typed["a.walking"]

    back = desk.post(place(birgit), data=typed)

    assert back.status_code == 422
    assert "1 question needs another look." in back.text
    assert 'href="#q-walking"' in back.text
    assert len(re.findall(r'value="[a-f]" data-key="[A-F]" checked', back.text)) == 9
    assert '<option value="b" selected>B</option>' in back.text
    assert rows(ward, birgit) == []

    assert desk.post(place(birgit), data={**typed, "a.walking": "~blank"}).status_code == 303
    (lifting,) = [each for each in rows(ward, birgit) if each.item == "lifting"]
    assert (lifting.value, (lifting.detail or {})["marked"]) == (5, ["f", "b"])


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"day": "2027-01-01"}, "still to come"),
        ({"day": "2016-11-20"}, "more than a year ago"),
        ({"day": "yesterday"}, "Give the day as a date"),
        ({"mode": "fax"}, "Choose how it was answered"),
    ],
)
def test_a_wrong_day_or_way_is_told_and_nothing_is_lost(
    desk: TestClient, ward: Ward, birgit: int, wrong: dict[str, str], says: str
) -> None:
    back = desk.post(place(birgit), data={**begun(ward), **odi(), **wrong})

    assert back.status_code == 422
    assert says in back.text
    assert len(re.findall(r'value="[a-f]" data-key="[A-F]" checked', back.text)) == 10


def test_a_questionnaire_of_another_pathway_leads_back_to_the_choice(
    desk: TestClient, ward: Ward, birgit: int
) -> None:
    back = desk.get(f"{place(birgit)}/form", params=begun(ward, flow="ndi"))
    assert back.status_code == 422
    assert "pathway does not ask" in back.text


def test_the_same_day_twice_asks_whether_it_is_meant(
    desk: TestClient, ward: Ward, birgit: int
) -> None:
    desk.post(place(birgit), data={**begun(ward), **odi()})
    another = {**begun(ward), **odi(), "mark": "another-page"}

    asked = desk.post(place(birgit), data=another)

    assert asked.status_code == 422
    assert "finished for that day already" in asked.text
    assert desk.post(place(birgit), data={**another, "again": "yes"}).status_code == 303


def test_whoever_typed_it_puts_it_right_for_a_quarter_of_an_hour(
    desk: TestClient, house: DeskHouse, ward: Ward, birgit: int
) -> None:
    stored = desk.post(place(birgit), data={**begun(ward), **odi()}).headers["location"]
    typed = desk.get(f"{stored}/correct")
    assert len(re.findall(r'value="[a-f]" data-key="[A-F]" checked', typed.text)) == 10
    wrong = desk.post(f"{stored}/correct", data={**odi(), "a.lifting": ""})
    assert wrong.status_code == 422
    assert desk.post(f"{stored}/correct", data=odi("cbfbccbcdc")).status_code == 303
    (correction,) = rows(ward, birgit, "correction")
    assert (correction.value, correction.channel) == (5, "paper")

    other = house.browser(house.hire(KIRSTEN))
    assert "for 15 minutes" in other.get(f"{stored}/correct").text
    ward.wait(timedelta(minutes=16))
    late = desk.post(f"{stored}/correct", data=odi("aaaaaaaaaa"))
    assert late.status_code == 422
    assert len(rows(ward, birgit, "correction")) == 1


def test_an_emergency_says_at_once_in_big_letters_what_to_do(
    desk: TestClient, ward: Ward, birgit: int
) -> None:
    typed = {**begun(ward, "red-flags", "telephone"), **signs("bladder-bowel")}
    sent = desk.post(place(birgit), data=typed)

    shown = desk.get(sent.headers["location"])
    assert '<section class="act-now emergency" role="alert">' in shown.text
    assert "Get the clinician now" in shown.text
    assert "ring 112 for the patient" in shown.text
    assert "bladder" not in sent.headers["location"]
    assert ward.chat(birgit)[-1].startswith("Call 112 NOW.")


def test_a_new_symptom_leads_straight_to_the_warning_questions(
    desk: TestClient, ward: Ward, birgit: int
) -> None:
    week = {"a.pain": "6", "a.bothersome-days": "3", "a.activity-limited-days": "2"}
    typed = {**begun(ward, "weekly-check-in", "telephone"), **week, "a.new-symptoms": "yes"}
    sent = desk.post(place(birgit), data=typed)

    shown = unescape(desk.get(sent.headers["location"]).text)

    assert "Ask the warning questions now" in shown
    link = re.search(rf'href="({place(birgit)}/form\?[^"]+)"', shown)
    assert link
    assert "hardly control or feel it" in desk.get(link[1]).text


def test_what_is_only_asked_by_answers_elsewhere_is_left_out(
    desk: TestClient, ward: Ward, birgit: int
) -> None:
    form = desk.get(f"{place(birgit)}/form", params=begun(ward, "weekly-check-in"))
    assert "off work because of your back" not in form.text
    intake = desk.get(f"{place(birgit)}/form", params=begun(ward, "intake")).text
    answers = dict.fromkeys(re.findall(r'name="(a\.[^"]+)"', intake), "~blank")
    desk.post(place(birgit), data={**begun(ward, "intake"), **answers, "a.work-status": "working"})

    form = desk.get(f"{place(birgit)}/form", params=begun(ward, "weekly-check-in"))
    assert "off work because of your back" in form.text


def test_the_empty_form_prints_with_the_number_and_without_the_name(
    desk: TestClient, birgit: int
) -> None:
    paper = desk.get(f"{place(birgit)}/print", params={"flow": "odi"})
    assert f"Patient number {birgit}" in paper.text
    assert "Birgit" not in paper.text
    assert "Demonstration wording" in paper.text


def test_somebody_erased_or_unknown_is_not_found(desk: TestClient) -> None:
    assert desk.get(place(99)).status_code == 404
    assert desk.post(place(99), data={"flow": "odi"}).status_code == 404
    assert desk.post(f"{place(99)}/tablet", data={"flow": "odi"}).status_code == 404


def test_what_is_no_form_is_told_and_breaks_nothing(desk: TestClient, birgit: int) -> None:
    assert desk.post(place(birgit), content=b"\xff\xfe").status_code == 422


# The tablet.


def handed(desk: TestClient, house: DeskHouse, patient_id: int, flow: str = "odi") -> TestClient:
    """A tablet with that questionnaire on it."""
    page = desk.post(f"{place(patient_id)}/tablet", data={"flow": flow, "mode": "tablet"})
    tablet = house.browser()
    opened = tablet.post("/tablet/code", data={"code": code_in(page.text).lower()})
    assert opened.headers["location"] == "/tablet"
    return tablet


def test_a_patient_answers_on_the_tablet_and_gives_it_back(
    desk: TestClient, house: DeskHouse, ward: Ward, birgit: int
) -> None:
    tablet = handed(desk, house, birgit)
    shown = tablet.get("/tablet")
    assert "Hello Birgit, these questions are for you" in shown.text
    assert "Holm" not in shown.text

    done = tablet.post("/tablet", data={"mark": "tablet-page", **odi()})

    assert "Please give the tablet back." in done.text
    assert {(e.author, e.channel) for e in rows(ward, birgit)} == {("patient", "tablet")}
    assert rows(ward, birgit, "score")[0].value == 36
    assert "Code from the desk" in tablet.get("/tablet").text


def test_the_tablet_shows_nothing_else_and_knows_nobody_else(
    desk: TestClient, house: DeskHouse, birgit: int
) -> None:
    tablet = handed(desk, house, birgit)
    assert set(tablet.cookies.keys()) == {TABLET}
    assert tablet.get("/desk/work").status_code in (303, 404)
    assert "Sign in" in tablet.get("/desk").text
    assert tablet.get("/chat").status_code == 401
    assert tablet.get(place(birgit)).status_code == 303


def test_a_code_works_once_and_not_for_long(
    desk: TestClient, house: DeskHouse, ward: Ward, birgit: int
) -> None:
    made = desk.post(f"{place(birgit)}/tablet", data={"flow": "odi", "mode": "tablet"})
    code = code_in(made.text)
    assert house.browser().post("/tablet/code", data={"code": code}).status_code == 303
    again = house.browser().post("/tablet/code", data={"code": code})
    assert again.status_code == 403
    assert "opens nothing" in again.text

    second = code_in(desk.post(f"{place(birgit)}/tablet", data={"flow": "odi"}).text)
    ward.wait(timedelta(minutes=11))
    assert house.browser().post("/tablet/code", data={"code": second}).status_code == 403


def test_a_tablet_that_is_kept_shows_nothing_after_an_hour(
    desk: TestClient, house: DeskHouse, ward: Ward, birgit: int
) -> None:
    tablet = handed(desk, house, birgit)
    ward.wait(timedelta(minutes=61))
    assert "Code from the desk" in tablet.get("/tablet").text
    assert tablet.post("/tablet", data={"mark": "tablet-page", **odi()}).status_code == 200
    assert rows(ward, birgit) == []


def test_a_device_that_is_handed_over_is_signed_out_first(
    desk: TestClient, ward: Ward, birgit: int
) -> None:
    signed_in = desk.cookies[DIRECTORY]
    sent = desk.post(f"{place(birgit)}/tablet", data={"flow": "odi", "here": "yes"})
    assert sent.headers["location"] == "/tablet"
    assert "What can you lift today?" in desk.get("/tablet").text
    desk.cookies.set(DIRECTORY, signed_in)
    assert desk.get(place(birgit)).headers["location"] == "/desk?left=1"


def test_whoever_types_the_code_where_they_are_signed_in_is_signed_out(
    desk: TestClient, birgit: int
) -> None:
    made = desk.post(f"{place(birgit)}/tablet", data={"flow": "odi", "mode": "tablet"})
    desk.post("/tablet/code", data={"code": code_in(made.text)})
    assert "Sign in" in desk.get("/desk").text


def test_an_open_question_comes_back_with_what_was_answered(
    desk: TestClient, house: DeskHouse, birgit: int
) -> None:
    tablet = handed(desk, house, birgit)
    typed = odi()
    del typed["a.sitting"]

    back = tablet.post("/tablet", data={"mark": "tablet-page", **typed})

    assert back.status_code == 422
    assert "1 question is still open." in back.text
    assert back.text.count(" checked>") == 9


def test_an_emergency_on_the_tablet_is_said_there_and_is_a_case(
    desk: TestClient, house: DeskHouse, birgit: int
) -> None:
    tablet = handed(desk, house, birgit, "red-flags")
    done = tablet.post("/tablet", data={"mark": "tablet-page", **signs("saddle-numbness")})
    assert "Call 112 NOW." in done.text
    assert "tell somebody here at the clinic now" in done.text


def test_a_new_symptom_lets_the_tablet_go_on_with_the_warning_questions(
    desk: TestClient, house: DeskHouse, ward: Ward, birgit: int
) -> None:
    tablet = handed(desk, house, birgit, "weekly-check-in")
    week = {"a.pain": "6", "a.bothersome-days": "3", "a.activity-limited-days": "2"}
    sent = tablet.post("/tablet", data={"mark": "one", **week, "a.new-symptoms": "yes"})
    assert sent.headers["location"] == "/tablet"
    assert "hardly control or feel it" in tablet.get("/tablet").text
    assert "give the tablet back" in tablet.post("/tablet", data={"mark": "two", **signs()}).text
    assert len(rows(ward, birgit)) == 12


def test_danish_patients_read_danish_and_the_desk_its_own_language(
    house: DeskHouse, mette: Worker, ward: Ward
) -> None:
    karen = ward.enrol("Karen Lind", language="da")
    desk = house.browser(mette)
    form = desk.get(f"{place(karen)}/form", params=begun(ward)).text
    assert "Hvad kan du løfte i dag?" in form
    assert "not answered" in form
    assert "Hej Karen" in handed(desk, house, karen).get("/tablet").text


def test_a_secretary_may_enter_and_an_operator_may_not(
    house: DeskHouse, ole: Worker, birgit: int
) -> None:
    assert house.browser(ole).get(place(birgit)).status_code == 403
    assert METTE.desk
