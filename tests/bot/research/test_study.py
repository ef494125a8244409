"""The export of a simulated study opens in pandas, agrees with the database, and holds nobody
who has not agreed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from sqlalchemy import select

from backtrace.definitions import shipped_library
from backtrace.replay.stage import Stage, furnish
from backtrace.simulate.people import Crowd, Person
from backtrace.simulate.run import Simulation
from backtrace.simulate_cli import FIRST_DAY
from bot.deployment import Clinic
from bot.driving import run_until_quiet
from bot.inbound import Inbound, InboundKind
from bot.receiving import receive
from flows.model import Item, ItemKind
from tests.bot.research.study import Folder, Run, agreed, pseudonym, runs
from trajectory import tables
from trajectory.database import Database
from trajectory.keys import Ring

pytestmark = pytest.mark.both_databases

_session = tables.core(tables.Session)

PEOPLE, SEED = 10, 3
END = FIRST_DAY + timedelta(days=9)
AGREE = {
    "en": "you may use my answers for research",
    "da": "i må gerne bruge mine svar til forskning",
}
TAKE_BACK = {
    "en": "I withdraw my consent to research",
    "da": "Jeg trækker mit samtykke til forskning tilbage",
}
STATES = {"answer": "answered", "skip": "declined", "not-applicable": "not-applicable"}


class Study:
    """Ten invented patients after nine days, of whom some agree and some take that back."""

    def __init__(self, database: Database) -> None:
        clinic = Clinic(public_url="https://nord.example", research=True)
        ring = Ring.generate()
        self.stage: Stage = furnish(database, ring, shipped_library(), FIRST_DAY, SEED, clinic)
        simulation = Simulation(self.stage, Crowd(PEOPLE, SEED, FIRST_DAY), END)
        for _ in simulation.run():
            pass
        self.people = list(simulation.people)
        self._written = 0
        for person in self.people[:7]:
            self.say(person, AGREE[person.language])
            self.say(person, {"en": "yes", "da": "ja"}[person.language])
        for person in self.people[5:7]:
            self.say(person, TAKE_BACK[person.language])
        self._correct_late()

    def say(self, person: Person, text: str, choice: str = "") -> None:
        self._written += 1
        clock = self.stage.clock
        clock.set(clock.now() + timedelta(minutes=1))
        kind = InboundKind.CHOICE if choice else InboundKind.TEXT
        key = f"study:{self._written}"
        receive(
            self.stage.deployment,
            [Inbound(person.channel, person.address, key, kind, clock.now(), text, choice)],
        )
        run_until_quiet(self.stage.deployment, 100)

    def _correct_late(self) -> None:
        """Who agrees takes back what they first said to STarT Back: more than a day after it."""
        for person in self.people[:5]:
            with self.stage.deployment.database.read() as connection:
                session = connection.execute(
                    select(_session.c.id).where(
                        _session.c.patient_id == person.patient_id,
                        _session.c.flow == "start-back",
                        _session.c.status == "finished",
                    )
                ).scalar()
            for option in ("agree", "disagree") if session else ():
                self.say(person, option, f"q.{session}.1.{option}")


@pytest.fixture
def study(migrated_database_url: str) -> Iterator[Study]:
    database = Database(migrated_database_url, durable=False)
    yield Study(database)
    database.close()


def test_a_simulated_study_opens_in_pandas_agrees_with_the_database_and_holds_only_who_agreed(
    study: Study, tmp_path: Path
) -> None:
    export = Folder(study.stage.deployment, tmp_path / "study")
    says_what_the_database_says(study, export)
    holds_nobody_without_consent(study, export)


def says_what_the_database_says(study: Study, export: Folder) -> None:
    deployment = study.stage.deployment
    library = deployment.library
    expected = dict(runs(deployment))
    frames = {flow: keyed(export[flow]) for flow in export.tables}
    assert {"odi", "start-back", "weekly-check-in", "intake", "safety-gate"} <= frames.keys()
    assert {key for frame in frames.values() for key in frame.index} == expected.keys()
    assert sum(len(frame) for frame in frames.values()) == export.manifest["rows"]
    for key, run in expected.items():
        agrees(frames[run.flow].loc[[key]].iloc[0], run, library.flow(run.flow).items)
    # It would not show if nobody had done any of this.
    everything = pd.concat(frames.values())
    assert everything["corrected_late"].sum() > 0
    assert everything["n_corrected"].sum() > 0
    assert everything["n_missing"].sum() > 0
    assert set(everything["mode"].dropna()) >= {"sms", "web", "telegram"}


def holds_nobody_without_consent(study: Study, export: Folder) -> None:
    deployment = study.stage.deployment
    people = {person.patient_id for person in study.people}
    assert 0 < len(agreed(deployment)) < len(people)
    names = {each: pseudonym(deployment, each) for each in people}
    with_answers = {run.patient_id for _, run in runs(deployment)}
    assert export.pseudonyms == {names[each] for each in agreed(deployment) & with_answers}
    assert export.made.patients == len(export.pseudonyms)
    for file in export.folder.iterdir():
        text = file.read_text("utf-8")
        for person in study.people:
            assert person.address not in text
            assert f"Simulated {person.number}" not in text


def keyed(frame: pd.DataFrame) -> pd.DataFrame:
    found = frame.set_index(["pseudonym", "flow", "number"])
    assert found.index.is_unique
    return found


def agrees(row: Any, run: Run, items: Sequence[Item]) -> None:
    """One row, beside what the stored rows say by themselves."""
    for item in items:
        name = item.id.replace("-", "_")
        said = item.id in run.first
        asked = row[f"{name}_final_status"] != "not-asked"
        if not asked:
            continue
        assert row[f"{name}_final_status"] == (STATES[run.kinds[item.id]] if said else "missing")
        if item.kind is ItemKind.TEXT:
            assert f"{name}_final" not in row.index
            continue
        assert same(row[f"{name}_first"], run.first.get(item.id))
        assert same(row[f"{name}_final"], run.final.get(item.id))
    counted = Counter(run.kinds.values())
    assert row["n_answered"] == counted["answer"]
    assert row["n_declined"] == counted["skip"]
    assert row["n_not_applicable"] == counted["not-applicable"]
    assert (
        row["n_answered"] + row["n_declined"] + row["n_not_applicable"] + row["n_missing"]
        == (row["n_items"])
    )
    assert row["n_corrected"] == sum(often > 1 for often in run.often.values())
    assert bool(row["corrected_late"]) is run.late
    assert row["modes"] == "+".join(sorted(run.channels)) if run.channels else pd.isna(row["modes"])
    if "score_final" in row.index:
        assert same(row["score_first"], run.scores[0] if run.scores else None)
        assert same(row["score_final"], run.scores[-1] if run.scores else None)
        assert same(row["band"], run.bands[-1] if run.bands else None)


def same(read: Any, said: Any) -> bool:
    return bool(pd.isna(read) if said is None else read == said)
