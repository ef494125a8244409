"""Each purpose is agreed to by itself, taken back by a sentence, and what follows happens."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.conversation.memory import Memory
from bot.conversation.tasks.deleting import ERASE
from bot.kept import MASKED
from tests.bot.house import House
from trajectory import grants, own_copy, patients
from trajectory.patients import PatientRef

RESEARCH = "would like to use your answers for research"


@pytest.fixture
def birgit(light_house: House) -> PatientRef:
    return light_house.enrol(pathway="low-back-pain", code="4071")


@pytest.fixture
def house(light_house: House) -> House:
    return light_house


def say(house: House, *lines: str) -> str:
    for line in lines:
        house.write(line)
        house.settle()
    return house.telegram.sent[-1].text


def consents(house: House, ref: PatientRef) -> list[tuple[str | None, list[str], str]]:
    """Code, purposes and version of each entry."""
    found = [entry for entry in house.timeline(ref.patient_id) if entry.kind == "consent"]
    return [(e.code, (e.detail or {})["purposes"], (e.detail or {})["version"]) for e in found]


def detail(house: House, ref: PatientRef) -> dict[str, Any]:
    """Of the first one."""
    first = next(e for e in house.timeline(ref.patient_id) if e.kind == "consent")
    assert first.detail is not None
    return first.detail


def share_with_alerts(house: House) -> None:
    say(house, "share with my physio Anne Skov anne@klinik.example", "A", "4071", "yes")


def alerted(house: House, ref: PatientRef) -> bool:
    with house.database.read() as connection:
        found = grants.active(
            connection, house.sealer(ref.patient_id), ref.patient_id, house.clock.now()
        )
    return any("alert" in grant.purposes for grant in found)


def asks_for_research(house: House) -> None:
    clinic = replace(house.deployment.clinic, research=True)
    house.deployment = replace(house.deployment, clinic=clinic)


def raise_version(house: House, version: str = "2027-03") -> None:
    texts = dict(house.deployment.consents)
    texts["enrolment"] = replace(texts["enrolment"], version=version)
    house.deployment = replace(house.deployment, consents=texts)


def test_it_is_kept_which_text_was_agreed_to_and_who_entered_it(
    house: House, birgit: PatientRef
) -> None:
    on_paper = detail(house, birgit)
    assert on_paper["by"] == "staff-on-paper"
    assert on_paper["hash"] == house.deployment.consents["enrolment"].hashes["en"]
    jonas = house.enrol("jonas", name="", consented=False)
    for line in ("english", "yes"):
        house.write(line, "jonas")
        house.settle()
    by_himself = detail(house, jonas)
    assert "by" not in by_himself
    assert by_himself["purposes"] == ["store", "remind"]


def test_a_warning_sign_mails_whom_the_patient_has_agreed_to(
    house: House, birgit: PatientRef
) -> None:
    house.answer_all()
    share_with_alerts(house)
    assert alerted(house, birgit)
    before = len(house.email.sent)
    say(house, "I can't hold my urine since this morning")
    assert len(house.email.sent) == before + 1


def test_without_consent_to_alerts_a_warning_sign_mails_nobody(
    house: House, birgit: PatientRef
) -> None:
    house.answer_all()
    share_with_alerts(house)
    before = len(house.email.sent)
    say(house, "I withdraw my consent to alerts")
    assert not alerted(house, birgit)
    say(house, "I can't hold my urine since this morning")
    assert len(house.email.sent) == before
    assert [code for code, purposes, _ in consents(house, birgit) if purposes == ["alert"]] == [
        "given",
        "withdrawn",
    ]


def test_without_consent_to_reminders_nothing_comes_by_itself(
    house: House, birgit: PatientRef
) -> None:
    house.answer_all()
    say(house, "I withdraw my consent to reminders")
    said = len(house.telegram.sent)
    house.wait(days=30)
    assert len(house.telegram.sent) == said
    assert [row for row in house.due() if row.owner_id == birgit.patient_id] == []
    assert "come as always" in say(house, "start")
    assert consents(house, birgit)[-1] == ("given", ["store", "remind"], "2026-11")


def test_without_consent_to_sharing_every_page_is_closed(house: House, birgit: PatientRef) -> None:
    house.answer_all()
    share_with_alerts(house)
    assert "Nobody but you" in say(house, "I withdraw my consent to sharing")
    with house.database.read() as connection:
        sealer = house.sealer(birgit.patient_id)
        assert not grants.active(connection, sealer, birgit.patient_id, house.clock.now())


@pytest.mark.parametrize(
    ("choice", "then"), [("A", "This deletes everything"), ("B", "four-digit code")]
)
def test_without_consent_to_keeping_nothing_is_kept_and_the_rest_is_offered(
    house: House, birgit: PatientRef, choice: str, then: str
) -> None:
    house.answer_all()
    say(house, "I don't want you to keep my answers")
    assert then in say(house, choice)
    say(house, "never mind")
    kept = len(house.timeline(birgit.patient_id))
    say(house, "note it hurts again", "5", "one of my legs has become weak")
    after = house.timeline(birgit.patient_id)[kept:]
    assert [entry.text for entry in after if entry.text] == []
    assert {house.heard(row) for row in house.inbox()[-3:]} == {MASKED}
    assert "Is that all right with you?" in say(house, "start")


def test_it_can_end_with_everything_deleted(house: House, birgit: PatientRef) -> None:
    house.answer_all()
    say(house, "I don't want you to keep my answers", "A", "yes", "4071")
    assert [row.kind for row in house.due()] == [ERASE]
    house.wait(minutes=6)
    with house.database.read() as connection:
        assert patients.read(connection, [birgit.patient_id]) == []


def test_research_is_asked_once_by_itself_after_two_weeks(house: House, birgit: PatientRef) -> None:
    asks_for_research(house)
    for _ in range(21):
        house.answer_all()
        house.wait(days=1)
    asked = [sent for sent in house.telegram.sent if RESEARCH in sent.text]
    assert len(asked) == 1
    assert asked[0].at - house.telegram.sent[0].at >= timedelta(days=14)
    assert "about your last 7 days" not in asked[0].text


@pytest.mark.parametrize(("answer", "code"), [("yes", "given"), ("no", "declined")])
def test_research_is_agreed_to_or_not_and_taken_back(
    house: House, birgit: PatientRef, answer: str, code: str
) -> None:
    asks_for_research(house)
    house.answer_all()
    assert RESEARCH in say(house, "you may use my answers for research")
    say(house, answer)
    assert consents(house, birgit)[-1][:2] == (code, ["research"])
    said = say(house, "I withdraw my consent to research")
    assert ("not used for research" in said) == (code == "given")
    house.wait(days=40)
    assert len([text for text in house.telegram.texts() if RESEARCH in text]) == 1


def test_where_no_research_is_done_nobody_is_asked(house: House, birgit: PatientRef) -> None:
    house.answer_all()
    assert "No research" in say(house, "you may use my answers for research")


def test_a_new_text_is_asked_again_once(house: House, birgit: PatientRef) -> None:
    house.answer_all()
    raise_version(house)
    assert "has a new text" in say(house, "my plan")
    assert "that is noted" in say(house, "yes")
    assert consents(house, birgit)[-1] == ("given", ["store", "remind"], "2027-03")
    say(house, "my plan")
    assert len([text for text in house.telegram.texts() if "has a new text" in text]) == 1


def test_a_new_text_without_an_answer_leaves_the_old_one_standing(
    house: House, birgit: PatientRef
) -> None:
    house.answer_all()
    raise_version(house)
    say(house, "my plan")
    house.wait(days=14)
    assert len([text for text in house.telegram.texts() if "has a new text" in text]) == 1
    assert any("last 7 days" in text for text in house.telegram.texts())
    assert [version for _, _, version in consents(house, birgit)] == ["2026-11"]


def test_a_new_text_that_is_declined_takes_back_the_old(house: House, birgit: PatientRef) -> None:
    house.answer_all()
    raise_version(house)
    assert "What is to become of" in say(house, "my plan", "no")
    assert [code for code, _, _ in consents(house, birgit)] == ["given", "withdrawn", "withdrawn"]


def test_whoever_was_enrolled_before_this_was_remembered_has_agreed_to_the_first_text(
    house: House, birgit: PatientRef
) -> None:
    assert Memory.from_json(b"{}").consents == {}
    house.answer_all()
    with house.database.write() as connection:
        (row,) = patients.lock_conversations(connection, [birgit.patient_id])
        sealer = row.sealer(house.deployment.ring)
        body = sealer.open_json(patients.BODY, birgit.patient_id, row.body)
        del body["consents"]
        sealed = sealer.seal_json(patients.BODY, birgit.patient_id, body)
        patients.save_conversation(
            connection, birgit.patient_id, row.sequence, row.session_id, sealed
        )
    assert "has a new text" not in say(house, "my plan")
    raise_version(house)
    assert "has a new text" in say(house, "my plan")


def test_every_yes_and_no_is_audited_and_in_the_own_copy(house: House, birgit: PatientRef) -> None:
    house.answer_all()
    share_with_alerts(house)
    say(house, "I withdraw my consent to alerts")
    done = [each for each in house.audited(birgit.patient_id) if each.startswith("consent-")]
    assert done == ["consent-given"] * 3 + ["consent-withdrawn"]
    with house.database.read() as connection:
        copy = own_copy.rows(connection, house.sealer(birgit.patient_id), birgit.patient_id)
    kept = [row for row in copy["entries"] if row["kind"] == "consent"]
    assert [row["detail"]["purposes"] for row in kept][1:] == [["share"], ["alert"], ["alert"]]
