"""The processes: a slow channel holds back no other."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from backtrace.running import sending
from bot.channels import Parcel
from tests.bot.house import House
from trajectory.database import Database


@pytest.fixture
def house(migrated_database_url: str) -> Iterator[House]:
    database = Database(migrated_database_url, durable=False)
    yield House(database)
    database.close()


def test_a_mail_server_that_does_not_answer_holds_back_no_reply(house: House) -> None:
    house.enrol()
    reached, let_go, heard = threading.Event(), threading.Event(), threading.Event()

    def stick(parcel: Parcel) -> None:
        reached.set()
        assert let_go.wait(20)

    house.email.before = stick
    house.telegram.before = lambda parcel: heard.set()
    with sending(house.deployment) as wake:
        for text in ("add my physio Anne Berg anne@klinik.example", "send my summary to my physio"):
            house.write(text)
        house.write("A")
        wake()
        assert reached.wait(20)
        heard.clear()
        house.write("who can see my data")
        wake()
        assert heard.wait(20)
        let_go.set()
