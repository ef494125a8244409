"""A name and a birth date that the desk corrects: who is found by them, and what is told of it."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from bot.asked_enrolment import Asked, Wrong
from bot.conversation.course import Why
from bot.desk import courses, enrolling, identity, locking, patient
from bot.desk.finding import look_for
from bot.desk.identity import REDATED, RENAMED, ChangedMeanwhile, as_shown
from bot.desk.known_again import known
from bot.desk.patient import OPENED, Contact
from bot.held import NoSuchPatient
from tests.bot.desk.people import METTE
from tests.bot.house import House
from trajectory import audit, erasure
from trajectory.enrolment_marks import Identity, Kind

BORN = date(1958, 9, 14)
PHONE = "+4520304050"


@pytest.fixture
def birgit(light_house: House) -> int:
    made = light_house.invite(name="Birgit Sorensen", born=BORN, phone=PHONE)
    return made.patient_id


def correct(
    house: House, patient_id: int, name: str, birth_date: str = "14-09-1958", shown: str = ""
) -> bool:
    return identity.correct(house.deployment, METTE, patient_id, name, birth_date, shown)


def contact(house: House, patient_id: int) -> Contact:
    return patient.open_contact(house.deployment, METTE, patient_id)


def found(house: House, text: str) -> list[int]:
    return [hit.found.patient_id for hit in look_for(house.deployment, text).hits]


def done(house: House, patient_id: int) -> list[str]:
    """What the audit says that Mette has done, but for looking."""
    with house.database.read() as connection:
        records = audit.records(connection, patient_id)
    actions = [each.action for each in records if each.actor == METTE.actor]
    return [action for action in actions if action != OPENED]


def test_who_is_renamed_is_found_by_the_new_name_only(house: House) -> None:
    birgit = house.enrol(name="Birgit Sorensen").patient_id
    assert correct(house, birgit, " Birgit   Holm ", "")
    assert found(house, "birgit holm") == [birgit]
    assert found(house, "sorensen") == []
    assert contact(house, birgit).name == "Birgit Holm"
    assert house.audited(birgit)[-2:] == [RENAMED, "desk-opened"]


def test_the_birth_date_finds_nobody_who_was_not_born_then(light_house: House, birgit: int) -> None:
    assert correct(light_house, birgit, "Birgit Sorensen", "15.9.1958")
    assert found(light_house, "15-09-1958") == [birgit]
    assert found(light_house, "14-09-1958") == []
    assert found(light_house, PHONE) == [birgit]
    assert done(light_house, birgit) == [REDATED]
    assert correct(light_house, birgit, "Birgit Sorensen", "")
    assert contact(light_house, birgit).birth_date is None
    assert found(light_house, "15-09-1958") == []


def test_both_at_once_are_two_lines_of_the_audit_and_no_word_of_either(
    light_house: House, birgit: int
) -> None:
    assert correct(light_house, birgit, "Birgit Holm", "1958-09-15")
    assert done(light_house, birgit) == [RENAMED, REDATED]
    with light_house.database.read() as connection:
        records = audit.records(connection, birgit)
    assert "Holm" not in repr(records)
    assert "1958" not in repr(records)


def test_the_same_again_changes_nothing_and_is_in_no_audit(light_house: House, birgit: int) -> None:
    assert not correct(light_house, birgit, "  Birgit  Sorensen", "14/9 1958")
    assert done(light_house, birgit) == []


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ({"name": " "}, "name_missing"),
        ({"name": "B" * 61}, "long"),
        ({"birth_date": "31-02-1958"}, "birth_date"),
        ({"birth_date": "long ago"}, "birth_date"),
        ({"birth_date": "01-01-2158"}, "birth_date_range"),
        ({"birth_date": "01-01-1758"}, "birth_date_range"),
    ],
)
def test_what_would_be_wrong_at_enrolment_is_wrong_here_and_nothing_is_stored(
    light_house: House, birgit: int, typed: dict[str, Any], key: str
) -> None:
    with pytest.raises(Wrong) as wrong:
        correct(light_house, birgit, **({"name": "Birgit Holm"} | typed))
    assert wrong.value.key == key
    assert contact(light_house, birgit).name == "Birgit Sorensen"
    assert done(light_house, birgit) == []


def test_who_has_no_name_yet_may_go_on_without(light_house: House) -> None:
    nameless = light_house.invite(name="").patient_id
    assert correct(light_house, nameless, "", "14-09-1958")
    assert contact(light_house, nameless).birth_date == BORN
    assert correct(light_house, nameless, "Jonas Lund")
    assert found(light_house, "jonas") == [nameless]


@pytest.mark.parametrize("has_name", [False, True])
def test_whose_name_the_desk_has_given_is_not_asked_for_it_in_the_chat(
    light_house: House, has_name: bool
) -> None:
    invitation = light_house.invite(name="")
    if has_name:
        correct(light_house, invitation.patient_id, "Jonas Lund")
    for said in (f"START {invitation.code}", "I agree"):
        light_house.write(said, "jonas")
        light_house.settle()
    assert ("What may I call you" in light_house.telegram.sent[-1].text) is not has_name


def test_of_two_forms_the_later_one_undoes_nothing_unseen(light_house: House, birgit: int) -> None:
    shown = contact(light_house, birgit).identity
    assert correct(light_house, birgit, "Birgit Holm", shown=shown)
    with pytest.raises(ChangedMeanwhile):
        correct(light_house, birgit, "Birgit Sorensen", "15-09-1958", shown)
    assert contact(light_house, birgit).name == "Birgit Holm"
    assert not correct(light_house, birgit, "Birgit Holm", shown=shown)
    seen = as_shown("Birgit Holm", BORN)
    assert correct(light_house, birgit, "Birgit Holm", "15-09-1958", seen)


def test_nobody_and_who_was_erased_are_nobody(light_house: House, birgit: int) -> None:
    with pytest.raises(NoSuchPatient):
        correct(light_house, 999_999, "Birgit Holm")
    with light_house.database.write() as connection:
        erasure.erase(connection, birgit, light_house.clock.now())
    with pytest.raises(NoSuchPatient):
        correct(light_house, birgit, "Birgit Holm")


def test_neither_a_lock_nor_the_end_of_the_course_keeps_a_name_wrong(light_house: House) -> None:
    birgit = light_house.enrol(PHONE, channel="sms", name="Birgit Sorensen").patient_id
    locking.lock_phone(light_house.deployment, METTE, birgit)
    assert correct(light_house, birgit, "Birgit Lund", "")
    courses.end(light_house.deployment, METTE, birgit, Why.DISCHARGED)
    assert correct(light_house, birgit, "Birgit Holm", "")
    assert found(light_house, "birgit holm") == [birgit]
    (address,) = contact(light_house, birgit).addresses
    assert address.status == "locked"


def test_the_conversation_goes_on_under_the_new_name(light_house: House) -> None:
    jonas = light_house.enrol(name="Jonas Lund").patient_id
    light_house.settle()
    correct(light_house, jonas, "Anna Lund", "")
    light_house.write("wrong number")
    light_house.settle()
    assert "the wrong number for A?" in light_house.telegram.sent[-1].text


def test_who_was_corrected_is_known_again_by_either_name(light_house: House, birgit: int) -> None:
    correct(light_house, birgit, "Birgit Holm")
    for name in ("Birgit Holm", "Birgit Sorensen"):
        who = Identity(name, BORN, "")
        with light_house.database.read() as connection:
            here = known(connection, light_house.deployment, [who])[who]
        assert (here.kind, here.patient_id) == (Kind.PERSON, birgit)


def test_a_card_that_is_printed_afterwards_bears_the_new_name(light_house: House) -> None:
    asked = Asked("en", "telegram", "Birgit Sorensen", birth_date="1958-09-14")
    made = enrolling.enrol(light_house.deployment, asked, "a-key", METTE.actor)
    correct(light_house, made.patient_id, "Birgit Holm")
    shown = enrolling.look(light_house.deployment, made.patient_id, "a-key")
    assert shown is not None
    assert shown.invitation is not None
    assert shown.invitation.name == "Birgit Holm"
    assert shown.invitation.code == made.code
