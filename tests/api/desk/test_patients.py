"""The desk's patients in the browser: found by what is typed, and looked after by forms."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from random import SystemRandom
from typing import cast

import pytest
from starlette.testclient import TestClient

from backtrace.composition import INLINE, deploy
from bot.channels.shown_mail import ShownMail
from bot.channels.web import WebChat
from bot.deployment import Chance, Clinic, Deployment
from bot.desk.patient import OPENED
from bot.desk.worker import Worker
from bot.driving import run_until_quiet
from bot.loading import opened
from tests.api.desk.desk_house import METTE, DeskHouse, application
from tests.bot.house import Clock, Provider
from tests.bot.ward import LIBRARY, Ward
from trajectory import audit, migrations, patients, web_access
from trajectory.keys import Ring

PHONE = "+4520304050"


@pytest.fixture
def birgit(ward: Ward) -> int:
    patient_id = ward.enrol("Birgit Sørensen", code="4071")
    give_phone(ward, patient_id)
    return patient_id


def give_phone(ward: Ward, patient_id: int, number: str = PHONE, channel: str = "sms") -> int:
    with ward.database.write() as connection:
        return patients.add_address(
            connection,
            ward.deployment.ids,
            ward.deployment.ring,
            ward.sealer(patient_id),
            patient_id=patient_id,
            channel=channel,
            address=number,
            now=ward.now,
            preferred=False,
        )


@pytest.fixture
def desk(house: DeskHouse, mette: Worker) -> TestClient:
    return house.browser(mette)


def status_of(ward: Ward, patient_id: int) -> str:
    with ward.database.read() as connection:
        (row,) = patients.read(connection, [patient_id])
    return opened(row, row.sealer(ward.deployment.ring)).person.status


def addresses(ward: Ward, patient_id: int) -> dict[str, str]:
    with ward.database.read() as connection:
        found = patients.addresses(connection, ward.sealer(patient_id), patient_id)
    return {each.value: each.status for each in found}


def press(desk: TestClient, patient_id: int, deed: str, **typed: str) -> str:
    """Post a form of the patient's page; what the page says afterwards."""
    answer = desk.post(f"/desk/patients/{patient_id}/{deed}", data=typed)
    if answer.status_code == 303:
        answer = desk.get(answer.headers["location"])
    return answer.text


@pytest.mark.parametrize("wanted", ["birgit", "sorensen bir", "20 30 40 50", "+45 2030 4050"])
def test_a_patient_is_found_and_what_was_typed_is_in_no_address(
    desk: TestClient, birgit: int, wanted: str
) -> None:
    assert "autofocus" in desk.get("/desk/patients").text
    answer = desk.post("/desk/patients", data={"wanted": wanted})
    assert answer.status_code == 200
    assert answer.url.query == b""
    assert "Birgit Sørensen" in answer.text
    assert f"/desk/patients/{birgit}/lock" in answer.text
    assert f'value="{wanted}"' in answer.text


def test_nobody_and_too_little_are_said_in_words(desk: TestClient, birgit: int) -> None:
    assert "Nobody is found by that" in desk.post("/desk/patients", data={"wanted": "xx"}).text
    answer = desk.post("/desk/patients", data={"wanted": "b"})
    assert answer.status_code == 422
    assert "at least two letters" in answer.text
    assert 'value="b"' in answer.text
    gone = desk.get("/desk/patients/999999")
    assert gone.status_code == 404
    assert "There is no such patient" in gone.text
    deeds = ("lock", "pause", "resume", "end", "reopen", "episode", "number", "way-in", "identity")
    for deed in deeds:
        typed = {"why": "moved", "weeks": "1", "channel": "web", "number": "1"}
        answer = desk.post(f"/desk/patients/999999/{deed}", data=typed)
        assert answer.status_code in (404, 422), deed


def test_the_page_shows_contact_and_is_audited(
    desk: TestClient, birgit: int, ward: Ward, mette: Worker
) -> None:
    ward.write(birgit, "note my very own secret")
    page = desk.get(f"/desk/patients/{birgit}").text
    assert "Birgit Sørensen" in page
    assert "+45 20 30 40 50" in page
    assert "Running" in page
    assert "secret" not in page
    with ward.database.read() as connection:
        newest = audit.records(connection, birgit)[-1]
    assert (newest.actor, newest.action) == (mette.actor, "desk-opened")


