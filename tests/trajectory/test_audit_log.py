"""Whatever is done to one record, or to one line of the log, is found; an erasure is no alarm."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, delete, insert, select, text, update

from tests.trajectory.conftest import NOW, OLD_RING, RING, Record
from trajectory import audit, erasure, tables
from trajectory.audit import Head, hash_of
from trajectory.audit_checks import Problem, check
from trajectory.audit_log import AuditLog, BadLog
from trajectory.audit_noting import Noting, Points
from trajectory.keys import Ring

_audit = tables.core(tables.AuditRecord)
BOTH, NEW = Ring.parse(RING), Ring.parse(RING.split(",")[0])


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "clinic.audit"


def look(record: Record, patient_id: int, times: int) -> None:
    with record.database.write() as connection:
        for minute in range(times):
            at = NOW + timedelta(minutes=minute)
            audit.append(
                connection, record.ids, patient_id, actor="professional:7", action="viewed", at=at
            )


def erase(record: Record, patient_id: int) -> None:
    with record.database.write() as connection:
        audit.append(connection, record.ids, patient_id, actor="patient", action="erased", at=NOW)
        erasure.erase(connection, patient_id, NOW)


def note(record: Record, file: Path) -> None:
    Noting(record.database, AuditLog(file, record.ring)).note_all(NOW)


def found(connection: Connection, file: Path, ring: Ring = BOTH) -> dict[int, list[Problem]]:
    """By patient what is wrong, of all who have a chain or had one when it was noted."""
    with Points.opened() as points:
        for line in AuditLog(file, ring).unread():
            points.add(line)
        known = set(points.patients(0, 100)) | {h.patient_id for h in audit.heads(connection)}
        chains = check(connection, known, points.between(0, max(known, default=0)))
    return {each.patient_id: list(each.problems) for each in chains if each.problems}


class Undone(Exception):
    """Ends a transaction in which somebody has meddled."""


@pytest.fixture
def clinic(record: Record, file: Path) -> tuple[int, int]:
    """Birgit, whose chain goes on after it was noted once, and Jonas, who is erased."""
    birgit, jonas = record.enrol()[0], record.enrol("Jonas Lund")[0]
    look(record, birgit, 3)
    look(record, jonas, 2)
    note(record, file)
    look(record, birgit, 2)
    erase(record, jonas)
    note(record, file)
    return birgit, jonas


COLUMNS = {
    "id": 7_000_000,
    "n": 99,
    "at": NOW - timedelta(days=9),
    "actor": "professional:8",
    "action": "shared",
    "subject": "grant:1",
    "previous": b"x" * 32,
    "hash": b"x" * 32,
}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(data=st.data())
def test_whatever_happens_to_one_record_is_found_also_after_an_erasure(
    record: Record, file: Path, clinic: tuple[int, int], data: st.DataObject
) -> None:
    patient_id = data.draw(st.sampled_from(clinic))
    meddle = data.draw(st.sampled_from([change, remove, insert_between, cut_off, rewrite, move]))
    with suppress(Undone), record.database.write() as connection:
        assert found(connection, file) == {}
        last = audit.heads_of(connection, [patient_id])[patient_id].n
        n = data.draw(st.integers(1, last))
        meddle(connection, patient_id, n, last, data)
        assert patient_id in found(connection, file)
        raise Undone


def change(connection: Connection, patient: int, n: int, last: int, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(COLUMNS)))
    where = update(_audit).where(_audit.c.patient_id == patient, _audit.c.n == n)
    connection.execute(where.values({name: COLUMNS[name]}))


def remove(connection: Connection, patient: int, n: int, last: int, data: st.DataObject) -> None:
    connection.execute(delete(_audit).where(_audit.c.patient_id == patient, _audit.c.n == n))


def cut_off(connection: Connection, patient: int, n: int, last: int, data: st.DataObject) -> None:
    connection.execute(delete(_audit).where(_audit.c.patient_id == patient, _audit.c.n >= n))


def insert_between(
    connection: Connection, patient: int, n: int, last: int, data: st.DataObject
) -> None:
    """A record that fits the one before it; those after it are counted on."""
    later = update(_audit).where(_audit.c.patient_id == patient)
    for each in range(last, n - 1, -1):
        connection.execute(later.where(_audit.c.n == each).values(n=each + 1))
    _forge(connection, patient, n)


def rewrite(connection: Connection, patient: int, n: int, last: int, data: st.DataObject) -> None:
    """The whole chain from here on is made anew with right hashes: one more record, or one less."""
    cut_off(connection, patient, n, last, data)
    for each in range(n, data.draw(st.integers(n, last)) + 1):
        _forge(connection, patient, each)


def move(connection: Connection, patient: int, n: int, last: int, data: st.DataObject) -> None:
    """To a patient whose number nobody checks."""
    if connection.dialect.name == "sqlite":
        connection.execute(text("PRAGMA defer_foreign_keys = ON"))
        values = {"patient_id": 4711}
    else:
        values = {"n": 4711}
    where = update(_audit).where(_audit.c.patient_id == patient, _audit.c.n == n)
    connection.execute(where.values(values))


def _forge(connection: Connection, patient: int, n: int) -> None:
    """A record with the hash that it should have: no secret is needed for it."""
    before = select(_audit.c.hash).where(_audit.c.patient_id == patient, _audit.c.n == n - 1)
    row = {
        "id": 5_000_000 + n,
        "patient_id": patient,
        "n": n,
        "at": NOW,
        "actor": "system",
        "action": "viewed",
        "subject": "",
        "previous": connection.execute(before).scalar_one_or_none() or b"",
    }
    connection.execute(insert(_audit), row | {"hash": hash_of(row)})


def test_a_chain_that_is_deleted_and_passed_off_as_an_erasure_is_found(
    record: Record, file: Path, clinic: tuple[int, int]
) -> None:
    birgit, _ = clinic
    with record.database.write() as connection:
        connection.execute(delete(_audit).where(_audit.c.patient_id == birgit))
        erasure.erase(connection, birgit, NOW)
    look_like_erased = Problem(1, "no-erasure")
    with record.database.read() as connection:
        told = found(connection, file)[birgit]
    assert told == [look_like_erased, Problem(3, "cut-off"), Problem(5, "cut-off")]
    with record.database.write() as connection:
        audit.append(connection, record.ids, birgit, actor="patient", action="erased", at=NOW)
        told = found(connection, file)[birgit]
    assert told == [Problem(3, "cut-off"), Problem(5, "cut-off")]


def test_an_erasure_that_is_recorded_but_not_so_is_found(record: Record, file: Path) -> None:
    birgit, _ = record.enrol()
    with record.database.write() as connection:
        audit.append(connection, record.ids, birgit, actor="patient", action="erased", at=NOW)
        assert found(connection, file) == {birgit: [Problem(1, "not-erased")]}


def test_what_cannot_even_be_read_is_named(record: Record, file: Path) -> None:
    birgit, _ = record.enrol()
    look(record, birgit, 3)
    if record.database.dialect == "postgresql":
        return  # keeps nothing in a column that does not belong there
    with record.database.write() as connection:
        connection.execute(text("UPDATE audit SET at = 'soon', hash = 'text' WHERE n = 2"))
        assert found(connection, file) == {birgit: [Problem(2, "changed")]}


def test_the_log_grows_with_what_happens_and_one_line_a_run(record: Record, file: Path) -> None:
    people = [record.enrol()[0] for _ in range(5)]
    for each in people:
        look(record, each, 1)
    noting = Noting(record.database, AuditLog(file, BOTH))
    place = noting.note(0, NOW, most=2)
    assert place == people[1]
    assert noting.note(place, NOW, most=2) == people[3]
    assert noting.note(people[3], NOW, most=2) is None
    look(record, people[2], 1)
    noting.note_all(NOW)
    noting.note_all(NOW)
    # Another process has read nothing yet.
    note(record, file)
    lines = list(AuditLog(file, BOTH).unread())
    assert [[head.patient_id for head in line.heads] for line in lines] == [
        people[:2],
        people[2:4],
        people[4:],
        [people[2]],
        [],
        [],
    ]
    assert "Birgit" not in file.read_text()
    assert file.stat().st_mode & 0o077 == 0


def meddled_with(lines: list[str]) -> Iterator[tuple[str, list[str]]]:
    yield "line 2", [lines[0], lines[1].replace(":1:", ":2:", 1), *lines[2:]]
    yield "line 2", [lines[0], lines[1].replace("2026", "2025", 1), *lines[2:]]
    yield "line 2", [lines[0], *lines[2:]]
    yield "line 1", lines[1:]
    yield "line 3", [*lines[:2], lines[1], *lines[2:]]
    yield "line 2", [lines[0], "nonsense\n", *lines[2:]]
    yield "line 3", [*lines[:2], lines[2][:-2] + ("0" if lines[2][-2] != "0" else "1") + "\n"]


def test_a_line_that_was_changed_removed_or_inserted_is_named(record: Record, file: Path) -> None:
    for _ in range(3):
        look(record, record.enrol()[0], 1)
        note(record, file)
    whole = file.read_text()
    for where, lines in meddled_with(whole.splitlines(keepends=True)):
        file.write_text("".join(lines))
        with pytest.raises(BadLog, match=where):
            list(AuditLog(file, BOTH).unread())
        with pytest.raises(BadLog, match=where):
            note(record, file)


def test_half_a_line_that_a_crash_has_left_is_written_over(record: Record, file: Path) -> None:
    look(record, record.enrol()[0], 1)
    note(record, file)
    with file.open("a") as opened:
        opened.write("2 2026-11-24T09:00:00+00:00 noted 12:")
    assert len(list(AuditLog(file, BOTH).unread())) == 1
    note(record, file)
    assert len(list(AuditLog(file, BOTH).unread())) == 2


def test_lines_that_go_while_somebody_writes_are_missed(record: Record, file: Path) -> None:
    look(record, record.enrol()[0], 1)
    noting = Noting(record.database, AuditLog(file, BOTH))
    noting.note_all(NOW)
    file.unlink()
    with pytest.raises(BadLog, match="cut off"):
        noting.note_all(NOW)


def test_a_newer_line_vouches_for_those_of_a_key_that_has_left_the_ring(
    record: Record, file: Path
) -> None:
    look(record, record.enrol()[0], 1)
    old = AuditLog(file, Ring.parse(OLD_RING))
    Noting(record.database, old).note_all(NOW)
    with pytest.raises(BadLog, match="not in the ring"):
        list(AuditLog(file, NEW).unread())
    note(record, file)
    assert len(list(AuditLog(file, NEW).unread())) == 2


def test_a_restore_sets_chains_back_and_what_came_before_is_still_looked_for(
    record: Record, file: Path
) -> None:
    birgit, jonas = record.enrol()[0], record.enrol("Jonas Lund")[0]
    look(record, birgit, 2)
    note(record, file)
    look(record, birgit, 2)
    look(record, jonas, 1)
    note(record, file)
    with record.database.write() as connection:  # the backup was made before
        cut_at(connection, birgit, 3)
        cut_at(connection, jonas, 0)
    with record.database.read() as connection:
        assert found(connection, file) == {
            birgit: [Problem(4, "cut-off")],
            jonas: [Problem(1, "cut-off")],
        }
    noting = Noting(record.database, AuditLog(file, BOTH))
    assert noting.rewind(NOW, most=1) == 2
    erase(record, birgit)
    noting.note_all(NOW)
    with record.database.write() as connection:
        assert found(connection, file) == {}
        cut_at(connection, birgit, 1)
        assert Problem(2, "cut-off") in found(connection, file)[birgit]


def cut_at(connection: Connection, patient: int, n: int) -> None:
    connection.execute(delete(_audit).where(_audit.c.patient_id == patient, _audit.c.n > n))


def test_a_head_is_noted_by_as_much_of_its_hash_as_tells_it_apart(
    record: Record, file: Path
) -> None:
    birgit, _ = record.enrol()
    look(record, birgit, 1)
    note(record, file)
    with record.database.read() as connection:
        (head,) = audit.heads(connection)
    ((noted,),) = [line.heads for line in AuditLog(file, BOTH).unread()]
    assert noted == Head(birgit, 1, head.hash[:16])
