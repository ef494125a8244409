"""Whatever is sent to any route, as a stranger or let in, nothing breaks: no answer is a 5xx."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from schemathesis import Case
from schemathesis.core.result import Ok
from schemathesis.openapi import from_asgi

from tests.api.open_house import SITE, STAFF, OpenHouse, open_house
from trajectory import staff_tokens
from trajectory.staff_tokens import Role

EXAMPLES = settings().max_examples // 30
"""Requests a route, as a stranger and again as somebody who is let in."""


@pytest.fixture(scope="module")
def house() -> Iterator[OpenHouse]:
    with open_house() as found:
        found.app.add_api_route("/spec", found.app.openapi, include_in_schema=False)
        yield found


def each_route(house: OpenHouse, send: Callable[[Case[Any]], None], spec: str = "/spec") -> int:
    """Send requests that fit the description of each route, and some that do not."""
    count = 0
    for found in from_asgi(spec, house.app).get_all_operations():
        assert isinstance(found, Ok), found
        operation = found.ok()
        # What fails is printed as a command: to make it smaller would take minutes.
        few = settings(max_examples=EXAMPLES, phases=(Phase.generate,))
        few(given(operation.as_strategy())(send))()
        count += 1
    return count


def check(case: Case[Any]) -> None:
    answer = case.call(base_url=SITE)
    assert answer.status_code < 500, (case.method, case.path, answer.text)


def test_nothing_that_a_stranger_sends_breaks_anything(house: OpenHouse) -> None:
    assert each_route(house, check) > 20


def test_nothing_that_somebody_sends_who_is_let_in_breaks_anything(house: OpenHouse) -> None:
    let_in: dict[str, Any] = {}

    def send(case: Case[Any]) -> None:
        if case.path == "/chat/events":
            return  # goes on for as long as the page is open
        if case.path.startswith("/api/") and case.path != "/api/enrolments":
            return  # as a program, below
        if "token" in case.path_parameters:
            case.path_parameters["token"] = house.token_for(case.path)
        case.headers["Authorization"] = f"Bearer {STAFF}"
        # Anew for each route: one may end what lets in.
        here = case.operation.label
        if here not in let_in:
            let_in[here] = house.let_in()
        case.cookies.update(let_in[here])
        check(case)

    assert each_route(house, send) > 20


def test_nothing_that_a_program_of_the_clinic_sends_breaks_anything(house: OpenHouse) -> None:
    """As the description that programs are given has it, with a token that may do everything."""
    deployment = house.practice.deployment
    token = deployment.chance.token()
    with house.practice.database.write() as connection:
        staff_tokens.create(
            connection,
            deployment.ids,
            name="everything",
            token=token,
            roles=frozenset(Role),
            now=house.practice.now,
        )

    def send(case: Case[Any]) -> None:
        if case.path_parameters and "number" in case.path_parameters:
            # Now and then somebody who is there.
            somebody = case.path_parameters["number"] in (1, "1")
            case.path_parameters["number"] = (
                house.practice.birgit if somebody else case.path_parameters["number"]
            )
        case.headers["Authorization"] = f"Bearer {token}"
        check(case)

    assert each_route(house, send, "/api/openapi.json") > 20
