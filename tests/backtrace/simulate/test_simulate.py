"""Invented patients answer for weeks; what came of it is checked, and comes out alike."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import closing, suppress
from datetime import timedelta
from pathlib import Path

import phonenumbers
import pytest
from phonenumbers import PhoneNumberFormat
from sqlalchemy import text
from typer.testing import CliRunner, Result

from backtrace import simulate_cli
from backtrace.cli import app
from backtrace.definitions import shipped_library
from backtrace.replay.stage import Stage, furnish
from backtrace.simulate.checks import Problem, problems, problems_in
from backtrace.simulate.people import Crowd
from backtrace.simulate.report import summary
from backtrace.simulate.run import Simulation
from backtrace.simulate_cli import FIRST_DAY
from tests.bot.house import House
from trajectory.database import Database
from trajectory.keys import Ring

pytestmark = pytest.mark.both_databases

PEOPLE, SEED = 5, 1
END = FIRST_DAY + timedelta(days=9)
"""The Wednesday after the first check-in."""


WRONG = {
    "score is not that of its answers": """
        UPDATE entry SET value = value + 1
        WHERE id = (SELECT max(id) FROM entry WHERE kind = 'score' AND flow = 'odi')""",
    # The score's answers, not the score itself.
    "score is not that of its answers ": """
        UPDATE entry SET kind = 'skip'
        WHERE id = (SELECT max(id) FROM entry WHERE kind = 'answer' AND flow = 'start-back')""",
    "message is ready and was not sent": """
        UPDATE outbox SET status = 'ready' WHERE id = (SELECT max(id) FROM outbox)""",
    "due row was not acted on": """
        UPDATE due SET at = '2026-01-06 10:00:00+00' WHERE id = (SELECT max(id) FROM due)""",
    "message was set aside": """
        UPDATE inbox SET status = 'failed' WHERE id = (SELECT max(id) FROM inbox)""",
    # As if every question of the ODI had come unasked.
    "more openings in a day than allowed": """
        UPDATE outbox SET priority = 5
        WHERE patient_id = (SELECT max(patient_id) FROM entry WHERE flow = 'odi')""",
}
"""What is found after a statement has spoilt a run that went well."""


class Undo(Exception):
    """Takes a spoilt transaction back."""


def test_nine_days_come_out_alike_on_both_databases_and_what_is_wrong_is_found(
    migrated_database_url: str, golden: Callable[[str, str], None]
) -> None:
    database = Database(migrated_database_url, durable=False)
    stage = furnish(database, Ring.generate(), shipped_library(), FIRST_DAY, SEED)
    simulation = Simulation(stage, Crowd(PEOPLE, SEED, FIRST_DAY), END)
    for _ in simulation.run():
        pass
    lines = summary(stage.deployment, simulation.people, 0, FIRST_DAY, END)
    golden("simulate/nine-days.txt", "".join(f"{name}: {value}\n" for name, value in lines))
    assert list(problems(stage.deployment, 0)) == []
    for what, statement in WRONG.items():
        found = spoilt(stage, statement)
        assert found[0].what == what.rstrip()
        assert len({problem.patient_id for problem in found} - {None}) == 1
    database.close()


def spoilt(stage: Stage, statement: str) -> list[Problem]:
    """What is found after this statement, which is taken back."""
    found: list[Problem] = []
    with suppress(Undo), stage.deployment.database.write() as connection:
        connection.execute(text(statement))
        found += problems_in(connection, stage.deployment, 0)
        raise Undo
    return found


def simulate(*arguments: str) -> Result:
    few = ("--patients", "2", "--weeks", "1")
    return CliRunner().invoke(app, ["simulate", *few, *arguments])


def test_the_same_seed_prints_the_same_bytes_and_another_others() -> None:
    first, again, other = simulate(), simulate(), simulate("--seed", "2")
    assert first.exit_code == again.exit_code == other.exit_code == 0
    assert first.stdout == again.stdout
    assert first.stdout != other.stdout
    assert "turns/s" in first.stderr, "how fast it was is told apart"
    (week,) = [line for line in first.stderr.splitlines() if line.endswith("week 1 of 1")]
    assert not week.startswith("0 turns"), "a week is told when it is over"


def test_a_database_for_the_demo_ends_today_and_is_not_filled_twice_by_mistake(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    url = f"sqlite:///{tmp_path / 'filled.db'}"
    filled = simulate("--database", url, "--channel", "web", "--language", "da")
    assert filled.exit_code == 0, filled.output
    assert "after a crash, begin anew" in filled.stderr
    refused = simulate("--database", url)
    assert refused.exit_code == 2
    assert "--add" in refused.stderr
    assert simulate("--database", url, "--add", "--channel", "web").exit_code == 0


def test_a_database_that_we_do_not_speak_is_refused_in_a_line() -> None:
    refused = simulate("--database", "mysql://somewhere/else")
    assert refused.exit_code == 2
    assert "write sqlite:///file.db or postgresql://" in refused.stderr


def test_invented_patients_are_refused_in_production(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BACKTRACE_ENV", "production")
    refused = simulate("--database", f"sqlite:///{tmp_path / 'real.db'}")
    assert refused.exit_code == 2
    assert "production" in refused.stderr
    assert not (tmp_path / "real.db").exists()


def test_real_patients_are_never_simulated(
    tmp_path: Path, migrated_sqlite: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    file = shutil.copy(migrated_sqlite, tmp_path / "clinic.db")
    with closing(Database(f"sqlite:///{file}", durable=False)) as database:
        house = House(database)
        house.enrol()
    monkeypatch.setenv("BACKTRACE_KEYS", house.deployment.ring.setting())
    refused = simulate("--database", f"sqlite:///{file}", "--add")
    assert refused.exit_code == 2
    assert "not invented" in refused.stderr


def test_a_server_that_others_are_connected_to_is_left_alone(
    postgres_migrated: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BACKTRACE_KEYS", Ring.generate().setting())
    with closing(Database(postgres_migrated, durable=False)) as database, database.read():
        refused = simulate("--database", postgres_migrated)
    assert refused.exit_code == 2
    assert "Stop `web` and `worker`" in refused.stderr


def test_invented_numbers_are_nobodys() -> None:
    people = list(Crowd(200, SEED, FIRST_DAY, ("sms",), offset=250_000).people())
    numbers = {person.address for person in people}
    assert len(numbers) == len(people)
    for number in numbers:
        parsed = phonenumbers.parse(number)
        assert not phonenumbers.is_valid_number(parsed)
        assert phonenumbers.format_number(parsed, PhoneNumberFormat.E164) == number


def test_whatever_is_wrong_is_named_and_ends_with_one(monkeypatch: pytest.MonkeyPatch) -> None:
    many = [Problem("score is not that of its answers", patient_id=7, row_id=n) for n in range(30)]
    monkeypatch.setattr(simulate_cli, "problems", lambda *_: iter(many))
    ended = simulate()
    assert ended.exit_code == 1
    assert "wrong: score is not that of its answers: patient 7, row 0\n" in ended.stdout
    assert "wrong: 10 more" in ended.stdout
