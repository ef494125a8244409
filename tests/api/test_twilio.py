"""Twilio's webhooks: what is signed is stored once, and nothing else leaves a trace."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from api import twilio
from api.app import create_app
from bot.channels import Trouble
from bot.inbound import Handled, InboundKind
from tests.api.house import House
from tests.house.twilio_server import TOKEN, report, signed, webhook
from trajectory import tables
from trajectory.database import Database

PUBLIC = "https://nord.example/back"
MESSAGES, STATUS = PUBLIC + twilio.MESSAGES, PUBLIC + twilio.STATUS
PATIENT = "+4520301234"
EMPTY = '<?xml version="1.0" encoding="UTF-8"?><Response/>'


def door(house: House) -> TestClient:
    """Behind a proxy that reaches us by another name and without TLS."""
    inbox: Any = house
    app = create_app(
        house.deployment,
        inbox,
        house.doorbell,
        secure=True,
        hooks=twilio.twilio_hooks(TOKEN, PUBLIC),
    )
    return TestClient(app, base_url="http://10.0.0.7:8000", raise_server_exceptions=False)


def knock(house: House, url: str, fields: Mapping[str, str], **headers: str) -> Any:
    path = url.removeprefix(PUBLIC)
    with door(house) as client:
        return client.post(path, content=urlencode(fields), headers=signed(url, fields) | headers)


def inbox(house: House) -> int:
    with house.database.read() as connection:
        return len(connection.execute(select(tables.core(tables.Inbox))).all())


def outbox(house: House) -> list[Any]:
    with house.database.read() as connection:
        return list(connection.execute(select(tables.core(tables.Outbox))).all())


def test_a_message_is_stored_and_answered_with_silence(house: House) -> None:
    answer = knock(house, MESSAGES, webhook(PATIENT, "6, tak"))
    assert (answer.status_code, answer.text) == (200, EMPTY)
    assert answer.headers["content-type"].startswith("application/xml")
    (message,) = house.handed_over
    assert (message.channel, message.address, message.text) == ("sms", PATIENT, "6, tak")
    assert message.external_id == f"SM{1:032x}"
    assert message.kind is InboundKind.TEXT
    assert inbox(house) == 1


def test_a_message_that_comes_twice_is_stored_once(house: House) -> None:
    for _ in range(2):
        assert knock(house, MESSAGES, webhook(PATIENT, "6")).status_code == 200
    assert inbox(house) == 1


def test_on_whatsapp_the_number_comes_without_its_prefix(light_house: House) -> None:
    knock(light_house, MESSAGES, webhook(f"whatsapp:{PATIENT}", "hej"))
    (message,) = light_house.handed_over
    assert (message.channel, message.address) == ("whatsapp", PATIENT)


@pytest.mark.parametrize(
    ("more", "kind", "text"),
    [
        ({"Body": "", "NumMedia": "1"}, InboundKind.OTHER, ""),
        ({"Body": "look", "NumMedia": "1"}, InboundKind.TEXT, "look"),
        ({"Body": "", "Latitude": "55.6"}, InboundKind.OTHER, ""),
        ({"Body": " "}, InboundKind.OTHER, " "),
        ({"Body": "", "ButtonText": "Yes", "ButtonPayload": "y"}, InboundKind.TEXT, "Yes"),
        ({"Body": "", "ButtonPayload": "y"}, InboundKind.TEXT, "y"),
        ({"Body": "Æ ø 👍 \x00"}, InboundKind.TEXT, "Æ ø 👍 \x00"),
    ],
)
def test_what_a_message_may_hold(
    light_house: House, more: dict[str, str], kind: InboundKind, text: str
) -> None:
    assert knock(light_house, MESSAGES, webhook(PATIENT, "", **more)).status_code == 200
    (message,) = light_house.handed_over
    assert (message.kind, message.text) == (kind, text if text.strip() else "")


@pytest.mark.parametrize(
    ("word", "handled"),
    [("STOP", Handled.STOP), ("START", Handled.START), ("HELP", Handled.HELP), ("NEWS", None)],
)
def test_what_twilio_has_answered_itself_is_marked(
    light_house: House, word: str, handled: Handled | None
) -> None:
    knock(light_house, MESSAGES, webhook(PATIENT, "ok", OptOutType=word))
    assert light_house.handed_over[0].handled is handled


def test_nothing_is_acknowledged_that_could_not_be_stored(light_house: House) -> None:
    light_house.lost = True
    answer = knock(light_house, MESSAGES, webhook(PATIENT, "6"))
    assert answer.status_code == 503
    assert PATIENT not in answer.text


HEADERS = {"content-type": "application/x-www-form-urlencoded"}


@pytest.mark.parametrize("url", [MESSAGES, STATUS])
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-twilio-signature": ""},
        {"x-twilio-signature": "bm90IHNpZ25lZA=="},
        {"x-twilio-signature": "é"},
        signed(MESSAGES + "/", webhook(PATIENT, "6")),
        signed("http://10.0.0.7:8000/twilio/messages", webhook(PATIENT, "6")),
        signed(MESSAGES, webhook(PATIENT, "7")),
        signed(MESSAGES, webhook(PATIENT, "6"), "another token"),
        signed("https://evil.example/twilio/messages", webhook(PATIENT, "6"))
        | {"x-forwarded-host": "evil.example", "x-forwarded-proto": "https"}
        | {"host": "evil.example", "forwarded": "host=evil.example;proto=https"},
    ],
)
def test_what_is_not_signed_by_twilio_leaves_no_trace(
    light_house: House, url: str, headers: dict[str, str]
) -> None:
    with door(light_house) as client:
        answer = client.post(
            url.removeprefix(PUBLIC),
            content=urlencode(webhook(PATIENT, "6")),
            headers=[
                (name.encode(), value.encode("latin-1"))
                for name, value in (HEADERS | headers).items()
            ],
        )
    assert answer.status_code == 403
    assert answer.text == "refused"
    assert not light_house.handed_over
    assert inbox(light_house) == 0


def test_a_message_signed_for_one_door_opens_no_other(light_house: House) -> None:
    with door(light_house) as client:
        fields = report(f"SM{1:032x}", "delivered")
        answer = client.post(
            twilio.MESSAGES, content=urlencode(fields), headers=signed(STATUS, fields)
        )
    assert answer.status_code == 403


def test_behind_a_proxy_the_configured_address_counts(light_house: House) -> None:
    strange = {"x-forwarded-host": "evil.example", "x-forwarded-proto": "http"}
    assert knock(light_house, MESSAGES, webhook(PATIENT, "6"), **strange).status_code == 200


def test_the_query_is_signed_too(light_house: House) -> None:
    fields = webhook(PATIENT, "6")
    url = MESSAGES + "?from=twilio&x=%20"
    assert knock(light_house, url, fields).status_code == 200
    with door(light_house) as client:
        headers = signed(MESSAGES, fields)
        path = url.removeprefix(PUBLIC)
        assert client.post(path, content=urlencode(fields), headers=headers).status_code == 403


def without(name: str) -> dict[str, str]:
    fields = webhook(PATIENT, "6")
    del fields[name]
    return fields


@pytest.mark.parametrize(
    "fields",
    [
        *map(without, ("From", "MessageSid", "Body")),
        webhook("20222", "from a short code"),
        webhook("GOOGLE", "from a name"),
        webhook("whatsapp:", "from nobody"),
        webhook("rcs:+4520301234", "by something else"),
        webhook("+4520301234\n", "x"),
        webhook(PATIENT, "6", MessageSid="SM1"),
        webhook(PATIENT, "6", NumMedia="many"),
    ],
)
def test_what_is_no_message_is_refused(light_house: House, fields: dict[str, str]) -> None:
    assert knock(light_house, MESSAGES, fields).status_code == 422
    assert not light_house.handed_over


@pytest.mark.parametrize(
    "body",
    ["Body", "Body=%ff&From=%2B4520301234", "\xe6=1", "&".join(["a=1"] * 300), '{"Body": "6"}'],
)
def test_what_is_no_form_is_refused(light_house: House, body: str) -> None:
    with door(light_house) as client:
        headers = signed(MESSAGES, {})
        answer = client.post(twilio.MESSAGES, content=body.encode("latin-1"), headers=headers)
    assert answer.status_code == 422
    assert not light_house.handed_over


def test_a_field_that_comes_twice_is_refused(light_house: House) -> None:
    fields = webhook(PATIENT, "6")
    with door(light_house) as client:
        body = "Body=7&" + urlencode(fields)
        answer = client.post(twilio.MESSAGES, content=body, headers=signed(MESSAGES, fields))
    assert answer.status_code == 422
    assert not light_house.handed_over


def test_what_is_far_too_long_is_not_read(light_house: House) -> None:
    assert knock(light_house, MESSAGES, webhook(PATIENT, "6" * 300_000)).status_code == 413
    assert not light_house.handed_over


@pytest.fixture
def sid(house: House) -> str:
    """A message of ours that Twilio has taken."""
    sid = f"SM{9:032x}"
    house.say("How was your night?", channel="sms", provider_id=sid)
    return sid


def state(house: House) -> tuple[str, str | None]:
    (row,) = outbox(house)
    return row.status, row.error


@pytest.mark.parametrize(
    ("reports", "expected"),
    [
        (["queued", "sent", "delivered"], "delivered"),
        (["delivered", "sent", "sending", "queued"], "delivered"),
        (["read", "delivered"], "read"),
        (["accepted", "partially_delivered"], "sent"),
    ],
)
def test_reports_count_by_rank_in_whatever_order_they_come(
    house: House, sid: str, reports: list[str], expected: str
) -> None:
    for name in reports:
        assert knock(house, STATUS, report(sid, name)).status_code == 204
    assert state(house) == (expected, None)


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        ("undelivered", "30003", "retry 30003"),
        ("failed", "30034", "configuration 30034"),
        ("failed", "", "retry"),
    ],
)
def test_a_failure_is_noted_with_its_class(
    house: House, sid: str, status: str, code: str, error: str
) -> None:
    assert knock(house, STATUS, report(sid, status, code)).status_code == 204
    assert state(house)[1] == error
    assert error.startswith(tuple(Trouble))


@pytest.mark.parametrize(
    ("code", "expected"), [("21610", "gone"), ("30003", "active"), ("30005", "active")]
)
def test_an_address_that_is_gone_is_used_no_more(house: House, code: str, expected: str) -> None:
    address = tables.core(tables.Address)
    with house.database.read() as connection:
        address_id = connection.execute(select(address.c.id)).scalar_one()
    sid = f"SM{9:032x}"
    house.say("How was your night?", channel="sms", provider_id=sid, address_id=address_id)
    knock(house, STATUS, report(sid, "undelivered", code))
    with house.database.read() as connection:
        assert connection.execute(select(address.c.status)).scalar_one() == expected


def test_a_failure_does_not_undo_what_has_been_delivered(house: House, sid: str) -> None:
    for name in ("delivered", "failed"):
        knock(house, STATUS, report(sid, name))
    assert state(house) == ("delivered", None)


def test_a_report_of_a_message_that_is_none_of_ours_changes_nothing(house: House, sid: str) -> None:
    assert knock(house, STATUS, report(f"SM{1:032x}", "failed", "21610")).status_code == 204
    assert state(house) == ("sent", None)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        report("", "sent"),
        report("SM1", "sent"),
        report(f"SM{9:032x}", "flying"),
        report(f"SM{9:032x}", "failed", "x21610"),
    ],
)
def test_what_is_no_report_is_refused(house: House, sid: str, fields: dict[str, str]) -> None:
    assert knock(house, STATUS, fields).status_code == 422
    assert state(house) == ("sent", None)


@pytest.mark.parametrize("migrated_database_url", ["postgresql"], indirect=True)
def test_a_report_that_cannot_be_noted_is_not_acknowledged(
    house: House, sid: str, stopped: Database
) -> None:
    assert knock(house, STATUS, report(sid, "delivered")).status_code == 503
