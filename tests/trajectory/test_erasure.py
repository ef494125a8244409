"""A patient who asks for it is forgotten; others, the audit and a tombstone stay."""

from sqlalchemy import insert, select, text
from sqlmodel import SQLModel

from tests.trajectory.conftest import NOW, Record
from trajectory import (
    audit,
    audit_checks,
    entries,
    erasure,
    grants,
    patients,
    tables,
    work_pages,
)
from trajectory.audit_checks import Problem
from trajectory.entries import NewEntry
from trajectory.keys import Sealer
from trajectory.work_page import WorkPage

STAY = {
    "patient", "conversation", "audit", "clinic_audit", "definition", "deployment", "id_block",
    "code_guess",
    "early_status", "erased", "professional", "professional_code", "professional_session",
    "provider_message", "send_rate", "staff_token",
}  # fmt: skip

HAS_SEVERAL = {"find_heap"}
"""Of these every patient has some rows from the beginning (tests/trajectory/test_finding.py)."""

TOMBSTONE = text(
    "SELECT status, wrapped_key, profile, body FROM patient"
    " JOIN conversation ON patient_id = patient.id WHERE patient.id = :id"
)


def fill(record: Record, patient_id: int, sealer: Sealer) -> None:
    """One row in every table that knows patients."""
    member = record.add_physio(patient_id, sealer)
    grant_id = record.share(patient_id, sealer, member.id, token=f"link of {patient_id}")
    with record.database.write() as connection:
        entry = NewEntry(
            id=record.ids.take(connection),
            patient_id=patient_id,
            sequence=1,
            at=NOW,
            recorded_at=NOW,
            kind="note",
            text="slet mig",
        )
        entries.append(connection, [(sealer, entry)])
        patients.add_address(
            connection,
            record.ids,
            record.ring,
            sealer,
            patient_id=patient_id,
            channel="sms",
            address=f"+45{patient_id:08}",
            now=NOW,
        )
        grants.new_code(connection, record.ids, record.ring, grant_id, NOW)
        cookie = f"cookie of {patient_id}"
        grants.open_viewing(connection, record.ids, record.ring, grant_id, cookie, NOW)
        page = WorkPage("Birgit", NOW, "UTC", None, "sick-leave")
        given = {"patient_id": patient_id, "grant_id": grant_id}
        work_pages.keep(connection, record.ids, sealer, page, now=NOW, **given)
        audit.append(connection, record.ids, patient_id, actor="patient", action="x", at=NOW)
        for model, row in OTHERS.items():
            row_id = record.ids.take(connection)
            more = {"patient_id": patient_id} if model is not tables.Due else {}
            own = {k: v(patient_id) if callable(v) else v for k, v in row.items()}
            connection.execute(insert(tables.core(model)), {"id": row_id, **more, **own})
            if model is tables.WebLink:
                code = {"link_id": row_id, "patient_id": patient_id, "hash": b"x"}
                times = {"created_at": NOW, "expires_at": NOW}
                connection.execute(insert(tables.core(tables.WebCode)), code | times)


OTHERS: dict[type[SQLModel], dict[str, object]] = {
    tables.Session: {
        "flow": "odi",
        "definition": "d",
        "status": "waiting",
        "opened_at": NOW,
        "body": b"x",
    },
    tables.DeskCase: {"kind": "person", "state": "open", "opened_at": NOW, "changed_at": NOW},
    tables.Due: {
        "at": NOW,
        "kind": "step",
        "owner_kind": "patient",
        "owner_id": lambda patient_id: patient_id,
        "key": "weekly",
    },
    tables.Inbox: {
        "channel": "sms",
        "external_id": lambda patient_id: f"SM{patient_id}",
        "at": NOW,
        "received_at": NOW,
        "kind": "text",
        "body": b"x",
        "status": "done",
    },
    tables.Outbox: {
        "channel": "sms",
        "sequence": 1,
        "body": b"x",
        "ready_at": NOW,
        "created_at": NOW,
    },
    tables.EnrolmentCode: {
        "hash": lambda patient_id: b"%d" % patient_id,
        "created_at": NOW,
        "expires_at": NOW,
    },
    tables.EnrolmentRequest: {
        "hash": lambda patient_id: b"%d" % patient_id,
        "body": b"x",
        "created_at": NOW,
    },
    tables.EnrolmentMark: {
        "kind": "all",
        "hash": lambda patient_id: b"%d" % patient_id,
        "created_at": NOW,
    },
    tables.AddressCheck: {
        "channel": "sms",
        "address": b"x",
        "hash": b"x",
        "created_at": NOW,
        "expires_at": NOW,
    },
    tables.WebLink: {
        "token_hash": lambda patient_id: b"%d" % patient_id,
        "created_at": NOW,
        "expires_at": NOW,
    },
    tables.RoomCode: {"hash": b"x", "created_at": NOW, "expires_at": NOW},
    tables.WebSession: {
        "cookie_hash": lambda patient_id: b"%d" % patient_id,
        "created_at": NOW,
        "last_seen_at": NOW,
    },
}


def counts(record: Record) -> dict[str, int]:
    with record.database.read() as connection:
        return {
            table.name: len(connection.execute(select(table)).all())
            for table in SQLModel.metadata.sorted_tables
            if table.name not in STAY | HAS_SEVERAL
        }


def erase(record: Record, patient_id: int) -> None:
    with record.database.write() as connection:
        patients.lock_conversations(connection, [patient_id])
        erasure.erase(connection, patient_id, NOW)


def test_everything_of_the_patient_goes_and_nothing_of_anybody_else(record: Record) -> None:
    birgit, hers = record.enrol()
    jonas, his = record.enrol("Jonas Lund")
    fill(record, birgit, hers)
    one_each = counts(record)
    assert set(one_each.values()) == {1}
    fill(record, jonas, his)
    erase(record, birgit)
    assert counts(record) == one_each
    with record.database.read() as connection:
        assert len(entries.timeline(connection, his, jonas)) == 1
        heap = tables.core(tables.FindHeap)
        assert set(connection.execute(select(heap.c.patient_id)).scalars()) == {jonas}


def test_a_tombstone_and_the_audit_stay_and_the_key_is_gone(record: Record) -> None:
    birgit, hers = record.enrol()
    fill(record, birgit, hers)
    erase(record, birgit)
    with record.database.read() as connection:
        assert patients.read(connection, [birgit]) == []
        left = connection.execute(TOMBSTONE, {"id": birgit}).one()
        assert erasure.tombstones(connection) == {birgit: NOW}
        (chain,) = audit_checks.check(connection, [birgit])
        # Whoever erases a patient records it first, as `bot.erasing` does.
        assert chain.problems == [Problem(2, "no-erasure")]
        assert len(audit.records(connection, birgit)) == 1
    assert (left.status, left.wrapped_key, left.profile, left.body) == ("erased", b"", b"", b"")


def test_a_restore_may_erase_again_and_whom_it_does_not_know(record: Record) -> None:
    birgit, _ = record.enrol()
    for patient_id in (birgit, birgit, 999_999):
        erase(record, patient_id)
    with record.database.read() as connection:
        assert erasure.tombstones(connection) == {birgit: NOW, 999_999: NOW}
