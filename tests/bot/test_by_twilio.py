"""From the outbox over the wire: every question reaches its patient, and none of them twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from backtrace.equipping import channels_of
from backtrace.settings import Settings
from bot import taking
from bot.doorbell import Doorbell
from bot.sending import record, send
from tests.bot.house import House
from tests.house import twilio_server as far
from tests.house.twilio_server import NUMBER, SID, TOKEN, Trouble, TwilioServer
from trajectory import tables

PATIENT = "+4520301234"
TEMPLATE = "HX" + "0123456789abcdef" * 2


@pytest.fixture
def twilio() -> Iterator[TwilioServer]:
    with far.twilio_server() as server:
        yield server
        assert not server.wrong


@pytest.fixture
def clinic(house: House, twilio: TwilioServer) -> House:
    """The house, with SMS and WhatsApp as an operator's settings make them."""
    settings = Settings(
        twilio_account_sid=SID,
        twilio_auth_token=TOKEN,
        twilio_api_url=twilio.url,
        twilio_from=NUMBER,
        whatsapp_from=NUMBER,
        whatsapp_templates={"en": TEMPLATE},
        public_url="https://nord.example",
    )
    twilio.clock = house.clock.now
    channels = channels_of(settings, house.clock, Doorbell())
    house.deployment = replace(house.deployment, channels={**house.deployment.channels, **channels})
    return house


def questions(twilio: TwilioServer) -> list[str]:
    return [body for body in twilio.bodies if "back pain" in body]


def test_a_question_goes_out_with_its_id_kept(clinic: House, twilio: TwilioServer) -> None:
    clinic.enrol(PATIENT, channel="sms")
    birgit_id = clinic.rows(tables.core(tables.Patient))[0].id
    clinic.ask(birgit_id)
    assert len(questions(twilio)) == 1
    assert [row.provider_id for row in clinic.outbox()] == [each["sid"] for each in twilio.messages]
    (bulk,) = (fields for fields in twilio.created() if "ValidityPeriod" in fields)
    assert "back pain" in bulk["Body"]


@pytest.mark.parametrize("times", [1, 2, 5])
@pytest.mark.parametrize("taken", [True, False])
def test_an_end_that_nobody_knows_is_looked_up_however_often(
    clinic: House, twilio: TwilioServer, times: int, taken: bool
) -> None:
    """Taken at the last attempt only, or never: either way the patient reads it once."""
    birgit = clinic.enrol(PATIENT, channel="sms")
    clinic.settle()
    twilio.trouble = [Trouble(503, 20503)] * (times - 1) + [Trouble(503, 20503, taken=taken)]
    clinic.ask(birgit.patient_id)
    clinic.wait(hours=1)
    assert len(questions(twilio)) == 1
    (row,) = (row for row in clinic.outbox() if "back pain" in clinic.said(row))
    assert row.status == "sent"
    assert row.provider_id == twilio.messages[-1]["sid"]


def test_the_answer_before_is_not_taken_for_the_question(
    clinic: House, twilio: TwilioServer
) -> None:
    """A thank-you and the next question went out just before; nobody keeps their words."""
    birgit = clinic.enrol(PATIENT, channel="sms")
    clinic.ask(birgit.patient_id)
    twilio.trouble = [Trouble(503, 20503)]
    clinic.write("4", PATIENT, channel="sms")
    clinic.settle()
    clinic.wait(hours=1)
    assert len([body for body in twilio.bodies if body.startswith("Thanks: 4.")]) == 1


def test_too_many_at_once_wait_as_long_as_twilio_says(clinic: House, twilio: TwilioServer) -> None:
    birgit = clinic.enrol(PATIENT, channel="sms")
    clinic.settle()
    twilio.trouble = [Trouble(429, 20429, retry_after=600)]
    clinic.ask(birgit.patient_id)
    clinic.wait(minutes=9)
    assert not questions(twilio)
    clinic.wait(minutes=2)
    assert len(questions(twilio)) == 1


def test_whoever_told_the_carrier_to_stop_is_written_to_no_more(
    clinic: House, twilio: TwilioServer
) -> None:
    birgit = clinic.enrol(PATIENT, channel="sms")
    twilio.trouble = [Trouble(400, 21610)]
    clinic.ask(birgit.patient_id)
    (address,) = clinic.rows(tables.core(tables.Address))
    assert address.status == "gone"


def test_on_whatsapp_text_is_free_for_a_day_after_the_patient_wrote(
    clinic: House, twilio: TwilioServer
) -> None:
    birgit = clinic.enrol(PATIENT, channel="whatsapp")
    clinic.write("hello", PATIENT, channel="whatsapp")
    clinic.wait(hours=23)
    clinic.write("hello again", PATIENT, channel="whatsapp")
    clinic.wait(hours=23)
    clinic.ask(birgit.patient_id)
    assert "1/4" in twilio.created()[-1]["Body"]
    clinic.wait(hours=25)
    reminder = twilio.created()[-1]
    assert reminder["ContentSid"] == TEMPLATE
    assert "1/4" in reminder["ContentVariables"]


def test_on_whatsapp_without_a_template_the_question_waits_for_the_patient(
    clinic: House, twilio: TwilioServer
) -> None:
    birgit = clinic.enrol(PATIENT, channel="whatsapp", language="da")
    clinic.ask(birgit.patient_id)
    clinic.wait(hours=2)
    assert not twilio.bodies
    clinic.write("hej", PATIENT, channel="whatsapp")
    clinic.settle()
    assert any("1/4" in body for body in twilio.bodies)


