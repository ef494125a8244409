"""Who may pass at the desk: the way in, every route's task, and every role at every route."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from itertools import chain, combinations
from threading import Barrier
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute

from bot.desk.permissions import Task, may
from bot.desk.worker import Worker
from bot.directory import staff
from tests.api.desk.desk_house import KIRSTEN, METTE, OLE, DeskHouse
from tests.bot.ward import ANNE, Ward
from trajectory.staff_tokens import Role

OPEN_TO_ALL = {"/desk", "/desk/code", "/desk/leave", "/desk/setup/{token}"}
ROLES = (Role.SECRETARY, Role.CLINICIAN, Role.OPERATOR)


def routes(app: FastAPI) -> Iterator[APIRoute]:
    """Every route of the desk, those in routers that were included too."""

    def below(found: Any) -> Iterator[APIRoute]:
        for route in found:
            if isinstance(route, APIRoute):
                yield route
            elif hasattr(route, "original_router"):
                yield from below(route.original_router.routes)

    yield from (each for each in below(app.routes) if each.path.startswith("/desk"))


def task_of(route: APIRoute) -> Task | None:
    calls: list[Callable[..., Any] | None] = [each.call for each in route.dependant.dependencies]
    found = [call.task for call in calls if call is not None and hasattr(call, "task")]
    assert len(found) < 2, f"{route.path} names more than one task"
    return found[0] if found else None


def address(route: APIRoute) -> str:
    return re.sub(r"\{[^}]*\}", "1", route.path)


def test_from_the_invitation_to_the_desk(house: DeskHouse, ward: Ward) -> None:
    number = staff.add(ward.deployment, METTE)
    staff.invite(ward.deployment, number)
    invited = re.findall(r"/desk/setup/([\w-]+)", ward.letters()[-1].text)[-1]
    browser = house.browser()
    assert "For Mette Dam, at Klinik Nord" in browser.get(f"/desk/setup/{invited}").text
    done = browser.post(f"/desk/setup/{invited}", data={"shown": ward.shown(number)})
    assert done.headers["location"] == "/desk?ready=1"
    ward.wait(timedelta(seconds=30))
    assert "The desk of Klinik Nord" in browser.get("/desk").text
    browser.post("/desk", data={"email": METTE.email})
    typed = {"code": ward.mailed_code(), "shown": ward.shown(number)}
    assert browser.post("/desk/code", data=typed).headers["location"] == "/desk"
    assert browser.get("/desk").headers["location"].startswith("/desk/")
    assert browser.post("/desk/leave").headers["location"] == "/desk"
    assert "The desk of Klinik Nord" in browser.get("/desk").text


def test_one_sign_in_opens_the_list_and_the_desk(house: DeskHouse, kirsten: Worker) -> None:
    browser = house.browser(kirsten)
    assert "Patients who share with you" in browser.get("/pro").text
    assert browser.get("/desk").status_code == 303


def test_who_treats_nobody_is_led_from_the_list_to_the_desk(
    house: DeskHouse, mette: Worker
) -> None:
    assert house.browser(mette).get("/pro").headers["location"] == "/desk"


def test_no_patient_can_pick_the_secretary(house: DeskHouse, ward: Ward, mette: Worker) -> None:
    birgit = ward.enrol()
    assert ward.write(birgit, "send my summary to Mette Dam") == "Who is it?"
    house.hire(KIRSTEN)
    assert "Kirsten Friis" in ward.write(birgit, "send my summary to Kirsten Friis")


def test_a_professional_without_a_role_is_told_so(house: DeskHouse) -> None:
    anne = house.hire(ANNE)
    answer = house.browser(anne).get("/desk")
    assert answer.status_code == 403
    assert "Your role does not open this" in answer.text


def test_roles_that_are_taken_away_close_the_desk_at_once(house: DeskHouse, mette: Worker) -> None:
    browser = house.browser(mette)
    assert browser.get("/desk").status_code == 303
    staff.set_desk(house.ward.deployment, mette.id, frozenset())
    assert browser.get("/desk").status_code == 403


def test_the_desk_stays_open_while_it_is_used(house: DeskHouse, mette: Worker) -> None:
    browser = house.browser(mette)
    for _ in range(4):
        house.ward.wait(timedelta(minutes=20))
        assert browser.get("/desk").status_code == 303
    house.ward.wait(timedelta(minutes=31))
    assert "Send me a code" in browser.get("/desk").text


def test_the_last_operator_keeps_the_role(house: DeskHouse, ole: Worker, mette: Worker) -> None:
    deployment = house.ward.deployment
    for change in (
        lambda: staff.set_desk(deployment, ole.id, frozenset({Role.SECRETARY})),
        lambda: staff.remove(deployment, ole.id),
    ):
        with pytest.raises(staff.LastOperator):
            change()
    staff.set_desk(deployment, mette.id, frozenset({Role.SECRETARY, Role.OPERATOR}))
    staff.remove(deployment, ole.id)


@pytest.mark.both_databases
def test_of_two_operators_who_leave_at_the_same_moment_one_stays(either_ward: Ward) -> None:
    deployment, together = either_ward.deployment, Barrier(2)
    both = [staff.add(deployment, replace(OLE, email=f"{n}@nord.example")) for n in range(2)]

    def leaves(number: int) -> bool:
        together.wait()
        try:
            staff.set_desk(deployment, number, frozenset())
        except staff.LastOperator:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(leaves, both)) == [False, True]


def test_every_route_names_the_task_that_it_is_for(house: DeskHouse) -> None:
    nameless = {each.path for each in routes(house.app) if task_of(each) is None}
    assert nameless == OPEN_TO_ALL


def test_every_route_lets_in_whom_the_table_of_roles_allows(house: DeskHouse) -> None:
    """All combinations of roles, at all routes."""
    sets = chain.from_iterable(combinations(ROLES, n) for n in range(len(ROLES) + 1))
    for number, roles in enumerate(sets):
        who = replace(KIRSTEN, email=f"k{number}@nord.example", desk=frozenset(roles))
        browser = house.browser(house.hire(who))
        for route in routes(house.app):
            task = task_of(route)
            if task is None:
                continue
            for method in sorted(route.methods or ()):
                answer = browser.request(method, address(route))
                barred = answer.status_code == 403 and "Your role does not" in answer.text
                assert barred is not may(roles, task), (method, route.path, roles)


def test_nobody_passes_who_is_not_signed_in(house: DeskHouse) -> None:
    browser = house.browser()
    for route in routes(house.app):
        if task_of(route) is not None:
            for method in sorted(route.methods or ()):
                answer = browser.request(method, address(route))
                assert (answer.status_code, answer.headers["location"]) == (303, "/desk?left=1")


def test_every_section_that_has_a_first_page_stands_in_the_navigation(
    house: DeskHouse, mette: Worker
) -> None:
    page = house.browser(mette).get("/desk/work").text
    for section in ("work", "talk", "enrol", "patients", "directory", "running"):
        assert f'<li><a href="/desk/{section}"' in page
