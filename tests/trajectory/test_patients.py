"""Patients are found by their addresses and held for a turn, one turn at a time."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import text

from tests.trajectory.conftest import NOW, OLD_RING, Record
from trajectory import patients
from trajectory.database import Database
from trajectory.keys import Ring, Sealer
from trajectory.patients import AddressTaken, ConversationState, NewPatient, PatientRef

PHONE = "+4520304050"
on_postgresql = pytest.mark.parametrize("migrated_database_url", ["postgresql"], indirect=True)


def give_address(
    record: Record, ring: Ring, patient_id: int, sealer: Sealer, address: str, channel: str = "sms"
) -> int:
    with record.database.write() as connection:
        return patients.add_address(
            connection,
            record.ids,
            ring,
            sealer,
            patient_id=patient_id,
            channel=channel,
            address=address,
            now=NOW,
        )


def find(record: Record, *pairs: tuple[str, str]) -> dict[tuple[str, str], PatientRef]:
    with record.database.read() as connection:
        return dict(patients.find_by_address(connection, record.ring, pairs))


def test_a_new_patient_has_a_profile_and_an_empty_conversation(record: Record) -> None:
    patient_id, _ = record.enrol()
    with record.database.write() as connection:
        (held,) = patients.lock_conversations(connection, [patient_id])
    sealer = held.sealer(record.ring)
    assert sealer.open_json(patients.PROFILE, patient_id, held.profile) == {"name": "Birgit Holm"}
    assert sealer.open_json(patients.BODY, patient_id, held.body) == {}
    assert (held.status, held.language, held.timezone) == ("active", "da", "Europe/Copenhagen")
    assert (held.pathway, held.started_at) == ("low-back-pain", None)
    assert (held.sequence, held.session_id) == (0, None)


def test_a_message_finds_its_patient(record: Record) -> None:
    birgit, hers = record.enrol()
    jonas, his = record.enrol("Jonas Lund")
    sms = give_address(record, record.ring, birgit, hers, PHONE)
    telegram = give_address(record, record.ring, jonas, his, "4711", "telegram")
    found = find(record, ("sms", PHONE), ("telegram", "4711"), ("telegram", PHONE), ("sms", "0"))
    assert found == {
        ("sms", PHONE): PatientRef(birgit, sms),
        ("telegram", "4711"): PatientRef(jonas, telegram),
    }
    assert find(record) == {}


def test_an_address_hashed_with_an_older_key_is_still_found_and_still_taken(
    record: Record,
) -> None:
    birgit, hers = record.enrol()
    jonas, his = record.enrol("Jonas Lund")
    address_id = give_address(record, Ring.parse(OLD_RING), birgit, hers, PHONE)
    assert find(record, ("sms", PHONE)) == {("sms", PHONE): PatientRef(birgit, address_id)}
    with pytest.raises(AddressTaken):
        give_address(record, record.ring, jonas, his, PHONE)


def test_one_address_belongs_to_one_patient_until_it_is_closed(record: Record) -> None:
    birgit, hers = record.enrol()
    jonas, his = record.enrol("Jonas Lund")
    first = give_address(record, record.ring, birgit, hers, PHONE)
    with pytest.raises(AddressTaken):
        give_address(record, record.ring, jonas, his, PHONE)
    with record.database.write() as connection:
        patients.set_address_status(connection, first, "gone")
    assert find(record, ("sms", PHONE))["sms", PHONE].patient_id == birgit
    with record.database.write() as connection:
        patients.set_address_status(connection, first, "closed")
    assert find(record, ("sms", PHONE)) == {}
    give_address(record, record.ring, jonas, his, PHONE)
    assert find(record, ("sms", PHONE))["sms", PHONE].patient_id == jonas


def test_addresses_are_read_back_and_one_is_preferred(record: Record) -> None:
    birgit, hers = record.enrol()
    sms = give_address(record, record.ring, birgit, hers, PHONE)
    web = give_address(record, record.ring, birgit, hers, "device", "web")
    with record.database.write() as connection:
        patients.prefer_address(connection, birgit, web)
        kept = patients.addresses(connection, hers, birgit)
    assert [(a.id, a.channel, a.value, a.preferred, a.status) for a in kept] == [
        (sms, "sms", PHONE, False, "active"),
        (web, "web", "device", True, "active"),
    ]


def test_what_a_turn_leaves_is_there_for_the_next(record: Record) -> None:
    both = dict([record.enrol(), record.enrol("Jonas Lund")])
    with record.database.write() as connection:
        held = patients.lock_conversations(connection, both)
        patients.save_conversations(
            connection,
            [
                ConversationState(
                    one.patient_id,
                    one.sequence + 3,
                    one.patient_id + 100,
                    both[one.patient_id].seal_json(patients.BODY, one.patient_id, {"turn": 1}),
                )
                for one in held
            ],
        )
        patients.save_conversations(connection, [])
        later = NOW + timedelta(days=1)
        bo = NewPatient("da", "America/New_York", None, "stopped", {"name": "Bo"}, later, "v2")
        patients.save_all(connection, [(key, sealer, bo) for key, sealer in both.items()])
    with record.database.read() as connection:
        after = patients.read(connection, both)
    for one in after:
        sealer = both[one.patient_id]
        assert (one.sequence, one.session_id) == (3, one.patient_id + 100)
        assert sealer.open_json(patients.BODY, one.patient_id, one.body) == {"turn": 1}
        assert sealer.open_json(patients.PROFILE, one.patient_id, one.profile) == {"name": "Bo"}
        assert (one.language, one.timezone, one.pathway) == ("da", "America/New_York", None)
        assert (one.status, one.started_at, one.planned_by) == ("stopped", later, "v2")


def test_patients_are_held_in_order_of_their_ids(record: Record) -> None:
    enrolled = [record.enrol()[0] for _ in range(3)]
    with record.database.write() as connection:
        held = patients.lock_conversations(connection, [*reversed(enrolled), enrolled[0], 999_999])
        assert [one.patient_id for one in held] == enrolled
        assert patients.lock_conversations(connection, []) == []


@on_postgresql
def test_a_worker_leaves_out_whom_a_turn_holds(record: Record) -> None:
    first, second = record.enrol()[0], record.enrol("Jonas Lund")[0]
    with record.database.write() as turn, record.database.write() as worker:
        patients.lock_conversations(turn, [first])
        free = patients.lock_free(worker, [first, second], 2)
    assert [one.patient_id for one in free] == [second]


@on_postgresql
def test_a_turn_that_waited_sees_what_the_other_turn_changed(record: Record) -> None:
    patient_id, _ = record.enrol()
    seen: list[tuple[str, int]] = []

    def wait_for_turn() -> None:
        with record.database.write() as connection:
            (held,) = patients.lock_conversations(connection, [patient_id])
            seen.append((held.status, held.sequence))

    waiter = threading.Thread(target=wait_for_turn)
    with record.database.write() as connection:
        (held,) = patients.lock_conversations(connection, [patient_id])
        waiter.start()
        until_somebody_waits(record.database)
        patients.change(connection, patient_id, status="stopped")
        patients.save_conversation(connection, patient_id, 5, None, held.body)
    waiter.join()
    assert seen == [("stopped", 5)]


def until_somebody_waits(database: Database) -> None:
    waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    for _ in range(5000):
        with database.read() as connection:
            if connection.execute(waiting).scalar_one():
                return
    raise AssertionError("nobody waited for the lock")
