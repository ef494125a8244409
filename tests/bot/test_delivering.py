"""What a provider says later: in any order, twice, too early, and never a step back."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Row
from structlog.testing import capture_logs

from bot import delivering
from bot.channels import NotSent, Trouble
from bot.delivering import note_status
from bot.leases import LEASE
from bot.verdicts import DOUBT_WAIT, FIRST_WAIT, UNKNOWN_ATTEMPTS
from tests.bot.house import MORNING, House
from tests.bot.posting import Post
from trajectory import tables
from trajectory.database import Database

pytestmark = pytest.mark.both_databases

PHONE = "+4520304050"
RANK = {"sent": 1, "ready": 2, "dead": 2, "delivered": 3, "read": 4}
SAYS = ("queued", "sending", "sent", "undelivered", "failed", "delivered", "read")


@pytest.fixture
def post(house: House) -> Post:
    return Post(house, house.enrol(PHONE, channel="sms"))


def sent(house: House, post: Post, text: str = "How is your back?") -> str:
    """The provider's id of a message that it has taken."""
    post(text, channel="sms")
    house.settle()
    return f"sms-{len(house.sms.sent)}"


def says(
    house: House, message: str, status: str, trouble: Trouble | None = None, code: str = ""
) -> bool:
    return note_status(house.deployment, message, status, trouble, code)


def newest(house: House) -> Row[Any]:
    return house.outbox()[-1]


def address(house: House) -> Row[Any]:
    return house.rows(tables.core(tables.Address))[0]


# In any order


@pytest.mark.parametrize(
    ("said", "stands"),
    [
        (["queued", "sending", "sent"], "sent"),
        (["sent", "delivered"], "delivered"),
        (["delivered", "sent", "queued"], "delivered"),
        (["read", "delivered", "sent"], "read"),
        (["delivered", "undelivered"], "delivered"),
    ],
)
def test_what_has_arrived_stays_so(house: House, post: Post, said: list[str], stands: str) -> None:
    message = sent(house, post)
    assert all(says(house, message, each) for each in said)
    assert newest(house).status == stands


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(said=st.lists(st.sampled_from(SAYS), max_size=8))
def test_no_order_of_callbacks_lowers_a_status(house: House, said: list[str]) -> None:
    post = Post(house, house.enrol(f"+45{len(house.outbox()):08}", channel="sms"))
    message = sent(house, post)
    before = RANK[newest(house).status]
    for status in said:
        says(house, message, status)
        now = RANK[newest(house).status]
        assert now >= before
        before = now


def test_every_order_ends_alike(house: House) -> None:
    for number, said in enumerate(permutations(("sent", "failed", "delivered", "read"))):
        post = Post(house, house.enrol(f"+45{number:08}", channel="sms"))
        message = sent(house, post)
        for status in said:
            says(house, message, status)
        assert newest(house).status == "read"


def test_a_process_that_comes_late_does_not_take_back_what_has_arrived(
    house: House, post: Post, migrated_database_url: str
) -> None:
    database = Database(migrated_database_url, durable=False)
    other = House(database, house.deployment.ring, house.clock)

    def hang(parcel: object) -> None:
        house.sms.before = lambda parcel: None
        house.clock.set(MORNING + LEASE)
        other.settle()
        assert says(other, "sms-1", "delivered")

    house.sms.before = hang
    house.sms.sent = []
    post("a", channel="sms")
    house.send()
    database.close()
    assert newest(house).status == "delivered"


# Before its message is known


@pytest.mark.parametrize(("status", "stands"), [("delivered", "delivered"), ("failed", "ready")])
def test_a_callback_that_comes_before_its_message_is_recorded_counts_then(
    house: House, post: Post, status: str, stands: str
) -> None:
    known: list[bool] = []
    house.sms.before = lambda parcel: known.append(says(house, "sms-1", status))
    post("a", channel="sms")
    house.send()
    assert known == [False]
    assert newest(house).status == stands
    assert house.rows(tables.core(tables.EarlyStatus)) == []


def test_a_process_that_dies_before_it_has_looked_leaves_that_to_the_next_one(
    house: House, post: Post
) -> None:
    row = post("a", channel="sms")
    assert not says(house, "sms-7", "delivered")
    house.change_outbox(row, status="sent", provider_id="sms-7", attempts=1)
    jonas = Post(house, house.enrol("+4511111111", channel="sms"))
    jonas("b", channel="sms")
    house.settle()
    assert [row.status for row in house.outbox()] == ["delivered", "sent"]


def test_one_that_nobody_knows_is_forgotten_after_a_day(house: House, post: Post) -> None:
    assert not says(house, "somebody-elses", "delivered")
    house.clock.set(MORNING + delivering.KEPT + timedelta(minutes=1))
    assert not says(house, "another", "failed")
    (kept,) = house.rows(tables.core(tables.EarlyStatus))
    assert kept.provider_id == "another"