def test_a_lost_phone_is_locked_from_the_list_and_unlocked_on_the_page(
    desk: TestClient, birgit: int, ward: Ward
) -> None:
    page = press(desk, birgit, "lock")
    assert "Locked. Chat, links, codes and devices are closed" in page
    assert addresses(ward, birgit)[PHONE] == "locked"
    deed = re.search(r"/desk/patients/\d+/(\d+/unlock)", page)
    assert deed
    hits = desk.post("/desk/patients", data={"wanted": "birgit"}).text
    assert f"/desk/patients/{birgit}/lock" not in hits
    assert "Unlocked" in press(desk, birgit, deed[1])
    assert addresses(ward, birgit)[PHONE] == "active"
    assert "That phone is not locked" in press(desk, birgit, deed[1])


def test_without_a_phone_the_devices_are_closed(desk: TestClient, ward: Ward) -> None:
    jonas = ward.enrol("Jonas Lund")
    assert "No phone to lock" in press(desk, jonas, "lock")


def test_a_pause_is_given_by_weeks_or_a_day_and_a_wrong_day_comes_back(
    desk: TestClient, birgit: int, ward: Ward
) -> None:
    page = press(desk, birgit, "pause", until="2020-01-01")
    assert "Give a day to come" in page
    assert 'value="2020-01-01"' in page
    assert "Give a day to come" in press(desk, birgit, "pause", until="soon")
    assert "Paused until" in press(desk, birgit, "pause", weeks="2")
    assert ward.rests(birgit)
    assert "The pause is over" in press(desk, birgit, "resume")
    assert not ward.rests(birgit)
    assert "There is no pause" in press(desk, birgit, "resume")


@pytest.mark.parametrize(
    ("why", "said"),
    [("moved", "moved away"), ("discharged", "discharged"), ("died", "has died")],
)
def test_a_course_ends_and_is_taken_up_again(
    desk: TestClient, birgit: int, ward: Ward, why: str, said: str
) -> None:
    assert "Say why the course ends" in press(desk, birgit, "end")
    page = press(desk, birgit, "end", why=why)
    assert f"Course ended, {said}" in page
    assert status_of(ward, birgit) == "ended"
    assert "The course is over already" in press(desk, birgit, "end", why=why)
    assert "Taken up again" in press(desk, birgit, "reopen")
    assert status_of(ward, birgit) == "active"
    assert "The course is not over" in press(desk, birgit, "reopen")


def test_a_new_episode_begins(desk: TestClient, birgit: int, ward: Ward) -> None:
    assert "A new episode has begun" in press(desk, birgit, "episode")
    ward.write(birgit, "stop")
    assert "The patient has stopped" in press(desk, birgit, "episode")


def test_language_day_and_hour_are_saved_and_what_is_wrong_comes_back(
    desk: TestClient, birgit: int
) -> None:
    right = {"language": "da", "timezone": "Europe/Lisbon", "hour": "09:30", "weekday": "3"}
    page = press(desk, birgit, "habits", **right)
    assert "Saved" in page
    assert "Thursdays at 09:30 (Europe/Lisbon)" in page
    for wrong, problem in (
        ({"timezone": "Mars/North"}, "No time zone has that name"),
        ({"hour": "03:00"}, "between 08:00 and 20:59"),
        ({"hour": "late"}, "between 08:00 and 20:59"),
        ({"language": "xx"}, "no words in that language"),
    ):
        page = press(desk, birgit, "habits", **(right | wrong))
        assert problem in page
        assert next(iter(wrong.values())) in page or "language" in wrong


def test_a_name_and_a_birth_date_are_corrected_and_the_patient_is_found_by_them(
    desk: TestClient, birgit: int, ward: Ward, mette: Worker
) -> None:
    typed = {"name": " Birgit  Holm", "birth_date": "14.9.1958"}
    answer = desk.post(f"/desk/patients/{birgit}/identity", data=typed)
    assert answer.headers["location"] == f"/desk/patients/{birgit}?done=corrected"
    page = desk.get(answer.headers["location"]).text
    assert "Corrected." in page
    assert "<h1>Birgit Holm</h1>" in page
    assert 'value="14-09-1958"' in page
    assert "Birgit Holm" in desk.post("/desk/patients", data={"wanted": "14.9.1958"}).text
    assert "Nobody is found" in desk.post("/desk/patients", data={"wanted": "sorensen"}).text
    assert "how it stood already" in press(desk, birgit, "identity", **typed)
    with ward.database.read() as connection:
        done = [e.action for e in audit.records(connection, birgit) if e.actor == mette.actor]
    assert [each for each in done if each != OPENED] == ["name-corrected", "birth-date-corrected"]


