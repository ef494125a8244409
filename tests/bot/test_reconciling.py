"""Messages that were written while nobody answered the door come in all the same, once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from structlog.testing import capture_logs

from bot import chores
from bot.channels import NotSent, Trouble
from bot.channels.twilio import Account, Twilio
from bot.chores import AGAIN, LEASE, Chore
from bot.dispatching import dispatch
from bot.inbound import Inbound
from bot.reconciling import EVERY, FIRST_LOOK, KIND, OVERLAP, Listing, reconcile
from tests.bot.house import MORNING, House
from tests.house import twilio_server as far
from tests.house.twilio_server import NUMBER, SID, TOKEN, TwilioServer

pytestmark = pytest.mark.both_databases

PATIENT = "+4520301234"


@pytest.fixture
def twilio() -> Iterator[TwilioServer]:
    with far.twilio_server() as server:
        server.clock = lambda: MORNING
        yield server
        assert not server.wrong


def listing(house: House, twilio: TwilioServer) -> Listing:
    account = Account(SID, TOKEN, twilio.url, "https://nord.example/twilio/status")
    return Twilio("sms", account, sender=NUMBER, now=house.clock.now).received


def own(house: House, *listings: Listing) -> dict[str, Chore]:
    return {KIND: Chore(EVERY, lambda last: reconcile(house.deployment, listings, last))}


def look(house: House, twilio: TwilioServer, last: datetime | None = None) -> None:
    reconcile(house.deployment, [listing(house, twilio)], last)


def test_an_answer_that_found_nobody_counts_when_somebody_is_back(
    house: House, twilio: TwilioServer
) -> None:
    birgit = house.enrol(PATIENT, channel="sms")
    house.ask(birgit.patient_id)
    twilio.hear(PATIENT, "4")
    for _ in range(2):
        look(house, twilio)
    assert house.answers(birgit.patient_id) == [("pain", 4)]
    assert len(house.inbox()) == 1


def test_what_came_by_webhook_already_is_left_alone(house: House, twilio: TwilioServer) -> None:
    birgit = house.enrol(PATIENT, channel="sms")
    house.ask(birgit.patient_id)
    sid = twilio.hear(PATIENT, "4")["sid"]
    house.write("4", PATIENT, channel="sms", id=sid)
    look(house, twilio)
    assert house.answers(birgit.patient_id) == [("pain", 4)]


def test_messages_come_in_the_order_in_which_they_were_written(
    house: House, twilio: TwilioServer
) -> None:
    birgit = house.enrol(PATIENT, channel="sms")
    house.ask(birgit.patient_id)
    for minutes, text in ((3, "2"), (1, "6"), (2, "4")):
        twilio.hear(PATIENT, text, at=MORNING - timedelta(minutes=9 - minutes))
    look(house, twilio)
    assert [value for _, value in house.answers(birgit.patient_id)] == [6, 4, 2]


def test_hundreds_of_messages_of_strangers_are_kept_too(house: House, twilio: TwilioServer) -> None:
    for n in range(120):
        twilio.hear(f"+45203{n:05}", "hello")
    look(house, twilio)
    assert {row.status for row in house.inbox()} == {"unknown-sender"}
    assert len(house.inbox()) == 120


@pytest.mark.parametrize(
    ("last", "back"),
    [(None, FIRST_LOOK + OVERLAP), (MORNING - timedelta(hours=1), timedelta(hours=1) + OVERLAP)],
)
def test_a_look_reaches_a_little_behind_the_one_before(
    house: House, twilio: TwilioServer, last: datetime | None, back: timedelta
) -> None:
    """Twilio lists by days; what is older than the last look was seen then."""
    twilio.hear(PATIENT, "just inside", at=MORNING - back)
    twilio.hear(PATIENT, "too old", at=MORNING - back - timedelta(seconds=1))
    look(house, twilio, last)
    assert len(house.inbox()) == 1


def test_one_provider_that_does_not_tell_holds_up_no_other(
    house: House, twilio: TwilioServer
) -> None:
    def broken(since: datetime) -> list[Inbound]:
        raise NotSent(Trouble.RETRY, "connection")

    twilio.hear(PATIENT, "hello")
    with pytest.raises(NotSent):
        reconcile(house.deployment, [broken, listing(house, twilio)], None)
    assert len(house.inbox()) == 1


# When it is done


def moments(house: House) -> list[datetime]:
    return [row.at for row in house.due()]


def test_it_is_done_at_the_start_and_hourly(house: House, twilio: TwilioServer) -> None:
    mine = own(house, listing(house, twilio))
    chores.begin(house.deployment, mine)
    assert chores.do_due(house.deployment, mine) == 1
    assert chores.do_due(house.deployment, mine) == 0
    assert moments(house) == [MORNING + EVERY]
    house.clock.set(MORNING + EVERY)
    twilio.hear(PATIENT, "in between", at=MORNING + timedelta(minutes=30))
    assert chores.do_due(house.deployment, mine) == 1
    assert len(house.inbox()) == 1


def test_a_restart_looks_at_once_and_from_where_the_last_look_ended(
    house: House, twilio: TwilioServer
) -> None:
    looks: list[datetime | None] = []
    mine = {KIND: Chore(EVERY, looks.append)}
    for _ in range(3):
        chores.begin(house.deployment, mine)
        chores.do_due(house.deployment, mine)
        house.clock.set(house.clock.now() + timedelta(minutes=1))
    assert looks == [None, MORNING, MORNING + timedelta(minutes=1)]
    assert len(house.due()) == 1


def test_a_look_that_fails_comes_again_soon_and_from_the_same_moment(house: House) -> None:
    looks: list[datetime | None] = []

    def fail(last: datetime | None) -> None:
        looks.append(last)
        if len(looks) == 2:
            raise NotSent(Trouble.RETRY, "connection")

    mine = {KIND: Chore(EVERY, fail)}
    chores.begin(house.deployment, mine)
    with capture_logs() as logs:
        for wait in (timedelta(0), EVERY, AGAIN):
            house.clock.set(house.clock.now() + wait)
            chores.do_due(house.deployment, mine)
    assert looks == [None, MORNING, MORNING]
    assert [each["event"] for each in logs] == ["chore failed"]


def test_two_workers_do_not_both_look_and_a_dead_one_is_relieved(house: House) -> None:
    looks: list[datetime | None] = []
    mine = {KIND: Chore(EVERY, looks.append)}
    chores.begin(house.deployment, mine)

    def while_another_looks(last: datetime | None) -> None:
        looks.append(last)
        assert chores.do_due(house.deployment, mine) == 0
        house.clock.set(MORNING + LEASE)
        assert chores.do_due(house.deployment, mine) == 1

    chores.do_due(house.deployment, {KIND: Chore(EVERY, while_another_looks)})
    assert len(looks) == 2
    assert moments(house) == [MORNING + LEASE + EVERY], "the late one has set it back"


def test_patients_rows_and_the_deployments_own_do_not_meet(house: House) -> None:
    birgit = house.enrol()
    mine = {KIND: Chore(EVERY, lambda last: None)}
    chores.begin(house.deployment, mine)
    assert dispatch(house.deployment) == 0
    house.set_due(birgit.patient_id)
    assert chores.do_due(house.deployment, mine) == 1
    assert dispatch(house.deployment) == 1
    assert chores.do_due(house.deployment, mine) == 0
