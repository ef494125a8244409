"""A secretary enrols: one patient by six fields, or many from a table."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlmodel import SQLModel
from starlette.testclient import TestClient

from bot.channels import NotSent, Trouble
from bot.desk.worker import Worker
from bot.directory import staff
from tests.api.desk.desk_house import DeskHouse
from tests.api.desk.phones import PHONE, PhoneWard
from tests.bot.desk.tables import FAULTY, HEADING
from tests.bot.ward import ANNE
from trajectory import audit, migrations

CARD = "__Host-backtrace-card"
BIRGIT = {
    "form": "f" * 43,
    "name": "Birgit Holm",
    "birth_date": "14-09-1958",
    "phone": "20 30 40 50",
    "language": "en",
    "channel": "sms",
}


@pytest.fixture
def ward() -> Iterator[PhoneWard]:
    database = migrations.throw_away()
    yield PhoneWard(database)
    database.close()


@pytest.fixture
def desk(house: DeskHouse, mette: Worker) -> TestClient:
    """The secretary's browser."""
    return house.browser(mette)


def enrol(desk: TestClient, **changes: str) -> str:
    """The path of the page that follows."""
    answer = desk.post("/desk/enrol", data=BIRGIT | changes)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def arrival(desk: TestClient, path: str) -> tuple[str, str]:
    """The tone of what became of the test message, and what the page says."""
    found = re.search(r'class="arrival (\w+)".*?</strong> (.*?)</p>', desk.get(path).text, re.S)
    assert found
    return found[1], found[2]


def test_six_fields_make_a_patient_with_a_card(desk: TestClient, ward: PhoneWard) -> None:
    anne = staff.add(ward.deployment, ANNE)
    form = desk.get("/desk/enrol").text
    assert form.index("Name") < form.index("Birth date") < form.index("Mobile number")
    assert "Anne Skov" in form
    assert "Mette Dam" not in form.partition('<form method="post" action="/desk/enrol"')[2]
    path = enrol(desk, care_team=str(anne))
    page = desk.get(path).text
    assert "Birgit Holm is enrolled" in page
    card, made = desk.get(f"{path}/card").text, ward.card(desk.cookies[CARD])
    for words in (made.code, made.digits, "In an emergency call 112", "STOP", "HELP", "SUMMARY"):
        assert words in card
    assert "<style" not in card
    assert "TALK TO A PERSON" in card
    (patient,) = ward.patients()
    assert [each.name for each in ward.team(patient)] == ["Anne Skov"]
    with ward.database.read() as connection:
        actors = {each.actor for each in audit.records(connection, patient)}
    assert actors == {next(iter(actors))}
    assert next(iter(actors)).startswith("desk:")


@pytest.mark.parametrize(
    "written", ["14-09-1958", "14.9.1958", "14/9 1958", "14 09 1958", "1958-09-14"]
)
def test_a_birth_date_may_be_written_as_people_do(desk: TestClient, written: str) -> None:
    place = enrol(desk, birth_date=written)
    assert "born 14-09-1958" in desk.get(place).text


