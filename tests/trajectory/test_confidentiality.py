"""Whoever copies the database learns no name, no address and nothing anybody wrote."""

from pathlib import Path

import pytest
from sqlalchemy import select
from sqlmodel import SQLModel

from tests.trajectory.conftest import NOW, Record
from trajectory import deployment, entries, grants, patients, work_pages
from trajectory.entries import NewEntry
from trajectory.grants import Opener
from trajectory.keys import DEPLOYMENT, WrongKey
from trajectory.work_page import WorkPage

SECRETS = (
    "Birgit Holm",
    "+4520304050",
    "Anne Skov",
    "anne@klinik.example",
    "jeg kan ikke bukke mig",
    "solsikke",
    "the-link",
    "the-cookie",
    "918273",
    "det sagde hun",
    "Lone Bo",
    "dagpengesag",
    "skrivebord",
    "sick-leave",
)


@pytest.fixture
def busy(record: Record) -> Record:
    """A record in which everything has been written once."""
    patient_id, sealer = record.enrol("Birgit Holm")
    member = record.add_physio(patient_id, sealer)
    grant_id = record.share(patient_id, sealer, member.id)
    with record.database.write() as connection:
        patients.add_address(
            connection,
            record.ids,
            record.ring,
            sealer,
            patient_id=patient_id,
            channel="sms",
            address="+4520304050",
            now=NOW,
        )
        entry = NewEntry(
            id=record.ids.take(connection),
            patient_id=patient_id,
            sequence=1,
            at=NOW,
            recorded_at=NOW,
            kind="note",
            text="jeg kan ikke bukke mig",
        )
        entries.append(connection, [(sealer, entry)])
        body = sealer.seal_json(patients.BODY, patient_id, {"said": "det sagde hun"})
        patients.save_conversation(connection, patient_id, 1, None, body)
        grants.new_code(connection, record.ids, record.ring, grant_id, NOW, draw=lambda: "918273")
        opener = (sealer, Opener("Lone Bo", "dagpengesag"))
        grants.open_viewing(
            connection, record.ids, record.ring, grant_id, "the-cookie", NOW, said=opener
        )
        page = WorkPage("Birgit Holm", NOW, "UTC", None, "sick-leave", words="skrivebord")
        ids, given = record.ids, {"patient_id": patient_id, "grant_id": grant_id}
        work_pages.keep(connection, ids, sealer, page, now=NOW, **given)
    return record


def test_no_row_shows_a_secret(busy: Record) -> None:
    with busy.database.read() as connection:
        stored = b"\n".join(
            str(value).encode() if not isinstance(value, bytes) else value
            for table in SQLModel.metadata.sorted_tables
            for row in connection.execute(select(table))
            for value in row
        )
    assert b"physiotherapist" in stored
    assert [secret for secret in SECRETS if secret.encode() in stored] == []


@pytest.mark.parametrize("migrated_database_url", ["sqlite"], indirect=True)
def test_a_copied_file_shows_no_secret(busy: Record, tmp_path: Path) -> None:
    files = sorted(tmp_path.glob("test.db*"))
    copied = b"".join(file.read_bytes() for file in files)
    assert tmp_path / "test.db-wal" in files
    assert b"physiotherapist" in copied
    assert [secret for secret in SECRETS if secret.encode() in copied] == []


def test_the_deployments_key_is_made_once_and_kept_sealed(record: Record) -> None:
    with record.database.write() as connection:
        first = deployment.sealer(connection, record.ring)
    sealed = first.seal("inbox.body", 1, b"who are you?")
    with record.database.read() as connection:
        again = deployment.sealer(connection, record.ring)
    assert again.open("inbox.body", 1, sealed) == b"who are you?"
    patients_key, key_id, wrapped = record.ring.new_sealer(5)
    with pytest.raises(WrongKey):
        patients_key.open("inbox.body", 1, sealed)
    with pytest.raises(WrongKey):
        record.ring.unwrap(key_id, wrapped, DEPLOYMENT)
