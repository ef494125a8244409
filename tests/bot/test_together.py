"""Everything at once, in several processes; and processes that are killed in the middle.

BACKTRACE_TEST_STRESS_SECONDS=60 makes it a longer run.
"""

from __future__ import annotations

import os
import signal
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import Row, text

from bot.channels import Parcel
from bot.inbound import Inbound, InboundKind
from bot.messages import Priority
from bot.opaque_ids import opaque
from tests.bot import crowd
from tests.bot.crowd import Scene, facts
from tests.bot.house import MORNING, House
from tests.house.processes import start
from trajectory import audit_checks, care_team, grants
from trajectory.care_team import Member

pytestmark = pytest.mark.first

SECONDS = float(os.environ.get("BACKTRACE_TEST_STRESS_SECONDS", "5"))
PATIENTS = 12
LIVES = 10
WORDS = "copper meadow"

on_postgresql = pytest.mark.parametrize("migrated_database_url", ["postgresql"], indirect=True)
on_sqlite = pytest.mark.parametrize("migrated_database_url", ["sqlite"], indirect=True)


@pytest.fixture
def scene(house: House, migrated_database_url: str, tmp_path: Path) -> Scene:
    """Twelve patients; three of them share with Anne."""
    journal = tmp_path / "journal"
    journal.mkdir()
    ids = {f"patient-{n:02}": house.enrol(f"patient-{n:02}").patient_id for n in range(PATIENTS)}
    house.settle()
    house.telegram.sent.clear()
    shared = list(ids.values())[:3]
    return Scene(
        url=migrated_database_url,
        ring=house.deployment.ring.setting(),
        journal=str(journal),
        began=time.time(),
        seconds=0,
        patients=ids,
        links=[share(house, patient_id) for patient_id in shared],
        words=WORDS,
    )


def share(house: House, patient_id: int) -> str:
    deployment, sealer, now = house.deployment, house.sealer(patient_id), house.clock.now()
    token = deployment.chance.token()
    with house.database.write() as connection:
        anne = Member(
            deployment.ids.take(connection), "physiotherapist", "Anne Skov", "anne@klinik.example"
        )
        care_team.add(connection, sealer, anne, patient_id=patient_id, now=now)
        grants.give(
            connection, deployment.ids, deployment.ring, sealer, patient_id=patient_id,
            member_id=anne.id, purposes=["summary"], until=None, token=token, word=WORDS, now=now,
        )  # fmt: skip
    return token