@pytest.mark.parametrize(
    ("wrong", "field", "says"),
    [
        ({"name": " "}, "name", "Write the name."),
        ({"name": "B" * 61}, "name", "At most 60 characters."),
        ({"birth_date": "31-02-1958"}, "birth_date", "Write day, month and year"),
        ({"birth_date": "14-09-2058"}, "birth_date", "Nobody is that old, or that young."),
        ({"phone": "20 30"}, "phone", "Write the whole number"),
        ({"phone": "+44 20 7946 0018"}, "phone", "This is a landline"),
        ({"language": "de"}, "language", "Choose one of these: "),
        ({"channel": "fax"}, "channel", "It is not set up here. Choose one of these: "),
        ({"pathway": "knee"}, "pathway", "Choose one of these: "),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_nothing_typed_is_lost(
    desk: TestClient, ward: PhoneWard, wrong: dict[str, str], field: str, says: str
) -> None:
    answer = desk.post("/desk/enrol", data=BIRGIT | wrong)
    assert answer.status_code == 422
    shown = re.search(rf'id="wrong-{field}">(.*?)</p>\s*<\w+ id="{field}"', answer.text)
    assert shown, "it stands just before the field"
    assert shown[1].startswith(says)
    for name, value in (BIRGIT | wrong).items():
        if name not in ("language", "channel", "pathway", "form"):
            kept = rf'name="{name}"( type="tel")? value="{re.escape(value.strip())}"'
            assert re.search(kept, answer.text)
    assert ward.patients() == []


def test_in_danish_it_is_told_in_danish(house: DeskHouse, mette: Worker) -> None:
    answer = house.browser(mette, "da").post("/desk/enrol", data=BIRGIT | {"phone": "20"})
    assert "Skriv hele nummeret" in answer.text


def test_the_same_form_sent_twice_enrols_once(desk: TestClient, ward: PhoneWard) -> None:
    assert enrol(desk) == enrol(desk)
    assert len(ward.patients()) == 1
    other = enrol(desk, name="Bo Lund", birth_date="", phone="20 30 40 51")
    assert other.endswith(str(ward.patients()[-1])), "the same form filled in for somebody else"


@pytest.mark.parametrize(
    ("same", "says"),
    [
        ({"phone": ""}, "Somebody of this name and birth date is patient"),
        ({"name": "Bo Lund", "birth_date": "", "channel": "web"}, "has this number"),
        ({"form": "g" * 43}, "has this name and number"),
    ],
)
def test_somebody_who_is_here_already_is_told_before(
    desk: TestClient, ward: PhoneWard, same: dict[str, str], says: str
) -> None:
    enrol(desk)
    told = desk.post("/desk/enrol", data=BIRGIT | same)
    assert told.status_code == 422
    assert says in told.text
    assert 'name="anyway"' in told.text
    assert len(ward.patients()) == 1
    enrol(desk, **same, anyway="true")
    assert len(ward.patients()) == 2


def test_a_number_at_which_a_patient_is_reached_is_nobody_elses(
    desk: TestClient, ward: PhoneWard
) -> None:
    enrol(desk)
    ward.hear(ward.card(desk.cookies[CARD]).code, "sms", PHONE)
    told = desk.post("/desk/enrol", data=BIRGIT | {"name": "Bo Lund", "birth_date": ""})
    assert "has this number" in told.text
    assert 'name="anyway"' not in told.text
    forced = {"name": "Bo Lund", "birth_date": "", "anyway": "true"}
    assert desk.post("/desk/enrol", data=BIRGIT | forced).status_code == 422


def test_the_card_is_shown_to_this_browser_for_an_hour(
    house: DeskHouse, desk: TestClient, ward: PhoneWard, kirsten: Worker
) -> None:
    path = enrol(desk)
    code = ward.card(desk.cookies[CARD]).code
    assert code not in desk.get(path).text
    assert house.browser(kirsten).get(f"{path}/card").headers["location"] == path
    del desk.cookies[CARD]
    assert desk.get(f"{path}/card").headers["location"] == path
    assert "Make a new card" in desk.get(path).text


def test_a_new_card_shuts_the_one_before(desk: TestClient, ward: PhoneWard) -> None:
    path = enrol(desk)
    before = ward.card(desk.cookies[CARD])
    assert desk.post(f"{path}/card", data={"form": "n" * 43}).headers["location"] == path
    after = ward.card(desk.cookies[CARD])
    assert after.code != before.code
    assert after.links["web"] != before.links["web"]
    assert after.code in desk.get(f"{path}/card").text
    ward.hear(before.code, "sms", PHONE)
    assert "is enrolled" in desk.get(path).text
    assert arrival(desk, path)[0] != "good"
    ward.hear(after.code, "sms", PHONE)
    assert arrival(desk, path) == ("good", "The patient has written, and is in.")
    key = desk.cookies[CARD]
    desk.post(f"{path}/card", data={"form": "m" * 43})
    assert desk.cookies[CARD] == key, "whoever is in needs no card"


def test_the_consent_text_has_its_version_and_is_not_asked_for_once_it_is_signed(
    desk: TestClient, ward: PhoneWard
) -> None:
    path = enrol(desk)
    paper = desk.get(f"{path}/consent").text
    asked = ward.deployment.consents["enrolment"]
    assert f"Text {asked.version} ({asked.hashes['en']})" in paper
    assert "Birgit Holm" in paper
    assert "Text messages are not encrypted." in paper
    assert desk.post(f"{path}/consent").headers["location"] == path
    assert "Signed on paper" in desk.get(path).text
    ward.hear(ward.card(desk.cookies[CARD]).code, "sms", PHONE)
    texts = ward.providers["sms"].texts(PHONE)
    assert not any("Is that all right with you?" in text for text in texts)
    with ward.database.read() as connection:
        actions = [each.action for each in audit.records(connection, ward.patients()[0])]
    assert "consent-on-paper" in actions


def test_a_test_message_turns_green(desk: TestClient, ward: PhoneWard) -> None:
    path = enrol(desk)
    assert arrival(desk, path) == ("wait", "The SMS is on its way since 14:05.")
    ward.settle()
    assert arrival(desk, path)[1].startswith("The SMS went out at 14:05. The telephone company")
    (text,) = ward.providers["sms"].texts(PHONE)
    assert ward.card(desk.cookies[CARD]).code not in text
    assert "Holm" not in text
    ward.hear_of("delivered")
    assert arrival(desk, path) == ("good", "The number works.")


@pytest.mark.parametrize(
    ("trouble", "code", "says"),
    [
        (Trouble.GONE, "21211", "This number does not exist: check the digits."),
        (Trouble.GONE, "21614", "This number is a landline, which gets no SMS"),
        (Trouble.GONE, "21610", "somebody has sent STOP to us"),
        (Trouble.DOUBTFUL, "30006", "This number is a landline, or out of reach"),
        (Trouble.CONTENT, "30007", "The telephone company has held the text back."),
        (Trouble.CONFIGURATION, "20003", "SMS has not gone out since 14:05, 1 wait: the provider "
         "refuses our settings. Nothing is lost."),
        (Trouble.CONFIGURATION, "21408", "We may not send to that country yet."),
        (Trouble.RETRY, "20429", "SMS has not gone out since 14:05, 1 wait: the provider does not"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_in_plain_words(
    desk: TestClient, ward: PhoneWard, trouble: Trouble, code: str, says: str
) -> None:
    path = enrol(desk)
    ward.providers["sms"].trouble.append(NotSent(trouble, code))
    ward.settle()
    tone, said = arrival(desk, path)
    assert tone == "bad"
    assert says in said


def test_a_wrong_number_that_shows_later_is_corrected_and_the_card_stays(
    desk: TestClient, ward: PhoneWard
) -> None:
    path = enrol(desk)
    ward.settle()
    ward.hear_of("undelivered", Trouble.DOUBTFUL, "30005")
    assert arrival(desk, path)[1].startswith("This number is not in use")
    refused = desk.post(f"{path}/phone", data={"phone": "20 30"})
    assert refused.status_code == 422
    assert 'value="20 30"' in refused.text
    assert desk.post(f"{path}/phone", data={"phone": "20 30 40 51"}).status_code == 303
    ward.settle()
    assert len(ward.providers["sms"].texts("+4520304051")) == 1
    ward.hear_of("delivered")
    assert arrival(desk, path)[0] == "good"
    ward.hear(ward.card(desk.cookies[CARD]).code, "sms", "+4520304051")
    assert arrival(desk, path)[1] == "The patient has written, and is in."


def test_when_nothing_goes_out_the_page_says_since_when(desk: TestClient, ward: PhoneWard) -> None:
    path = enrol(desk)
    ward.wait(timedelta(minutes=9))
    tone, said = arrival(desk, path)
    assert (tone, said[:44]) == ("bad", "SMS has not gone out since 14:05, 1 wait. No")


def test_on_telegram_the_patient_scans_first(desk: TestClient, ward: PhoneWard) -> None:
    path = enrol(desk, channel="telegram")
    assert arrival(desk, path)[1].startswith("Nothing can be sent before the patient has written")
    ward.hear(f"/start {ward.card(desk.cookies[CARD]).code}", "telegram", "4711")
    assert arrival(desk, path) == ("good", "The patient has written, and is in.")


def test_whoever_opens_the_page_later_stands_in_the_patients_audit(
    desk: TestClient, house: DeskHouse, mette: Worker, kirsten: Worker, ward: PhoneWard
) -> None:
    path = enrol(desk)
    desk.get(path)
    (patient,) = ward.patients()
    assert (mette.actor, "desk-opened") not in ward.audited(patient)
    house.browser(kirsten).get(path)
    assert ward.audited(patient)[-1] == (kirsten.actor, "desk-opened")
    desk.get(f"{path}/consent")
    assert ward.audited(patient)[-1] == (mette.actor, "desk-opened")


@pytest.mark.parametrize("number", ["9" * 19, "9" * 5000, "-1", "anybody"])
def test_a_number_that_nobody_can_have_breaks_nothing(desk: TestClient, number: str) -> None:
    answer = desk.get(f"/desk/enrol/{number}", headers={"accept": "text/html"})
    assert answer.status_code == 404
    assert "<html" in answer.text


def test_who_is_no_patient_has_no_page(desk: TestClient) -> None:
    for page in ("", "/card", "/consent", "/arrival"):
        assert desk.get(f"/desk/enrol/99{page}").status_code == 303


# Many.


def table(*lines: str) -> dict[str, tuple[str, bytes, str]]:
    """A file as the form sends it."""
    data = "\r\n".join([HEADING, *lines]).encode("cp1252")
    return {"file": ("patients.csv", data, "text/csv")}


def hidden(page: str) -> dict[str, str]:
    return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page))


def test_a_table_is_looked_at_then_run_then_printed(desk: TestClient, ward: PhoneWard) -> None:
    lines = ("Søren Ærø;14-09-1958;;da;;;ja", FAULTY[12][0], "Bo Lund;;20 30 40 51;en;;;")
    looked = desk.post("/desk/enrol/bulk", files=table(*lines))
    assert "Nobody is enrolled yet." in looked.text
    assert "Enrol the 2 patients" in looked.text
    assert re.search(r'<th scope="row">3</th><td>name: Write the name.</td>', looked.text)
    assert ward.patients() == []
    sent = hidden(looked.text)
    done = desk.post("/desk/enrol/bulk/run", data=sent)
    assert re.search(r"enrolled now</dt><dd>2<", done.text)
    assert len(ward.patients()) == 2
    cards = desk.post("/desk/enrol/bulk/cards", data=sent).text
    assert cards.count('<article class="card"') == 2
    assert "Din vej til Klinik Nord" in cards
    assert "Your way to Klinik Nord" in cards
    errors = desk.post("/desk/enrol/bulk/errors", data=sent)
    assert errors.headers["content-disposition"] == 'attachment; filename="errors.csv"'
    assert "line 3: name: Write the name." in errors.content.decode("utf-8-sig")
    ward.wait(timedelta(minutes=1))
    again = desk.post("/desk/enrol/bulk/run", data=hidden(looked.text))
    assert re.search(r"enrolled before</dt><dd>2<", again.text)
    assert len(ward.patients()) == 2


def test_a_run_shows_how_far_it_is_and_goes_on(desk: TestClient, ward: PhoneWard) -> None:
    lines = [f"Patient {n};0{n}-01-1960;;da;;;" for n in range(1, 6)]
    sent = hidden(desk.post("/desk/enrol/bulk", files=table(*lines)).text)
    slow = ward.clock
    moments = iter(range(100))

    class Slow:
        def now(self) -> object:
            return slow.now() + timedelta(seconds=next(moments))

    object.__setattr__(ward.deployment, "clock", Slow())
    first = desk.post("/desk/enrol/bulk/run", data=sent)
    object.__setattr__(ward.deployment, "clock", slow)
    assert "Patients are being enrolled" in first.text
    assert "data-goes-on" in first.text
    begun = len(ward.patients())
    assert 0 < begun < 5
    assert f"{begun} of 5 are enrolled" in first.text
    last = desk.post("/desk/enrol/bulk/run", data=hidden(first.text))
    assert ">Done</h1>" in last.text
    assert len(ward.patients()) == 5


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "The file is empty, or none was chosen."),
        (b"x;y\n1;2\n", "This one is not known: x"),
        (b"name\n" + b"x" * 600_000, "larger than 512 KB"),
    ],
)
def test_what_is_no_table_is_said_in_words(desk: TestClient, data: bytes, says: str) -> None:
    refused = desk.post("/desk/enrol/bulk", files={"file": ("f.csv", data, "text/csv")})
    assert refused.status_code == 422
    assert says in refused.text