@pytest.mark.parametrize(
    ("field", "typed", "problem"),
    [
        ("name", "", "Write the name."),
        ("name", "B" * 61, "At most 60 characters."),
        ("birth_date", "31-02-1958", "Write day, month and year"),
        ("birth_date", "01-01-2158", "Nobody is that old"),
    ],
)
def test_what_is_wrong_with_a_name_or_birth_date_is_said_beside_it_and_comes_back(
    desk: TestClient, birgit: int, field: str, typed: str, problem: str
) -> None:
    right = {"name": "Birgit Holm", "birth_date": "14-09-1958"}
    answer = desk.post(f"/desk/patients/{birgit}/identity", data=right | {field: typed})
    assert answer.status_code == 422
    assert "Nothing is saved yet" in answer.text
    (said,) = re.findall(rf'<p class="wrong" id="wrong-{field}">([^<]+)</p>', answer.text)
    assert problem in said
    fields = dict(re.findall(r'<input id="(name|birth_date)"[^>]* value="([^"]*)"', answer.text))
    assert fields == right | {field: typed}
    assert "<h1>Birgit Sørensen</h1>" in answer.text


def test_what_a_colleague_has_corrected_meanwhile_is_shown_before_it_is_overwritten(
    desk: TestClient, birgit: int
) -> None:
    page = desk.get(f"/desk/patients/{birgit}").text
    typed = {"name": "Birgit Sørensen", "birth_date": "14-09-1958", "shown": shown_on(page)}
    press(desk, birgit, "identity", **(typed | {"name": "Birgit Holm", "birth_date": ""}))
    answer = desk.post(f"/desk/patients/{birgit}/identity", data=typed)
    assert answer.status_code == 422
    assert "Somebody else has corrected it meanwhile" in answer.text
    assert "<h1>Birgit Holm</h1>" in answer.text
    assert 'value="Birgit Sørensen"' in answer.text
    page = press(desk, birgit, "identity", **(typed | {"shown": shown_on(answer.text)}))
    assert "<h1>Birgit Sørensen</h1>" in page


def shown_on(page: str) -> str:
    (shown,) = re.findall(r'name="shown" value="([^"]+)"', page)
    return str(shown)


def test_places_are_preferred_and_removed_the_last_one_never_by_chance(
    desk: TestClient, birgit: int, ward: Ward
) -> None:
    page = desk.get(f"/desk/patients/{birgit}").text
    (preferring,) = set(re.findall(r"/desk/patients/\d+/(\d+/prefer)", page))
    assert "is written to there first" in press(desk, birgit, preferring)
    first, second = re.findall(r"/desk/patients/\d+/(\d+/remove)", page)
    assert "Removed." in press(desk, birgit, first)
    assert "the last place that works" in press(desk, birgit, second)
    assert "Removed." in press(desk, birgit, second, sure="yes")
    assert "Nowhere yet" in desk.get(f"/desk/patients/{birgit}").text
    assert set(addresses(ward, birgit).values()) == {"closed"}


def test_a_number_goes_by_a_channel_that_is_on(desk: TestClient, birgit: int) -> None:
    assert 'name="number"' not in desk.get(f"/desk/patients/{birgit}").text
    page = press(desk, birgit, "number", channel="sms", number="51 52 53 54")
    assert "Nothing is sent on that channel here" in page


def test_a_way_in_is_shown_once_with_a_square(desk: TestClient, birgit: int, ward: Ward) -> None:
    answer = desk.post(f"/desk/patients/{birgit}/way-in")
    assert answer.status_code == 200
    assert "Shown this once" in answer.text
    token = re.search(r"/chat/in/([\w-]+)", answer.text)
    assert token
    assert "<svg" in answer.text
    assert desk.get(f"/chat/in/{token[1]}").status_code == 200


def test_all_of_it_reads_danish_too(house: DeskHouse, birgit: int) -> None:
    karen = house.hire(replace(METTE, name="Karen Bo", email="k@nord.example", language="da"))
    browser = house.browser(karen, language="da")
    assert "Find en patient" in browser.get("/desk/patients").text
    page = press(browser, birgit, "identity", name="Birgit Holm", birth_date="")
    assert "Rettet." in page
    assert "Ret navn eller fødselsdato" in page
    page = press(browser, birgit, "identity", name="", birth_date="")
    assert "Skriv navnet." in page
    page = press(browser, birgit, "end", why="moved")
    assert "Forløb afsluttet, flyttet" in page
    assert "Course" not in page


