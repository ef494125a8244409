"""What takes long is done in slices: whatever is short, and a stop, comes in between."""

from __future__ import annotations

from datetime import timedelta

import pytest

from backtrace.equipping import chores_of
from backtrace.settings import Settings
from bot import chores, replanning
from bot.chores import AnyChore, Chore, Long
from tests.bot.house import House
from trajectory import tables

pytestmark = pytest.mark.both_databases

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


class Walk:
    """A long chore of so many slices."""

    def __init__(self, slices: int) -> None:
        self.slices = slices
        self.told: list[int | None] = []

    def __call__(self, place: int | None) -> int | None:
        self.told.append(place)
        reached = (place or 0) + 1
        return reached if reached < self.slices else None


def test_what_is_short_comes_first_and_between_the_slices_of_what_is_long(house: House) -> None:
    done: list[str] = []
    walk = Walk(3)

    def walk_on(place: int | None) -> int | None:
        done.append("slice")
        return walk(place)

    both: dict[str, AnyChore] = {
        "a-long-one": Long(MINUTE, walk_on),
        "short": Chore(MINUTE, lambda last: done.append("short")),
    }
    chores.begin(house.deployment, both)
    while chores.do_due(house.deployment, both):
        if done == ["short", "slice"]:
            house.clock.set(house.clock.now() + MINUTE)
    assert done == ["short", "slice", "short", "slice", "slice"]
    assert walk.told == [None, 1, 2]
    house.clock.set(house.clock.now() + HOUR)
    while chores.do_due(house.deployment, both):
        pass
    assert walk.told == [None, 1, 2] * 2


def test_one_slice_at_a_time_is_begun_so_that_a_stop_waits_for_no_more(house: House) -> None:
    walk = Walk(5)
    mine = {"long": Long(HOUR, walk)}
    chores.begin(house.deployment, mine)
    assert chores.do_due(house.deployment, mine) == 1
    assert walk.told == [None]


def test_a_restart_begins_anew(house: House) -> None:
    walk = Walk(5)
    mine = {"long": Long(HOUR, walk)}
    chores.begin(house.deployment, mine)
    chores.do_due(house.deployment, mine)
    chores.begin(house.deployment, mine)
    chores.do_due(house.deployment, mine)
    assert walk.told == [None, None]


def test_a_slice_that_fails_is_tried_again_later(house: House) -> None:
    walk = Walk(3)

    def fail_once(place: int | None) -> int | None:
        if len(walk.told) == 1:
            walk.told.append(-1)
            raise OSError
        return walk(place)

    mine = {"long": Long(HOUR, fail_once)}
    chores.begin(house.deployment, mine)
    assert [chores.do_due(house.deployment, mine) for _ in range(3)] == [1, 0, 0]
    house.clock.set(house.clock.now() + chores.AGAIN)
    while chores.do_due(house.deployment, mine):
        pass
    assert walk.told == [None, -1, 1, 2]


def test_nobody_is_left_out_where_planning_anew_takes_many_slices(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replanning, "SLICE", 1)
    monkeypatch.setattr(replanning, "BATCHES", {"sqlite": 2, "postgresql": 2})
    names = [f"patient {n}" for n in range(5)]
    for name in names:
        house.enrol(name, pathway="low-back-pain")
    with house.database.write() as connection:
        connection.exec_driver_sql("UPDATE patient SET planned_by = 'an older one'")
    mine = chores_of(Settings(), house.deployment)
    mine = {replanning.KIND: mine[replanning.KIND]}
    chores.begin(house.deployment, mine)
    slices = 0
    while chores.do_due(house.deployment, mine):
        slices += 1
    assert slices == 4
    current = house.deployment.library.version("low-back-pain")
    assert {row.planned_by for row in house.rows(tables.core(tables.Patient))} == {current}
