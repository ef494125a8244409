"""The staff API: who may, what is refused and how, and what it says of itself."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Collection, Iterator
from itertools import chain, combinations
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.testclient import TestClient

from bot.desk.permissions import MAY, Task
from bot.desk.worker import Worker
from tests.api.desk.desk_house import DeskHouse
from tests.api.desk.test_research import ask
from tests.api.open_house import SITE
from tests.bot.research.study import consent
from tests.bot.ward import Ward
from tests.house.golden import compare
from trajectory import audit, research, staff_tokens
from trajectory.staff_tokens import Role

API = "/api"
DOCS = Path(__file__).parent.parent.parent.parent / "docs" / "rest.md"
ROUTES = "the tasks that are checked.\n\n"


class Program:
    """A program of the clinic, with a token of its own."""

    def __init__(self, ward: Ward, app: FastAPI, *roles: Role) -> None:
        token = ward.deployment.chance.token()
        with ward.database.write() as connection:
            self.number = staff_tokens.create(
                connection,
                ward.deployment.ids,
                name="booking",
                token=token,
                roles=roles,
                now=ward.now,
            )
        self.actor = f"staff:{self.number}"
        self.client = TestClient(app, base_url=SITE, follow_redirects=False)
        self.client.headers["Authorization"] = f"Bearer {token}"

    def asks(self, method: str, path: str, **more: Any) -> Any:
        return self.client.request(method, f"{API}{path}", **more)

    def gets(self, path: str, **more: Any) -> Any:
        """What is answered with 200."""
        answer = self.asks("GET", path, params=more)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def posts(self, path: str, body: Any = None, status: int = 200, **more: Any) -> Any:
        answer = self.asks("POST", path, json=body, **more)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None

    def refused(self, method: str, path: str, **more: Any) -> tuple[int, list[tuple[Any, str]]]:
        """The status, and by place what to do about it."""
        answer = self.asks(method, path, **more)
        return answer.status_code, [(each["loc"], each["msg"]) for each in answer.json()["detail"]]


def routes(app: FastAPI) -> Iterator[APIRoute]:
    """Every route of the staff API."""

    def below(found: Any) -> Iterator[APIRoute]:
        for route in found:
            if isinstance(route, APIRoute):
                yield route
            elif hasattr(route, "original_router"):
                yield from below(route.original_router.routes)

    yield from (each for each in below(app.routes))


def task_of(route: APIRoute) -> Task | None:
    if route.path == f"{API}/enrolments":
        return Task.ENROL
    calls: list[Callable[..., Any] | None] = [each.call for each in route.dependant.dependencies]
    found = [call.task for call in calls if call is not None and hasattr(call, "task")]
    assert len(found) < 2, f"{route.path} names more than one task"
    return found[0] if found else None


def staff_routes(house: DeskHouse, *, fill: bool = True) -> list[tuple[str, str, Task]]:
    """Method, address and task of every route of the staff API; `fill`: with numbers in it."""
    described = house.app.openapi()["paths"]
    found = []
    for route in routes(house.app):
        task = task_of(route)
        for path in described:
            if task is not None and path.startswith(API) and path.endswith(route.path):
                for method in (route.methods or set()) & {each.upper() for each in described[path]}:
                    found.append((method, _filled(path) if fill else path, task))
    return sorted(set(found))


def _filled(path: str) -> str:
    return re.sub(r"\{[^}]*\}", "1", path)


def every_role() -> Iterator[Collection[Role]]:
    return chain.from_iterable(combinations(Role, count) for count in range(1, len(Role) + 1))


def test_every_route_lets_in_exactly_whom_the_table_of_roles_allows(
    house: DeskHouse, ward: Ward
) -> None:
    walked = staff_routes(house)
    described = {
        (method.upper(), path)
        for path, methods in house.app.openapi()["paths"].items()
        if path.startswith(API)
        for method in methods
    }
    assert len(walked) == len(described), "every route names a task"
    for roles in every_role():
        program = Program(ward, house.app, *roles)
        for method, path, task in walked:
            answer = program.client.request(method, path)
            allowed = not MAY[task].isdisjoint(roles)
            assert (answer.status_code != 403) is allowed, (method, path, roles)


def test_a_stranger_learns_nothing(house: DeskHouse, ward: Ward) -> None:
    revoked = Program(ward, house.app, *Role)
    with ward.database.write() as connection:
        staff_tokens.revoke(connection, revoked.number, ward.now)
    for headers in ({}, {"Authorization": "Bearer nobody"}, revoked.client.headers):
        browser = TestClient(house.app, base_url=SITE, headers=dict(headers))
        for method, path, _ in staff_routes(house):
            answer = browser.request(method, path, json={})
            assert answer.status_code == 401, (method, path)
            assert answer.headers["www-authenticate"] == "Bearer"
            assert answer.headers["cache-control"] == "no-store"
            assert answer.json()["detail"][0]["msg"] == "show the staff token as a bearer"


def test_a_cookie_of_the_desk_opens_nothing_here(house: DeskHouse, mette: Worker) -> None:
    assert house.browser(mette).get(f"{API}/professionals").status_code == 401


def test_what_is_wrong_is_told_by_its_field_and_never_repeated(
    house: DeskHouse, ward: Ward
) -> None:
    program = Program(ward, house.app, Role.SECRETARY)
    newcomer = {"name": "Anne Skov", "email": "not an address", "role": "wizard"}
    newcomer["sector"] = "primary"
    answer = program.asks("POST", "/professionals", json=newcomer)
    assert answer.status_code == 422
    places = {tuple(each["loc"]) for each in answer.json()["detail"]}
    assert places == {("body", "email"), ("body", "role"), ("body", "language")}
    assert "not an address" not in answer.text
    assert "wizard" not in answer.text
    broken = program.asks("POST", "/professionals", content=b'{"name": "Birgit Holm')
    assert broken.status_code == 422
    assert "Birgit" not in broken.text


def test_the_directory_page_by_page(house: DeskHouse, ward: Ward) -> None:
    program = Program(ward, house.app, Role.SECRETARY)
    newcomer = {"role": "physiotherapist", "sector": "primary", "language": "en"}
    everybody = [
        program.posts(
            "/professionals",
            newcomer | {"name": f"Anne {number}", "email": f"anne{number}@klinik.example"},
            201,
        )
        for number in range(5)
    ]
    assert not any(each["ready"] for each in everybody)
    assert "/pro/setup/" in ward.letters()[-1].text
    pages, after = [], 0
    while after is not None:
        page = program.gets("/professionals", limit=2, after=after)
        pages.append([each["name"] for each in page["items"]])
        after = page["next"]
    assert pages == [["Anne 0", "Anne 1"], ["Anne 2", "Anne 3"], ["Anne 4"]]
    assert program.refused("GET", "/professionals?limit=201")[0] == 422
    again = newcomer | {"name": "Anne", "email": "ANNE4@klinik.example"}
    assert program.refused("POST", "/professionals", json=again) == (
        409,
        [(["body", "email"], "somebody has this address")],
    )
    last = everybody[-1]["number"]
    assert program.asks("DELETE", f"/professionals/{last}").status_code == 204
    assert program.refused("POST", f"/professionals/{last}/invitation")[0] == 404
    assert len(program.gets("/professionals")["items"]) == 4


def test_who_works_at_the_desk_is_an_operators_to_change(
    house: DeskHouse, ward: Ward, mette: Worker
) -> None:
    secretary = Program(ward, house.app, Role.SECRETARY)
    operator = Program(ward, house.app, Role.OPERATOR)
    for method, path in (("DELETE", ""), ("POST", "/invitation")):
        refused = secretary.refused(method, f"/professionals/{mette.id}{path}")
        assert refused == (403, [([], "who works at the desk is an operator's to change")])
    roles = operator.asks(
        "PUT", f"/professionals/{mette.id}/roles", json={"roles": ["secretary", "operator"]}
    )
    assert roles.json()["roles"] == ["operator", "secretary"]
    wrong = operator.refused("PUT", f"/professionals/{mette.id}/roles", json={"roles": ["enrol"]})
    assert wrong[0] == 422
    last = operator.refused("DELETE", f"/professionals/{mette.id}")
    assert last == (409, [([], "nobody else could give roles at the desk any more")])


def test_an_export_for_research_is_noted_as_the_tokens(house: DeskHouse, ward: Ward) -> None:
    patient_id = ward.enrol(weeks=1)
    consent(ward.deployment, patient_id)
    ask(ward, patient_id)
    program = Program(ward, house.app, Role.OPERATOR)
    assert program.gets("/research/consents") == {"patients": 1, "agreed": 1}
    made = program.asks("POST", "/research/exports", json={"study": "nord-2027"})
    assert made.status_code == 200
    assert zipfile.ZipFile(io.BytesIO(made.content)).testzip() is None
    with ward.database.read() as connection:
        (record,) = [
            each
            for each in audit.records(connection, patient_id)
            if each.action == research.EXPORTED
        ]
    assert record.actor == program.actor
    wrong = program.refused("POST", "/research/exports", json={"pathway": "knees"})
    assert wrong[0] == 422
    assert wrong[1][0][0] == ["body", "pathway"]


def test_one_document_describes_the_staff_api_and_nothing_else(house: DeskHouse) -> None:
    document = TestClient(house.app, base_url=SITE).get(f"{API}/openapi.json").json()
    assert document["openapi"].startswith("3.")
    walked = {path for path in house.app.openapi()["paths"] if path.startswith(f"{API}/")}
    assert set(document["paths"]) == walked
    assert document["components"]["securitySchemes"]["staff-token"]["scheme"] == "bearer"
    for path, methods in document["paths"].items():
        for method, each in methods.items():
            assert each["security"] == [{"staff-token": []}], path
            assert each["summary"], path
            assert {"401", "403"} <= each["responses"].keys(), (method, path)
    assert house.browser().get("/openapi.json").status_code == 404


def test_the_routes_in_docs_are_those_that_there_are(
    house: DeskHouse, request: pytest.FixtureRequest
) -> None:
    above, heading, _ = DOCS.read_text("utf-8").partition(ROUTES)
    table = "\n".join(table_of(house))
    compare(DOCS, f"{above}{heading}{table}\n", update=request.config.getoption("--update"))


def table_of(house: DeskHouse) -> Iterator[str]:
    """Every route with what it does and the task that it names."""
    document = TestClient(house.app, base_url=SITE).get(f"{API}/openapi.json").json()
    tasks = {(method, path): task for method, path, task in staff_routes(house, fill=False)}
    yield "| route | does | task |"
    yield "| --- | --- | --- |"
    for path, methods in document["paths"].items():
        for method, each in methods.items():
            does = each["description"].split("\n\n")[0].replace("\n", " ")
            yield f"| `{method.upper()} {path}` | {does} | {tasks[method.upper(), path]} |"
