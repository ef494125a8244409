"""In the room: Birgit writes SHOW, says the code, and Anne has her page."""

from __future__ import annotations

import re
import threading
from datetime import timedelta

import pytest

from bot import access
from bot.directory.room import NotOpened, Problem, open_by_code
from bot.permission import FromList, NotSignedIn
from tests.bot.ward import DAY, LARS, Ward
from trajectory import erasure, grants, patients, room_codes, tables, web_access
from trajectory.professionals import Professional
from trajectory.views import Page

MINUTE = timedelta(minutes=1)


def show(ward: Ward, patient_id: int, word: str = "show") -> str:
    """The code that the assistant gives."""
    found = re.search(r"\b(\w{3} \w{3})\b(?= to | til )", ward.write(patient_id, word))
    assert found
    return found[1]


def type_code(ward: Ward, cookie: str, code: str) -> int:
    return open_by_code(ward.deployment, cookie, code, ward.now)


def fails(ward: Ward, cookie: str, code: str) -> Problem:
    with pytest.raises(NotOpened) as shut:
        type_code(ward, cookie, code)
    return shut.value.problem


def test_a_code_said_aloud_opens_the_page(ward: Ward) -> None:
    cookie, birgit = ward.sign_in(ward.hire()), ward.enrol()
    said = ward.write(birgit, "show")
    assert re.fullmatch(
        r"Say \w{3} \w{3} to the person who is with you\. It works once, for 15 minutes\. They"
        r" see your summary until 24 February: numbers, warning signs, what you told, goal and"
        r" questions\. Not your private notes, and not this chat\. STOP SHARING ends it\.",
        said,
    )
    code = said[4:11]
    grant_id = type_code(ward, cookie, code.lower().replace(" ", "-"))
    page = FromList(cookie, grant_id)
    assert access.read_summary(ward.deployment, page, ward.now).summary.person.name == "Birgit Holm"
    assert ward.chat(birgit)[-1] == (
        "Anne Skov has opened your summary, and can see it until 24 February. STOP SHARING ends it."
    )
    assert [action for _, action in ward.audited(birgit)] == [
        "room-code-made",
        "member-added",
        "shared",
        "consent-given",
        "room-code-used",
        "opened",
        "viewed",
    ]
    assert [line.person.name for line in ward.read_list(cookie).others] == ["Birgit Holm"]


def test_saying_the_code_is_a_consent_that_stands_and_can_be_taken_back(ward: Ward) -> None:
    cookie, birgit = ward.sign_in(ward.hire()), ward.enrol()
    grant_id = type_code(ward, cookie, show(ward, birgit))
    assert "- show my summary to people I chose, since 24 November" in ward.write(
        birgit, "what have I agreed to"
    )
    ward.write(birgit, "I withdraw my consent to sharing")
    assert "show my summary" not in ward.write(birgit, "what have I agreed to")
    with pytest.raises(access.Ended):
        access.read_summary(ward.deployment, FromList(cookie, grant_id), ward.now)


def test_in_danish(ward: Ward) -> None:
    cookie, birgit = ward.sign_in(ward.hire()), ward.enrol(language="da")
    type_code(ward, cookie, show(ward, birgit, "vis"))
    assert ward.chat(birgit)[-1] == (
        "Anne Skov har åbnet dit overblik og kan se det til 24. februar. STOP DELING lukker for"
        " det."
    )


def test_the_patient_ends_it_in_the_chat(ward: Ward) -> None:
    cookie, birgit = ward.sign_in(ward.hire()), ward.enrol()
    grant_id = type_code(ward, cookie, show(ward, birgit))
    ward.write(birgit, "stop sharing")
    ward.write(birgit, "A")
    with pytest.raises(access.Ended):
        access.read_summary(ward.deployment, FromList(cookie, grant_id), ward.now)


def test_used_expired_replaced_and_invented_codes_all_get_the_same_answer(ward: Ward) -> None:
    cookie, birgit = ward.sign_in(ward.hire()), ward.enrol()
    used = show(ward, birgit)
    type_code(ward, cookie, used)
    replaced, old = show(ward, birgit), show(ward, birgit)
    ward.wait(15 * MINUTE)
    for code in (used, replaced, old, "222 222", "", "K7M", "' OR 1=1"):
        assert fails(ward, cookie, code) is Problem.WRONG


