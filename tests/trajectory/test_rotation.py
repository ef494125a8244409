"""After a rotation the new key alone opens and finds everything that has to last."""

from datetime import datetime, timedelta

from tests.trajectory.conftest import NOW, OLD_RING, RING, Record
from trajectory import (
    deployment,
    erasure,
    grants,
    key_history,
    patients,
    rotation,
    web_access,
)
from trajectory.keys import Ring

OLD, BOTH, NEW = Ring.parse(OLD_RING), Ring.parse(RING), Ring.parse(RING.split(",")[0])


def rotate(record: Record, after: int = 0, limit: int = 200) -> tuple[int, int | None, int]:
    with record.database.write() as connection:
        done, reached = rotation.rotate(connection, BOTH, after, limit)
        return done, reached, rotation.behind(connection, BOTH)


def test_the_old_key_may_go_once_nobody_is_behind(record: Record) -> None:
    old = Record(record.database, record.ids, OLD)
    patient_id, sealer = old.enrol()
    grant_id = old.share(patient_id, sealer, old.add_physio(patient_id, sealer).id)
    with record.database.write() as connection:
        patients.add_address(
            connection,
            record.ids,
            OLD,
            sealer,
            patient_id=patient_id,
            channel="sms",
            address="+4520304050",
            now=NOW,
        )
        sealed = deployment.sealer(connection, OLD).seal("inbox.body", 1, b"x")
    assert rotate(record) == (1, patient_id, 0)
    with record.database.read() as connection:
        found = patients.find_by_address(connection, NEW, [("sms", "+4520304050")])
        link = grants.by_token(connection, NEW, "the-link", NOW)
        (kept,) = patients.read(connection, [patient_id])
        assert deployment.sealer(connection, NEW).open("inbox.body", 1, sealed) == b"x"
    assert found["sms", "+4520304050"].patient_id == patient_id
    assert link is not None
    assert link.id == grant_id
    profile = kept.sealer(NEW).open_json(patients.PROFILE, patient_id, kept.profile)
    assert profile == {"name": "Birgit Holm"}


def test_it_goes_in_small_steps_and_leaves_the_erased_alone(record: Record) -> None:
    old = Record(record.database, record.ids, OLD)
    enrolled = [old.enrol()[0] for _ in range(4)]
    with record.database.write() as connection:
        erasure.erase(connection, enrolled[0], NOW)
    assert rotate(record, limit=2) == (2, enrolled[2], 1)
    assert rotate(record, enrolled[2], limit=2) == (1, enrolled[3], 0)
    assert rotate(record, enrolled[3]) == (0, None, 0)


def test_a_device_that_is_used_is_found_by_the_new_key(record: Record) -> None:
    old = Record(record.database, record.ids, OLD)
    patient_id, sealer = old.enrol()
    with record.database.write() as connection:
        for name in ("used", "idle"):
            web_access.create_link(
                connection,
                record.ids,
                OLD,
                sealer,
                patient_id=patient_id,
                token=name,
                now=NOW,
                lifetime=timedelta(days=7),
            )
            web_access.exchange(connection, record.ids, OLD, token=name, cookie=name, now=NOW)
    rotate(record)
    with record.database.write() as connection:
        visitor = web_access.find_visitor(connection, BOTH, "used", NOW)
        assert visitor is not None
        web_access.touch(connection, BOTH, visitor.session_id, "used", NOW)
        assert web_access.find_visitor(connection, NEW, "used", NOW) is not None
        assert web_access.find_visitor(connection, NEW, "idle", NOW) is None


def test_a_key_that_wraps_nothing_may_go_with_the_backups_of_its_time(record: Record) -> None:
    old = Record(record.database, record.ids, OLD)
    old.enrol()

    def told(now: datetime = NOW) -> list[tuple[str, int, bool, datetime | None]]:
        with record.database.write() as connection:
            key_history.note_retired(connection, BOTH, now)
            found = key_history.uses(connection, BOTH)
        return [(use.id, use.patients, use.current, use.may_go_at) for use in found]

    with record.database.write() as connection:
        deployment.sealer(connection, OLD)
        key_history.note_running(connection, OLD, NOW)
        assert key_history.known_since(connection, BOTH) is None
        key_history.note_running(connection, BOTH, NOW)
        assert key_history.known_since(connection, BOTH) == NOW
    assert told() == [("new", 0, True, None), ("old", 1, False, None)]
    rotate(record)
    gone = NOW + timedelta(days=35)
    assert told() == [("new", 1, True, None), ("old", 0, False, gone)]
    assert told(NOW + timedelta(days=3)) == [("new", 1, True, None), ("old", 0, False, gone)]
    old.enrol("Jonas Lund")  # by a process that still has the older key in front
    assert told() == [("new", 1, True, None), ("old", 1, False, None)]
    rotate(record)
    later = NOW + timedelta(days=1)
    assert told(later)[1] == ("old", 0, False, later + timedelta(days=35))
