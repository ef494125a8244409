"""The directory at the desk: who may change whom, what is refused; each change is traced."""

from __future__ import annotations

import re
from typing import Any

import pytest
from fastapi import FastAPI
from playwright.sync_api import Browser, expect
from starlette.testclient import TestClient

from bot.desk.worker import Worker
from bot.directory import signing_in, staff
from bot.permission import NotSignedIn
from tests.api.conftest import Serve
from tests.api.desk.desk_house import KIRSTEN, DeskHouse
from tests.api.desk.test_running import reach
from tests.bot.ward import ANNE, LARS, Ward
from tests.house.accessible import assert_fits
from trajectory import audit_checks, clinic_audit, professionals, staff_tokens
from trajectory.staff_tokens import Role

HERE = "/desk/directory"
NEW = {
    "name": "Lise Lund",
    "email": "lise@nord.example",
    "role": "nurse",
    "sector": "municipal",
    "language": "da",
}


def text_of(answer: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", answer.text).split())


def followed(browser: TestClient, answer: Any) -> str:
    assert answer.status_code == 303, text_of(answer)
    return text_of(browser.get(answer.headers["location"]))


def traced(ward: Ward) -> list[tuple[str, str, str]]:
    """Who did what to whom, oldest first; and the chain is whole."""
    with ward.database.read() as connection:
        assert audit_checks.check_clinic(connection).problems == []
        found = clinic_audit.newest(connection, 1000)
    return [(each.actor, each.action, each.subject) for each in reversed(found)]


def listed(ward: Ward, email: str) -> professionals.Professional | None:
    with ward.database.read() as connection:
        return professionals.by_email(connection, ward.deployment.ring, email)


def test_somebody_is_added_and_invited_and_it_is_traced(
    house: DeskHouse, ward: Ward, mette: Worker
) -> None:
    browser = house.browser(mette)
    page = followed(browser, browser.post(f"{HERE}/new", data=NEW))
    assert "Added. The invitation is on its way." in page
    assert "Lise Lund lise@nord.example Nurse Municipality Danish invited 0" in page
    lise = listed(ward, NEW["email"])
    assert lise is not None
    assert traced(ward)[-2:] == [
        (f"desk:{mette.id}", "added", f"directory:{lise.id}"),
        (f"desk:{mette.id}", "invited", f"directory:{lise.id}"),
    ]
    assert ward.letters()[-1].to == NEW["email"]


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"name": " "}, "Write the name as patients know it"),
        ({"name": "x" * 81}, "Write the name as patients know it"),
        ({"email": "lise"}, "Write an e-mail address"),
        ({"role": ""}, "Choose a profession."),
        ({"role": "employer"}, "Choose a profession."),
        ({"sector": "moon"}, "Choose a sector."),
        ({"language": "xx"}, "Choose a language."),
        ({"email": "ANNE@klinik.example "}, "has this address already"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_typed_is_lost(
    house: DeskHouse, ward: Ward, mette: Worker, typed: dict[str, str], says: str
) -> None:
    ward.employ(ANNE)
    before = traced(ward)
    answer = house.browser(mette).post(f"{HERE}/new", data=NEW | typed)
    assert (answer.status_code, says in answer.text) == (422, True)
    for field in {"name", "email"} - set(typed):
        assert f'value="{NEW[field]}"' in answer.text
    assert traced(ward) == before


def test_without_mail_nobody_is_added(house: DeskHouse, ward: Ward, mette: Worker) -> None:
    object.__setattr__(ward.deployment.clinic, "mails", False)
    answer = house.browser(mette).post(f"{HERE}/new", data=NEW)
    assert "Mail is off" in answer.text
    assert listed(ward, NEW["email"]) is None


def test_name_profession_and_language_can_be_changed(
    house: DeskHouse, ward: Ward, mette: Worker
) -> None:
    anne = ward.employ(ANNE)
    browser = house.browser(mette)
    changed = {"name": "Anne Skov Dahl", "role": "chiropractor", "sector": "private"}
    wrong = browser.post(f"{HERE}/{anne}", data=changed | {"language": "xx"})
    assert (wrong.status_code, 'value="Anne Skov Dahl"' in wrong.text) == (422, True)
    page = followed(browser, browser.post(f"{HERE}/{anne}", data=changed | {"language": "da"}))
    assert "Anne Skov Dahl anne@klinik.example Chiropractor Private Danish" in page
    assert traced(ward)[-1] == (f"desk:{mette.id}", "changed", f"directory:{anne}")


def test_a_reset_signs_out_everywhere(house: DeskHouse, ward: Ward, mette: Worker) -> None:
    anne = ward.hire(ANNE)
    cookie = ward.sign_in(anne)
    browser = house.browser(mette)
    page = followed(browser, browser.post(f"{HERE}/{anne}/invite"))
    assert "Whoever was signed in is out." in page
    with ward.database.read() as connection, pytest.raises(NotSignedIn):
        signing_in.who_is(connection, ward.deployment, cookie, ward.now)
    assert [action for _, action, _ in traced(ward)][-3:] == ["set-up", "signed-in", "invited"]


def test_whoever_leaves_is_told_of_to_so_many_patients_once_it_is_sure(
    house: DeskHouse, ward: Ward, mette: Worker
) -> None:
    anne = ward.hire(ANNE)
    for name in ("Birgit Holm", "Karl Bo"):
        ward.share(anne, name)
    browser = house.browser(mette)
    assert "in the care teams of 2 patients, who are told" in browser.get(f"{HERE}/{anne}").text
    unsure = browser.post(f"{HERE}/{anne}/remove")
    assert (unsure.status_code, "Tick that you are sure" in unsure.text) == (422, True)
    page = followed(browser, browser.post(f"{HERE}/{anne}/remove", data={"sure": "yes"}))
    assert "2 patients are told." in page
    assert "Anne Skov" not in page
    assert traced(ward)[-1] == (f"desk:{mette.id}", "removed", f"directory:{anne}")
    assert browser.get(f"{HERE}/{anne}").status_code == 404


def test_the_secretary_changes_nobody_who_works_at_the_desk(
    house: DeskHouse, ward: Ward, mette: Worker, ole: Worker
) -> None:
    kirsten = house.hire(KIRSTEN).id
    browser, before = house.browser(mette), traced(ward)
    for number in (kirsten, ole.id, mette.id):
        for path, data in (
            (f"{HERE}/{number}", NEW),
            (f"{HERE}/{number}/invite", {}),
            (f"{HERE}/{number}/remove", {"sure": "yes"}),
            (f"{HERE}/{number}/roles", {"desk": "operator"}),
        ):
            assert browser.post(path, data=data).status_code == 403, path
    for more in ({"role": "staff", "desk": "operator"}, {"desk": "operator"}):
        assert browser.post(f"{HERE}/new", data=NEW | more).status_code == 403
    assert traced(ward) == before


def test_the_operator_gives_roles_and_the_last_one_keeps_theirs(
    house: DeskHouse, ward: Ward, mette: Worker, ole: Worker
) -> None:
    browser = house.browser(ole)
    kept = browser.post(f"{HERE}/{ole.id}/roles", data={"desk": ["secretary"]})
    assert (kept.status_code, "The last operator keeps" in kept.text) == (422, True)
    kept = browser.post(f"{HERE}/{ole.id}/remove", data={"sure": "yes"})
    assert (kept.status_code, "The last operator keeps" in kept.text) == (422, True)
    both = {"desk": ["secretary", "operator"]}
    assert "apply from now on" in followed(
        browser, browser.post(f"{HERE}/{mette.id}/roles", data=both)
    )
    assert traced(ward)[-1][1:] == ("roles", f"directory:{mette.id} operator,secretary")
    page = followed(browser, browser.post(f"{HERE}/{ole.id}/roles", data={"desk": "secretary"}))
    assert "Your role does not open this" not in page


def test_a_colleague_for_the_desk_needs_a_role_there(
    house: DeskHouse, ward: Ward, ole: Worker
) -> None:
    browser = house.browser(ole)
    colleague = NEW | {"role": "staff", "sector": ""}
    wrong = browser.post(f"{HERE}/new", data=colleague)
    assert "Whoever treats nobody needs a role at the desk." in wrong.text
    followed(browser, browser.post(f"{HERE}/new", data=colleague | {"desk": "secretary"}))
    lise = listed(ward, NEW["email"])
    assert lise is not None
    assert (lise.treats, lise.desk) == (False, frozenset({Role.SECRETARY}))


def test_who_is_in_a_care_team_cannot_stop_treating(
    house: DeskHouse, ward: Ward, ole: Worker
) -> None:
    anne = ward.hire(ANNE)
    staff.set_desk(ward.deployment, anne, KIRSTEN.desk)
    ward.share(anne)
    answer = house.browser(ole).post(f"{HERE}/{anne}", data=NEW | {"role": "staff"})
    assert "so the profession cannot be taken away" in answer.text


def test_a_token_is_shown_once_and_revoked(house: DeskHouse, ward: Ward, ole: Worker) -> None:
    browser = house.browser(ole)
    wrong = browser.post(f"{HERE}/tokens", data={"name": "booking"})
    assert (wrong.status_code, "Choose at least one role." in wrong.text) == (422, True)
    assert 'value="booking"' in wrong.text
    made = browser.post(f"{HERE}/tokens", data={"name": "booking", "roles": "enrol"})
    (token,) = re.findall(r'readonly value="([\w-]{43})"', made.text)
    assert made.headers["cache-control"] == "no-store"
    with ward.database.read() as connection:
        found = staff_tokens.find(connection, token)
    assert found is not None
    page = browser.get(f"{HERE}/tokens").text
    assert token not in page
    assert "booking" in page
    followed(browser, browser.post(f"{HERE}/tokens/{found.id}/revoke"))
    with ward.database.read() as connection:
        assert staff_tokens.find(connection, token) is None
    actor = f"desk:{ole.id}"
    assert traced(ward)[-2:] == [
        (actor, "token-made", f"token:{found.id} enrol"),
        (actor, "token-revoked", f"token:{found.id}"),
    ]
    before = traced(ward)
    browser.post(f"{HERE}/tokens/{found.id}/revoke")
    assert traced(ward) == before, "again changes nothing"


def test_the_operator_reads_who_has_changed_what_and_who_has_signed_in(
    house: DeskHouse, ward: Ward, ole: Worker
) -> None:
    anne = ward.hire(ANNE)
    ward.sign_in(anne)
    gone = ward.hire(LARS)
    staff.remove(ward.deployment, gone, f"desk:{ole.id}")
    page = text_of(house.browser(ole).get(f"{HERE}/changes"))
    assert "Anne Skov signed in" in page
    assert f"Ole Bay removed {gone}" in page
    assert "the command line added Anne Skov" in page
    assert "Lars" not in page
    danish = text_of(house.browser(ole, "da").get(f"{HERE}/changes"))
    assert "gav roller ved skranken Ole Bay driftsansvarlig" in danish


@pytest.mark.parametrize("number", ["999", "0", "-1"])
def test_a_number_that_is_nobodys_gets_a_kind_page(
    house: DeskHouse, ole: Worker, number: str
) -> None:
    browser = house.browser(ole)
    for answer in (
        browser.get(f"{HERE}/{number}"),
        browser.post(f"{HERE}/{number}", data=NEW),
        browser.post(f"{HERE}/{number}/invite"),
        browser.post(f"{HERE}/{number}/remove", data={"sure": "yes"}),
        browser.post(f"{HERE}/{number}/roles"),
    ):
        assert (answer.status_code, "has this number" in answer.text) == (404, True)


# In a browser, by keyboard alone, without scripts.


def test_a_professional_is_invited_by_keyboard(
    house: DeskHouse, plain_app: FastAPI, serve: Serve, engine: Browser, ward: Ward, mette: Worker
) -> None:
    site = serve(plain_app)
    with house.context(engine, site, mette, scripts=False) as context:
        page = context.new_page()
        page.goto(f"{site}{HERE}")
        reach(page, "Add a professional").press("Enter")
        expect(page.get_by_label("Name")).to_be_focused()
        for what in ("Lise Lund", "lise@nord.example", "Nurse"):
            page.keyboard.type(what)
            page.keyboard.press("Tab")
        reach(page, "Add and invite").press("Enter")
        expect(page.get_by_role("status")).to_have_text("Added. The invitation is on its way.")
    assert ward.letters()[-1].to == "lise@nord.example"


def test_a_sign_in_is_reset_by_keyboard(
    house: DeskHouse, plain_app: FastAPI, serve: Serve, engine: Browser, ward: Ward, mette: Worker
) -> None:
    anne = ward.hire(ANNE)
    site = serve(plain_app)
    with house.context(engine, site, mette, scripts=False) as context:
        page = context.new_page()
        page.goto(f"{site}{HERE}")
        reach(page, "Anne Skov").press("Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text("Anne Skov")
        reach(page, "Reset the sign-in").press("Enter")
        expect(page.get_by_role("status")).to_contain_text("Whoever was signed in is out.")
    assert traced(ward)[-1] == (f"desk:{mette.id}", "invited", f"directory:{anne}")


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"name": "", "email": "anne@klinik.example", "role": "nurse"}, "name"),
        ({"name": "Anne", "email": "no address", "role": "nurse"}, "email"),
        ({"name": "Anne", "email": "anne@klinik.example", "role": ""}, "role"),
    ],
)
def test_the_form_comes_back_with_the_first_fault_in_hand(
    house: DeskHouse, ole: Worker, typed: dict[str, str], field: str
) -> None:
    more = {"sector": "primary", "language": "en"}
    page = house.browser(ole).post(f"{HERE}/new", data=typed | more).text
    (focused,) = re.findall(r"<(?:input|select)[^>]* autofocus[^>]*>", page)
    assert f'name="{field}"' in focused


def test_the_pages_fit_and_read_aloud(
    house: DeskHouse, plain_app: FastAPI, serve: Serve, engine: Browser, ward: Ward, ole: Worker
) -> None:  # fmt: skip
    anne = ward.employ(ANNE)
    house.browser(ole).post(f"{HERE}/tokens", data={"name": "booking", "roles": "enrol"})
    site = serve(plain_app)
    with house.context(engine, site, ole) as context:
        page = context.new_page()
        for path in ("", "/new", "/new?staff=1", f"/{anne}", "/tokens", "/changes"):
            page.goto(site + HERE + path)
            assert_fits(page, (1280, 768, 390))
        page.goto(site + HERE)
        for words in ("Add a professional", "Tokens of programs"):
            expect(page.get_by_role("link", name=words)).to_be_visible()
