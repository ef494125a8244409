"""The secretary finds a patient by what she hears: a part of the name, in any order, or a day."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import delete, select

from tests.trajectory.conftest import NOW, OLD_RING, RING, Record
from trajectory import erasure, finding, patients, rotation, tables
from trajectory.keys import Ring

OLD, BOTH, NEW = Ring.parse(OLD_RING), Ring.parse(RING), Ring.parse(RING.split(",")[0])
PEOPLE = ("Birgit Sørensen", "Aase Præstegård", "Åse Bo", "Anne-Marie O'Brien", "Renee Dahl")
_heap = tables.core(tables.FindHeap)


def enrol(record: Record, name: str, born: str = "", ring: Ring | None = None) -> int:
    profile = {"name": name} | ({finding.BORN: born} if born else {})
    newcomer = patients.NewPatient("da", "Europe/Copenhagen", None, "active", profile)
    with record.database.write() as connection:
        made = patients.create_all(connection, record.ids, ring or record.ring, [newcomer], NOW)
    return made[0][0]


def named(record: Record, words: str, ring: Ring | None = None) -> list[str]:
    with record.database.read() as connection:
        search = finding.by_name(connection, ring or record.ring, words)
    return [each.name for each in search.found]


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("Birgit", ["Birgit Sørensen"]),
        ("birgit sørensen", ["Birgit Sørensen"]),
        ("Sørensen, Birgit", ["Birgit Sørensen"]),
        ("sorensen", ["Birgit Sørensen"]),
        ("soerensen", ["Birgit Sørensen"]),
        ("SØR", ["Birgit Sørensen"]),
        ("so b", ["Birgit Sørensen"]),
        ("Åse", ["Aase Præstegård", "Åse Bo"]),
        ("aase", ["Aase Præstegård", "Åse Bo"]),
        ("prastegaard", ["Aase Præstegård"]),
        ("bo", ["Åse Bo"]),
        ("Anne Marie", ["Anne-Marie O'Brien"]),
        ("obrien", ["Anne-Marie O'Brien"]),
        ("O’Brien", ["Anne-Marie O'Brien"]),
        ("renée", ["Renee Dahl"]),
        ("Birgit Holm", []),
        ("irgit", []),
        ("b", []),
        ("", []),
        ("%", []),
    ],
)
def test_a_name_is_found_by_the_beginnings_of_its_words(
    record: Record, said: str, found: list[str]
) -> None:
    for name in (
        "Birgit Sørensen",
        "Aase Præstegård",
        "Åse Bo",
        "Anne-Marie O'Brien",
        "Renee Dahl",
    ):
        enrol(record, name)
    assert sorted(named(record, said)) == found


def test_one_letter_alone_is_too_little_to_look_for() -> None:
    assert not finding.is_narrow("B.")
    assert finding.is_narrow("B. Ho")


def test_of_the_same_name_are_told_apart_by_their_birth_dates(record: Record) -> None:
    first, second = enrol(record, "Birgit Holm", "1957-03-04"), enrol(record, "Birgit Holm")
    with record.database.read() as connection:
        both = finding.by_name(connection, record.ring, "birgit").found
        born = finding.by_birth_date(connection, record.ring, date(1957, 3, 4)).found
        other = finding.by_birth_date(connection, record.ring, date(1957, 4, 3)).found
        alone = finding.by_number(connection, record.ring, second)
    assert {each.patient_id: each.birth_date for each in both} == {
        first: date(1957, 3, 4),
        second: None,
    }
    assert [each.patient_id for each in born] == [first]
    assert list(other) == []
    assert alone is not None
    assert alone.patient_id == second


def test_who_was_not_heard_yet_is_found_by_the_number_that_the_clinic_has(record: Record) -> None:
    profile = {"name": "Anna Bo", finding.PHONE: "+4551525354"}
    newcomer = patients.NewPatient("da", "Europe/Copenhagen", None, "enrolling", profile)
    with record.database.write() as connection:
        ((anna, _),) = patients.create_all(connection, record.ids, record.ring, [newcomer], NOW)
        found = finding.by_phone(connection, record.ring, "+4551525354").found
        assert [each.patient_id for each in found] == [anna]
        assert list(finding.by_phone(connection, record.ring, "+4551525355").found) == []


def test_no_more_are_shown_than_can_be_read(record: Record, monkeypatch: Any) -> None:
    monkeypatch.setattr(finding, "MOST_FOUND", 2)
    for name in ("Bo C", "Bo A", "Bo B"):
        enrol(record, name)
    with record.database.read() as connection:
        search = finding.by_name(connection, record.ring, "bo")
    assert [each.name for each in search.found] == ["Bo A", "Bo B"]
    assert search.more


def test_of_too_many_names_not_all_are_opened(record: Record, monkeypatch: Any) -> None:
    monkeypatch.setattr(finding, "MOST_READ", 1)
    for name in ("Bo A", "Bo B"):
        enrol(record, name)
    with record.database.read() as connection:
        search = finding.by_name(connection, record.ring, "bo")
    assert len(search.found) == 1
    assert search.more


def test_the_erased_are_not_found_and_nothing_of_their_name_is_left(record: Record) -> None:
    patient_id = enrol(record, "Birgit Holm", "1957-03-04")
    with record.database.write() as connection:
        erasure.erase(connection, patient_id, NOW)
        assert connection.execute(select(_heap)).all() == []
    assert named(record, "birgit") == []
    with record.database.read() as connection:
        assert finding.by_number(connection, record.ring, patient_id) is None


def test_after_a_rotation_the_new_key_alone_finds_everybody(record: Record) -> None:
    enrol(record, "Birgit Holm", ring=OLD)
    assert named(record, "birgit", BOTH) == ["Birgit Holm"]
    with record.database.write() as connection:
        rotation.rotate(connection, BOTH)
    assert named(record, "birgit", NEW) == ["Birgit Holm"]


def test_who_was_stored_by_an_older_release_is_found_after_a_chore(record: Record) -> None:
    first, second = enrol(record, "Birgit Holm"), enrol(record, "Jens Bo")
    with record.database.write() as connection:
        connection.execute(delete(_heap))
    assert named(record, "birgit") == []
    with record.database.write() as connection:
        assert finding.add_missing(connection, record.ring, 0, 1) == first
        assert finding.add_missing(connection, record.ring, first, 1) == second
        assert finding.add_missing(connection, record.ring, second, 1) is None
        assert finding.add_missing(connection, record.ring, 0, 9) is None
    assert named(record, "birgit") == ["Birgit Holm"]


def test_a_heap_says_little_of_a_name(record: Record) -> None:
    """Two clinics' heaps have nothing in common, and each holds many beginnings."""
    patient_id = enrol(record, "Birgit Holm")
    other = enrol(record, "Birgit Holm", ring=Ring.generate("other"))
    with record.database.read() as connection:
        rows = connection.execute(select(_heap)).all()
    heaps = {
        each: {row.heap for row in rows if row.patient_id == each} for each in (patient_id, other)
    }
    assert heaps[patient_id] != heaps[other]
    assert all(0 <= row.heap < finding.HEAPS for row in rows)
    assert len(rows) <= 8
