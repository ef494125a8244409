"""A table of patients: every line is looked at, and each is enrolled once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.asked_enrolment import Asked
from bot.desk import enrolling, enrolling_many, faults, sheet
from bot.desk.enrolling_many import Defaults, Line
from bot.directory import staff
from tests.bot.desk.tables import FAULTY, TAKEN, TWICE_WRONG, as_excel_writes_it, lines
from tests.bot.house import House
from tests.bot.ward import ANNE
from trajectory import care_team, erasure, migrations, tables
from trajectory.database import Database

pytestmark = pytest.mark.both_databases

BY = "desk:7"


@pytest.fixture
def house(migrated_database_url: str) -> Iterator[House]:
    database = Database(migrated_database_url, durable=False)
    yield House(database)
    database.close()


@pytest.fixture
def light_house() -> Iterator[House]:
    """On SQLite: where the kind of database makes no difference."""
    database = migrations.throw_away()
    yield House(database)
    database.close()


def look(house: House, data: bytes) -> list[Line]:
    return list(enrolling_many.examine(house.deployment, sheet.read(data), Defaults("en")))


def run(house: House, data: bytes) -> int:
    """How many were enrolled."""
    done = enrolling_many.run(house.deployment, look(house, data), BY)
    return sum(outcome.patient_id is not None for outcome in done)


def said(found: list[Line]) -> list[tuple[int, list[str]]]:
    return [
        (line.row.line, [faults.told(each, "en") for each in line.problems])
        for line in faults.faulty(found)
    ]


def patients(house: House) -> int:
    return len(house.rows(tables.core(tables.Patient)))


def test_the_look_names_each_faulty_line_and_enrols_nobody(house: House) -> None:
    house.invite(name="Sif Holm", phone=TAKEN)
    found = dict(said(look(house, as_excel_writes_it())))
    assert found.keys() == FAULTY.keys()
    for line, (_, begins) in FAULTY.items():
        assert found[line][0].startswith(begins), line
        assert len(found[line]) == (2 if line == TWICE_WRONG else 1)
    assert patients(house) == 1
    assert house.outbox() == []


def test_a_run_that_was_left_goes_on_where_it_was(house: House) -> None:
    """All 500, and a real kill: tests/backtrace/test_enrol_many.py."""
    data = b"\r\n".join(line.encode("cp1252") for line in lines()[:30])
    first = enrolling_many.run(house.deployment, look(house, data), BY)
    for _ in range(10):
        next(first)
    first.close()  # somebody has closed the page
    assert run(house, data) == 29 - 2 - 10
    assert run(house, data) == 0
    before = [line.before for line in look(house, data) if line.before]
    assert patients(house) == len({each.patient_id for each in before}) == 27


def test_the_cards_of_an_interrupted_run_are_not_lost(light_house: House) -> None:
    data = b"name;birth_date\nBirgit;14-09-1958\nBo;15-09-1958\n"
    assert run(light_house, data) == 2
    made = enrolling_many.cards(light_house.deployment, look(light_house, data))
    again = enrolling_many.cards(light_house.deployment, look(light_house, data))
    assert [each.name for each in made] == ["Birgit", "Bo"]
    assert made == again, "the same codes: what was handed out stays good"
    assert all(len(each.digits) == 4 for each in made)
    light_house.write(made[0].code)
    after = enrolling_many.cards(light_house.deployment, look(light_house, data))
    assert [each.name for each in after] == ["Bo"], "Birgit is in: her card opens nothing"
    light_house.clock.set(light_house.clock.now().replace(day=26))
    assert enrolling_many.cards(light_house.deployment, look(light_house, data)) == []
    assert run(light_house, data) == 0, "nor is anybody enrolled again when the cards are gone"


def test_a_line_is_the_same_however_the_table_was_saved(light_house: House) -> None:
    assert run(light_house, "navn;telefon\nSøren  Ærø;20 30 40 51\n".encode("cp1252")) == 1
    data = "phone,name\n+4520304051,søren ærø\n".encode()
    assert run(light_house, data) == 0
    assert look(light_house, data)[0].before is not None


def test_a_line_that_was_corrected_at_the_desk_is_not_enrolled_anew(light_house: House) -> None:
    data = b"name;phone\nBirgit;20304051\n"
    assert run(light_house, data) == 1
    (line,) = look(light_house, data)
    assert line.before is not None
    patient = line.before.patient_id
    enrolling.correct_phone(light_house.deployment, patient, "sms", "20304052", BY)
    assert run(light_house, data) == 0
    assert run(light_house, b"name;phone\nBo;20304051\n") == 1, "the wrong number is free again"
    (problem,) = said(look(light_house, b"name;phone\nIb;20304052\n"))
    assert problem == (2, [f"phone: The number is that of patient {patient}: correct it, or delete "
                           "the line."])  # fmt: skip


def test_who_was_erased_can_be_enrolled_again(light_house: House) -> None:
    data = b"name;birth_date\nBirgit;14-09-1958\n"
    run(light_house, data)
    (line,) = look(light_house, data)
    assert line.before is not None
    with light_house.database.write() as connection:
        erasure.erase(connection, line.before.patient_id, light_house.clock.now())
    assert run(light_house, data) == 1


def test_what_a_line_says_is_kept_with_the_patient(light_house: House) -> None:
    anne = staff.add(light_house.deployment, ANNE)
    data = (
        "name;birth_date;phone;language;channel;care_team;consented\n"
        f"Birgit Holm;14.09.1958;20 30 40 51;dansk;telegram;{ANNE.email.upper()};ja\n"
    )
    assert run(light_house, data.encode()) == 1
    (line,) = look(light_house, data.encode())
    assert line.before is not None
    patient = line.before.patient_id
    person = light_house.person(patient)
    assert (person.name, str(person.born), person.phone, person.language) == (
        "Birgit Holm", "1958-09-14", "+4520304051", "da"
    )  # fmt: skip
    with light_house.database.read() as connection:
        (member,) = care_team.active(connection, light_house.sealer(patient), patient)
    assert (member.professional_id, member.name) == (anne, "Anne Skov")
    assert light_house.outbox() == [], "on Telegram nobody can be written to first"
    assert light_house.rows(tables.core(tables.AccessGrant)) == [], "named, and granted nothing"
    made = enrolling_many.cards(light_house.deployment, look(light_house, data.encode()))
    light_house.write(made[0].code)
    light_house.settle()
    assert light_house.person(patient).status == "active", "consent was signed on paper"
    assert str(light_house.person(patient).born) == "1958-09-14"


def test_a_phone_gets_a_test_that_holds_no_code(light_house: House) -> None:
    run(light_house, b"name;phone;language\nBirgit Holm;20304051;en\n")
    light_house.settle()
    (text,) = light_house.sms.texts("+4520304051")
    assert text.startswith("This is Klinik Nord. Your number works. Begin with the code on your")
    (made,) = enrolling_many.cards(
        light_house.deployment, look(light_house, b"name;phone\nBirgit Holm;20304051\n")
    )
    assert made.code not in text
    assert "Birgit" not in text


def test_somebody_enrolled_by_hand_between_look_and_run_is_noticed(light_house: House) -> None:
    data = b"name;birth_date;phone\nBirgit;14-09-1958;20304051\n"
    looked = look(light_house, data)
    asked = Asked("en", "sms", "Birgit", birth_date="14-09-1958")
    enrolling.enrol(light_house.deployment, asked, "a form's key, long enough", BY)
    (outcome,) = enrolling_many.run(light_house.deployment, looked, BY)
    assert outcome.patient_id is None
    assert outcome.problem is not None
    assert outcome.problem.key == "here_person"


def test_lines_with_errors_come_back_as_a_table_that_can_be_read_again(light_house: House) -> None:
    data = as_excel_writes_it()
    table = sheet.read(data)
    made = faults.table(table, look(light_house, data), "da")
    again = sheet.read(made)
    assert len(again.rows) == len(FAULTY) - 1, "the number of the last is nobody's here"
    assert again.rows[0].written[-1] == "linje 12: navn: Skriv navnet."
    assert dict(said(look(light_house, made))).keys() <= {row.line for row in again.rows}


def test_no_cell_of_it_is_a_formula(light_house: House) -> None:
    data = b'name;phone\n"=HYPERLINK(""http://x.example"")";12\n@SUM(A1);13\n'
    made = faults.table(sheet.read(data), look(light_house, data), "en").decode("utf-8-sig")
    assert "'=HYPERLINK" in made
    assert "\r\n'@SUM" in made
