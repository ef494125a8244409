"""An edit of a pressed question is a message to Telegram: it takes a token that no reply wants."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot import tokens
from bot.channels import NotSent, Trouble
from bot.messages import Priority
from bot.rates import Rate
from tests.bot.house import House
from tests.bot.posting import Post

TELEGRAM = Rate("bot", 10)


def limited(house: House) -> House:
    house.deployment = replace(house.deployment, rates={"telegram": TELEGRAM})
    return house


def test_edits_leave_a_token_to_a_reply(house: House) -> None:
    limited(house)
    assert tokens.take_spare(house.deployment, "telegram") is None
    refused = tokens.take_spare(house.deployment, "telegram")
    assert refused is not None
    assert refused.full_at >= refused.until > house.clock.now()
    Post(house, house.enrol("birgit"))("Thanks: 4 days.")
    assert house.send() == 1


@pytest.mark.parametrize("waits", [Priority.REPLY, Priority.BULK])
def test_while_a_message_waits_no_edit_takes_a_token(house: House, waits: Priority) -> None:
    limited(house)
    Post(house, house.enrol("birgit"))("Thanks: 4 days.", waits)
    refused = tokens.take_spare(house.deployment, "telegram")
    assert refused is not None
    assert house.send() == 1
    house.clock.set(house.clock.now() + timedelta(seconds=1))
    assert tokens.take_spare(house.deployment, "telegram") is None


def test_replies_that_took_all_leave_none_to_an_edit(house: House) -> None:
    limited(house)
    for number in range(2):
        Post(house, house.enrol(f"patient {number}"))("Thanks: 4 days.")
    house.settle()
    refused = tokens.take_spare(house.deployment, "telegram")
    assert refused is not None
    house.clock.set(refused.full_at)
    assert tokens.take_spare(house.deployment, "telegram") is None


def test_a_message_that_cannot_go_out_yet_keeps_no_edit_from_going(house: House) -> None:
    """Behind one that is tried again later another one waits, for hours it may be."""
    limited(house)
    house.telegram.trouble = [NotSent(Trouble.RETRY, "503")]
    post = Post(house, house.enrol("birgit"))
    for text in ("a", "b"):
        post(text)
    house.send()
    house.clock.set(house.clock.now() + timedelta(seconds=0.5))
    assert tokens.take_spare(house.deployment, "telegram") is None


def test_an_edit_waits_out_what_the_provider_has_asked_for(house: House) -> None:
    limited(house)
    until = house.clock.now() + timedelta(seconds=2)
    tokens.pause(house.deployment, "telegram", until)
    refused = tokens.take_spare(house.deployment, "telegram")
    assert refused is not None
    assert (refused.until, refused.most) == (until, Priority.SAFETY)
    house.clock.set(until)
    assert tokens.take_spare(house.deployment, "telegram") is None


def test_a_channel_without_a_rate_spends_none(house: House) -> None:
    assert all(tokens.take_spare(house.deployment, "telegram") is None for _ in range(100))
