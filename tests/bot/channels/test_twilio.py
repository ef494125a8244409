"""SMS and WhatsApp against Twilio's API on the wire, and what each error code leads to."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.channels import AlreadyThere, NotSent, Others, Parcel, Trouble, twilio_http
from bot.channels.twilio import VALIDITY, Account, Twilio
from bot.channels.twilio_codes import trouble_of
from bot.messages import Priority, Rendered
from tests.house import twilio_server as far
from tests.house.twilio_server import NUMBER, SID, TOKEN, TwilioServer

NOW = datetime(2026, 11, 24, 18, 0, tzinfo=UTC)
STATUS_URL = "https://nord.example/twilio/status"
SERVICE = "MG" + "0123456789abcdef" * 2
TEMPLATE = "HX" + "0123456789abcdef" * 2
PATIENT = "+4520301234"
PARCEL = Parcel(7, 1, PATIENT, Rendered("1/4 How strong?\n(0-10)"), created_at=NOW, language="da")


@pytest.fixture
def twilio() -> Iterator[TwilioServer]:
    with far.twilio_server() as server:
        server.clock = lambda: NOW
        yield server
        assert not server.wrong


def sms(twilio: TwilioServer, *, token: str = TOKEN, url: str = "", service: str = "") -> Twilio:
    account = Account(SID, token, url or twilio.url, STATUS_URL)
    sender = "" if service else NUMBER
    return Twilio("sms", account, sender=sender, service=service, now=lambda: NOW)


def whatsapp(twilio: TwilioServer, **templates: str) -> Twilio:
    account = Account(SID, TOKEN, twilio.url, STATUS_URL)
    return Twilio("whatsapp", account, sender=NUMBER, templates=templates, now=lambda: NOW)


def trouble(channel: Twilio, parcel: Parcel = PARCEL) -> NotSent:
    with pytest.raises(NotSent) as caught:
        channel.send(parcel)
    assert PATIENT not in str(caught.value)
    assert caught.value.__cause__ is None
    return caught.value


def test_several_threads_each_get_the_answer_to_their_own_message(twilio: TwilioServer) -> None:
    channel = sms(twilio)
    texts = [f"message {n}" for n in range(40)]
    twilio.redacts = False
    with ThreadPoolExecutor(8) as pool:
        parcels = (replace(PARCEL, rendered=Rendered(text)) for text in texts)
        sids = list(pool.map(channel.send, parcels))
    bodies = {message["sid"]: message["body"] for message in twilio.messages}
    assert [bodies[str(sid)] for sid in sids] == texts


def test_a_text_goes_out_from_our_number_and_is_kept_by_nobody(twilio: TwilioServer) -> None:
    sid = sms(twilio).send(PARCEL)
    assert sid == twilio.messages[0]["sid"]
    assert twilio.created() == [
        {
            "To": PATIENT,
            "From": NUMBER,
            "Body": "1/4 How strong?\n(0-10)",
            "StatusCallback": STATUS_URL,
            "ContentRetention": "discard",
            "AddressRetention": "obfuscate",
        }
    ]


def test_a_messaging_service_may_choose_the_number(twilio: TwilioServer) -> None:
    sms(twilio, service=SERVICE).send(PARCEL)
    (fields,) = twilio.created()
    assert fields["MessagingServiceSid"] == SERVICE
    assert "From" not in fields


def test_only_what_was_not_asked_for_must_not_come_hours_late(twilio: TwilioServer) -> None:
    for priority in Priority:
        sms(twilio).send(replace(PARCEL, priority=priority))
    seconds = [fields.get("ValidityPeriod") for fields in twilio.created()]
    assert seconds == [None, None, str(int(VALIDITY.total_seconds()))]


CODES = [
    *((400, code, Trouble.GONE) for code in (21211, 21214, 21217, 21610, 21614, 63024)),
    *((400, code, Trouble.DOUBTFUL) for code in (21612, 30004, 30005, 30006)),
    (401, 20003, Trouble.CONFIGURATION),
    *((400, code, Trouble.CONFIGURATION) for code in (21212, 21408, 21606, 21608, 21617)),
    *((400, code, Trouble.CONFIGURATION) for code in (30002, 30024, 30032, 30034, 63016)),
    (429, 20429, Trouble.RETRY),
    *((400, code, Trouble.RETRY) for code in (21611, 30001, 30003, 30022, 14107, 63018, 30008)),
    (500, 20500, Trouble.UNKNOWN),
    (503, 20503, Trouble.UNKNOWN),
    (400, 30410, Trouble.UNKNOWN),
    (400, 30007, Trouble.CONTENT),
    (400, 29999, Trouble.CONFIGURATION),
    (502, None, Trouble.UNKNOWN),
    (429, None, Trouble.RETRY),
    (403, None, Trouble.CONFIGURATION),
]


@pytest.mark.parametrize(("status", "code", "expected"), CODES)
def test_each_error_code_has_its_consequence(
    twilio: TwilioServer, status: int, code: int | None, expected: Trouble
) -> None:
    twilio.trouble = [far.Trouble(status, code)]
    found = trouble(sms(twilio))
    assert (found.trouble, found.code) == (expected, str(code or status))
    assert len(twilio.created()) == 1, "it was tried again without asking us"


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("21610", Trouble.GONE),
        ("30005", Trouble.DOUBTFUL),
        ("30007", Trouble.CONTENT),
        ("30034", Trouble.CONFIGURATION),
        ("30003", Trouble.RETRY),
        ("30036", Trouble.RETRY),
        ("39999", Trouble.RETRY),
        ("", Trouble.RETRY),
    ],
)
def test_a_report_of_failure_has_its_consequence_too(code: str, expected: Trouble) -> None:
    assert trouble_of(code) is expected


def test_the_wait_that_twilio_asks_for_is_kept(twilio: TwilioServer) -> None:
    twilio.trouble = [far.Trouble(429, 20429, retry_after=7), far.Trouble(429, 63038)]
    assert trouble(sms(twilio)).wait == timedelta(seconds=7)
    assert trouble(sms(twilio)).wait == timedelta(days=1)


def test_no_answer_after_the_request_was_written_is_unknown(
    twilio: TwilioServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    twilio.trouble = [far.Trouble(taken=True)]
    assert trouble(sms(twilio)).trouble is Trouble.UNKNOWN
    monkeypatch.setattr(twilio_http, "SECONDS", 0.05)
    twilio.trouble = [far.Trouble(taken=True, hangs=True)]
    found = trouble(sms(twilio))
    assert (found.trouble, found.code) == (Trouble.UNKNOWN, "timeout")


def test_a_server_that_nobody_reaches_has_taken_nothing(twilio: TwilioServer) -> None:
    found = trouble(sms(twilio, url="http://127.0.0.1:9"))
    assert (found.trouble, found.code) == (Trouble.RETRY, "connection")


def test_a_wrong_token_is_ours_to_mend(twilio: TwilioServer) -> None:
    found = trouble(sms(twilio, token="other"))
    assert (found.trouble, found.code) == (Trouble.CONFIGURATION, "20003")


def test_nothing_is_logged_of_address_text_or_token(
    twilio: TwilioServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    twilio.trouble = [far.Trouble(400, 21211), far.Trouble(201, taken=True)]
    trouble(sms(twilio))
    sms(twilio).send(PARCEL)
    assert not caplog.records
    assert TOKEN not in repr(Account(SID, TOKEN, twilio.url, STATUS_URL))


REPEAT = replace(PARCEL, repeated=True)


@pytest.mark.parametrize("redacts", [True, False])
def test_what_has_arrived_after_all_is_not_sent_again(twilio: TwilioServer, redacts: bool) -> None:
    twilio.redacts = redacts
    twilio.trouble = [far.Trouble(503, 20503, taken=True)]
    assert trouble(sms(twilio)).trouble is Trouble.UNKNOWN
    with pytest.raises(AlreadyThere) as caught:
        sms(twilio).send(REPEAT)
    assert caught.value.provider_id == twilio.messages[0]["sid"]
    assert len(twilio.bodies) == 1


def test_what_has_not_arrived_is_sent_again(twilio: TwilioServer) -> None:
    twilio.trouble = [far.Trouble(503, 20503)]
    trouble(sms(twilio))
    sms(twilio).send(REPEAT)
    assert len(twilio.bodies) == 1


def test_our_other_messages_are_not_taken_for_it(twilio: TwilioServer) -> None:
    """Another message to the same patient, and one of last week, which nobody can read any more."""
    other = twilio.take(
        {"To": PATIENT, "From": NUMBER, "Body": "Hi", "ContentRetention": "discard"}
    )
    old = twilio.take({"To": PATIENT, "From": NUMBER, "Body": "", "ContentVariables": '{"1": "x"}'})
    old["body"], old["date_created"] = "", "Tue, 17 Nov 2026 18:00:00 +0000"
    sid = sms(twilio).send(replace(REPEAT, others=lambda ids: Others([other["sid"]])))
    assert sid == twilio.messages[2]["sid"]


@pytest.mark.parametrize(("redacts", "sent"), [(True, 2), (False, 1)])
def test_what_may_be_another_message_is_taken_for_it_by_its_words_only(
    twilio: TwilioServer, redacts: bool, sent: int
) -> None:
    twilio.redacts = redacts
    twilio.trouble = [far.Trouble(503, 20503, taken=True)]
    trouble(sms(twilio))
    repeat = replace(REPEAT, others=lambda ids: Others(unnamed=1))
    with suppress(AlreadyThere):
        sms(twilio).send(repeat)
    assert len(twilio.bodies) == sent


def test_neither_other_texts_nor_what_the_patient_wrote_nor_what_failed(
    twilio: TwilioServer,
) -> None:
    twilio.redacts = False
    twilio.take({"To": PATIENT, "From": NUMBER, "Body": "From the dentist"})
    twilio.hear(PATIENT, PARCEL.rendered.text, to=PATIENT)
    failed = twilio.take({"To": PATIENT, "From": NUMBER, "Body": PARCEL.rendered.text})
    failed["status"] = "undelivered"
    assert sms(twilio).send(REPEAT) == twilio.messages[3]["sid"]


@pytest.mark.parametrize(("status", "code"), [(503, 20503), (429, 20429), (0, None)])
def test_nothing_is_sent_again_unlooked(
    twilio: TwilioServer, status: int, code: int | None
) -> None:
    twilio.list_trouble = [far.Trouble(status, code)]
    assert trouble(sms(twilio), REPEAT).trouble is Trouble.UNKNOWN
    assert not twilio.bodies


LATELY = replace(PARCEL, heard_at=NOW - timedelta(hours=23, minutes=57))
TOO_LONG_AGO = replace(PARCEL, heard_at=NOW - timedelta(hours=23, minutes=59))


def test_on_whatsapp_free_text_answers_whoever_wrote_within_a_day(twilio: TwilioServer) -> None:
    whatsapp(twilio).send(replace(LATELY, priority=Priority.BULK))
    (fields,) = twilio.created()
    assert (fields["To"], fields["From"]) == (f"whatsapp:{PATIENT}", f"whatsapp:{NUMBER}")
    assert fields["Body"] == PARCEL.rendered.text
    assert "ValidityPeriod" not in fields


@pytest.mark.parametrize("parcel", [TOO_LONG_AGO, PARCEL])
def test_on_whatsapp_a_template_goes_to_whoever_has_been_silent(
    twilio: TwilioServer, parcel: Parcel
) -> None:
    whatsapp(twilio, da=TEMPLATE).send(parcel)
    (fields,) = twilio.created()
    assert "Body" not in fields
    assert fields["ContentSid"] == TEMPLATE
    assert json.loads(fields["ContentVariables"]) == {"1": "1/4 How strong? (0-10)"}


def test_on_whatsapp_without_a_template_it_waits(twilio: TwilioServer) -> None:
    found = trouble(whatsapp(twilio, en=TEMPLATE))
    assert (found.trouble, found.code) == (Trouble.CONFIGURATION, "63016")
    assert not twilio.calls


def test_what_patients_wrote_is_listed_over_all_pages(twilio: TwilioServer) -> None:
    twilio.page = 2
    for n in range(5):
        twilio.hear(f"+452030123{n}", f"text {n}")
    twilio.hear("whatsapp:+4520301239", "on whatsapp", to=f"whatsapp:{NUMBER}")
    twilio.hear("20222", "from a short code")
    twilio.take({"To": NUMBER, "From": NUMBER, "Body": "to ourselves"})
    heard = list(sms(twilio).received(NOW - timedelta(days=1)))
    assert sorted(message.text for message in heard) == [f"text {n}" for n in range(5)]
    (other,) = whatsapp(twilio).received(NOW - timedelta(days=1))
    assert (other.channel, other.address) == ("whatsapp", "+4520301239")


def test_without_a_number_the_service_tells_which_messages_are_ours(twilio: TwilioServer) -> None:
    twilio.hear(PATIENT, "ours", service=SERVICE)
    twilio.hear(PATIENT, "somebody else's", service="MG" + "f" * 32)
    (heard,) = sms(twilio, service=SERVICE).received(NOW - timedelta(days=1))
    assert heard.text == "ours"
