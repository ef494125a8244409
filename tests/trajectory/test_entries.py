"""The trajectory: entries go in in the clear, lie sealed, and come back in order."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from tests.trajectory.conftest import NOW, Record
from trajectory import definitions, entries
from trajectory.entries import Entry, NewEntry
from trajectory.keys import WrongKey


def answer(entry_id: int, patient_id: int, sequence: int = 1, **more: Any) -> NewEntry:
    plain = NewEntry(
        id=entry_id,
        patient_id=patient_id,
        sequence=sequence,
        at=NOW,
        recorded_at=NOW,
        kind="answer",
    )
    return plain._replace(**more)


def test_an_entry_comes_back_whole(record: Record) -> None:
    patient_id, sealer = record.enrol()
    whole = Entry(
        id=501,
        patient_id=patient_id,
        sequence=3,
        at=NOW - timedelta(days=1, microseconds=7),
        recorded_at=NOW,
        kind="correction",
        flow="odi",
        definition="a" * 64,
        item="lifting",
        value=0.0,
        code="none",
        unit="points",
        text="faktisk B — æøå 🙂",
        detail={"language": "da", "late": True},
        author="helper",
        channel="sms",
        session_id=12,
        turn=0,
        supersedes=400,
    )
    with record.database.write() as connection:
        entries.append(connection, [(sealer, whole), (sealer, answer(502, patient_id, 4))])
        entries.append(connection, [])
    with record.database.read() as connection:
        assert entries.timeline(connection, sealer, patient_id) == [
            whole,
            answer(502, patient_id, 4),
        ]


def test_entries_of_several_patients_are_written_at_once_and_kept_apart(record: Record) -> None:
    birgit, hers = record.enrol()
    jonas, his = record.enrol("Jonas Lund")
    with record.database.write() as connection:
        entries.append(
            connection,
            [
                (hers, answer(501, birgit, text="går bedre")),
                (his, answer(502, jonas, text="meh")),
            ],
        )
        (one,) = entries.timeline(connection, his, jonas)
        with pytest.raises(WrongKey):
            entries.timeline(connection, his, birgit)
    assert one.text == "meh"


def test_the_order_is_that_of_the_numbers_whatever_the_clock_said(record: Record) -> None:
    patient_id, sealer = record.enrol()
    later = NOW + timedelta(seconds=1)
    rows = [
        answer(504, patient_id, 11, at=NOW - timedelta(days=3)),
        answer(502, patient_id, 10),
        answer(503, patient_id, 9, recorded_at=later),
    ]
    with record.database.write() as connection:
        entries.append(connection, [(sealer, row) for row in rows])
        kept = entries.timeline(connection, sealer, patient_id)
    assert [entry.id for entry in kept] == [503, 502, 504]


def test_a_timeline_is_narrowed_by_kind_and_flow(record: Record) -> None:
    patient_id, sealer = record.enrol()
    rows = [
        answer(501, patient_id, 1, flow="odi"),
        answer(502, patient_id, 2, flow="odi", kind="score"),
        answer(503, patient_id, 3, flow="weekly"),
        answer(504, patient_id, 4, kind="note"),
    ]
    with record.database.write() as connection:
        entries.append(connection, [(sealer, row) for row in rows])

        def found(**narrow: Any) -> list[int]:
            return [e.id for e in entries.timeline(connection, sealer, patient_id, **narrow)]

        assert found() == [501, 502, 503, 504]
        assert found(kinds={"score", "note"}) == [502, 504]
        assert found(flow="odi") == [501, 502]
        assert found(kinds=["answer"], flow="odi") == [501]
        assert found(kinds=[]) == []


def test_an_entry_of_nobody_is_refused(record: Record) -> None:
    _, sealer = record.enrol()
    with pytest.raises(IntegrityError), record.database.write() as connection:
        entries.append(connection, [(sealer, answer(501, 999_999))])


def test_a_time_without_a_zone_is_refused(record: Record) -> None:
    patient_id, sealer = record.enrol()
    naive = answer(501, patient_id, at=NOW.replace(tzinfo=None))
    with pytest.raises(Exception, match="naive datetime"), record.database.write() as connection:
        entries.append(connection, [(sealer, naive)])


def test_a_definition_is_stored_once_and_never_changed(record: Record) -> None:
    with record.database.write() as connection:
        definitions.remember(connection, "abc", "odi", '{"id": "odi"}')
        definitions.remember(connection, "abc", "odi", '{"id": "other"}')
        assert definitions.recall(connection, "abc") == '{"id": "odi"}'
        assert definitions.recall(connection, "def") is None
