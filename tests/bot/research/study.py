"""An export as whoever analyses it has it: opened in pandas, beside what the database says."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import orjson
import pandas as pd
from sqlalchemy import select

from bot.deployment import Deployment
from bot.research.exporting import Wanted
from bot.research.files import DICTIONARY, Made, export
from trajectory import patients, research, tables
from trajectory.consents import GIVEN, KIND
from trajectory.entries import NewEntry, append

STUDY = "nord-2027"
_entry = tables.core(tables.Entry)
_session = tables.core(tables.Session)


class Folder:
    """An export that was made for a test."""

    def __init__(
        self,
        deployment: Deployment,
        folder: Path,
        study: str = STUDY,
        since: date | None = None,
        until: date | None = None,
        pathway: str | None = None,
        *,
        dates: bool = False,
    ) -> None:
        self.folder = folder
        wanted = Wanted(study, since, until, pathway, dates)
        self.made: Made = export(
            deployment, wanted, folder, actor="operator", software="BackTrace 0"
        )

    @property
    def tables(self) -> list[str]:
        """The flows that there are tables of."""
        return sorted(file.stem for file in self.folder.glob("*.csv") if file.name != DICTIONARY)

    def __getitem__(self, flow: str) -> pd.DataFrame:
        return pd.read_csv(self.folder / f"{flow}.csv")

    @property
    def dictionary(self) -> pd.DataFrame:
        return pd.read_csv(self.folder / DICTIONARY)

    @property
    def manifest(self) -> Mapping[str, Any]:
        return dict(orjson.loads((self.folder / "manifest.json").read_bytes()))

    @property
    def pseudonyms(self) -> set[str]:
        """Everybody who is in it."""
        return {name for flow in self.tables for name in self[flow]["pseudonym"]}


def consent(
    deployment: Deployment, patient_id: int, code: str = GIVEN, purpose: str = research.PURPOSE
) -> None:
    """A patient says yes to a purpose, or takes it back."""
    now = deployment.clock.now()
    with deployment.database.write() as connection:
        (row,) = patients.lock_conversations(connection, [patient_id])
        detail = {"version": "2026-11", "purposes": [purpose], "language": "en"}
        entry = NewEntry(
            id=deployment.ids.take(connection),
            patient_id=patient_id,
            sequence=row.sequence + 1,
            at=now,
            recorded_at=now,
            kind=KIND,
            code=code,
            detail=detail,
        )
        append(connection, [(row.sealer(deployment.ring), entry)])
        patients.save_conversation(
            connection, patient_id, row.sequence + 1, row.session_id, row.body
        )


def pseudonym(deployment: Deployment, patient_id: int, study: str = STUDY) -> str:
    with deployment.database.read() as connection:
        found = research.pseudonyms(connection, deployment.ring, [patient_id], study)
    return found[patient_id]


@dataclass
class Run:
    """One administration, as the stored rows tell it by themselves."""

    patient_id: int
    flow: str
    first: dict[str, Any] = field(default_factory=dict)
    final: dict[str, Any] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)
    often: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    late: bool = False
    channels: set[str] = field(default_factory=set)
    scores: list[float | None] = field(default_factory=list)
    bands: list[str | None] = field(default_factory=list)

    def take(self, row: Any) -> None:
        detail = orjson.loads(row.detail) if row.detail else {}
        if row.kind == "score":
            self.scores.append(row.value)
            self.bands.append(row.code)
            return
        said = row.value if row.value is not None else row.code
        self.first.setdefault(row.item, said)
        self.final[row.item] = said
        self.kinds[row.item] = detail["given"] if row.kind == "correction" else row.kind
        self.often[row.item] += 1
        self.channels.add(row.channel)
        self.late |= bool(detail.get("late"))


def agreed(deployment: Deployment) -> set[int]:
    """Who agrees to research now, by the rows alone."""
    newest: dict[int, str] = {}
    consents = select(_entry).where(_entry.c.kind == "consent").order_by(_entry.c.sequence)
    with deployment.database.read() as connection:
        for row in connection.execute(consents):
            if "research" in orjson.loads(row.detail)["purposes"]:
                newest[row.patient_id] = row.code
    return {patient_id for patient_id, code in newest.items() if code == "given"}


def runs(deployment: Deployment) -> Iterator[tuple[tuple[str, str, int], Run]]:
    """Everything that the database has of those who agree, by pseudonym, flow and number."""
    people = agreed(deployment)
    sessions = select(_session).order_by(_session.c.patient_id, _session.c.opened_at, _session.c.id)
    said = select(_entry).where(_entry.c.session_id.is_not(None)).order_by(_entry.c.sequence)
    kinds = ("answer", "skip", "not-applicable", "correction", "score")
    with deployment.database.read() as connection:
        found = {
            row.id: Run(row.patient_id, row.flow)
            for row in connection.execute(sessions)
            if row.patient_id in people
        }
        for row in connection.execute(said.where(_entry.c.kind.in_(kinds))):
            if row.session_id in found:
                found[row.session_id].take(row)
    numbers: dict[tuple[str, str], int] = defaultdict(int)
    for run in found.values():
        place = (pseudonym(deployment, run.patient_id), run.flow)
        numbers[place] += 1
        yield (*place, numbers[place]), run