@on_postgresql
def test_several_processes_at_one_postgresql(
    house: House, scene: Scene, record_property: Callable[[str, object], None]
) -> None:
    run(scene, SECONDS, (crowd.web, 1, [2]), (crowd.web, 2, [1]), (crowd.worker,),
        (crowd.worker,), (crowd.professionals,))  # fmt: skip
    told = check_everything(house, scene)
    with house.database.read() as connection:
        deadlocks = connection.execute(
            text("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        ).scalar_one()
    assert deadlocks == 0
    record_property("numbers", told)
    print(f"\n{SECONDS:g} s on PostgreSQL: {told}")


@on_sqlite
def test_two_processes_at_one_file(house: House, scene: Scene) -> None:
    run(scene, SECONDS / 2, (crowd.web, 1, [], True), (crowd.professionals,))
    told = check_everything(house, scene)
    print(f"\n{SECONDS / 2:g} s on SQLite: {told}")


def test_processes_that_are_killed_lose_nothing_that_they_have_acknowledged(
    house: House, scene: Scene
) -> None:
    folder, random = Path(scene.journal), Random(7)
    for life in range(1, LIVES + 1):
        # Each begins when the leases of the one before have ended.
        later = replace(scene, began=scene.began - 180 * life)
        process = start(crowd.doomed, later, life)
        first = f"{life}."
        wait_until(
            lambda: any(each["id"].startswith(first) for each in facts(folder, "taken")),  # noqa: B023
            [process],
        )
        time.sleep(random.uniform(0, 0.15))
        process.kill()
        process.join()
        assert process.exitcode == -signal.SIGKILL
    leftovers = finish(house)
    taken = kept(house, [each["id"] for each in facts(folder, "taken")])
    stored = Counter(row.external_id for row in house.inbox())
    assert len(taken) >= LIVES
    assert set(stored.values()) == {1}
    assert set(taken) <= set(stored)
    assert len(stored) - len(set(taken)) <= 3 * LIVES, "the last batch of each, not yet told"
    check_records(house, scene)
    check_all_was_sent(house, [*facts(folder, "sent"), *leftovers])
    check_everybody_is_answered(house, scene)


def check_all_was_sent(house: House, sent: list[dict[str, int]]) -> None:
    """All went out; twice only what was under way when its process was killed."""
    times = Counter(each["row"] for each in sent)
    assert set(times) == {row.id for row in house.outbox() if row.status == "sent"}
    again = sum(times.values()) - len(times)
    assert again <= LIVES * PATIENTS
    attempts = {row.id: row.attempts for row in house.outbox()}
    assert all(count <= attempts[row_id] for row_id, count in times.items())


def check_everybody_is_answered(house: House, scene: Scene) -> None:
    for address in scene.patients:
        before = len(house.telegram.sent)
        house.write("start", address)
        house.write("help", address)
        house.settle()
        assert "STOP ends" in house.telegram.texts(address)[-1] or len(house.telegram.sent) > before


def run(scene: Scene, seconds: float, *works: tuple[Any, ...]) -> None:
    """Run these, each in a process of its own, together for so many seconds."""
    folder = Path(scene.journal)
    scene = replace(scene, seconds=seconds)
    started = [start(work, scene, *args) for work, *args in works]
    wait_until(lambda: len(facts(folder, "ready")) == len(works), started)
    (folder / crowd.GO).touch()
    deadline = time.monotonic() + seconds + 2 * crowd.SOON
    for process in started:
        process.join(max(deadline - time.monotonic(), 0))
        process.kill()
        process.join()
    assert facts(folder, "trouble") == []
    assert [process.exitcode for process in started] == [0] * len(started)


def wait_until(done: Callable[[], bool], started: Sequence[Any]) -> None:
    deadline = time.monotonic() + crowd.SOON
    while not done():
        assert all(process.is_alive() for process in started)
        assert time.monotonic() < deadline
        time.sleep(0.005)


def kept(house: House, ids: Sequence[str]) -> list[str]:
    """These messages' ids as the database has them."""
    kind = InboundKind.TEXT
    messages = [Inbound("telegram", "", each, kind, MORNING) for each in ids]
    with house.database.read() as connection:
        batch = opaque(connection, house.deployment.ring, messages)
    return [message.external_id for message in batch]


def check_everything(house: House, scene: Scene) -> dict[str, float]:
    """Nothing lost, nothing twice, everything in order; and how much it was."""
    folder = Path(scene.journal)
    leftovers = finish(house)
    taken = set(kept(house, [each["id"] for each in facts(folder, "taken")]))
    stored = house.inbox()
    assert sorted(row.external_id for row in stored) == sorted(taken), "each exactly once"
    assert {row.status for row in stored} == {"done"}
    answered = check_records(house, scene)
    sent = [*facts(folder, "sent"), *leftovers]
    check_order(house, sent)
    gone_out = [row.id for row in house.outbox() if row.status == "sent"]
    assert Counter(each["row"] for each in sent) == Counter(gone_out)
    batches = facts(folder, "batches")
    return {
        "messages in": len(stored),
        "deliveries": sum(each["messages"] for each in batches),
        "mean batch": round(
            sum(each["messages"] for each in batches) / sum(each["count"] for each in batches), 1
        ),
        "answers": answered,
        "messages out": len(sent),
        "patients acted for": sum(each["count"] for each in facts(folder, "acted")),
        "pages read": len(facts(folder, "read")),
        "notes": len(facts(folder, "noted")),
    }


def finish(house: House) -> list[dict[str, int]]:
    """Send what is left, as yet another process does; what it sent."""
    sent: list[dict[str, int]] = []

    def note(parcel: Parcel) -> None:
        moment = time.monotonic_ns()
        sent.append({"row": parcel.outbox_id, "began": moment, "ended": moment})

    house.telegram.before = house.email.before = note
    house.clock.set(house.clock.now() + timedelta(hours=2))
    house.settle()
    assert {(row.status, row.error) for row in house.outbox()} <= {
        ("sent", None),
        ("dead", "stopped"),
        ("dead", "gone stopped"),
    }
    return sent


def check_records(house: House, scene: Scene) -> int:
    """Each patient's numbers run without gap or double; how many answers there are."""
    messages = by_patient(house.outbox())
    conversations = rows(house, "SELECT patient_id, sequence FROM conversation")
    at = {row.patient_id: row.sequence for row in conversations}
    count = 0
    for patient_id in scene.patients.values():
        timeline = house.timeline(patient_id)
        numbers = [entry.sequence for entry in timeline]
        numbers += [row.sequence for row in messages[patient_id]]
        assert sorted(numbers) == list(range(1, at[patient_id] + 1))
        # What takes the place of an earlier entry was asked for by "back" or another correction.
        first = [e for e in timeline if e.kind in ("answer", "skip") and e.supersedes is None]
        answers = [(e.session_id, e.turn) for e in first]
        assert len(answers) == len(set(answers)), "each question was answered once"
        count += len(answers)
        with house.database.read() as connection:
            assert audit_checks.check(connection, [patient_id])[0].problems == []
    return count


def check_order(house: House, sent: list[dict[str, int]]) -> None:
    """To one address one message at a time, in the order in which they were decided on."""
    of = {row.id: row for row in house.outbox()}
    addresses: dict[Any, list[dict[str, int]]] = defaultdict(list)
    for each in sorted(sent, key=lambda each: each["began"]):
        row = of[each["row"]]
        addresses[row.patient_id, row.member_id, row.address_id].append(each)
    for each_sent in addresses.values():
        calm = [each for each in each_sent if of[each["row"]].priority != Priority.SAFETY]
        for earlier, later in pairwise(calm):
            assert earlier["ended"] <= later["began"], "one at a time"
        for priority in Priority:
            numbers = [
                of[e["row"]].sequence for e in each_sent if of[e["row"]].priority == priority
            ]
            assert numbers == sorted(numbers)


def by_patient(found: Any) -> dict[int, list[Row[Any]]]:
    grouped: dict[int, list[Row[Any]]] = defaultdict(list)
    for row in found:
        grouped[row.patient_id].append(row)
    return grouped


def rows(house: House, statement: str) -> list[Row[Any]]:
    with house.database.read() as connection:
        return list(connection.execute(text(statement)).all())
