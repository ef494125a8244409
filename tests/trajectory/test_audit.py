"""Who looked stays told: a changed or removed record of the audit shows."""

from datetime import timedelta

from sqlalchemy import text

from tests.trajectory.conftest import NOW, Record
from trajectory import audit
from trajectory.audit import Head, NewRecord
from trajectory.audit_checks import Problem, check


def look(record: Record, patient_id: int, times: int = 4) -> None:
    with record.database.write() as connection:
        for minute in range(times):
            audit.append(
                connection,
                record.ids,
                patient_id,
                actor="professional:7",
                action="viewed",
                subject="grant:42",
                at=NOW + timedelta(minutes=minute),
            )


def tamper(record: Record, statement: str, patient_id: int) -> None:
    with record.database.write() as connection:
        connection.execute(text(statement), {"patient": patient_id})


def problems(record: Record, patient_id: int, head: Head | None = None) -> list[Problem]:
    noted = {patient_id: [head]} if head else {}
    with record.database.read() as connection:
        (chain,) = check(connection, [patient_id], noted)
    return list(chain.problems)


def test_a_whole_chain_has_no_problems_and_tells_who_looked(record: Record) -> None:
    patient_id, _ = record.enrol()
    look(record, patient_id)
    with record.database.read() as connection:
        told = audit.records(connection, patient_id)
    assert problems(record, patient_id) == []
    assert [(r.n, r.actor, r.action, r.subject) for r in told] == [
        (n, "professional:7", "viewed", "grant:42") for n in (1, 2, 3, 4)
    ]
    assert told[0].at == NOW


def test_many_records_at_once_go_on_from_where_each_chain_ends(record: Record) -> None:
    birgit, jonas = record.enrol()[0], record.enrol("Jonas Lund")[0]
    look(record, birgit, times=2)
    news = [NewRecord(each, "system", "exported") for each in (jonas, birgit, jonas)]
    with record.database.write() as connection:
        audit.append_all(connection, record.ids, news, NOW)
        numbers = [
            [each.n for each in audit.records(connection, patient)] for patient in (birgit, jonas)
        ]
    assert numbers == [[1, 2, 3], [1, 2]]
    assert problems(record, birgit) == problems(record, jonas) == []


def test_an_altered_record_shows(record: Record) -> None:
    patient_id, _ = record.enrol()
    look(record, patient_id)
    tamper(
        record,
        "UPDATE audit SET actor = 'patient' WHERE n = 2 AND patient_id = :patient",
        patient_id,
    )
    assert problems(record, patient_id) == [Problem(2, "changed")]


def test_a_removed_record_shows(record: Record) -> None:
    patient_id, _ = record.enrol()
    look(record, patient_id)
    tamper(record, "DELETE FROM audit WHERE n = 2 AND patient_id = :patient", patient_id)
    assert problems(record, patient_id) == [Problem(2, "removed")]


def test_a_removed_record_shows_even_when_the_rest_is_renumbered(record: Record) -> None:
    patient_id, _ = record.enrol()
    look(record, patient_id)
    tamper(record, "DELETE FROM audit WHERE n = 3 AND patient_id = :patient", patient_id)
    tamper(record, "UPDATE audit SET n = 3 WHERE n = 4 AND patient_id = :patient", patient_id)
    assert problems(record, patient_id) == [Problem(3, "changed"), Problem(3, "order")]


def test_a_chain_cut_short_shows_against_a_head_that_was_noted(record: Record) -> None:
    patient_id, _ = record.enrol()
    look(record, patient_id)
    with record.database.read() as connection:
        (head,) = audit.heads(connection)
    tamper(record, "DELETE FROM audit WHERE n = 4 AND patient_id = :patient", patient_id)
    assert problems(record, patient_id) == []
    assert problems(record, patient_id, head) == [Problem(4, "cut-off")]


def test_a_chain_rewritten_from_the_end_shows_against_a_head(record: Record) -> None:
    patient_id, _ = record.enrol()
    look(record, patient_id)
    with record.database.read() as connection:
        (head,) = audit.heads(connection)
    tamper(record, "DELETE FROM audit WHERE n = 4 AND patient_id = :patient", patient_id)
    with record.database.write() as connection:
        audit.append(connection, record.ids, patient_id, actor="patient", action="exported", at=NOW)
    assert problems(record, patient_id) == []
    assert problems(record, patient_id, head) == [Problem(4, "rewritten")]


def test_every_patient_has_a_chain_and_they_are_read_in_slices(record: Record) -> None:
    first, second = record.enrol()[0], record.enrol("Jonas Lund")[0]
    look(record, first, 2)
    look(record, second, 3)
    with record.database.read() as connection:
        heads = audit.heads(connection)
        assert audit.heads(connection, after=0, most=1) == heads[:1]
        assert audit.heads(connection, after=first, most=1) == heads[1:]
        assert audit.heads(connection, after=second) == []
    assert [(head.patient_id, head.n) for head in heads] == [(first, 2), (second, 3)]
    look(record, second, 1)
    assert problems(record, second, heads[1]) == []
