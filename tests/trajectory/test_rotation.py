"""After a rotation the new key alone opens and finds everything that has to last."""

from tests.trajectory.conftest import NOW, OLD_RING, RING, Record
from trajectory import deployment, erasure, grants, patients, rotation
from trajectory.keys import Ring

OLD, BOTH, NEW = Ring.parse(OLD_RING), Ring.parse(RING), Ring.parse(RING.split(",")[0])


def rotate(record: Record, limit: int = 200) -> tuple[int, int]:
    with record.database.write() as connection:
        return rotation.rotate(connection, BOTH, limit), rotation.behind(connection, BOTH)


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
    assert rotate(record) == (1, 0)
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
    assert rotate(record, limit=2) == (2, 1)
    assert rotate(record, limit=2) == (1, 0)
    assert rotate(record) == (0, 0)
