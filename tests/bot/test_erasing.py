"""Whoever asks for it is erased, and nothing that was under way leaves a trace of them."""

from __future__ import annotations

import pytest

from bot.channels import NotSent, Parcel, Trouble
from bot.conversation.effects import SetDue
from bot.conversation.tasks.deleting import ERASE
from tests.bot.house import MORNING, House
from tests.bot.posting import Post
from trajectory import patients
from trajectory.erasure import erase

REFUSED = NotSent(Trouble.GONE, "550")


@pytest.fixture
def post(house: House) -> Post:
    return Post(house, house.enrol())


def is_here(house: House, post: Post) -> bool:
    with house.database.read() as connection:
        return bool(patients.read(connection, [post.to.patient_id]))


def mail_the_physio(post: Post) -> None:
    post("a summary", channel="email", address_id=None, member_id=7, to="anne@klinik.example")


@pytest.mark.parametrize("channel", ["telegram", "email"])
def test_a_message_that_fails_after_its_patient_was_erased_leaves_nothing_due(
    house: House, post: Post, channel: str
) -> None:
    def erase_meanwhile(parcel: Parcel) -> None:
        with house.database.write() as connection:
            erase(connection, post.to.patient_id, MORNING)

    if channel == "email":
        mail_the_physio(post)
    else:
        post("how is your back?")
    for provider in (house.email, house.telegram):
        provider.before, provider.trouble = erase_meanwhile, [REFUSED]
    house.send()
    assert not is_here(house, post)
    assert house.due() == []


def test_a_failure_that_is_told_of_a_message_that_has_arrived_sets_nothing_due(
    house: House, post: Post
) -> None:
    message = post("how is your back?")

    def arrive(parcel: Parcel) -> None:
        house.change_outbox(message, status="delivered")

    house.telegram.before, house.telegram.trouble = arrive, [REFUSED]
    house.send()
    assert house.due() == []


def test_nobody_is_erased_while_a_mail_about_them_is_under_way(house: House, post: Post) -> None:
    def dispatch_meanwhile(parcel: Parcel) -> None:
        house.dispatch()

    house.set_row(post.to.patient_id, SetDue(ERASE, ERASE, MORNING))
    mail_the_physio(post)
    house.email.before = dispatch_meanwhile
    house.send()
    assert is_here(house, post)
    house.wait(minutes=6)
    assert not is_here(house, post)