def test_ten_wrong_codes_an_hour_stop_one_professional_and_no_other(ward: Ward) -> None:
    anne, lars = ward.sign_in(ward.hire()), ward.sign_in(ward.hire(LARS), LARS.email)
    birgit = ward.enrol()
    for _ in range(10):
        assert fails(ward, anne, "222 222") is Problem.WRONG
    code = show(ward, birgit)
    assert fails(ward, anne, code) is Problem.TOO_MANY
    type_code(ward, lars, code)
    for _ in range(3):
        ward.wait(21 * MINUTE)
        ward.read_list(anne)
    type_code(ward, anne, show(ward, birgit))


def test_only_somebody_who_is_signed_in_can_try(ward: Ward) -> None:
    ward.hire()
    code = show(ward, ward.enrol())
    with pytest.raises(NotSignedIn):
        type_code(ward, "nobody", code)


def test_without_a_directory_show_says_what_else_there_is(ward: Ward) -> None:
    ward.employ()
    assert "not possible here yet" in ward.write(ward.enrol(), "show")


def test_a_grant_that_lasts_longer_stays_and_a_shorter_one_keeps_what_it_was_for(
    ward: Ward,
) -> None:
    anne = ward.hire()
    cookie = ward.sign_in(anne)
    long = ward.share(anne, "Long", until=None)
    short = ward.share(anne, "Short", ("summary", "alert", "digest"), until=DAY)
    assert type_code(ward, cookie, show(ward, long.patient_id)) == long.grant_id
    assert "until you end it" in ward.chat(long.patient_id)[-1]
    assert type_code(ward, cookie, show(ward, short.patient_id)) != short.grant_id
    (again,) = [
        line.shared
        for line in ward.read_list(cookie).others
        if line.shared.patient_id == short.patient_id
    ]
    assert again.purposes == {"summary", "alert", "digest"}


def test_a_code_of_an_erased_patient_opens_nothing(ward: Ward) -> None:
    cookie, birgit = ward.sign_in(ward.hire()), ward.enrol()
    code = show(ward, birgit)
    with ward.database.write() as connection:
        patients.lock_conversations(connection, [birgit])
        erasure.erase(connection, birgit, ward.now)
    assert fails(ward, cookie, code) is Problem.WRONG


def test_a_lost_phone_closes_the_codes_that_are_out(ward: Ward) -> None:
    cookie, birgit = ward.sign_in(ward.hire()), ward.enrol()
    code = show(ward, birgit)
    with ward.database.write() as connection:
        web_access.close_all(connection, birgit, ward.now)
    assert fails(ward, cookie, code) is Problem.WRONG


def test_the_code_itself_is_nowhere_in_the_database(ward: Ward) -> None:
    ward.hire()
    code = room_codes.read(show(ward, ward.enrol()))
    with ward.database.read() as connection:
        rows = connection.execute(tables.core(tables.RoomCode).select()).all()
    assert rows
    assert not any(code.encode() in repr(row).encode() for row in rows)


def test_by_name_from_the_directory(ward: Ward) -> None:
    cookie, birgit = ward.sign_in(ward.hire()), ward.enrol()
    asked = ward.write(birgit, "send my summary to Anne")
    assert "Anne Skov, physiotherapist, is on the list of Klinik Nord." in asked
    assert "Anne Skov will see one page" in asked
    sent = ward.write(birgit, "A")
    assert "Anne Skov can see it now, by signing in. It lasts until 24 February." in sent
    assert "may I mail Anne Skov too?" in sent
    digest = ward.write(birgit, "Y")
    assert "no names, and nothing about you alone" in digest
    assert "Only people on the clinic's list can get it." in digest
    assert "You are counted in the weekly mail to Anne Skov." in ward.write(birgit, "A")
    (line,) = ward.read_list(cookie).to_look_at
    assert line.shared.purposes == {"summary", "alert", "digest"}


