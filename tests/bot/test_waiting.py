"""What waits and what was given up, as the operator sees it."""

from __future__ import annotations

import pytest
from structlog.testing import capture_logs

from backtrace.outbox_cli import table
from bot import waiting
from bot.channels import NotSent, Trouble
from bot.rates import Rate
from bot.verdicts import MENDING_WAIT
from bot.waiting import NoSuchMessage, NotYet, Waiting
from tests.bot.house import House
from tests.bot.posting import Post
from trajectory import audit, care_team
from trajectory.care_team import Member

WRONG = NotSent(Trouble.CONFIGURATION, "401")


@pytest.fixture
def post(house: House) -> Post:
    return Post(house, house.enrol())


def shown(house: House) -> str:
    with house.database.read() as connection:
        now = house.clock.now()
        return table(waiting.waiting(connection, now), waiting.given_up(connection))


def resend(house: House, message_id: int) -> None:
    with house.database.write() as connection:
        waiting.resend(connection, house.deployment, message_id, "operator")


def drop(house: House, message_id: int) -> None:
    with house.database.write() as connection:
        waiting.drop(connection, house.deployment, message_id, "operator")


def test_an_outbox_without_trouble_says_so(house: House, post: Post) -> None:
    post("a")
    house.settle()
    assert shown(house) == "Nothing waits."


def test_a_wrong_setting_is_told_once_and_says_when_it_is_mended(house: House, post: Post) -> None:
    jonas = Post(house, house.enrol("jonas"))
    house.telegram.trouble = [WRONG] * 4
    with capture_logs() as logs:
        for each in (post, jonas):
            each("a")
        house.settle()
        house.wait(seconds=MENDING_WAIT.total_seconds())
    assert [line["code"] for line in logs] == ["401"]
    assert shown(house) == (
        "Waits to go out:\n"
        "telegram: 2 since 2026-11-24 09:00 UTC: waits for a setting of yours to be mended "
        "(backtrace doctor) [401]"
    )
    with capture_logs() as logs:
        house.wait(seconds=MENDING_WAIT.total_seconds())
    assert [line["event"] for line in logs] == ["channel works again", "channel goes on"]
    assert shown(house) == "Nothing waits."


def test_a_wrong_key_is_no_fault_of_the_providers(house: House, post: Post) -> None:
    house.telegram.trouble = [NotSent(Trouble.RETRY, "wrong-key")]
    post("a")
    house.settle()
    assert shown(house).endswith("the keys setting does not open it (backtrace doctor) [wrong-key]")


def test_another_wrong_setting_is_told_again(house: House, post: Post) -> None:
    house.telegram.trouble = [WRONG, NotSent(Trouble.CONFIGURATION, "404")]
    with capture_logs() as logs:
        post("a")
        house.settle()
        house.wait(seconds=MENDING_WAIT.total_seconds())
    assert [line["code"] for line in logs] == ["401", "404"]


def test_a_channel_that_is_off_is_seen(house: House, post: Post) -> None:
    post("a", channel="console")
    house.settle()
    assert shown(house).startswith("Waits to go out:\nconsole: 1 since 2026-11-24 09:00 UTC: not")


def test_what_is_meant_for_later_does_not_wait(house: House, post: Post) -> None:
    post("a", not_before=house.clock.now() + MENDING_WAIT)
    assert shown(house) == "Nothing waits."


def test_a_message_that_was_given_up_is_tried_again_on_request(house: House, post: Post) -> None:
    house.telegram.trouble = [NotSent(Trouble.CONTENT, "400")]
    message = post("a")
    house.settle()
    assert f"\n{message}  telegram  patient {post.to.patient_id}  2026-11-24" in shown(house)
    resend(house, message)
    house.settle()
    assert house.telegram.texts() == ["a"]
    assert shown(house) == "Nothing waits."
    with house.database.read() as connection:
        records = audit.records(connection, post.to.patient_id)
        last = records[-1]
    assert (last.actor, last.action) == ("operator", "message-resent")


def test_a_message_that_was_dropped_is_never_seen_again(house: House, post: Post) -> None:
    house.telegram.trouble = [NotSent(Trouble.CONTENT, "400")]
    message = post("a")
    house.settle()
    drop(house, message)
    assert shown(house) == "Nothing waits."
    for change in (resend, drop):
        with pytest.raises(NoSuchMessage):
            change(house, message)


def test_what_arrived_and_what_nobody_knows_is_not_sent_again(house: House, post: Post) -> None:
    message = post("a")
    house.settle()
    for number in (message, 999_999):
        with pytest.raises(NoSuchMessage):
            resend(house, number)
    assert house.telegram.texts() == ["a"]


def test_nothing_is_sent_again_after_stop(house: House, post: Post) -> None:
    house.telegram.trouble = [NotSent(Trouble.CONTENT, "400")]
    message = post("a")
    house.settle()
    house.write("stop")
    house.settle()
    with pytest.raises(NoSuchMessage):
        resend(house, message)
    drop(house, message)


def test_a_message_to_somebody_who_has_blocked_us_is_sent_again_once_they_write(
    house: House, post: Post
) -> None:
    house.telegram.trouble = [NotSent(Trouble.GONE, "403")]
    message = post("a")
    house.settle()
    with pytest.raises(NotYet, match="telegram gone"):
        resend(house, message)
    house.write("hello")
    house.settle()
    resend(house, message)
    house.settle()
    assert house.telegram.texts()[-1] == "a"


def test_a_mail_that_came_back_is_sent_again_only_to_another_address(
    house: House, post: Post
) -> None:
    patient_id = post.to.patient_id
    with house.database.write() as connection:
        anne = Member(7, "gp", "Anne Skov", "anne@klinik.example")
        care_team.add(connection, post.sealer, anne, patient_id=patient_id, now=house.clock.now())
    house.email.trouble = [NotSent(Trouble.GONE, "550")]
    to = "anne@klinik.example"
    message = post("mail", channel="email", address_id=None, member_id=7, to=to)
    house.settle()
    with pytest.raises(NotYet, match="email bounced"):
        resend(house, message)


def test_all_of_one_kind_are_found_and_no_others(house: House, post: Post) -> None:
    house.telegram.trouble = [
        NotSent(Trouble.CONTENT, "400"),
        NotSent(Trouble.CONTENT, "413"),
        NotSent(Trouble.CONTENT, "400"),
    ]
    messages = [post(text) for text in "abc"]
    house.settle()
    with house.database.read() as connection:
        assert waiting.alike(connection, "telegram", "400") == [messages[0], messages[2]]
        assert waiting.alike(connection, "telegram", "content") == messages
        assert waiting.alike(connection, "sms", "400") == []


def test_a_long_queue_says_how_long_it_takes_and_a_pause_when_it_ends(
    house: House, post: Post
) -> None:
    now = house.clock.now()
    wait = Waiting("telegram", "", "", 6000, now)
    told = table([wait], (), {"telegram": Rate("bot", 20)}, {"sms": now})
    assert "; at 17 a second it takes 6 min\n" in told
    assert told.endswith("sms: its provider has asked for a pause until 2026-11-24 09:00 UTC")


def test_nothing_of_a_message_is_shown(house: House, post: Post) -> None:
    house.telegram.trouble = [NotSent(Trouble.CONTENT, "400")]
    post("Birgit's back")
    house.settle()
    for secret in ("Birgit", "birgit", "back's"):
        assert secret not in shown(house)