def test_one_that_is_said_twice_is_kept_once(house: House, post: Post) -> None:
    for _ in range(2):
        assert not says(house, "sms-1", "failed", Trouble.RETRY, "30001")
    assert len(house.rows(tables.core(tables.EarlyStatus))) == 1


def test_one_that_says_nothing_new_is_not_kept(house: House, post: Post) -> None:
    assert not says(house, "sms-1", "queued")
    assert house.rows(tables.core(tables.EarlyStatus)) == []


# It did not arrive


def test_what_the_network_lost_is_sent_again(house: House, post: Post) -> None:
    message = sent(house, post)
    says(house, message, "undelivered", Trouble.RETRY, "30001")
    says(house, message, "undelivered", Trouble.RETRY, "30001")
    assert (newest(house).status, newest(house).error) == ("ready", "retry 30001")
    house.wait(seconds=FIRST_WAIT.total_seconds())
    assert len(house.sms.sent) == 2
    assert not house.sms.sent[-1].parcel.repeated, "it did not arrive: nothing to look up"


@pytest.mark.parametrize("trouble", [None, Trouble.UNKNOWN])
def test_a_reason_that_nobody_knows_is_tried_a_few_times(
    house: House, post: Post, trouble: Trouble | None
) -> None:
    sent(house, post)
    for number in range(1, UNKNOWN_ATTEMPTS + 1):
        assert len(house.sms.sent) == number
        assert says(house, f"sms-{number}", "failed", trouble, "30999")
        house.wait(hours=1)
    assert len(house.sms.sent) == UNKNOWN_ATTEMPTS
    assert (newest(house).status, newest(house).error) == ("dead", "retry 30999")


def test_what_the_carrier_filters_is_not_sent_again(house: House, post: Post) -> None:
    says(house, sent(house, post), "undelivered", Trouble.CONTENT, "30007")
    house.wait(days=1)
    assert len(house.sms.sent) == 1
    assert (newest(house).status, newest(house).error) == ("dead", "content 30007")


def test_a_setting_of_ours_is_told_once_and_the_messages_wait(house: House, post: Post) -> None:
    with capture_logs() as logs:
        for _ in range(3):
            message = sent(house, post)
            says(house, message, "undelivered", Trouble.CONFIGURATION, "30034")
    told = [line for line in logs if "operator" in line["event"]]
    assert [(line["channel"], line["code"]) for line in told] == [("sms", "30034")]
    assert newest(house).status == "ready"
    house.wait(hours=1)
    with capture_logs() as logs:
        says(house, f"sms-{len(house.sms.sent)}", "delivered")
    assert [line["event"] for line in logs] == ["channel works again"]


def test_a_phone_that_is_off_once_is_tried_again_and_is_gone_at_the_second_time(
    house: House, post: Post
) -> None:
    says(house, sent(house, post), "undelivered", Trouble.DOUBTFUL, "30005")
    assert (newest(house).status, address(house).failures) == ("ready", 1)
    house.wait(seconds=DOUBT_WAIT.total_seconds())
    says(house, "sms-2", "undelivered", Trouble.DOUBTFUL, "30005")
    assert (newest(house).status, address(house).status) == ("dead", "gone")


def test_in_a_row_means_that_nothing_arrived_between(house: House, post: Post) -> None:
    says(house, sent(house, post), "undelivered", Trouble.DOUBTFUL, "30005")
    house.wait(seconds=DOUBT_WAIT.total_seconds())
    says(house, "sms-2", "delivered")
    says(house, sent(house, post), "undelivered", Trouble.DOUBTFUL, "30005")
    assert (address(house).failures, address(house).status) == (1, "active")


def test_whoever_writes_has_a_phone_that_works(house: House, post: Post) -> None:
    says(house, sent(house, post), "undelivered", Trouble.DOUBTFUL, "30005")
    house.write("hello", PHONE, channel="sms")
    assert address(house).failures == 0


def test_nothing_is_sent_again_to_a_patient_who_has_stopped_meanwhile(
    house: House, post: Post
) -> None:
    message = sent(house, post)
    house.write("stop", PHONE, channel="sms")
    house.settle()
    before = len(house.sms.sent)
    says(house, message, "undelivered", Trouble.RETRY, "30001")
    house.wait(days=1)
    assert len(house.sms.sent) == before


def test_a_doubt_when_sending_counts_alike(house: House, post: Post) -> None:
    house.sms.trouble = [NotSent(Trouble.DOUBTFUL, "21612")] * 2
    post("a", channel="sms")
    house.settle()
    assert (newest(house).status, address(house).status) == ("ready", "active")
    house.wait(days=1)
    assert (newest(house).status, address(house).status) == ("dead", "gone")
