"""What programs of the clinic do over REST that its people do at the desk."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from bot.driving import run_until_quiet
from bot.enrolling import Newcomer, enrol
from tests.api.desk.desk_house import METTE, DeskHouse, application
from tests.api.desk.phones import PHONE, PhoneWard
from tests.api.desk.test_rest import Program
from trajectory import audit, entries, migrations, tables
from trajectory.staff_tokens import Role

KEY = {"Idempotency-Key": "6e1d4cb0-2f4a-4e5f-8d0c-1f6f6a1b2c3d"}
OTHER = "+4520304051"


@pytest.fixture
def phones() -> Iterator[PhoneWard]:
    database = migrations.throw_away()
    yield PhoneWard(database)
    database.close()


@pytest.fixture
def desk(phones: PhoneWard) -> Iterator[DeskHouse]:
    with application(phones) as app:
        yield DeskHouse(phones, app)


@pytest.fixture
def booking(phones: PhoneWard, desk: DeskHouse) -> Program:
    """A program that may what a secretary may."""
    return Program(phones, desk.app, Role.SECRETARY)


@pytest.fixture
def birgit(phones: PhoneWard) -> int:
    newcomer = Newcomer("sms", PHONE, "en", pathway="low-back-pain", name="Birgit Holm")
    patient_id = enrol(phones.deployment, newcomer, consented=True).patient_id
    phones.settle()
    return patient_id


def done(ward: PhoneWard, patient_id: int, actor: str) -> list[str]:
    """What the audit says that this one did."""
    with ward.database.read() as connection:
        return [e.action for e in audit.records(connection, patient_id) if e.actor == actor]


def texts(ward: PhoneWard, address: str = PHONE) -> list[str]:
    return ward.providers["sms"].texts(address)


def test_a_patient_is_found_and_read_and_their_audit_says_so(
    phones: PhoneWard, booking: Program, birgit: int
) -> None:
    hits = booking.posts("/patients/search", {"text": "birg"})
    assert [(each["patient"], each["name"]) for each in hits["found"]] == [(birgit, "Birgit Holm")]
    assert booking.posts("/patients/search", {"text": PHONE})["found"][0]["patient"] == birgit
    assert booking.refused("POST", "/patients/search", json={"text": "b"})[0] == 422
    patient = booking.gets(f"/patients/{birgit}")
    assert patient["standing"] == "running"
    assert [(each["channel"], each["status"]) for each in patient["addresses"]] == [
        ("sms", "active")
    ]
    assert done(phones, birgit, booking.actor)
    assert booking.refused("GET", "/patients/99999")[0] == 404


def test_a_name_and_a_birth_date_are_corrected(
    phones: PhoneWard, booking: Program, birgit: int
) -> None:
    path = f"/patients/{birgit}/identity"
    called = {"name": " Birgit  Lund", "birth_date": "1958-09-14"}
    for _ in range(2):
        assert booking.asks("PUT", path, json=called).status_code == 204
    patient = booking.gets(f"/patients/{birgit}")
    assert (patient["name"], patient["birth_date"]) == ("Birgit Lund", "1958-09-14")
    for wanted in ("holm", "lund"):
        hits = booking.posts("/patients/search", {"text": wanted})["found"]
        assert [each["patient"] for each in hits] == ([birgit] if wanted == "lund" else [])
    for wrong, field in (
        ({"name": ""}, "name"),
        ({"name": "B" * 61}, "name"),
        ({"birth_date": "1758-09-14"}, "birth_date"),
    ):
        status, faults = booking.refused("PUT", path, json=called | wrong)
        assert (status, faults[0][0]) == (422, ["body", field])
    assert booking.refused("PUT", path, json={"name": "Birgit Lund"})[0] == 422
    assert booking.refused("PUT", "/patients/99999/identity", json=called)[0] == 404
    actions = done(phones, birgit, booking.actor)
    assert actions.count("name-corrected") == actions.count("birth-date-corrected") == 1


def test_a_lost_phone_is_locked_and_unlocked(
    phones: PhoneWard, booking: Program, birgit: int
) -> None:
    assert booking.posts(f"/patients/{birgit}/lock") == {"phones": 1}
    (address,) = booking.gets(f"/patients/{birgit}")["addresses"]
    assert address["status"] == "locked"
    booking.posts(f"/patients/{birgit}/addresses/{address['number']}/unlock", status=204)
    (address,) = booking.gets(f"/patients/{birgit}")["addresses"]
    assert address["status"] == "active"
    path = f"/patients/{birgit}/addresses/{address['number']}"
    assert booking.refused("POST", f"{path}/unlock")[0] == 409
    assert {"phone-locked", "phone-unlocked"} <= set(done(phones, birgit, booking.actor))


def test_a_new_number_is_checked_once_for_a_key_and_then_the_patients(
    phones: PhoneWard, booking: Program, birgit: int
) -> None:
    wanted = {"channel": "sms", "phone": OTHER, "how": "move"}
    checks = [
        booking.posts(f"/patients/{birgit}/checks", wanted, 201, headers=KEY) for _ in range(2)
    ]
    assert checks[0] == checks[1]
    phones.settle()
    (sent,) = texts(phones, OTHER)
    digits = "".join(each for each in sent if each.isdecimal())[:6]
    path = f"/patients/{birgit}/checks/{checks[0]['check']}/digits"
    wrong = "000000" if digits != "000000" else "111111"
    assert booking.refused("POST", path, json={"digits": wrong, "how": "move"})[0] == 422
    booking.posts(path, {"digits": digits, "how": "move"}, 204)
    addresses = booking.gets(f"/patients/{birgit}")["addresses"]
    assert OTHER in [each["value"] for each in addresses if each["status"] == "active"]


def test_a_pause_an_end_and_its_taking_back(
    phones: PhoneWard, booking: Program, birgit: int
) -> None:
    until = (phones.now + timedelta(days=14)).date().isoformat()
    booking.posts(f"/patients/{birgit}/pause", {"until": until}, 204)
    assert booking.gets(f"/patients/{birgit}")["standing"] == "paused"
    past = {"until": (phones.now - timedelta(days=2)).date().isoformat()}
    assert booking.refused("POST", f"/patients/{birgit}/pause", json=past) == (
        422,
        [(["body", "until"], "a day to come, within a year")],
    )
    booking.posts(f"/patients/{birgit}/resume", status=204)
    assert booking.refused("POST", f"/patients/{birgit}/resume")[0] == 409
    booking.posts(f"/patients/{birgit}/end", {"why": "discharged"}, 204)
    assert booking.gets(f"/patients/{birgit}")["standing"] == "discharged"
    assert booking.refused("POST", f"/patients/{birgit}/end", json={"why": "moved"})[0] == 409
    booking.posts(f"/patients/{birgit}/reopen", status=204)
    assert booking.gets(f"/patients/{birgit}")["standing"] == "running"


def test_a_new_episode_is_begun_once_for_a_key(
    phones: PhoneWard, booking: Program, birgit: int
) -> None:
    path = f"/patients/{birgit}/episodes"
    for _ in range(3):
        assert booking.posts(path, status=201, headers=KEY) == {"patient": birgit}
    assert done(phones, birgit, booking.actor).count("new-episode") == 1
    booking.posts(path, status=201)
    assert done(phones, birgit, booking.actor).count("new-episode") == 2
    assert booking.refused("POST", path, headers={"Idempotency-Key": "short"})[0] == 422


def test_a_key_is_good_for_one_request_of_one_token(
    phones: PhoneWard, desk: DeskHouse, booking: Program, birgit: int
) -> None:
    wanted = {"channel": "sms", "phone": OTHER, "how": "add"}
    first = booking.posts(f"/patients/{birgit}/checks", wanted, 201, headers=KEY)
    other = wanted | {"phone": "+4520304052"}
    status, faults = booking.refused("POST", f"/patients/{birgit}/checks", json=other, headers=KEY)
    assert (status, faults[0][0]) == (422, ["header", "Idempotency-Key"])
    second = Program(phones, desk.app, Role.SECRETARY)
    assert second.posts(f"/patients/{birgit}/checks", wanted, 201, headers=KEY) != first


def test_what_fails_under_a_key_leaves_nothing_and_the_key_as_new(
    phones: PhoneWard, booking: Program, birgit: int
) -> None:
    path = f"/patients/{birgit}/episodes"
    booking.posts(f"/patients/{birgit}/end", {"why": "died"}, 204)
    assert booking.refused("POST", path, headers=KEY)[0] == 409
    booking.posts(f"/patients/{birgit}/reopen", status=204)
    assert booking.posts(path, status=201, headers=KEY) == {"patient": birgit}


def test_answers_from_paper_are_scored_as_by_chat_and_entered_once(
    phones: PhoneWard, booking: Program, birgit: int
) -> None:
    offered = {each["id"]: each for each in booking.gets(f"/patients/{birgit}/questionnaires")}
    odi: dict[str, Any] = {each["id"]: {"chosen": ["c"]} for each in offered["odi"]["questions"]}
    odi["sex-life"] = {"left": "declined"}
    filled = {"flow": "odi", "mode": "paper", "at": phones.now.isoformat(), "answers": odi}
    path = f"/patients/{birgit}/administrations"
    entered = [booking.posts(path, filled, 201, headers=KEY) for _ in range(2)]
    assert entered[0] == entered[1]
    other = filled | {"answers": odi | {"lifting": {"chosen": ["a"]}}, "again": True}
    assert booking.refused("POST", path, json=other, headers=KEY)[0] == 422, "the key is used"
    assert (entered[0]["answered"], entered[0]["of"]) == (9, 10)
    assert "score" not in entered[0]
    with phones.database.read() as connection:
        found = entries.timeline(connection, phones.sealer(birgit), birgit, flow="odi")
    assert [each.value for each in found if each.kind == "score"] == [40.0]
    assert {each.author for each in found if each.item} == {"staff"}
    assert {each.channel for each in found if each.item} == {"paper"}
    wrong = filled | {"answers": odi | {"lifting": {"chosen": ["z"]}}, "again": True}
    assert booking.refused("POST", path, json=wrong) == (
        422,
        [(["body", "answers", "lifting"], "not one of the answers of this question")],
    )
    later = filled | {"at": (phones.now + timedelta(days=1)).isoformat()}
    assert booking.refused("POST", path, json=later)[1][0][0] == ["body", "at"]


def test_a_case_is_seen_taken_and_done_with_a_reason(
    phones: PhoneWard, desk: DeskHouse, booking: Program, birgit: int
) -> None:
    phones.hear("I want to talk to a person", "sms", PHONE)
    (case,) = booking.gets("/cases", kind="person")["items"]
    assert (case["patient"], case["name"], case["owner"]) == (birgit, "Birgit Holm", None)
    path = f"/cases/{case['number']}"
    booking.posts(f"{path}/take", status=204)
    assert booking.gets("/cases", mine=True)["items"][0]["owner"] == booking.actor
    other = Program(phones, desk.app, Role.CLINICIAN)
    assert other.refused("POST", f"{path}/take")[0] == 409
    assert booking.refused("POST", f"{path}/done", json={"reason": "confirmed"})[0] == 422
    booking.posts(f"{path}/done", {"reason": "spoke", "note": "rang her"}, 204)
    assert booking.gets("/cases")["items"] == []
    assert booking.refused("POST", f"{path}/give-back")[0] == 409
    assert "case-handled" in done(phones, birgit, booking.actor)


def test_a_conversation_is_taken_over_written_in_and_handed_back(
    phones: PhoneWard, desk: DeskHouse, booking: Program, birgit: int
) -> None:
    mette = desk.hire(METTE)
    who = {"speaker": mette.id}
    phones.hear("I want to talk to a person", "sms", PHONE)
    assert [each["patient"] for each in booking.gets("/conversations")["items"]] == [birgit]
    path = f"/patients/{birgit}/conversation"
    taken = booking.posts(f"{path}/take-over", who)
    assert (taken["under_way"], taken["holder"]) == (True, "Mette Dam")
    reply = {**who, "text": "Come in at ten.", "seen": taken["seen"]}
    for _ in range(2):
        booking.posts(f"{path}/messages", reply, 201, headers=KEY)
    other = reply | {"text": "Come in at eleven."}
    assert booking.refused("POST", f"{path}/messages", json=other, headers=KEY)[0] == 422
    phones.settle()
    sent = [text for text in texts(phones) if "Come in at" in text]
    assert len(sent) == 1
    assert "Mette" in sent[0]
    phones.hear("Thank you, I will", "sms", PHONE)
    lines = booking.gets(f"{path}/messages")["items"]
    assert "Thank you, I will" in [each["text"] for each in lines if each["from_patient"]]
    assert booking.refused("POST", f"{path}/messages", json=reply)[0] == 409, "unread words"
    handed = booking.posts(f"{path}/hand-back", who)
    assert handed["under_way"] is False
    assert booking.refused("POST", f"{path}/hand-back", json=who)[0] == 409
    assert booking.refused("POST", f"{path}/take-over", json={"speaker": 1})[0] in (409, 422)


def test_the_figures_and_what_was_given_up(
    phones: PhoneWard, desk: DeskHouse, booking: Program, birgit: int
) -> None:
    ole = Program(phones, desk.app, Role.OPERATOR)
    figures = ole.gets("/running")
    assert {each["name"] for each in figures["channels"]} >= {"sms", "telegram", "web"}
    with phones.database.write() as connection:
        outbox = tables.core(tables.Outbox)
        message = connection.execute(outbox.select()).first()
        assert message is not None
        connection.execute(outbox.update().values(status="dead", error="content 30007"))
    listed = ole.gets("/messages/undelivered", limit=1)
    number = listed["items"][0]["number"]
    assert listed["items"][0]["code"] == "30007"
    ole.posts(f"/messages/{number}/resend", status=204)
    run_until_quiet(phones.deployment)
    assert ole.refused("POST", f"/messages/{number}/resend")[0] == 404
    rest = ole.gets("/messages/undelivered")["items"]
    for each in rest:
        ole.posts(f"/messages/{each['number']}/drop", {"reason": "trial"}, 204)
    assert ole.gets("/messages/undelivered")["items"] == []
    assert booking.refused("GET", "/messages/undelivered")[0] == 403


def test_nothing_shows_an_answer(phones: PhoneWard, desk: DeskHouse, birgit: int) -> None:
    phones.hear("my back is numb down there", "sms", PHONE)
    program = Program(phones, desk.app, Role.SECRETARY, Role.CLINICIAN, Role.OPERATOR)
    for path in ("/cases", f"/patients/{birgit}", "/running", "/messages/undelivered"):
        assert "down there" not in str(program.gets(path))
