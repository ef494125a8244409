"""Which senders a commit wakes."""

from __future__ import annotations

from bot.messages import Priority
from bot.posted import Posted
from tests.bot.house import House
from tests.bot.posting import Post


def test_each_channel_is_told_of_its_most_urgent_message_once() -> None:
    posted = Posted()
    for channel, priority in (
        ("telegram", Priority.BULK),
        ("telegram", Priority.SAFETY),
        ("telegram", Priority.REPLY),
        ("sms", Priority.REPLY),
    ):
        posted.note(channel, priority)
    assert posted.taken() == {"telegram": Priority.SAFETY, "sms": Priority.REPLY}
    assert posted.taken() == {}


def test_what_goes_into_the_outbox_is_noted_by_itself(light_house: House) -> None:
    post = Post(light_house, light_house.enrol("4711"))
    light_house.deployment.posted.taken()
    post("How are you?", Priority.BULK)
    assert light_house.deployment.posted.taken() == {"telegram": Priority.BULK}