def test_without_a_file_or_with_something_forged_nothing_breaks(desk: TestClient) -> None:
    assert desk.post("/desk/enrol/bulk").status_code == 422
    for path in ("run", "cards", "errors"):
        for content in ("", "%%%", "bmFtZQ", "\N{SNOWMAN}"):
            answer = desk.post(f"/desk/enrol/bulk/{path}", data={"content": content})
            assert answer.status_code == 422


def test_the_empty_table_has_all_columns(desk: TestClient) -> None:
    text = desk.get("/desk/enrol/bulk/template.csv").content.decode("utf-8-sig")
    assert text == "name;birth_date;phone;language;channel;care_team;consented\r\n"


def test_nothing_of_the_file_is_kept(desk: TestClient, ward: PhoneWard) -> None:
    line = "Zacharias Quist;14-09-1958;20 30 40 51;da;;;ja"
    sent = hidden(desk.post("/desk/enrol/bulk", files=table(line)).text)
    desk.post("/desk/enrol/bulk/run", data=sent)
    with ward.database.read() as connection:
        for each in SQLModel.metadata.tables.values():
            for row in connection.execute(each.select()):
                assert b"Quist" not in repr(tuple(row)).encode()


def test_courses_are_named_in_the_language_of_the_page(house: DeskHouse, mette: Worker) -> None:
    assert "Course: Low back pain" in house.browser(mette).get("/desk/enrol").text
    danish = house.browser(mette, "da").get("/desk/enrol").text
    assert "Lænderygsmerter" in danish
    assert "Low back pain" not in danish
