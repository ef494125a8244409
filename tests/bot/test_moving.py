"""A new number, a second one, another channel: asked for in the patient's own words."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.phone import ending_of, read_number, region_of, shown_number
from bot.receiving import receive
from tests.bot.house import House
from trajectory import patients, tables
from trajectory.patients import PatientRef

PHONE, NEW = "+4520304050", "+4551525354"
DIGITS = "4071"


@pytest.fixture
def birgit(house: House) -> PatientRef:
    return house.enrol(PHONE, channel="sms", code=DIGITS)


def text(house: House, said: str, address: str = PHONE, channel: str = "sms") -> list[str]:
    """The patient writes; what came back to that address."""
    provider = {"sms": house.sms, "telegram": house.telegram}[channel]
    before = len(provider.texts(address))
    house.write(said, address, channel=channel)
    house.settle()
    return provider.texts(address)[before:]


def code_at(house: House, address: str = NEW) -> str:
    """The six digits that the new phone shows."""
    found = re.search(r"\b\d{6}\b", house.sms.texts(address)[-1])
    assert found
    return found[0]


def other_than(digits: str) -> str:
    return str((int(digits) + 1) % 1_000_000).zfill(6)


# Numbers as people write them


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("20 30 40 50", PHONE), ("20304050", PHONE), ("+45 20 30 40 50", PHONE),
        ("0045 20304050", PHONE), ("(+45) 2030-4050", PHONE),
        ("+49 1512 3456789", "+4915123456789"),
        ("it's 20 30 40 50, thanks", PHONE), ("20304050 or 51525354", None), ("20304050abc", PHONE),
        ("20304050, since May 2024", PHONE), ("12", None), ("112", None), ("hello", None),
        ("", None), ("20 30 40 50 60 70 80 90", None),
    ],
)  # fmt: skip
def test_a_number_is_read_as_it_is_written_at_home(written: str, number: str | None) -> None:
    assert read_number(written, "Europe/Copenhagen") == number


def test_home_is_where_the_patients_clock_runs_else_the_clinics() -> None:
    assert region_of("Europe/Berlin", "Europe/Copenhagen") == "DE"
    assert region_of("UTC", "Europe/Copenhagen") == "DK"
    assert region_of("UTC") is None
    assert read_number("01512 3456789", "Europe/Berlin") == "+4915123456789"
    assert read_number("20 30 40 50", "UTC") is None


def test_a_number_is_shown_in_groups() -> None:
    assert shown_number(PHONE) == "+45 20 30 40 50"
    assert shown_number("24680") == "24680"
    assert ending_of(PHONE) == "4050"


# A new number


def test_a_new_number_is_checked_and_then_written_to(house: House, birgit: PatientRef) -> None:
    assert text(house, "my number has changed") == ["Please send me your own four-digit code."]
    assert "Which number" in text(house, DIGITS)[0]
    (sent,) = text(house, "51 52 53 54")
    assert sent.startswith("I have sent six digits to +45 51 52 53 54.")
    assert code_at(house) not in sent
    assert house.addresses(birgit.patient_id) == [("sms", PHONE, True, "active")]
    assert text(house, code_at(house)) == [], "the old number hears nothing more"
    assert house.sms.texts(NEW)[-1] == (
        "Done. From now on I write to +45 51 52 53 54, and no longer to your old number."
    )
    assert house.addresses(birgit.patient_id) == [
        ("sms", PHONE, False, "closed"),
        ("sms", NEW, True, "active"),
    ]
    assert "address-moved" in house.audited(birgit.patient_id)
    house.ask(birgit.patient_id)
    assert "back pain" in house.sms.texts(NEW)[-1]


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "I have a new number +45 51 52 53 54"), ("en", "My new number is 51525354"),
        ("en", "please change my number to 51 52 53 54"),
        ("da", "Jeg har fået nyt nummer 51 52 53 54"),
        ("da", "mit nye nummer er 51525354"),
        ("en", "My number has changed to +45 51525354"),
        ("da", "mit nummer er ændret til 51525354"), ("da", "skift mit nummer til +4551525354"),
    ],
)  # fmt: skip
def test_the_number_may_come_with_the_wish(house: House, language: str, said: str) -> None:
    house.enrol(PHONE, channel="sms", code=DIGITS, language=language)
    text(house, said)
    (sent,) = text(house, DIGITS)
    assert "+45 51 52 53 54" in sent
    text(house, code_at(house))
    assert "+45 51 52 53 54" in house.sms.texts(NEW)[-1]


@pytest.mark.parametrize("how", ["my number has changed", "also write to me at 20 30 40 50"])
def test_a_number_of_ones_own_that_had_failed_works_again(
    house: House, birgit: PatientRef, how: str
) -> None:
    house.add_address(birgit.patient_id, "telegram", "birgit")
    with house.database.write() as connection:
        patients.lose_address(connection, birgit.address_id)
    said = text(house, how, "birgit", "telegram") + text(house, DIGITS, "birgit", "telegram")
    if "Which number" in said[-1]:
        text(house, "20 30 40 50", "birgit", "telegram")
    (done,) = text(house, code_at(house, PHONE), "birgit", "telegram")
    assert done.startswith("Done.")
    assert ("sms", PHONE, True, "active") in house.addresses(birgit.patient_id)


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "also write to me at 51 52 53 54"), ("en", "text me on 51525354 too"),
        ("da", "skriv også til mig på 51 52 53 54"), ("da", "skriv til mig på 51525354 også"),
    ],
)  # fmt: skip
def test_a_second_number_leaves_the_first(house: House, language: str, said: str) -> None:
    patient = house.enrol(PHONE, channel="sms", code=DIGITS, language=language)
    text(house, said)
    text(house, DIGITS)
    assert len(text(house, code_at(house))) == 1, "said where it was asked"
    assert house.addresses(patient.patient_id) == [
        ("sms", PHONE, True, "active"),
        ("sms", NEW, False, "active"),
    ], "the first stays first"
    assert "address-added" in house.audited(patient.patient_id)


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("da", "mit nummer er ændret"), ("da", "jeg har skiftet nummer"),
        ("en", "I changed my number"),
    ],
)  # fmt: skip
def test_the_wish_alone_asks_for_the_number(house: House, language: str, said: str) -> None:
    house.enrol(PHONE, channel="sms", code=DIGITS, language=language)
    text(house, said)
    (asked,) = text(house, DIGITS)
    assert asked in (
        "Which number shall I write to? If it is a foreign one, write it with its country code.",
        "Hvilket nummer skal jeg skrive til? Er det et udenlandsk nummer, så skriv landekoden med.",
    )


def test_a_number_for_sms_can_be_given_on_telegram(house: House) -> None:
    patient = house.enrol("4711", code=DIGITS)
    text(house, "write to me by SMS", "4711", "telegram")
    text(house, DIGITS, "4711", "telegram")
    text(house, "51 52 53 54", "4711", "telegram")
    (done,) = text(house, code_at(house), "4711", "telegram")
    assert "You can still write to me here" in done
    assert house.addresses(patient.patient_id) == [
        ("telegram", "4711", False, "active"),
        ("sms", NEW, True, "active"),
    ]


def test_the_question_that_waited_is_asked_at_the_new_number(
    house: House, birgit: PatientRef
) -> None:
    house.ask(birgit.patient_id)
    text(house, "my new number is 51525354")
    text(house, DIGITS)
    text(house, code_at(house))
    assert "back pain" in house.sms.texts(NEW)[-1]
    text(house, "4", NEW)
    assert house.answers(birgit.patient_id) == [("pain", 4)]


# Who is it?


def test_without_the_four_digits_nothing_is_sent_anywhere(house: House, birgit: PatientRef) -> None:
    text(house, "my new number is 51525354")
    for wrong in ("1111", "2222"):
        assert "That is not the code" in text(house, wrong)[0]
    assert "tomorrow" in text(house, "3333")[0]
    assert "tomorrow" in text(house, "my new number is 51525354")[0]
    assert house.sms.texts(NEW) == []


def test_whoever_has_no_digits_of_their_own_is_sent_to_the_clinic(house: House) -> None:
    house.enrol(PHONE, channel="sms")
    assert "ask your clinic" in text(house, "my number has changed")[0]


@pytest.fixture
def asked(house: House, birgit: PatientRef) -> str:
    """The six digits are on their way."""
    text(house, "my new number is 51525354")
    text(house, DIGITS)
    return code_at(house)


def test_five_wrong_tries_end_it(house: House, birgit: PatientRef, asked: str) -> None:
    for _ in range(4):
        assert "not the six digits" in text(house, other_than(asked))[0]
    assert "count no more" in text(house, other_than(asked))[0]
    text(house, asked)
    assert house.addresses(birgit.patient_id) == [("sms", PHONE, True, "active")]


def test_after_a_quarter_of_an_hour_the_digits_count_no_more(
    house: House, birgit: PatientRef, asked: str
) -> None:
    house.clock.set(house.clock.now() + timedelta(minutes=15))
    assert "count no more" in text(house, asked)[0]
    assert house.addresses(birgit.patient_id) == [("sms", PHONE, True, "active")]


def test_older_digits_do_not_count_when_newer_were_sent(
    house: House, birgit: PatientRef, asked: str
) -> None:
    text(house, "no")
    text(house, "my new number is 51525354")
    text(house, DIGITS)
    newer = code_at(house)
    if newer != asked:
        assert "not the six digits" in text(house, asked)[0]
    text(house, newer)
    assert house.addresses(birgit.patient_id)[-1] == ("sms", NEW, True, "active")


def test_chatter_is_no_try(house: House, birgit: PatientRef, asked: str) -> None:
    for _ in range(6):
        assert "Please write the six digits here" in text(house, "it has not come yet")[0]
    text(house, f"here it is: {asked[:3]} {asked[3:]}")
    assert house.addresses(birgit.patient_id)[-1] == ("sms", NEW, True, "active")


def test_a_no_leaves_all_as_it_was(house: House, birgit: PatientRef, asked: str) -> None:
    assert text(house, "no") == ["All right, left as it was."]
    assert house.addresses(birgit.patient_id) == [("sms", PHONE, True, "active")]


def test_only_so_many_checks_go_out_in_a_day(house: House, birgit: PatientRef) -> None:
    last = ""
    for n in range(6):
        text(house, f"my new number is 5152535{n}")
        (last,) = text(house, DIGITS)
        text(house, "no")
    assert "many codes today" in last
    assert house.sms.texts("+4551525355") == []
    house.clock.set(house.clock.now() + timedelta(days=1, seconds=1))
    text(house, "my new number is 51525354")
    assert "six digits" in text(house, DIGITS)[0]


def test_somebody_elses_number_is_told_from_a_free_one_by_nothing(
    house: House, birgit: PatientRef
) -> None:
    jonas = house.enrol(NEW, channel="sms", name="Jonas")
    text(house, "my new number is 51525354")
    (sent,) = text(house, DIGITS)
    assert sent.startswith("I have sent six digits to +45 51 52 53 54.")
    assert text(house, code_at(house)) == ["I cannot use that number. Please ask Klinik Nord."]
    assert house.addresses(jonas.patient_id) == [("sms", NEW, True, "active")]
    assert house.addresses(birgit.patient_id) == [("sms", PHONE, True, "active")]


def test_what_is_no_number_is_asked_for_again(house: House, birgit: PatientRef) -> None:
    text(house, "my number has changed")
    text(house, DIGITS)
    assert "could not read that as a phone number" in text(house, "the same as my wife's")[0]


def test_the_digits_are_kept_as_a_hash_only(house: House, birgit: PatientRef, asked: str) -> None:
    (row,) = house.rows(tables.core(tables.AddressCheck))
    assert asked not in repr(row)
    assert NEW not in repr(row)


def test_an_unknown_number_is_written_to_without_a_word_about_health(
    house: House, birgit: PatientRef, asked: str
) -> None:
    (said,) = house.sms.texts(NEW)
    assert said == (
        f"{asked} is your code for Klinik Nord. Please write it where you asked for it. "
        "If you did not ask, you need not do anything."
    )


# Other channels


def test_telegram_is_entered_from_the_other_phone(house: House, birgit: PatientRef) -> None:
    text(house, "use telegram")
    (link,) = text(house, DIGITS)
    found = re.search(r"https://t\.me/klinik_nord_bot\?start=(\S+)", link)
    assert found
    assert "four digits" in text(house, f"/start {found[1]}", "4711", "telegram")[0]
    assert text(house, DIGITS, "4711", "telegram")[0].startswith("Good, it is you.")
    assert house.addresses(birgit.patient_id) == [
        ("sms", PHONE, False, "active"),
        ("telegram", "4711", True, "active"),
    ]


def test_the_web_chat_is_entered_by_a_link(house: House, birgit: PatientRef) -> None:
    text(house, "skift til webchat")
    (link,) = text(house, DIGITS)
    assert re.search(r"https://nord\.example/chat/in/\S{43} ", link)
    assert len(house.rows(tables.core(tables.WebLink))) == 1
    text(house, "use web")
    assert house.addresses(birgit.patient_id)[-1][0] == "web"
    assert house.addresses(birgit.patient_id)[-1][2], "preferred"


@pytest.mark.parametrize(
    "said",
    ["can I have telegram instead", "telegram", "jeg vil gerne have telegram", "telegram i stedet"],
)
@pytest.mark.parametrize("bot", ["klinik_nord_bot", ""])
def test_telegram_is_asked_for_in_few_words_and_the_code_only_where_it_can_be(
    house: House, birgit: PatientRef, said: str, bot: str
) -> None:
    clinic = replace(house.deployment.clinic, telegram_bot=bot)
    house.deployment = replace(house.deployment, clinic=clinic)
    told = "four-digit code" if bot else "cannot write to you that way"
    assert told in text(house, said)[0]


def test_a_channel_that_is_off_is_not_promised(house: House, birgit: PatientRef) -> None:
    assert "cannot write to you that way" in text(house, "use whatsapp")[0]


def test_a_channel_that_is_known_already_is_preferred_at_once(house: House) -> None:
    patient = house.enrol("4711", code=DIGITS)
    house.add_address(patient.patient_id, "sms", PHONE)
    (said,) = text(house, "write to me by sms please", "4711", "telegram")
    place = "SMS, the number ending in 4050"
    assert said == f"All right. From now on I write to you here first: {place}."
    assert house.addresses(patient.patient_id)[-1] == ("sms", PHONE, True, "active")
    house.ask(patient.patient_id)
    assert "back pain" in house.sms.texts(PHONE)[-1]


@pytest.mark.parametrize("said", ["where do you write to me", "hvor skriver du til mig?"])
def test_the_patient_can_ask_where_they_are_written_to(house: House, said: str) -> None:
    patient = house.enrol("4711", code=DIGITS)
    house.add_address(patient.patient_id, "sms", PHONE)
    assert text(house, said, "4711", "telegram") == [
        "I can write to you here:\n- Telegram (here first)\n- SMS, the number ending in 4050"
    ]


def test_a_command_in_between_leaves_the_move_waiting(
    house: House, birgit: PatientRef, asked: str
) -> None:
    assert "Please write the six digits here" in text(house, "help")[-1]
    text(house, asked)
    assert house.addresses(birgit.patient_id)[-1] == ("sms", NEW, True, "active")


def test_without_a_channel_for_numbers_no_digits_are_asked_for_nothing(house: House) -> None:
    house.enrol("4711", code=DIGITS)
    deployment = replace(house.deployment, channels={"telegram": house.telegram})
    receive(deployment, [house.message("my number has changed", "4711")])
    house.settle()
    assert "cannot write to you that way" in house.telegram.texts()[-1]


def test_a_second_number_may_be_on_the_channel_that_the_patient_uses(house: House) -> None:
    """WhatsApp is off here: a number given on Telegram is one for SMS."""
    house.enrol("4711", code=DIGITS)
    text(house, "also write to me at 51 52 53 54", "4711", "telegram")
    text(house, DIGITS, "4711", "telegram")
    assert "is your code for Klinik Nord" in house.sms.texts(NEW)[-1]
