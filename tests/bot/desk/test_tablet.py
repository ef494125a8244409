"""A tablet of the clinic's: who it is handed to, for what, and until when, on both databases."""

from __future__ import annotations

import re

import pytest

from bot.desk import tablet
from bot.desk.sheets import NotTaken, Refused
from bot.desk.tablet import NothingHere
from tests.bot.desk.forms import KIRSTEN, odi
from tests.bot.house import House
from trajectory import tables, web_access
from trajectory.tablet_access import CODE_LIFE


def code_for(house: House, patient_id: int, flow: str = "odi") -> str:
    return tablet.make_code(house.deployment, KIRSTEN, patient_id, flow, house.clock.now())


def hand_over(house: House, typed: str, cookie: str = "a-cookie") -> str:
    tablet.hand_over(house.deployment, typed, cookie, house.clock.now())
    return cookie


def shows(house: House, cookie: str) -> str:
    """Which questionnaire this tablet shows; empty: none."""
    try:
        return tablet.look(house.deployment, cookie, house.clock.now()).flow.id
    except NothingHere:
        return ""


def test_a_code_opens_one_questionnaire_on_one_tablet(house: House) -> None:
    birgit = house.enrol().patient_id
    code = code_for(house, birgit)
    assert re.fullmatch(r"[2-9A-Z]{4} [2-9A-Z]{4}", code)

    first = hand_over(house, code.replace(" ", "-").lower())

    assert shows(house, first) == "odi"
    with pytest.raises(NothingHere):
        hand_over(house, code, "another-cookie")
    assert shows(house, "another-cookie") == ""
    assert house.audited(birgit)[-2:] == ["tablet-code", "tablet-handed-over"]


def test_the_answers_are_the_patients_own_and_end_it(house: House) -> None:
    birgit = house.enrol().patient_id
    cookie = hand_over(house, code_for(house, birgit))

    tablet.take(house.deployment, cookie, odi(), "a-page", house.clock.now())

    assert shows(house, cookie) == ""
    answers = [e for e in house.timeline(birgit) if e.kind == "answer"]
    assert {(e.author, e.channel) for e in answers} == {("patient", "tablet")}
    with pytest.raises(NothingHere):
        tablet.take(house.deployment, cookie, odi(), "again", house.clock.now())


def test_a_new_code_closes_the_tablet_that_is_out_and_others_are_left_alone(house: House) -> None:
    birgit, anders = (house.enrol(each).patient_id for each in ("birgit", "anders"))
    hers = hand_over(house, code_for(house, birgit), "hers")
    his = hand_over(house, code_for(house, anders), "his")

    newest = code_for(house, birgit, "start-back")

    assert (shows(house, hers), shows(house, his)) == ("", "odi")
    assert shows(house, hand_over(house, newest, "new")) == "start-back"


@pytest.mark.parametrize(("minutes", "open"), [(59, "odi"), (61, "")])
def test_a_tablet_stays_with_its_questionnaire_for_an_hour(
    house: House, minutes: int, open: str
) -> None:
    birgit = house.enrol().patient_id
    cookie = hand_over(house, code_for(house, birgit))
    house.wait(minutes=minutes)
    assert shows(house, cookie) == open


def test_what_closes_the_chat_of_a_lost_phone_closes_code_and_tablet(house: House) -> None:
    birgit = house.enrol().patient_id
    cookie, code = hand_over(house, code_for(house, birgit)), ""

    def lock() -> None:
        with house.database.write() as connection:
            web_access.close_all(connection, birgit, house.clock.now())

    lock()
    assert shows(house, cookie) == ""
    code = code_for(house, birgit)
    lock()
    with pytest.raises(NothingHere):
        hand_over(house, code, "late")


def test_a_code_opens_no_chat_and_no_link_opens_a_tablet(house: House) -> None:
    birgit = house.enrol().patient_id
    code = code_for(house, birgit)
    deployment, now = house.deployment, house.clock.now()
    with house.database.write() as connection:
        opened = web_access.exchange(
            connection,
            deployment.ids,
            deployment.ring,
            token=code.replace(" ", ""),
            cookie="chat",
            now=now,
        )
        web_access.create_link(
            connection,
            deployment.ids,
            deployment.ring,
            house.sealer(birgit),
            patient_id=birgit,
            token="LINK2345",
            now=now,
            lifetime=CODE_LIFE,
        )
    assert opened is None
    with pytest.raises(NothingHere):
        hand_over(house, "LINK2345")


def test_nothing_is_handed_over_for_somebody_who_has_not_agreed(house: House) -> None:
    newcomer = house.enrol(consented=False).patient_id
    with pytest.raises(NotTaken) as refused:
        code_for(house, newcomer)
    assert refused.value.why is Refused.NOT_AGREED
    assert house.rows(tables.core(tables.WebLink)) == []