def test_the_care_team_goes_first_and_several_of_a_name_are_asked_for(ward: Ward) -> None:
    ward.hire()
    ward.hire(Professional(0, "Anne Berg", "berg@klinik.example", "gp", "primary", "en"))
    birgit = ward.enrol()
    asked = ward.write(birgit, "send my summary to Anne")
    assert "Whom do you want to show it to?" in asked
    for choice in ("Anne Skov, physiotherapist", "Anne Berg, doctor"):
        assert choice in ward.offered(birgit)
    assert "Anne Berg will see one page" in ward.write(birgit, "B")
    ward.write(birgit, "A")
    assert "Anne Berg can see it already." in ward.write(birgit, "send my summary to Anne")


def test_nobody_is_offered_who_cannot_sign_in(ward: Ward) -> None:
    ward.employ()
    assert "Who is it?" in ward.write(ward.enrol(), "send my summary to Anne Skov")


def test_somebody_new_still_needs_the_patients_own_digits(ward: Ward) -> None:
    cookie, birgit = ward.sign_in(ward.hire()), ward.enrol(code="4071")
    ward.write(birgit, "send my summary to Anne Skov")
    assert "four-digit code" in ward.write(birgit, "A")
    assert ward.read_list(cookie).all == 0
    ward.write(birgit, "4071")
    assert ward.read_list(cookie).all == 1


def test_the_mail_to_somebody_of_the_directory_is_in_their_language_and_holds_no_key(
    ward: Ward,
) -> None:
    ward.hire(LARS)
    birgit = ward.enrol()
    ward.write(birgit, "send my summary to Lars Holm")
    ward.write(birgit, "A")
    (mail,) = ward.mails(birgit)
    assert "Log ind for at se det:\nhttps://nord.example/pro\n" in mail
    assert "Birgit" not in mail
    assert "/s/" not in mail


@pytest.mark.both_databases
def test_somebody_named_before_under_the_same_address_and_role_is_one_person(ward: Ward) -> None:
    cookie, birgit = ward.sign_in(ward.hire()), ward.enrol()
    ward.write(birgit, "add my physio Anne, anne@klinik.example")
    assert "same person" in ward.write(birgit, "add my sister Anna, anne@klinik.example")
    ward.write(birgit, "B")
    type_code(ward, cookie, show(ward, birgit))
    team = ward.team(birgit)
    assert [(each.role, each.professional_id is not None) for each in team] == [
        ("physiotherapist", True),
        ("relative", False),
    ]


def test_an_alert_leads_to_the_sign_in_once_an_event(ward: Ward) -> None:
    ward.hire()
    birgit = ward.enrol()
    for said in ("send my summary to Anne Skov", "A", "Y", "B"):
        ward.write(birgit, said)
    before = len(ward.mails(birgit))
    for _ in range(2):
        ward.write(birgit, "I cannot feel it when I pee")
    (alert,) = ward.mails(birgit)[before:]
    assert "https://nord.example/pro\n" in alert
    assert "Birgit" not in alert


def test_two_who_type_the_same_code_at_once_do_not_both_get_in(ward: Ward) -> None:
    anne, lars = ward.sign_in(ward.hire()), ward.sign_in(ward.hire(LARS), LARS.email)
    birgit = ward.enrol()
    code = show(ward, birgit)
    came: list[int | Problem] = []

    def try_it(cookie: str) -> None:
        try:
            came.append(type_code(ward, cookie, code))
        except NotOpened as shut:
            came.append(shut.problem)

    both = [threading.Thread(target=try_it, args=(cookie,)) for cookie in (anne, lars)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert len(came) == 2
    assert came.count(Problem.WRONG) == 1
    assert len(ward.team(birgit)) == 1


def test_a_page_about_work_stays_what_it_was_and_a_code_opens_the_summary(ward: Ward) -> None:
    anne = ward.hire()
    shared, cookie = ward.share(anne, purposes=(grants.WORK_PAGE,), until=None), ward.sign_in(anne)
    grant_id = type_code(ward, cookie, show(ward, shared.patient_id))
    assert grant_id != shared.grant_id
    view = access.read_summary(ward.deployment, FromList(cookie, grant_id), ward.now)
    assert view.scope.page is Page.WHOLE
