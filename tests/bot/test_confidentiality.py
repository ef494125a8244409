"""After a rich conversation neither the database nor the logs tell who it was or what was said."""

from __future__ import annotations

import logging
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlmodel import SQLModel
from structlog.testing import capture_logs

from bot import access
from bot.channels import NotSent, Trouble
from bot.conversation import answering
from bot.conversation.heard import Heard
from bot.inbound import InboundKind
from tests.bot.house import House

POISON = "zebra in my spine"
SECRETS = (
    "Birgit Holm",
    "+4520304050",
    "birgit.holm.tg",
    "Anne Skov",
    "anne@klinik.example",
    "cannot tie my shoes",
    "scared of the scan",
    "shall I swim",
    "walk to the allotment",
    "tomato greenhouse",
    "walk fifteen minutes",
    "wrong number, I am Poul",
    "poul-not-a-patient",
    POISON,
)
CODE = "4071"
"""Four bytes may stand in ciphertext and hashes by chance, so it is looked for as a word in the
open columns only."""


@pytest.fixture
def logs(caplog: pytest.LogCaptureFixture) -> Iterator[list[Any]]:
    caplog.set_level(logging.DEBUG)
    with capture_logs() as lines:
        yield lines


@pytest.fixture
def told(house: House, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Birgit tells everything that can be told; what else nobody may read from a copy."""
    break_on(POISON, monkeypatch)
    birgit = house.enrol("birgit.holm.tg", name="Birgit Holm", code=CODE, pathway="low-back-pain")
    phone = house.add_address(birgit.patient_id, "sms", "+4520304050")
    house.settle()
    for line in (
        "no",
        "note I cannot tie my shoes",
        "question am I right to be scared of the scan",
        "shall I swim?",
        "A",
        "send my summary to my physio",
        "Anne Skov",
        "anne@klinik.example",
        "A",
        CODE,
        "yes",
        POISON,
    ):
        house.write(line, "birgit.holm.tg")
        house.settle()
    ask_for_the_goal(house, birgit.patient_id)
    house.write("wrong number, I am Poul", "poul-not-a-patient")
    house.telegram.trouble = [NotSent(Trouble.RETRY, "503"), KeyError("Birgit Holm")]
    house.write("note my tomato greenhouse", "+4520304050", channel="sms", kind=InboundKind.TEXT)
    secrets = let_anne_in(house)
    house.wait(minutes=5)
    house.set_address(phone, "closed")
    return secrets


def break_on(word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    read = answering._read

    def read_or_break(step: Any, heard: Heard) -> None:
        if heard.message.text == word:
            raise ValueError(word)
        read(step, heard)

    monkeypatch.setattr(answering, "_read", read_or_break)


def ask_for_the_goal(house: House, patient_id: int) -> None:
    """The question whose answer is free text."""
    for line in ("skip", "skip", "skip", "skip", "skip", "skip", "skip", "skip", "skip", "skip"):
        house.write(line, "birgit.holm.tg")
    house.settle()
    house.ask(patient_id, "intake")
    for line in ("A", "walk to the allotment", "tomato greenhouse", "walk to the allotment"):
        house.write(line, "birgit.holm.tg")
        house.settle()


def let_anne_in(house: House) -> list[str]:
    """Link, code, spoken words and cookie: what opens the page must not be in the database."""
    deployment, now = house.deployment, house.clock.now()
    said = next(text for text in house.telegram.texts() if "two words" in text)
    words = re.search(r"open the page: (\w+ \w+)", said)
    link = re.search(r"/s/([\w-]+)", house.email.texts()[0])
    assert words
    assert link
    access.request_code(deployment, link[1], now)
    house.settle()
    code = re.search(r"\b(\d{6})\b", house.email.texts()[-1])
    assert code
    cookie = access.open_page(deployment, link[1], code[1], words[1], now)
    access.write_note(deployment, cookie, "Please walk fifteen minutes twice a day", now)
    house.settle()
    return [words[1], link[1], code[1], cookie]


def hidden(told: list[str]) -> list[str]:
    return [*SECRETS, *told]


def found(secrets: list[str], text: bytes) -> list[str]:
    """Which of them are there, in whatever encoding a database or a log may use."""
    lowered = text.lower()
    return [
        secret
        for secret in secrets
        if any(secret.lower().encode(code) in lowered for code in ("utf-8", "utf-16-le"))
    ]


def test_everything_was_really_said(house: House, told: list[str]) -> None:
    """Or the other tests would find nothing because there is nothing."""
    heard = " ".join(house.heard(row) for row in house.inbox() if row.patient_id is not None)
    for said in ("tie my shoes", "scared of the scan", "shall I swim", "tomato", POISON):
        assert said in heard
    assert CODE not in heard
    assert {row.status for row in house.inbox()} == {"done", "failed", "unknown-sender"}
    kinds = {entry.kind for entry in house.timeline(house.inbox()[0].patient_id)}
    assert kinds >= {"answer", "note", "question", "grant", "skip", "consent"}
    assert any("Please walk fifteen" in text for text in house.telegram.texts())


@pytest.mark.parametrize("migrated_database_url", ["sqlite"], indirect=True)
def test_a_file_that_is_copied_away_tells_nothing(
    house: House, told: list[str], tmp_path: Path
) -> None:
    copies = [
        Path(shutil.copy(tmp_path / name, tmp_path / f"stolen-{name}"))
        for name in ("test.db", "test.db-wal", "test.db-shm")
    ]
    stolen = b"".join(copy.read_bytes() for copy in copies)
    assert b"weekly-check-in" in stolen, "it is the right file"
    assert found(hidden(told), stolen) == []


def test_no_column_of_any_row_tells_anything(house: House, told: list[str]) -> None:
    with house.database.read() as connection:
        values = [
            value
            for table in SQLModel.metadata.sorted_tables
            for row in connection.execute(select(table))
            for value in row
        ]
    sealed = b"\n".join(value for value in values if isinstance(value, bytes))
    plain = "\n".join(str(value) for value in values if not isinstance(value, bytes)).encode()
    assert b"weekly-check-in" in plain
    assert found(hidden(told), sealed) == []
    assert found(hidden(told), plain) == []
    assert re.search(rf"\b{CODE}\b".encode(), plain) is None


def test_no_log_tells_anything(
    logs: list[Any],
    told: list[str],
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    written = capfd.readouterr()
    everything = f"{logs} {caplog.text} {caplog.records} {written.out} {written.err}"
    assert {line["event"] for line in logs} >= {"message set aside", "not sent"}
    assert found(hidden(told), everything.encode()) == []
