"""How it runs, on the page: for whom, in which words, and dead messages sent again or dropped."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from playwright.sync_api import Browser, Page, expect
from prometheus_client import REGISTRY
from sqlalchemy import insert, select

from bot import outbox
from bot.desk.worker import Worker
from bot.messages import Priority, Rendered
from bot.outbox import Outgoing
from tests.api.conftest import Serve
from tests.api.desk.desk_house import DeskHouse
from tests.bot.ward import Ward
from tests.house.accessible import assert_fits
from trajectory import audit, beats, patients, responses, tables
from trajectory import deployment as deployment_key
from trajectory.beats import Beat
from trajectory.responses import Responses

_outbox, _session = tables.core(tables.Outbox), tables.core(tables.Session)
TEXT = "words that nobody at the desk may read"


def post(ward: Ward, patient_id: int | None, **columns: Any) -> int:
    """A message on SMS as it stands; its number."""
    deployment = ward.deployment
    with ward.database.write() as connection:
        sealer = ward.sealer(patient_id) if patient_id else None
        if sealer is None:
            sealer = deployment_key.sealer(connection, deployment.ring)
        message = Outgoing(sealer, patient_id, 1, "sms", Rendered(TEXT), Priority.REPLY, ward.now)
        outbox.post(connection, deployment, [message])
        newest = select(_outbox.c.id).order_by(_outbox.c.id.desc()).limit(1)
        number: int = connection.execute(newest).scalar_one()
        connection.execute(_outbox.update().where(_outbox.c.id == number).values(**columns))
    return number


def dead(ward: Ward, patient_id: int | None, error: str = "content 30007", **more: Any) -> int:
    ago = ward.now - timedelta(hours=3)
    given = {"status": "dead", "error": error, "created_at": ago, "ready_at": ago, **more}
    return post(ward, patient_id, **given)


def sessions(ward: Ward, people: int, answered: int, weeks_ago: int, late: int = 0) -> None:
    """So many were asked in a week, and so many of them have answered."""
    at = ward.now - timedelta(weeks=weeks_ago)
    with ward.database.write() as connection:
        for number in range(people):
            patient_id, _ = patients.create(
                connection,
                ward.deployment.ids,
                ward.deployment.ring,
                language="en",
                timezone="Europe/Copenhagen",
                pathway="low-back-pain",
                status="active",
                profile={"name": "N"},
                now=ward.now,
            )
            done, slow = number < answered, number < late
            row = {
                "id": ward.deployment.ids.take(connection),
                "patient_id": patient_id,
                "flow": "weekly-check-in",
                "definition": "x",
                "status": "finished" if done else "expired",
                "opened_at": at,
                "closed_at": at + timedelta(hours=30 if slow else 3),
                "body": b"",
            }
            connection.execute(insert(_session), row)


def text_of(answer: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", answer.text).split())


def test_everything_fine_is_one_line(house: DeskHouse, mette: Worker) -> None:
    page = text_of(house.browser(mette).get("/desk/running"))
    assert "Everything runs. Nothing waits too long, and nothing was given up." in page
    assert "Alt kører." in text_of(house.browser(mette, "da").get("/desk/running"))


def test_the_secretary_learns_of_dead_messages_and_the_operator_sees_them(
    house: DeskHouse, ward: Ward, mette: Worker, ole: Worker
) -> None:
    birgit = ward.enrol()
    number = dead(ward, birgit)
    seen = text_of(house.browser(mette).get("/desk/running"))
    assert "1 message was given up. The operator sends them again or drops them." in seen
    assert house.browser(mette).get("/desk/running/undelivered").status_code == 403
    page = house.browser(ole).get("/desk/running/undelivered")
    listed = text_of(page)
    assert f"{number} reply SMS no. {birgit}" in listed
    assert "The provider refuses this text. content 30007 3 hours" in listed
    assert TEXT not in page.text
    assert "Birgit" not in page.text


def test_one_is_sent_again_and_one_dropped_with_a_reason(
    house: DeskHouse, ward: Ward, ole: Worker
) -> None:
    birgit = ward.enrol()
    one, other = dead(ward, birgit), dead(ward, birgit)
    browser = house.browser(ole)
    place = "/desk/running/undelivered"
    answer = browser.post(f"{place}/resend", data={"id": one})
    assert answer.status_code == 303
    assert "1 message is tried again." in text_of(browser.get(answer.headers["location"]))
    unsure = browser.post(f"{place}/drop", data={"id": other})
    assert (unsure.status_code, "Choose a reason" in unsure.text) == (422, True)
    answer = browser.post(f"{place}/drop", data={"id": other, "reason": "told"})
    assert "1 message is off the list." in text_of(browser.get(answer.headers["location"]))
    with ward.database.read() as connection:
        rows = {row.id: row.status for row in connection.execute(select(_outbox))}
        told = [(each.actor, each.subject) for each in audit.records(connection, birgit)]
    assert rows[one] == "ready"
    assert told[-2:] == [
        (f"desk:{ole.id}", f"message:{one}"),
        (f"desk:{ole.id}", f"message:{other} told"),
    ]
    answer = browser.post(f"{place}/drop", data={"id": other, "reason": "told"})
    assert "somebody else has dealt with it" in browser.get(answer.headers["location"]).text


def test_all_of_a_cause_go_together_and_those_that_cannot_are_counted(
    house: DeskHouse, ward: Ward, ole: Worker
) -> None:
    birgit, karl = ward.enrol(), ward.enrol("Karl Bo")
    for patient_id in (birgit, birgit, karl):
        dead(ward, patient_id)
    with ward.database.write() as connection:
        patients.change(connection, karl, status="stopped")
    browser = house.browser(ole)
    answer = browser.post("/desk/running/undelivered/resend", data={"which": "sms/30007"})
    page = text_of(browser.get(answer.headers["location"]))
    assert "2 messages are tried again. 1 was left as it is" in page


def test_an_address_that_does_not_work_is_said_so(
    house: DeskHouse, ward: Ward, ole: Worker
) -> None:
    birgit = ward.enrol()
    with ward.database.write() as connection:
        address = connection.execute(select(tables.core(tables.Address).c.id)).scalar_one()
        patients.set_address_status(connection, address, "gone")
    number = dead(ward, birgit, "gone blocked", address_id=address)
    browser = house.browser(ole)
    answer = browser.post("/desk/running/undelivered/resend", data={"id": number})
    assert "that address does not work" in browser.get(answer.headers["location"]).text


@pytest.mark.parametrize("id", ["", "x", "-1", "9" * 30, "0"])
def test_a_number_that_is_nobodys_does_nothing(house: DeskHouse, ole: Worker, id: str) -> None:
    answer = house.browser(ole).post("/desk/running/undelivered/resend", data={"id": id})
    assert answer.headers["location"].endswith("?not_done=not-wanted")


def test_answers_are_counted_by_week_and_few_patients_are_not_counted_out(
    house: DeskHouse, ward: Ward, mette: Worker
) -> None:
    sessions(ward, 10, 8, weeks_ago=2, late=3)
    sessions(ward, 10, 5, weeks_ago=1)
    sessions(ward, 4, 1, weeks_ago=3)
    page = house.browser(mette).get("/desk/running")
    told = text_of(page)
    assert "9 Nov 10 5 3 2 0 80 %" in told
    assert "16 Nov 10 5 0 5 0 50 %" in told
    assert "2 Nov fewer than 5 patients" in told
    assert "Share answered each week, in per cent: 9 Nov 80, 16 Nov 50." in told
    assert page.text.count("<circle") == 2


def test_weeks_are_those_of_the_clinic_s_clock(either_ward: Ward) -> None:
    """Sunday 23:30 in Copenhagen is Sunday, and half an hour later it is a new week."""
    ward = either_ward
    zone = ward.deployment.clinic.zone
    sunday = ward.now.astimezone(zone).replace(day=22, hour=23, minute=30)
    for moment in (sunday, sunday + timedelta(minutes=31)):
        ward.clock.set(moment)
        sessions(ward, 5, 5, 0, late=1)
    with ward.database.read() as connection:
        found = list(responses.by_week(connection, ward.now, zone))
    assert [(each.week.day, each.asked, each.in_time, each.late) for each in found] == [
        (16, 5, 4, 1),
        (23, 5, 4, 1),
    ]


def test_of_nothing_that_is_over_there_is_no_share() -> None:
    week = Responses(date(2026, 11, 23), "low-back-pain", 9, 9, 0, 0, 0)
    assert (week.share, week.open, week.told) == (None, 9, True)


def test_the_gauges_are_the_desk_s_figures(house: DeskHouse, ward: Ward) -> None:
    birgit = ward.enrol()
    post(ward, birgit, error="configuration 20003", created_at=ward.now - timedelta(minutes=7))
    dead(ward, birgit)
    assert house.browser().get("/metrics").status_code == 200

    def shown(name: str, **labels: str) -> float | None:
        return REGISTRY.get_sample_value(name, labels)

    of = {"channel": "sms", "reason": "configuration"}
    assert shown("backtrace_outbox_waiting", **of) == 1
    assert shown("backtrace_outbox_waiting_oldest_seconds", **of) == 420
    assert shown("backtrace_outbox_given_up", channel="sms", reason="content") == 1
    assert shown("backtrace_channel_stands_still", channel="sms") == 1
    assert shown("backtrace_outbox_last_success_timestamp_seconds", channel="sms") is None


@pytest.mark.parametrize(
    ("name", "beat", "says"),
    [
        (beats.POLLED, {"code": "no-connection"}, "has not come in since 13:05"),
        (beats.FETCHED, {"count": 2}, "At 13:05 2 messages from patients came in late."),
    ],
)
def test_who_is_silent_is_said(
    house: DeskHouse, ward: Ward, mette: Worker, name: str, beat: dict[str, Any], says: str
) -> None:
    with ward.database.write() as connection:
        beats.put(connection, name, Beat(ward.now - timedelta(hours=1), **beat))
    page = text_of(house.browser(mette).get("/desk/running"))
    assert says in page
    assert "Everything runs." not in page


# In a browser.


def fill(ward: Ward) -> int:
    """A clinic with troubles and answers; the number of a dead message."""
    birgit = ward.enrol()
    post(
        ward, birgit, error="configuration 20003",
        created_at=ward.now - timedelta(hours=5), ready_at=ward.now + timedelta(minutes=8),
    )  # fmt: skip
    ago = ward.now - timedelta(hours=6)
    post(ward, birgit, status="delivered", sent_at=ago, ready_at=ago)
    for weeks in range(1, 9):
        sessions(ward, 20, 12 + weeks % 5, weeks, late=3)
    sessions(ward, 3, 1, 9)
    dead(ward, birgit, "gone blocked")
    return dead(ward, birgit)


def test_the_page_fits_and_reads_aloud(
    house: DeskHouse, plain_app: FastAPI, serve: Serve, engine: Browser, ward: Ward, ole: Worker
) -> None:
    fill(ward)
    site = serve(plain_app)
    with house.context(engine, site, ole) as context:
        page = context.new_page()
        for path in ("/desk/running", "/desk/running/undelivered"):
            page.goto(site + path)
            assert_fits(page, (1280, 768, 390))


def test_a_dead_message_is_sent_again_by_keyboard_without_scripts(
    house: DeskHouse, plain_app: FastAPI, serve: Serve, engine: Browser, ward: Ward, ole: Worker
) -> None:
    number = fill(ward)
    site = serve(plain_app)
    with house.context(engine, site, ole, scripts=False) as context:
        page = context.new_page()
        page.goto(f"{site}/desk/running")
        reach(page, "Look at them").press("Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text("Messages that were given up")
        reach(page, f"Send again: {number}").press("Enter")
        expect(page.get_by_role("status")).to_have_text("1 message is tried again.")
        reach(page, "Drop: Drop all").press("Enter")
        page.keyboard.press("Tab")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.get_by_role("status")).to_have_text("1 message is off the list.")
        expect(page.get_by_text("None. Nothing is to be done.")).to_be_visible()


def test_the_page_looks_again_by_itself_unless_somebody_is_busy_in_it(
    house: DeskHouse, plain_app: FastAPI, serve: Serve, engine: Browser, ward: Ward, mette: Worker
) -> None:
    site = serve(plain_app)
    with house.context(engine, site, mette) as context:
        page = context.new_page()
        page.clock.install()
        page.goto(f"{site}/desk/running")
        expect(page.get_by_text("Everything runs.")).to_be_visible()
        dead(ward, ward.enrol())
        page.clock.run_for(31_000)
        expect(page.get_by_text("1 message was given up.")).to_be_visible()
        reach(page, "Look again")
        dead(ward, ward.enrol("Karl Bo"))
        page.clock.run_for(31_000)
        expect(page.get_by_text("1 message was given up.")).to_be_visible()


def test_a_page_that_nobody_uses_asks_no_more_and_does_not_keep_anybody_signed_in(
    house: DeskHouse, plain_app: FastAPI, serve: Serve, engine: Browser, mette: Worker
) -> None:
    site = serve(plain_app)
    with house.context(engine, site, mette) as context:
        page = context.new_page()
        page.clock.install()
        page.goto(f"{site}/desk/running")
        expect(page.get_by_text("Everything runs.")).to_be_visible()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.clock.run_for(31_000)
        page.clock.fast_forward(26 * 60_000)
        before = len(asked)
        assert before
        page.clock.run_for(61_000)
        assert len(asked) == before
        page.keyboard.press("Shift")
        page.clock.run_for(31_000)
        assert len(asked) > before


def reach(page: Page, name: str) -> Any:
    """Press Tab until what is called so has the focus."""
    for _ in range(80):
        page.keyboard.press("Tab")
        focused = page.locator(":focus")
        if focused.count() and " ".join(focused.inner_text().split()).replace(" :", ":") == name:
            return page.keyboard
    raise AssertionError(f"the keyboard never comes to {name}")