SIGN = "I cannot feel my legs any more"
ADVICE = "Call 112"


def killed(clinic: House, *, sends: bool) -> None:
    """A process takes what is ready, and is killed before it knows how that has ended."""
    batch = taking.take(clinic.deployment, ["sms"], 10)
    assert batch.leased
    for message in batch.leased:
        if sends:
            clinic.deployment.channels["sms"].send(message.parcel)


def heard(clinic: House, twilio: TwilioServer) -> Counter[str]:
    """How often the patient has read each of the messages that count as sent."""
    said = {clinic.said(row) for row in clinic.outbox() if row.status == "sent"}
    assert {row.status for row in clinic.outbox()} == {"sent"}
    assert set(twilio.bodies) == said
    return Counter(twilio.bodies)


def test_a_warning_is_not_taken_for_sent_since_another_message_was(
    clinic: House, twilio: TwilioServer
) -> None:
    """Whoever sent the answer before was killed, and Twilio shows no words: it may be either."""
    birgit = clinic.enrol(PATIENT, channel="sms")
    clinic.ask(birgit.patient_id)
    clinic.write("what now?", PATIENT, channel="sms")
    killed(clinic, sends=True)
    clinic.write(SIGN, PATIENT, channel="sms")
    twilio.trouble = [Trouble(503, 20503)]
    clinic.settle()
    clinic.wait(minutes=1)
    assert sum(ADVICE in body for body in twilio.bodies) == 1
    clinic.wait(hours=1)
    assert all(count <= 2 for count in heard(clinic, twilio).values())


def test_an_answer_is_not_taken_for_sent_since_the_question_was(
    clinic: House, twilio: TwilioServer
) -> None:
    birgit = clinic.enrol(PATIENT, channel="sms")
    clinic.settle()
    twilio.trouble = [Trouble(503, 20503, taken=True)]
    clinic.ask(birgit.patient_id)
    clinic.write("what now?", PATIENT, channel="sms")
    killed(clinic, sends=False)
    clinic.wait(hours=1)
    assert all(count <= 2 for count in heard(clinic, twilio).values())


def test_two_that_were_under_way_come_once_where_twilio_has_both(
    clinic: House, twilio: TwilioServer
) -> None:
    birgit = clinic.enrol(PATIENT, channel="sms")
    clinic.ask(birgit.patient_id)
    for text in ("what now?", SIGN):
        clinic.write(text, PATIENT, channel="sms")
        killed(clinic, sends=True)
    clinic.wait(hours=1)
    assert set(heard(clinic, twilio).values()) == {1}


def test_what_goes_out_while_we_look_is_not_taken_for_what_we_look_for(
    clinic: House, twilio: TwilioServer
) -> None:
    """The answer never left its process. Another one sends a warning just before Twilio's list."""
    birgit = clinic.enrol(PATIENT, channel="sms")
    clinic.ask(birgit.patient_id)
    clinic.write("what now?", PATIENT, channel="sms")
    killed(clinic, sends=False)
    clinic.clock.set(clinic.clock.now() + timedelta(minutes=2, seconds=1))
    (answer,) = taking.take(clinic.deployment, ["sms"], 10).leased
    clinic.write(SIGN, PATIENT, channel="sms")
    clinic.settle()
    record(clinic.deployment, [send(clinic.deployment, answer)])
    assert set(heard(clinic, twilio).values()) == {1}


def test_what_a_stranger_was_told_on_this_number_is_not_taken_for_the_question(
    clinic: House, twilio: TwilioServer
) -> None:
    clinic.write("hello", PATIENT, channel="sms")
    clinic.settle()
    assert twilio.bodies
    birgit = clinic.enrol(PATIENT, channel="sms")
    twilio.trouble = [Trouble(503, 20503)] * 2
    clinic.ask(birgit.patient_id)
    clinic.wait(hours=1)
    assert len(questions(twilio)) == 1


def test_a_doubt_outlasts_a_wrong_setting(clinic: House, twilio: TwilioServer) -> None:
    """The look was refused: once it is allowed, it is looked, and not sent again unlooked."""
    birgit = clinic.enrol(PATIENT, channel="sms")
    clinic.settle()
    twilio.trouble = [Trouble(503, 20503, taken=True)]
    twilio.list_trouble = [Trouble(401, 20003)]
    clinic.ask(birgit.patient_id)
    clinic.wait(hours=1)
    assert len(questions(twilio)) == 1
    assert clinic.outbox()[-1].status == "sent"


def test_a_doubt_outlasts_a_lease_that_was_given_back(clinic: House, twilio: TwilioServer) -> None:
    """Twilio asks for a pause just as the question was taken again, behind somebody's answer."""
    birgit = clinic.enrol(PATIENT, channel="sms")
    clinic.enrol("+4520301235", channel="sms", name="Anne Lund")
    clinic.settle()
    clinic.set_due(birgit.patient_id)
    clinic.dispatch()
    killed(clinic, sends=True)
    clinic.clock.set(clinic.clock.now() + timedelta(minutes=2, seconds=1))
    clinic.write("what now?", "+4520301235", channel="sms")
    twilio.trouble = [Trouble(429, 20429, retry_after=60)]
    clinic.settle()
    assert [row.status for row in clinic.outbox()][-2:] == ["ready", "ready"]
    clinic.wait(hours=1)
    assert len(questions(twilio)) == 1