def test_a_link_of_before_the_lock_opens_nothing(desk: TestClient, birgit: int, ward: Ward) -> None:
    token = ward.deployment.chance.token()
    with ward.database.write() as connection:
        web_access.create_link(
            connection,
            ward.deployment.ids,
            ward.deployment.ring,
            ward.sealer(birgit),
            patient_id=birgit,
            token=token,
            now=ward.now,
            lifetime=timedelta(days=1),
        )
    assert desk.get(f"/chat/in/{token}").status_code == 200
    press(desk, birgit, "lock")
    assert desk.get(f"/chat/in/{token}").status_code == 404


# A new number, in a clinic that sends SMS


class SmsWard(Ward):
    """A ward whose clinic sends SMS and has a bot."""

    def _deploy(self) -> Deployment:
        self.sms = Provider("sms", cast(Clock, self.clock))
        return deploy(
            self.database,
            Ring.generate(),
            LIBRARY,
            clock=self.clock,
            chance=Chance(SystemRandom()),
            channels={"web": WebChat(self.doorbell), "email": ShownMail(), "sms": self.sms},
            clinic=Clinic(
                name="Klinik Nord", public_url="https://nord.example", telegram_bot="nord_bot"
            ),
            answers=INLINE,
        )


@pytest.fixture
def sms_ward() -> Iterator[SmsWard]:
    database = migrations.throw_away()
    yield SmsWard(database)
    database.close()


@pytest.fixture
def sms_desk(sms_ward: SmsWard) -> Iterator[TestClient]:
    with application(sms_ward) as app:
        house = DeskHouse(sms_ward, app)
        yield house.browser(house.hire(METTE))


def test_a_new_number_is_checked_with_what_the_patient_reads_out(
    sms_desk: TestClient, sms_ward: SmsWard
) -> None:
    birgit = sms_ward.enrol("Birgit Holm", code="4071")
    give_phone(sms_ward, birgit)
    press(sms_desk, birgit, "lock")
    asked = press(sms_desk, birgit, "number", channel="sms", number="51 52 53 54", how="move")
    assert "Six digits have gone to +45 51 52 53 54" in asked
    assert "answers from the new phone" in asked
    check = re.search(r"number/(\d+)", asked)
    assert check
    run_until_quiet(sms_ward.deployment)
    sent = re.search(r"\b\d{6}\b", sms_ward.sms.texts("+4551525354")[-1])
    assert sent
    wrong = str((int(sent[0]) + 1) % 1_000_000).zfill(6)
    deed = f"number/{check[1]}"
    assert "not the digits that were sent" in press(
        sms_desk, birgit, deed, digits=wrong, how="move"
    )
    assert "Moved." in press(sms_desk, birgit, deed, digits=sent[0], how="move")
    assert addresses(sms_ward, birgit)[PHONE] == "closed"
    assert addresses(sms_ward, birgit)["+4551525354"] == "active"
    assert "The digits count no more" in press(sms_desk, birgit, deed, digits=sent[0], how="move")


def test_what_is_wrong_with_a_number_is_said_and_nothing_typed_is_lost(
    sms_desk: TestClient, sms_ward: SmsWard
) -> None:
    birgit, jonas = sms_ward.enrol("Birgit Holm"), sms_ward.enrol("Jonas Lund")
    give_phone(sms_ward, birgit)
    give_phone(sms_ward, jonas, "+4551525354")
    for number, problem in (
        ("51 52 53 54", "Another patient has that number"),
        ("20304050", "The patient has that number already"),
        ("twelve", "not one whole phone number"),
    ):
        page = press(sms_desk, birgit, "number", channel="sms", number=number, how="add")
        assert problem in page
        assert f'value="{number}"' in page
        assert '<option value="add" selected>' in page
        assert "Jonas" not in page


def test_the_work_list_goes_on_while_a_phone_is_locked(
    desk: TestClient, ward: Ward, birgit: int
) -> None:
    ward.write(birgit, "I want to talk to a person")
    press(desk, birgit, "lock")
    listed = desk.get("/desk/work")
    case = re.search(r'href="(/desk/work/\d+)"', listed.text)
    assert case
    for page in (listed.text, desk.get(case[1]).text):
        assert "Birgit Sørensen" in page


def test_each_other_page_of_a_patient_is_offered_once(desk: TestClient, birgit: int) -> None:
    page = desk.get(f"/desk/patients/{birgit}").text
    for path in (f"/desk/patients/{birgit}/answers", f"/desk/talk/{birgit}"):
        assert page.count(f'href="{path}"') == 1


def test_nothing_is_entered_or_written_after_the_course(desk: TestClient, birgit: int) -> None:
    page = press(desk, birgit, "end", why="discharged")
    assert f"/desk/patients/{birgit}/answers" not in page
    assert f"/desk/talk/{birgit}" not in page
