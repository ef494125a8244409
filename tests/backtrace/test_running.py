"""The processes: a slow channel holds back no other."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from backtrace import by_twilio, running
from backtrace.equipping import channels_of, chores_of, hooks_of
from backtrace.furnishing import clinic_of
from backtrace.loops import sending, ticking
from backtrace.settings import Settings
from bot.channels import Parcel
from bot.chores import Chore
from bot.crew import Crew
from bot.doorbell import Doorbell
from tests.bot.house import House
from tests.house.twilio_server import NUMBER, SID, TOKEN, twilio_server
from trajectory.database import Database
from trajectory.erased_list import NoList
from trajectory.keys import Ring


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


ACCOUNT: dict[str, Any] = {"twilio_account_sid": SID, "twilio_auth_token": TOKEN}


def test_whoever_chooses_another_port_is_told_where_links_lead() -> None:
    def told(port: int, **more: str) -> list[str]:
        settings = Settings(_env_file=None, **more)  # type: ignore[arg-type]
        return list(running.where(settings, "127.0.0.1", port, ["web", "sms"]))

    here = "BackTrace is on http://127.0.0.1:8012, its channels are sms, web"
    elsewhere = "Links lead to http://127.0.0.1:8000: set BACKTRACE_PUBLIC_URL to change that"
    assert told(8012) == [here, elsewhere]
    assert told(8012, public_url="https://nord.example") == [here]
    assert len(told(8000)) == 1


@pytest.mark.parametrize(
    ("settings", "on", "doors"),
    [
        ({}, set(), 0),
        ({"twilio_from": NUMBER, "whatsapp_from": NUMBER}, set(), 0),
        (ACCOUNT, set(), 2),
        (ACCOUNT | {"twilio_from": NUMBER}, {"sms"}, 2),
        (ACCOUNT | {"twilio_messaging_service_sid": "MG" + "a" * 32}, {"sms"}, 2),
        (ACCOUNT | {"whatsapp_from": f"whatsapp:{NUMBER}"}, {"whatsapp"}, 2),
        (ACCOUNT | {"twilio_from": NUMBER, "whatsapp_from": NUMBER}, {"sms", "whatsapp"}, 2),
    ],
)
def test_a_channel_without_settings_is_off(
    house: House, settings: dict[str, Any], on: set[str], doors: int
) -> None:
    read = Settings(**settings)
    channels = channels_of(read, house.clock, Doorbell())
    assert channels.keys() == {"web"} | on
    assert len(hooks_of(read)) == doors
    assert ("reconcile" in chores_of(read, house.deployment)) == bool(on)


def test_cards_lead_to_a_whatsapp_number_that_is_written_as_twilio_writes_it() -> None:
    settings = Settings(whatsapp_from=f"whatsapp:{NUMBER}", **ACCOUNT)
    assert clinic_of(settings, mails=False).whatsapp_number == NUMBER


def test_senders_record_before_a_chore_that_takes_long_is_waited_for(
    tmp_path: Path, migrated_sqlite: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = shutil.copy(migrated_sqlite, tmp_path / "clinic.db")
    begun, recorded = threading.Event(), threading.Event()
    waited: list[bool] = []
    close = Crew.close

    def close_and_tell(crew: Crew) -> None:
        close(crew)
        recorded.set()

    def take_long(_last: object) -> None:
        begun.set()
        waited.append(recorded.wait(5))

    monkeypatch.setattr(Crew, "close", close_and_tell)
    monkeypatch.setattr(
        running, "chores_of", lambda *_: {"long": Chore(timedelta(hours=1), take_long)}
    )
    monkeypatch.setattr(running, "listen", lambda *_: begun.wait(20))
    settings = Settings(database_url=f"sqlite:///{file}", keys=Ring.generate().setting())
    running.serve(settings, "127.0.0.1", 0, lambda _: None)
    assert waited == [True]


def test_what_was_written_while_no_process_ran_is_asked_for_at_the_start(house: House) -> None:
    with twilio_server() as twilio:
        twilio.clock = house.clock.now
        twilio.hear("+4520301234", "anybody there?")
        settings = Settings(twilio_api_url=twilio.url, twilio_from=NUMBER, **ACCOUNT)
        with ticking(house.deployment, by_twilio.chores(settings, house.deployment)):
            for _ in range(200):
                if house.inbox():
                    break
                twilio.closing.wait(0.05)
    assert [row.status for row in house.inbox()] == ["unknown-sender"]
    assert not twilio.wrong


def test_one_crew_that_cannot_end_keeps_no_other_from_ending(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed: list[Crew] = []

    def fail(crew: Crew) -> None:
        closed.append(crew)
        raise KeyError

    monkeypatch.setattr(Crew, "close", fail)
    with pytest.raises(KeyError), sending(house.deployment):
        pass
    assert len(set(closed)) == len(house.deployment.channels)


def test_the_log_names_the_setting_of_a_list_that_cannot_be_kept(
    house: House, tmp_path: Path
) -> None:
    chore = chores_of(Settings(erased_file=tmp_path), house.deployment)["erased-list"]
    assert isinstance(chore, Chore)
    with capture_logs() as logs, pytest.raises(NoList):
        chore.work(None)
    assert [line["setting"] for line in logs] == ["BACKTRACE_ERASED_FILE"]
