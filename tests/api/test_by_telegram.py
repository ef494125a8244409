"""A whole questionnaire by Telegram, posted or fetched, with everything going wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from bot.channels.telegram_api import BotApi
from bot.channels.telegram_http import Timeouts
from bot.polling import Pace, Poller
from tests.api.test_telegram import Clinic, open_clinic
from tests.house.telegram_server import CHAT, TOKEN
from trajectory.database import Database
from trajectory.sole import Sole

QUICK = Pace(long_poll=20, first_wait=0.01, longest_wait=0.02, elsewhere=0.02)
FAULTS: list[dict[str, Any]] = [
    {"status": 429, "description": "Too Many Requests: retry after 5", "retry_after": 5},
    {"status": 500, "description": "Internal Server Error", "times": 2},
    {"drops": True},
    {"status": 502, "raw": b"<html>Bad Gateway</html>"},
    {"times": 0},
    {"drops": True},
    {"status": 429, "description": "Too Many Requests: retry after 1", "retry_after": 1},
    {"status": 502, "raw": b"<html>Bad Gateway</html>"},
    {"times": 0},
    {"drops": True, "does": True},
]
"""What the next question meets, by question; only the last one was delivered all the same."""

Arrive = Callable[[dict[str, Any]], None]


@pytest.fixture
def clinic(migrated_database_url: str) -> Iterator[Clinic]:
    database = Database(migrated_database_url, durable=False)
    with open_clinic(database) as clinic:
        yield clinic
    database.close()


@pytest.fixture
def posted(clinic: Clinic) -> Arrive:
    """Telegram posts each update, twice, as it does when it is not sure."""

    def arrive(update: dict[str, Any]) -> None:
        assert [clinic.post(update).status_code for _ in range(2)] == [200, 200]

    return arrive


@pytest.fixture
def fetched(clinic: Clinic) -> Iterator[Arrive]:
    """We ask for each update; it is forgotten there when it is stored here."""
    house, server = clinic.house, clinic.server
    inbox = clinic.client.app.state.web.inbox  # type: ignore[attr-defined]
    sole = Sole(house.database, "telegram-poller")
    api = BotApi(TOKEN, server.url, Timeouts(read=20))
    poller = Poller(api, sole, inbox.put, clinic.presses.put, house.clock.now, QUICK)

    def arrive(update: dict[str, Any]) -> None:
        server.wait_for(lambda: any(offset > update["update_id"] for offset in server.offsets))

    yield arrive
    poller.close()
    api.close()


@pytest.mark.parametrize("way", ["posted", "fetched"])
def test_every_answer_counts_once_and_every_question_is_read(
    clinic: Clinic, way: str, request: pytest.FixtureRequest
) -> None:
    arrive: Arrive = request.getfixturevalue(way)
    house, server = clinic.house, clinic.server
    patient_id = house.enrol(str(CHAT)).patient_id
    house.ask(patient_id, "odi")
    for n in range(1, 11):
        assert f"{n}/10" in server.texts()[-1]
        server.goes_wrong("sendMessage", **FAULTS[n - 1])
        keyboard = server.sent[-1].body["reply_markup"]["inline_keyboard"]
        labels = [button["text"] for row in keyboard for button in row]
        arrive(server.writes("b") if n % 3 == 0 else server.presses(labels[1]))
        house.wait(minutes=3)
    answers = house.answers(patient_id)
    assert [value for _, value in answers] == [1] * 10
    assert len({item for item, _ in answers}) == 10
    for n in range(1, 11):
        assert len([text for text in server.texts() if f"{n}/10" in text]) == 1
    assert {row.status for row in house.outbox()} == {"sent"}


def test_a_patient_who_blocks_us_in_the_middle_goes_on_where_they_stopped(clinic: Clinic) -> None:
    house, server = clinic.house, clinic.server
    patient_id = house.enrol(str(CHAT)).patient_id
    house.ask(patient_id, "odi")
    server.blocked_by()
    for update in (server.writes("b"), server.blocks()):
        assert clinic.post(update).status_code == 200
    house.wait(minutes=30)
    assert len(house.answers(patient_id)) == 1
    assert len(server.texts()) == 1
    server.forgives()
    # Telegram's own button for coming back sends /start.
    for update in (server.blocks(status="member"), server.writes("/start")):
        assert clinic.post(update).status_code == 200
    house.wait(minutes=1)
    assert "2/10" in server.texts()[-1]
    assert clinic.post(server.writes("c")).status_code == 200
    house.wait(minutes=1)
    assert [value for _, value in house.answers(patient_id)] == [1, 2]
    assert "3/10" in server.texts()[-1]
