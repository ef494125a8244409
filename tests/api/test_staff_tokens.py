"""Tokens of the clinic's programs: shown once, good by role, ended at once."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import cast

import pytest
from sqlalchemy import text
from starlette.testclient import TestClient

from api.app import create_app
from api.enrolments import router_of
from bot.doorbell import Doorbell
from bot.inbox import Inbox
from tests.api.conftest import SITE
from tests.bot.house import House
from tests.house.command import backtrace
from trajectory import audit, staff_tokens
from trajectory.database import Database
from trajectory.staff_tokens import Role

pytestmark = pytest.mark.both_databases

BIRGIT = {"name": "Birgit Holm", "language": "en", "channel": "sms"}
SETTING = "a-token-of-the-settings-0123"


@pytest.fixture
def house(migrated_database_url: str) -> Iterator[House]:
    database = Database(migrated_database_url, durable=False)
    yield House(database)
    database.close()


def make(house: House, *roles: Role) -> tuple[int, str]:
    token = house.deployment.chance.token()
    with house.database.write() as connection:
        number = staff_tokens.create(
            connection,
            house.deployment.ids,
            name="booking",
            token=token,
            roles=roles,
            now=house.clock.now(),
        )
    return number, token


def enrol(house: House, token: str) -> tuple[int, int]:
    """The status, and the patient's number where there is one."""
    routers = [router_of(SETTING)]
    app = create_app(
        house.deployment, cast(Inbox, None), Doorbell(), secure=True, extra_routers=routers
    )
    headers = {"Authorization": f"Bearer {token}"}
    answer = TestClient(app, base_url=SITE).post("/api/enrolments", json=BIRGIT, headers=headers)
    return answer.status_code, answer.json().get("patient", 0)


def actors(house: House, patient_id: int) -> list[str]:
    with house.database.read() as connection:
        return [each.actor for each in audit.records(connection, patient_id)]


@pytest.mark.parametrize("role", Role)
def test_a_token_does_what_its_role_may_until_it_is_revoked(house: House, role: Role) -> None:
    number, token = make(house, role)
    status, patient = enrol(house, token)
    if role is Role.OPERATOR:
        assert status == 403
    else:
        assert status == 201
        assert actors(house, patient) == [f"staff:{number}"]
    with house.database.write() as connection:
        assert staff_tokens.revoke(connection, number, house.clock.now())
        assert not staff_tokens.revoke(connection, number, house.clock.now())
    assert enrol(house, token) == (401, 0)


def test_one_of_several_roles_is_enough(house: House) -> None:
    assert enrol(house, make(house, Role.OPERATOR, Role.SECRETARY)[1])[0] == 201


def test_the_token_of_the_settings_enrols_as_before(house: House) -> None:
    status, patient = enrol(house, SETTING)
    assert status == 201
    assert actors(house, patient) == ["staff"]


def test_a_token_is_kept_as_a_hash_only_and_its_last_use_is_noted(house: House) -> None:
    number, token = make(house, Role.ENROL)
    made = house.clock.now()

    def listed() -> staff_tokens.StaffToken:
        with house.database.read() as connection:
            (found,) = staff_tokens.listed(connection)
            stored = connection.execute(text("SELECT * FROM staff_token")).one()
        assert token.encode() not in repr(tuple(stored)).encode()
        return found

    assert listed().last_used_at is None
    enrol(house, token)
    assert listed().last_used_at == made
    house.wait(minutes=30)
    enrol(house, token)
    assert listed().last_used_at == made, "noted once an hour"
    house.wait(minutes=31)
    enrol(house, token)
    assert listed().last_used_at == made + timedelta(minutes=61)
    assert listed().id == number


def test_the_operator_makes_lists_and_revokes_them(tmp_path: Path, migrated_sqlite: Path) -> None:
    shutil.copy(migrated_sqlite, tmp_path / "backtrace.db")

    def token(*arguments: str) -> str:
        ran = backtrace("staff", "token", *arguments, folder=tmp_path)
        assert ran.returncode == 0, ran.stderr
        return ran.stdout

    first, secret = token("new", "booking", "--role", "enrol", "--role", "operator").splitlines()
    number = first.removeprefix("token ")
    assert len(secret) == 43
    listed = token("list")
    assert listed.startswith(f"{number}  booking  enrol, operator  since 20")
    assert "never used" in listed
    assert secret not in listed
    token("revoke", number)
    assert "revoked 20" in token("list")
    again = backtrace("staff", "token", "revoke", number, folder=tmp_path)
    assert again.returncode == 2
    assert f"no token {number} is in use" in again.stderr
