"""Patients come in with the code on their card; strangers and guessers learn nothing."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from datetime import timedelta
from random import Random
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from bot.enrolment_codes import ALPHABET, is_code, new_code, read_code, shown_code
from bot.greeting import Greeting
from bot.inbound import Handled, Inbound, InboundKind
from bot.inviting import Invitation, invite_again
from tests.bot.house import House
from trajectory import deployment, tables
from trajectory.database import Database

PHONE, OTHER = "+4520304050", "+4551525354"
on_postgresql = pytest.mark.parametrize("migrated_database_url", ["postgresql"], indirect=True)


def text(house: House, said: str, address: str = PHONE, **more: Any) -> list[str]:
    """Somebody writes an SMS; what came back there."""
    before = len(house.sms.texts(address))
    house.write(said, address, channel="sms", **more)
    house.settle()
    return house.sms.texts(address)[before:]


def in_use(house: House) -> Invitation:
    """Birgit has come in with her card."""
    invitation = house.invite(consented=True)
    text(house, f"START {invitation.code}")
    return invitation


# Reading a code


@pytest.mark.parametrize(
    "written",
    [
        "START K7M4-2PQR", "start k7m4-2pqr", "TILMELD K7M4 2PQR", "/start K7M4-2PQR",
        "/start@klinik_nord_bot K7M42PQR", "K7M4-2PQR", "k7m42pqr", " K7M4 - 2PQR. ",
        "K 7 M 4 2 P Q R",
        "K7M4\N{EN DASH}2PQR", "K7M4\N{NON-BREAKING HYPHEN}2PQR", '"K7M4-2PQR"', "Start: K7M4_2PQR",
        "Hello, my code is K7M4-2PQR", "hej min kode er k7m42pqr, tak", "START\nK7M4-2PQR",
        "code k7m4 2pqr",
    ],
)  # fmt: skip
def test_a_code_is_read_in_any_form(written: str) -> None:
    assert read_code(written) == "K7M42PQR"


@pytest.mark.parametrize(
    "written",
    [
        "", "hello", "Thursday", "on Thursday", "22 33 44 55", "+45 22334455", "START", "/start",
        "7",
        "who is this?", "my back hurts since 2024", "SCRATCH!", "start again please", "ABCDEFGH",
    ],
)  # fmt: skip
def test_other_words_and_telephone_numbers_are_no_codes(written: str) -> None:
    assert read_code(written) is None


@pytest.mark.parametrize("written", ["START 48213", "TILMELD K7M4-2PQ", "/start K0M4-2PQR"])
def test_what_cannot_be_a_code_is_a_wrong_one(written: str) -> None:
    assert read_code(written) == ""


@pytest.mark.parametrize(
    ("written", "is_one"),
    [
        ("K7M4-2PQR", True), ("k7m42pqr", True), ("K7M4 2PQR.", True), ("k7m4-2pqr", True),
        ("25th June", False), ("22nd Sept", False), ("week 2345", False), ("4444 days", False),
    ],
)  # fmt: skip
def test_a_day_that_is_as_long_is_no_code_of_a_patient_who_is_known(
    written: str, is_one: bool
) -> None:
    assert is_code(written) is is_one


@given(
    st.integers(),
    st.sampled_from(["", " ", "-", " - ", ".", "\N{EM DASH}"]),
    st.sampled_from(["", "START ", "start ", "Tilmeld ", "/start ", "START:"]),
    st.sampled_from(["", ".", "!", " \n"]),
    st.booleans(),
)
def test_every_code_that_is_drawn_is_read_back(
    seed: int, between: str, before: str, after: str, small: bool
) -> None:
    code = new_code(Random(seed))
    shown = f"{code[:4]}{between}{code[4:]}"
    assert read_code(before + (shown.lower() if small else shown) + after) == code
    assert is_code(shown_code(code).lower())
    assert set(code) <= set(ALPHABET)


@given(st.text(max_size=40))
def test_whatever_is_written_is_a_code_or_none(written: str) -> None:
    code = read_code(written)
    assert not code or (len(code) == 8 and set(code) <= set(ALPHABET))


# Coming in


def test_the_code_brings_the_patient_in_and_the_enrolment_begins(house: House) -> None:
    invitation = house.invite()
    (said,) = text(house, f"START {invitation.code}")
    assert said.startswith("Hello, this is Klinik Nord.")
    assert "Is that all right with you?" in said
    assert house.addresses(invitation.patient_id)[-1] == ("sms", PHONE, True, "active")
    text(house, "yes")
    assert "At what time of day" in house.sms.texts()[-1], "the name is known"
    text(house, "18")
    text(house, "Monday")
    assert "You are set up" in house.sms.texts()[-1], "the four digits stand on the card"
    person = house.person(invitation.patient_id)
    assert (person.status, person.code) == ("active", invitation.digits)
    (row, *_) = house.inbox()
    assert (row.status, row.patient_id) == ("done", invitation.patient_id)
    assert house.heard(row) == f"START {invitation.code}"


def test_whoever_consented_on_paper_is_asked_nothing(house: House) -> None:
    invitation = house.invite(consented=True, pathway="low-back-pain", language="da")
    said = text(house, invitation.code.lower())
    assert said[0].startswith("Hej, det er Klinik Nord.")
    assert house.person(invitation.patient_id).status == "active"
    assert [e.kind for e in house.timeline(invitation.patient_id)] == ["consent"]


def test_whoever_comes_in_is_greeted_also_where_no_pathway_waits(house: House) -> None:
    invitation = house.invite(consented=True, pathway=None)
    (said,) = text(house, invitation.code)
    assert said.startswith("Hello, this is Klinik Nord.")


@pytest.mark.parametrize(("channel", "address"), [("telegram", "4711"), ("whatsapp", PHONE)])
def test_the_code_works_on_every_channel(house: House, channel: str, address: str) -> None:
    invitation = house.invite()
    house.write(f"/start {invitation.code}", address, channel=channel)
    assert (channel, address, True, "active") in house.addresses(invitation.patient_id)


def test_what_is_written_in_one_breath_with_the_code_is_the_patients_too(house: House) -> None:
    invitation = house.invite()
    house.receive(
        house.message(f"START {invitation.code}", PHONE, channel="sms"),
        house.message("yes", PHONE, channel="sms"),
    )
    house.settle()
    assert "At what time of day" in house.sms.texts()[-1]
    assert {row.patient_id for row in house.inbox()} == {invitation.patient_id}


def test_a_redelivered_code_changes_nothing(house: House) -> None:
    invitation = house.invite()
    text(house, f"START {invitation.code}", id="SM1")
    assert text(house, f"START {invitation.code}", id="SM1") == []
    assert len(house.inbox()) == 1


def test_the_code_once_more_from_the_same_phone_is_answered_kindly(house: House) -> None:
    invitation = house.invite()
    text(house, f"START {invitation.code}")
    (said,) = text(house, f"start {invitation.code}")
    assert said.startswith("I know you here already")
    assert "Is that all right with you?" in said


def test_a_patient_who_shows_somebody_elses_code_stays_who_they_are(house: House) -> None:
    birgit = house.enrol(PHONE, channel="sms")
    jonas = house.invite(name="Jonas")
    (said,) = text(house, jonas.code)
    assert said.startswith("I know you here already")
    assert house.addresses(birgit.patient_id) == [("sms", PHONE, True, "active")]
    assert text(house, f"START {jonas.code}", OTHER) != [], "it still works for Jonas"
    assert house.addresses(jonas.patient_id)[-1][:2] == ("sms", OTHER)


def test_stop_in_the_first_message_after_the_code_ends_it(house: House) -> None:
    invitation = house.invite()
    text(house, f"START {invitation.code}")
    text(house, "stop")
    assert house.person(invitation.patient_id).status == "stopped"


@pytest.mark.parametrize(
    "written",
    [
        "START V42J-C228", "/start v42jc228", "tilmeld V42J C228", "V42J-C228", "v42jc228",
        "V42J C228", "min kode: v42jc228", "Hej, koden er v42j-c228",
        "START 6KMS-AMVP", "6kms-amvp", "Hej, koden er 6KMS-AMVP",
    ],
)  # fmt: skip
def test_a_code_that_looks_like_words_is_no_warning_sign(
    light_house: House, monkeypatch: pytest.MonkeyPatch, written: str
) -> None:
    """C228 is no fever, and 6KMS no crash: one card in a thousand has something like that."""
    code = read_code(written)
    monkeypatch.setattr("bot.inviting.new_code", lambda _random: code)
    invitation = light_house.invite(consented=True)
    (said,) = text(light_house, written)
    assert said.startswith("Hello, this is Klinik Nord.")
    text(light_house, f"START {invitation.code}")
    assert light_house.rows(tables.core(tables.DeskCase)) == []


@pytest.mark.parametrize(
    "said",
    [
        "feber39c", "START feber 38.5", "Fra start feber 38.5", "Since the start fever 39C",
        "code: 38.5 fever", "FEBER-39C", "jeg har feber-39c", "temp. 39gr, feber",
        "START feber39C", "START temp 39gr", "kode temp 39gr",
    ],
)  # fmt: skip
def test_what_only_looks_like_a_code_is_heard(light_house: House, said: str) -> None:
    invitation = in_use(light_house)
    text(light_house, said)
    assert light_house.rows(tables.core(tables.DeskCase)), "from a patient"
    assert any("1813" in each for each in text(light_house, said, OTHER)), "from a stranger"
    again = invite_again(light_house.deployment, invitation.patient_id, timedelta(days=14))
    third = "+4520304060"
    assert any("1813" in each for each in text(light_house, f"{again.code}, {said}", third))


def test_a_patient_who_shows_the_card_once_more_raises_nothing(
    light_house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.inviting.new_code", lambda _random: "V42JC228")
    invitation = in_use(light_house)
    assert invitation.code == "V42J-C228"
    (said,) = text(light_house, "START V42J-C228")
    assert "need no code" in said
    assert light_house.rows(tables.core(tables.DeskCase)) == []


def test_an_apostrophe_of_any_kind_hides_no_sign(light_house: House) -> None:
    for number, mark in enumerate("'\N{ACUTE ACCENT}\N{RIGHT SINGLE QUOTATION MARK}`"):
        said = text(light_house, f"I can{mark}t pee", f"+452030406{number}")
        assert any("112" in each for each in said), mark


def test_a_warning_sign_beside_the_code_is_heard_first(house: House) -> None:
    invitation = house.invite(consented=True)
    said = text(house, f"my code is {invitation.code} and I cannot feel when I pee")
    assert any("112" in each for each in said)
    assert house.rows(tables.core(tables.DeskCase))


# The card and the link are one way in


def test_when_the_code_was_used_the_link_on_the_card_opens_nothing(house: House) -> None:
    invitation = house.invite()
    text(house, f"START {invitation.code}")
    (link,) = house.rows(tables.core(tables.WebLink))
    assert link.used_at is not None


# What does not work


def wrong(house: House, said: str, address: str = PHONE) -> None:
    (answer,) = text(house, said, address)
    assert answer == (
        "Koden virker ikke. Bed Klinik Nord om en ny.\n"
        "This code does not work. Please ask Klinik Nord for a new one."
    )


def test_used_expired_and_invented_codes_get_the_same_answer(house: House) -> None:
    used = house.invite()
    text(house, f"START {used.code}")
    expired = house.invite(days=1)
    house.clock.set(house.clock.now() + timedelta(days=1))
    for code in (used.code, expired.code, "K7M4-2PQR", "48213"):
        wrong(house, f"START {code}", OTHER)
    assert {row.patient_id for row in house.inbox()} == {used.patient_id, None}


def test_a_new_code_ends_the_one_before(house: House) -> None:
    first = house.invite()
    second = invite_again(house.deployment, first.patient_id, timedelta(days=1))
    wrong(house, first.code)
    assert re.fullmatch(r"\d{4}", second.digits), "who was never heard gets four new ones"
    assert text(house, second.code) != []


def test_after_five_guesses_nothing_is_answered_for_an_hour(house: House) -> None:
    invitation = house.invite()
    for n in range(5):
        wrong(house, f"K7M4-2PQ{n + 2}")
    assert text(house, "K7M4-2PQ9") == []
    assert text(house, invitation.code) == [], "not even the right one tells them apart"
    wrong(house, "K7M4-2PQ9", OTHER)
    house.clock.set(house.clock.now() + timedelta(hours=1, seconds=1))
    assert text(house, invitation.code)[0].startswith("Hello, this is Klinik Nord.")


def test_guesses_in_one_batch_are_counted_as_well(house: House) -> None:
    batch = [house.message(f"K7M4-2PQ{n}", PHONE, channel="sms") for n in (2, 3, 4, 5, 6, 7, 8, 9)]
    house.receive(*batch)
    house.settle()
    assert len(house.sms.sent) == 5


@pytest.mark.both_databases
def test_what_strangers_tried_is_forgotten_after_a_day(house: House) -> None:
    wrong(house, "K7M4-2PQR")
    house.clock.set(house.clock.now() + timedelta(days=1, seconds=1))
    wrong(house, "K7M4-2PQR", OTHER)
    assert len(house.rows(tables.core(tables.CodeGuess))) == 1


def test_only_hashes_of_codes_are_kept(house: House) -> None:
    invitation = house.invite()
    (row,) = house.rows(tables.core(tables.EnrolmentCode))
    assert invitation.code.replace("-", "").encode() not in bytes(row.hash)
    assert invitation.code not in repr(row)


@on_postgresql
def test_of_two_phones_with_the_same_code_one_comes_in(
    house: House, migrated_database_url: str
) -> None:
    invitation = house.invite()
    other = House(Database(migrated_database_url), house.deployment.ring)
    batches = [
        (each, each.message(invitation.code, address, channel="sms", id=address))
        for each, address in ((house, PHONE), (other, OTHER))
    ]
    threads = [threading.Thread(target=each.receive, args=[message]) for each, message in batches]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    other.database.close()
    phones = [each for each in house.addresses(invitation.patient_id) if each[0] == "sms"]
    assert len(phones) == 1


# Whom nobody knows


def test_a_stranger_is_told_once_a_day_what_to_do(house: House) -> None:
    (said,) = text(house, "hello, is this the clinic?")
    assert "write START and the code" in said
    assert "112" in said
    assert text(house, "hello?") == []
    house.clock.set(house.clock.now() + timedelta(days=1, seconds=1))
    assert len(text(house, "hello??")) == 1


@pytest.mark.parametrize(
    "said", ["stop", "STOP", "Afmeld", "please stop writing to me", "unsubscribe"]
)
def test_a_stranger_who_wants_nothing_gets_nothing(house: House, said: str) -> None:
    assert text(house, said) == []


def test_what_the_provider_has_answered_is_not_answered_again(house: House) -> None:
    now = house.clock.now()
    for handled in Handled:
        house.receive(
            Inbound(
                "sms", PHONE, handled.value, InboundKind.TEXT, now, handled.value, handled=handled
            )
        )
    house.settle()
    assert house.sms.sent == []


@pytest.mark.parametrize("address", ["24680", "MyBank", "+45"])
def test_programs_with_short_codes_are_not_answered(house: House, address: str) -> None:
    assert text(house, "Your parcel is here", address) == []


@pytest.mark.parametrize("kind", [InboundKind.BLOCKED, InboundKind.UNBLOCKED])
def test_nothing_is_said_to_whoever_has_said_nothing(house: House, kind: InboundKind) -> None:
    house.write("", "4711", kind=kind)
    house.settle()
    assert house.telegram.sent == []


# Warning signs from nobody we know

EMERGENCIES = ["jeg kan ikke mærke når jeg tisser", "I cant feel when I pee"]
SELF_HARM = ["jeg vil dø", "i want to die"]
OTHER_IN_DANGER = ["my mum wants to die", "min far vil slå sig selv ihjel"]


def is_safety_text(said: list[str], sign: str) -> bool:
    """One message, in both languages, that names nobody."""
    (only,) = said
    told = ["Call 112 NOW", "Ring 112 NU"]
    if sign in SELF_HARM:
        told = ["70 201 201", "If you may harm yourself", "fare for at skade dig selv"]
    if sign in OTHER_IN_DANGER:
        told = ["70 201 201", "If somebody may harm themselves", "nogen i fare for at skade sig"]
    return all(words in only for words in ["112", *told]) and "Birgit" not in only


@pytest.mark.parametrize("sign", EMERGENCIES + SELF_HARM + OTHER_IN_DANGER)
def test_a_stranger_in_danger_is_told_what_to_do(house: House, sign: str) -> None:
    with structlog.testing.capture_logs() as log:
        assert is_safety_text(text(house, sign), sign)
    (warning,) = [line for line in log if line["log_level"] == "warning"]
    assert sign not in str(warning)
    assert text(house, sign) == [], "once an hour"
    house.wait(hours=1, seconds=1)
    assert is_safety_text(text(house, sign), sign)


@pytest.mark.parametrize("sign", EMERGENCIES + SELF_HARM + OTHER_IN_DANGER)
def test_a_closed_address_is_not_deaf_to_danger(house: House, sign: str) -> None:
    birgit = house.enrol(PHONE, channel="sms")
    text(house, "you have the wrong number")
    text(house, "yes")
    before = len(house.timeline(birgit.patient_id))
    assert is_safety_text(text(house, sign), sign)
    assert text(house, "hello?") == [], "silence was promised"
    assert len(house.timeline(birgit.patient_id)) == before, "it is nobody's record"


def test_a_worse_sign_is_answered_within_the_hour(house: House) -> None:
    assert "TODAY" in text(house, "I have a fever of 39 and my back hurts")[0]
    assert is_safety_text(text(house, EMERGENCIES[1]), EMERGENCIES[1])


@pytest.mark.parametrize("beside", ["START K7M4-2PQR. ", "STOP. ", "STOP writing. "])
def test_danger_beside_a_wrong_code_or_an_opt_out_is_heard_first(house: House, beside: str) -> None:
    assert is_safety_text(text(house, beside + EMERGENCIES[1])[:1], EMERGENCIES[1])


def test_whoever_owes_the_four_digits_is_heard_as_well(house: House) -> None:
    first = in_use(house)
    again = invite_again(house.deployment, first.patient_id, timedelta(days=14))
    assert "your own four digits" in text(house, f"START {again.code}", OTHER)[0]
    assert is_safety_text(text(house, EMERGENCIES[0], OTHER), EMERGENCIES[0])


def test_no_safety_text_goes_to_a_group(house: House) -> None:
    house.write(EMERGENCIES[1], "-100", kind=InboundKind.GROUP)
    house.settle()
    assert not any("NOW" in said for said in house.telegram.texts())


# A lost phone


def test_a_new_phone_needs_the_patients_own_digits_and_keeps_the_history(house: House) -> None:
    first = in_use(house)
    house.ask(first.patient_id)
    text(house, "4")
    again = invite_again(house.deployment, first.patient_id, timedelta(days=1))
    (said,) = text(house, f"START {again.code}", OTHER)
    assert "your own four digits" in said
    assert "back" not in said, "nothing about health yet"
    assert house.addresses(first.patient_id)[-1][:2] == ("sms", PHONE), "not let in yet"
    welcome = text(house, f"it's {first.digits}", OTHER)
    assert welcome[0].startswith("Good, it is you.")
    assert "2/" in welcome[-1], "the question that waits is asked here"
    assert [each for each in house.addresses(first.patient_id) if each[0] == "sms"] == [
        ("sms", PHONE, False, "closed"),
        ("sms", OTHER, True, "active"),
    ]
    text(house, "2", OTHER)
    assert [value for _, value in house.answers(first.patient_id)] == [4, 2]
    assert house.heard(house.inbox()[-2]) == "****", "the digits are not kept"
    assert "let-in-by-code" in house.audited(first.patient_id)
    assert text(house, "hello", PHONE) == [], "whoever has the old phone hears nothing more"


def test_words_where_the_digits_are_due_lock_nothing_and_are_not_answered_for_ever(
    house: House,
) -> None:
    first = in_use(house)
    again = invite_again(house.deployment, first.patient_id, timedelta(days=1))
    text(house, f"START {again.code}", OTHER)
    answers = [text(house, "what do you mean?", OTHER) for _ in range(8)]
    assert [bool(each) for each in answers] == [True] * 5 + [False] * 3
    assert text(house, first.digits, OTHER)[0].startswith("Good, it is you.")


def test_three_wrong_tries_at_the_digits_let_nobody_in(house: House) -> None:
    first = in_use(house)
    again = invite_again(house.deployment, first.patient_id, timedelta(days=1))
    text(house, f"START {again.code}", OTHER)
    assert text(house, "9999", OTHER) == [
        "That is not your own code. Please write your four digits once more."
    ]
    text(house, "8888", OTHER)
    assert "tomorrow" in text(house, "7777", OTHER)[0]
    assert "I do not know who writes here" in text(house, first.digits, OTHER)[0]
    assert [each[:2] for each in house.addresses(first.patient_id)][-1] == ("sms", PHONE)
    assert house.audited(first.patient_id).count("wrong-code") == 3
    with house.database.write() as connection:
        sealer = deployment.sealer(connection, house.deployment.ring)
    kept = [sealer.open_json("inbox.body", row.id, row.body) for row in house.inbox()[2:5]]
    assert {body["text"] for body in kept} == {"****"}


def test_digits_that_come_an_hour_late_are_a_strangers(house: House) -> None:
    first = in_use(house)
    again = invite_again(house.deployment, first.patient_id, timedelta(days=1))
    text(house, again.code, OTHER)
    house.clock.set(house.clock.now() + timedelta(hours=1, seconds=1))
    assert "I do not know who writes here" in text(house, first.digits, OTHER)[0]


def test_on_another_channel_the_old_address_stays(house: House) -> None:
    first = in_use(house)
    again = invite_again(house.deployment, first.patient_id, timedelta(days=1))
    house.write(f"/start {again.code}", "4711")
    house.write(first.digits, "4711")
    house.settle()
    assert house.telegram.texts()[-1].startswith("Good, it is you.")
    channels = {each[0]: each[2:] for each in house.addresses(first.patient_id)}
    assert channels["sms"] == (False, "active")
    assert channels["telegram"] == (True, "active")


def test_whoever_has_stopped_is_let_in_and_left_in_peace(house: House) -> None:
    first = in_use(house)
    text(house, "stop")
    again = invite_again(house.deployment, first.patient_id, timedelta(days=1))
    text(house, again.code, OTHER)
    text(house, first.digits, OTHER)
    assert house.person(first.patient_id).status == "stopped"


# An invitation by SMS


def test_the_clinic_can_have_an_sms_sent_that_is_only_to_be_answered(house: House) -> None:
    invitation = house.invite(phone=PHONE, greeting=Greeting("sms"))
    house.settle()
    (said,) = house.sms.texts(PHONE)
    assert f"START {invitation.code}" in said
    assert "back" not in said
    assert text(house, f"START {invitation.code}")[0].startswith("Hello, this is Klinik Nord.")


# As a clinician reads it

PLAYED = {
    "en": ("hello?", "START {code}", "yes", "18", "Monday", "where do you write to me"),
    "da": ("hej?", "TILMELD {code}", "ja", "18", "mandag", "hvor skriver du til mig"),
}


@pytest.mark.parametrize("language", PLAYED)
def test_the_first_messages_read(
    light_house: House, language: str, golden: Callable[[str, str], None]
) -> None:
    house = light_house
    invitation = house.invite(language=language, name="Birgit Holm")
    lines = []
    for said in PLAYED[language]:
        lines.append(f"> {said}")
        answers = text(house, said.format(code=invitation.code))
        lines += [f"  | {line}" for answer in answers for line in answer.splitlines()]
    golden(f"codes/{language}.txt", "\n".join(lines) + "\n")
