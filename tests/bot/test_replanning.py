"""A new deploy ships another pathway: running patients follow it without a gap or a double."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from bot import replanning
from bot.deployment import Deployment
from bot.dispatching import dispatch
from bot.driving import run_until_quiet
from flows.library import Library
from flows.model import Pathway, Step
from tests.bot.house import MORNING, House
from trajectory import patients, tables
from trajectory.database import Database

pytestmark = pytest.mark.both_databases

CHECK_IN, ODI = "weekly-check-in", "odi"
Edit = Callable[[Pathway], Pathway]


@pytest.fixture
def both(migrated_database_url: str) -> Iterator[House]:
    """On SQLite and on PostgreSQL; `house` is on SQLite only, where the rules are the point."""
    database = Database(migrated_database_url, durable=False)
    yield House(database)
    database.close()


@pytest.fixture
def house(light_house: House) -> House:
    return light_house


def deploy(house: House, edit: Edit) -> None:
    """The same deployment, with another pathway; the rest stays as it was."""
    library = house.deployment.library
    edited = edit(library.pathway("low-back-pain"))
    house.deployment = replace(house.deployment, library=Library(library.flows.values(), [edited]))


def changing(key: str, **changes: object) -> Edit:
    """One step is edited."""

    def edit(pathway: Pathway) -> Pathway:
        steps = [replace(s, **changes) if s.key == key else s for s in pathway.steps]  # type: ignore[arg-type]
        return replace(pathway, steps=tuple(steps))

    return edit


def adding(step: Step) -> Edit:
    return lambda pathway: replace(pathway, steps=(*pathway.steps, step))


def without(*keys: str) -> Edit:
    return lambda pathway: replace(
        pathway, steps=tuple(step for step in pathway.steps if step.key not in keys)
    )


def replan_all(deployment: Deployment) -> int:
    """As the chore does, slice after slice; how many were planned anew."""
    count, place = replanning.replan(deployment)
    while place is not None:
        more, place = replanning.replan(deployment, place)
        count += more
    return count


def planned(house: House) -> dict[str, int]:
    """By step in how many days it comes next."""
    now = house.clock.now()
    return {
        row.key.removeprefix("step:"): (row.at - now + timedelta(hours=12)).days
        for row in house.due()
        if row.kind == "step"
    }


def live(house: House, days: int) -> None:
    """So many days, on each of which the patient answers whatever is asked."""
    for _ in range(days):
        house.wait(days=1)
        answer(house)


def answer(house: House) -> None:
    """Press a button of whatever is asked, and skip what has none, until nothing is."""
    house.answer_all()
    while any(row.status == "waiting" for row in house.rows(tables.core(tables.Session))):
        house.write("skip")
        house.answer_all()


def enrol(house: House, days: int = 0, address: str = "birgit") -> int:
    """A patient on the pathway for so many days, at 20:00."""
    house.clock.set(MORNING + timedelta(hours=10))
    patient = house.enrol(address, pathway="low-back-pain")
    if days:
        answer(house)
        live(house, days)
    return patient.patient_id


def opened(house: House) -> list[str]:
    """The flows that were opened, in order."""
    return [row.flow for row in house.rows(tables.core(tables.Session))]


def asked(house: House, flow: str) -> int:
    return opened(house).count(flow)


def test_who_is_planned_by_this_pathway_is_left_alone(house: House) -> None:
    enrol(house)

    assert replan_all(house.deployment) == 0


def test_a_new_step_comes_to_running_patients_if_its_time_has_not_passed(both: House) -> None:
    enrol(both, days=4)
    extra = Step("odi-extra", ODI, day=6)
    late = Step("odi-late", ODI, day=3)

    deploy(both, lambda pathway: adding(extra)(adding(late)(pathway)))
    assert replan_all(both.deployment) == 1

    assert planned(both)["odi-extra"] == 2
    assert "odi-late" not in planned(both)


def test_what_is_taken_out_does_not_come(house: House) -> None:
    enrol(house, days=4)
    before = planned(house)

    deploy(house, without("intake-more"))
    replan_all(house.deployment)

    assert planned(house) == {key: at for key, at in before.items() if key != "intake-more"}


def test_what_was_taken_out_does_nothing_where_it_falls_due_before_the_patient_is_planned_anew(
    house: House,
) -> None:
    enrol(house, days=4)
    deploy(house, without("intake-more"))

    before = len(opened(house))
    house.clock.set(house.clock.now() + timedelta(days=4))
    run_until_quiet(house.deployment)

    assert "intake" not in opened(house)[before:]
    assert replan_all(house.deployment) == 1


def test_a_step_moves_with_its_day(house: House) -> None:
    enrol(house, days=4)

    deploy(house, changing("intake-more", day=20))
    replan_all(house.deployment)

    assert planned(house)["intake-more"] == 16


def test_a_step_that_has_come_does_not_come_again_on_its_new_day(both: House) -> None:
    enrol(both, days=4)
    assert asked(both, ODI) == 1

    deploy(both, changing("odi-baseline", day=20))
    replan_all(both.deployment)

    assert "odi-baseline" not in planned(both)


def test_a_start_question_that_moves_to_a_day_is_not_asked_again(house: House) -> None:
    enrol(house, days=4)

    deploy(house, changing("start-back", at_start=False, day=10))
    replan_all(house.deployment)

    assert "start-back" not in planned(house)


def test_a_step_that_waits_and_has_only_times_in_the_past_comes_when_it_would_have(
    house: House,
) -> None:
    enrol(house, days=4)

    deploy(house, changing("intake-more", day=3))
    replan_all(house.deployment)

    assert planned(house)["intake-more"] == 4


def test_weeks_that_are_put_in_before_what_has_come_bring_nothing_twice(house: House) -> None:
    enrol(house, days=7 * 6 + 8)
    done = asked(house, ODI)

    deploy(house, changing("odi", weeks=(3, 6, 9, 12, 26, 52)))
    replan_all(house.deployment)

    # Week 9's, and nothing of week 6 again.
    assert 7 <= planned(house)["odi"] <= 21
    live(house, planned(house)["odi"] - 2)
    assert asked(house, ODI) == done
    live(house, 3)
    assert asked(house, ODI) == done + 1


@pytest.mark.parametrize("delay", [timedelta(0), timedelta(days=19)])
def test_another_delay_moves_the_first_check_in_and_no_later_one(
    house: House, delay: timedelta
) -> None:
    enrol(house)
    first = planned(house)[CHECK_IN]
    deploy(house, changing(CHECK_IN, delay=delay))
    replan_all(house.deployment)
    assert planned(house)[CHECK_IN] == (first if not delay else 20)

    deploy(house, changing(CHECK_IN, delay=timedelta(hours=72)))
    replan_all(house.deployment)
    assert planned(house)[CHECK_IN] == first
    live(house, first + 1)
    following = planned(house)[CHECK_IN]
    deploy(house, changing(CHECK_IN, delay=delay))
    replan_all(house.deployment)
    assert planned(house)[CHECK_IN] == following


def test_fewer_weeks_end_the_check_ins_and_the_patient_is_asked_how_to_go_on(
    house: House,
) -> None:
    enrol(house, days=30)

    deploy(house, changing(CHECK_IN, weekly_until=3))
    replan_all(house.deployment)
    assert CHECK_IN not in planned(house)
    live(house, 15)

    assert any("Every month" in str(s.parcel.rendered.buttons) for s in house.telegram.sent)


def test_more_weeks_go_on(house: House) -> None:
    enrol(house, days=30)

    deploy(house, changing(CHECK_IN, weekly_until=20))
    replan_all(house.deployment)

    live(house, 70)
    assert CHECK_IN in planned(house)


def test_what_is_overdue_when_the_new_program_starts_still_comes_once(house: House) -> None:
    enrol(house, days=4)
    days = planned(house)[CHECK_IN]
    live(house, days - 1)
    before = asked(house, CHECK_IN)

    # Down over the hour of the check-in, and another pathway when it is up again.
    house.clock.set(house.clock.now() + timedelta(days=1))
    deploy(house, changing(CHECK_IN, weekly_until=20))
    replan_all(house.deployment)
    live(house, 1)

    assert asked(house, CHECK_IN) == before + 1
    assert planned(house)[CHECK_IN] == 6


def test_who_has_stopped_is_planned_by_the_new_pathway_at_start(house: House) -> None:
    enrol(house, days=4)
    house.write("stop")
    deploy(house, adding(Step("odi-extra", ODI, day=30)))
    assert replan_all(house.deployment) == 0

    house.write("start")

    assert planned(house)["odi-extra"] == 26
    assert "odi-baseline" not in planned(house)
    assert replan_all(house.deployment) == 0


def test_patients_of_a_release_that_kept_no_count_are_counted_by_the_calendar(
    both: House,
) -> None:
    patient = enrol(both, days=4)
    sealer = both.sealer(patient)
    with both.database.write() as connection:
        (row,) = patients.lock_conversations(connection, [patient])
        body = sealer.open_json(patients.BODY, patient, row.body)
        for part in ("done", "week_one"):
            body.pop(part, None)
        sealed = sealer.seal_json(patients.BODY, patient, body)
        patients.save_conversation(connection, patient, row.sequence, row.session_id, sealed)
        patients.change(connection, patient, planned_by="")
    before = planned(both)

    assert replan_all(both.deployment) == 1

    assert planned(both) == before


@pytest.mark.parametrize("migrated_database_url", ["postgresql"], indirect=True)
def test_whom_another_worker_holds_is_planned_anew_the_next_time(both: House) -> None:
    held = enrol(both, days=1)
    other = enrol(both, address="niels")
    deploy(both, without("intake-more"))

    with both.database.write() as connection:
        patients.lock_conversations(connection, [held])
        assert replan_all(both.deployment) == 1

    assert replan_all(both.deployment) == 1
    assert other != held
    assert replan_all(both.deployment) == 0


def test_a_patient_who_cannot_be_planned_anew_stops_nobody(
    both: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = enrol(both)
    enrol(both, address="niels")
    with both.database.write() as connection:
        (row,) = patients.lock_conversations(connection, [broken])
        patients.save_conversation(connection, broken, row.sequence, row.session_id, b"broken")
    deploy(both, without("intake-more"))

    assert replan_all(both.deployment) == 1
    assert replan_all(both.deployment) == 0


def test_a_worker_of_the_deploy_before_leaves_a_patient_to_be_looked_at(house: House) -> None:
    enrol(house, days=4)
    old = house.deployment
    deploy(house, adding(Step("odi-extra", ODI, day=300)))
    assert replan_all(house.deployment) == 1

    house.clock.set(house.clock.now() + timedelta(days=4))
    while dispatch(old):
        pass

    assert replan_all(house.deployment) == 1


def test_a_pathway_that_is_not_offered_asks_nothing_and_goes_on_once_it_is_again(
    both: House,
) -> None:
    enrol(both, days=4)
    library, before = both.deployment.library, opened(both)

    both.deployment = replace(both.deployment, library=Library(library.flows.values()))
    both.wait(days=10)
    both.write("how am I doing")
    both.settle()
    said = both.telegram.texts()[-1]
    both.deployment = replace(both.deployment, library=library)
    replan_all(both.deployment)
    live(both, 7)

    assert "Everyday trouble" in said
    assert opened(both)[: len(before)] == before
    assert opened(both)[len(before) :].count(CHECK_IN) == 1
