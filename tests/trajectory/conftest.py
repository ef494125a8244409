"""A migrated database with one patient, on SQLite and on PostgreSQL."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from trajectory import care_team, grants, patients
from trajectory.care_team import Member
from trajectory.database import Database
from trajectory.ids import Ids
from trajectory.keys import Ring, Sealer

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Record:
    """Everything that a test needs to keep a patient's record."""

    database: Database
    ids: Ids
    ring: Ring

    def enrol(self, name: str = "Birgit Holm") -> tuple[int, Sealer]:
        with self.database.write() as connection:
            return patients.create(
                connection,
                self.ids,
                self.ring,
                language="da",
                timezone="Europe/Copenhagen",
                pathway="low-back-pain",
                status="active",
                profile={"name": name},
                now=NOW,
            )

    def add_physio(self, patient_id: int, sealer: Sealer) -> Member:
        with self.database.write() as connection:
            anne = Member(
                self.ids.take(connection), "physiotherapist", "Anne Skov", "anne@klinik.example"
            )
            care_team.add(connection, sealer, anne, patient_id=patient_id, now=NOW)
            return anne

    def share(
        self,
        patient_id: int,
        sealer: Sealer,
        member_id: int,
        *,
        until: datetime | None = None,
        token: str = "the-link",
        now: datetime = NOW,
    ) -> int:
        with self.database.write() as connection:
            return grants.give(
                connection,
                self.ids,
                self.ring,
                sealer,
                patient_id=patient_id,
                member_id=member_id,
                purposes=["summary", "digest"],
                until=until,
                token=token,
                word="solsikke",
                now=now,
            )


@pytest.fixture
def database(migrated_database_url: str) -> Iterator[Database]:
    database = Database(migrated_database_url, durable=False)
    yield database
    database.close()


@pytest.fixture
def record(database: Database) -> Record:
    return Record(database, Ids(database), Ring.parse(RING))


RING = "new:" + "bmV3" * 10 + "bmU=," + "old:" + "b2xk" * 10 + "b2w="
OLD_RING = RING.split(",")[1]
