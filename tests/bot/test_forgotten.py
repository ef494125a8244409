"""Whoever deletes their data leaves nothing readable in any row, file, log or old backup."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import LargeBinary, select, update
from sqlalchemy.engine import make_url
from sqlmodel import SQLModel

from backtrace.erased import scrub_when_quiet
from bot import access, restored
from tests.bot.house import House
from trajectory import backup, erasure, own_copy, patients, scrubbing
from trajectory.database import Database
from trajectory.keys import Ring, WrongKey

NAME = "Zephyrina Quillfeather"
CHAT = "880055221133"
NUMBER = "+4587654321"
DOCTOR = "Ottoline Marmalade"
MAIL = "ottoline@marmalade.example"
BEFORE = "kumquat before anybody knew her"
SAID = {
    "note": "the xylophone stool hurts",
    "goal": "carry the gramophone",
    "question": "may I ride a velocipede",
    "remark": "my spine feels like macaroni",
    "whom": "Cousin Peregrine",
}
ADVICE = "walk beside the hippopotamus"
OWN_CODE = "7391"
QUOTED_CODE = f'"{OWN_CODE}"'
"""As it would stand in what was not sealed: four digits alone come by chance, as in a number."""
MARKERS = [NAME, CHAT, NUMBER, DOCTOR, MAIL, BEFORE, *SAID.values(), ADVICE, QUOTED_CODE]


def say(house: House, *lines: str) -> str:
    for line in lines:
        house.write(line, CHAT)
        house.settle()
    return house.telegram.texts(CHAT)[-1]


def live(house: House) -> int:
    """Somebody has told much, to us and to her physiotherapist, who answered."""
    house.write(BEFORE, CHAT)
    house.settle()
    her = house.enrol(
        CHAT, name=NAME, code=OWN_CODE, pathway="low-back-pain", language="en"
    ).patient_id
    house.add_address(her, "sms", NUMBER)
    house.settle()
    say(house, *["no", *["A"] * 9], SAID["remark"])
    say(house, f"note {SAID['note']}", f"my goal is to {SAID['goal']}")
    say(house, f"question for my next visit: {SAID['question']}")
    say(house, f"my next visit is on 3 December at 10:00 with {SAID['whom']}")
    say(house, f"send my summary to my physio {DOCTOR} {MAIL}", "A", OWN_CODE, "A")
    professional_writes(house)
    house.wait(days=8)
    say(house, "6", "no, 4", "A", "export my data", OWN_CODE, "A")
    say(house, "i want a person")
    return her


def professional_writes(house: House) -> None:
    deployment, now = house.deployment, house.clock.now()
    found = re.search(r"/s/(\S+)", house.email.texts()[-1])
    word = re.search(r"they open the page: (\w+ \w+)", house.telegram.texts(CHAT)[-2])
    assert found
    assert word, house.telegram.texts(CHAT)[-3:]
    access.request_code(deployment, found[1], now)
    house.settle()
    code = re.search(r"\b\d{6}\b", house.email.texts()[-1])
    assert code
    cookie = access.open_page(deployment, found[1], code[0], word[1], now)
    access.write_note(deployment, cookie, ADVICE, now, "1", ())
    house.settle()


def delete_me(house: House, her: int) -> None:
    say(house, "delete my data", "yes")
    assert "In a few minutes everything is deleted" in say(house, OWN_CODE)
    house.wait(minutes=6)
    with house.database.read() as connection:
        assert her in erasure.tombstones(connection)


@pytest.fixture
def house(migrated_database_url: str) -> Iterator[House]:
    database = Database(migrated_database_url, durable=False)
    found = House(database)
    for number in range(60):  # others, whose rows stand around hers
        found.enrol(f"somebody-{number}", name=f"Somebody {number}")
    yield found
    database.close()


def stored(house: House) -> bytes:
    """Every value of every row, and of SQLite the bytes of its files as well."""
    with house.database.read() as connection:
        values = [
            value if isinstance(value, bytes) else str(value).encode()
            for table in SQLModel.metadata.sorted_tables
            for row in connection.execute(select(table))
            for value in row
        ]
    return b"\n".join(values + [file.read_bytes() for file in files(house)])


def files(house: House) -> list[Path]:
    url = make_url(house.database.url)
    if url.get_backend_name() != "sqlite":
        return []
    assert url.database
    return [
        file
        for suffix in ("", "-wal", "-shm", "-journal")
        if (file := Path(url.database + suffix)).exists()
    ]


def sealed_of(house: House, her: int) -> dict[str, bytes]:
    """What is kept of her that only a key opens, and her key, by where it stands."""
    found: dict[str, bytes] = {}
    with house.database.read() as connection:
        for table in SQLModel.metadata.sorted_tables:
            if table.name == "audit":  # ids and hashes over ids, which stay
                continue
            owner = table.c.get("patient_id", table.c.id if table.name == "patient" else None)
            sealed = [each for each in table.columns if isinstance(each.type, LargeBinary)]
            if owner is None or not sealed:
                continue
            for number, row in enumerate(connection.execute(select(*sealed).where(owner == her))):
                for column, value in row._mapping.items():
                    if value:
                        found[f"{table.name}.{column}:{number}"] = bytes(value)
    return found


def test_nothing_of_her_is_left_in_rows_files_or_logs(
    house: House, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(0)
    her = live(house)
    with house.database.read() as connection:
        (row,) = patients.read(connection, [her])
        held = repr(own_copy.rows(connection, row.sealer(house.deployment.ring), her))
    planted = set(MARKERS) - {BEFORE, QUOTED_CODE}  # neither is hers by her number, or handed out
    assert [marker for marker in planted if marker not in held] == []
    hers = sealed_of(house, her)
    assert len({place.partition(":")[0] for place in hers}) >= 15
    delete_me(house, her)
    scrub_when_quiet(house.deployment)
    left = stored(house)
    assert [marker for marker in MARKERS if marker.encode() in left] == []
    assert [place for place, value in hers.items() if value in left] == []
    assert row.wrapped_key not in left
    said = "".join(capfd.readouterr()) + caplog.text
    assert [marker for marker in MARKERS if marker in said] == []
    assert house.outbox() == [each for each in house.outbox() if each.patient_id != her]


def test_what_she_wrote_before_she_was_known_goes_too(house: House) -> None:
    her = live(house)
    assert any(row.patient_id is None for row in house.inbox())
    house.write("somebody else", "another-stranger")
    delete_me(house, her)
    assert len([row for row in house.inbox() if row.patient_id is None]) == 1
    assert len([row for row in house.outbox() if row.patient_id is None]) <= 1


@pytest.mark.both_databases
def test_the_key_that_opened_her_words_is_gone_and_the_ring_opens_nothing(house: House) -> None:
    her = live(house)
    hers = sealed_of(house, her)
    delete_me(house, her)
    ring = house.deployment.ring
    with house.database.read() as connection:
        patient = SQLModel.metadata.tables["patient"]
        tombstone = connection.execute(select(patient).where(patient.c.id == her)).one()
        others = patients.read(connection, [her - 1, her + 1, 1])
    with pytest.raises(WrongKey):
        ring.unwrap(ring.current, tombstone.wrapped_key, her)
    for row in others:
        with pytest.raises(WrongKey):
            row.sealer(ring).open("patient.profile", her, hers["patient.profile:0"])


@pytest.mark.parametrize("migrated_database_url", ["sqlite"], indirect=True)
def test_nothing_is_left_behind_where_pages_were_split_and_joined(house: House) -> None:
    """SQLite's secure_delete leaves copies of rows that it has moved: they go all the same."""
    ids = [house.enrol(f"more-{number}").patient_id for number in range(300)]
    with house.database.read() as connection:
        keys = {row.patient_id: row.wrapped_key for row in patients.read(connection, ids)}
    sizes = Random(3)  # the same pages in every run
    patient = SQLModel.metadata.tables["patient"]
    with house.database.write() as connection:
        for _ in range(1500):
            whose = patient.c.id == sizes.choice(ids)
            profile = bytes(sizes.choice((20, 90, 200, 400)))
            connection.execute(update(patient).where(whose).values(profile=profile))
    gone = ids[::2]
    with house.database.write() as connection:
        for each in gone:
            erasure.erase(connection, each, house.clock.now())
    assert house.database.scrub(rewrite=False)
    assert left_of(house, keys, gone), "nothing was moved: this tests nothing"
    scrub_when_quiet(house.deployment)
    assert left_of(house, keys, gone) == []
    assert left_of(house, keys, ids[1::2]) == ids[1::2]


def left_of(house: House, keys: Mapping[int, bytes], of: Sequence[int]) -> list[int]:
    """Whose wrapped key stands in the files yet."""
    left = b"".join(file.read_bytes() for file in files(house))
    return [each for each in of if keys[each] in left]


@pytest.mark.parametrize("migrated_database_url", ["sqlite"], indirect=True)
def test_a_file_is_written_anew_once_for_each_erasure(house: House) -> None:
    database = house.database
    with database.read() as connection:
        assert scrubbing.is_clean(connection)
    her = house.enrol(CHAT, name=NAME).patient_id
    with database.write() as connection:
        erasure.erase(connection, her, house.clock.now())
    with database.read() as reading:
        reading.execute(select(SQLModel.metadata.tables["patient"])).all()
        assert not scrubbing.scrub(database, rewrite=True), "somebody still reads the old rows"
    assert not scrubbing.scrub(database, rewrite=False)
    assert scrubbing.scrub(database, rewrite=True)
    with database.read() as connection:
        assert scrubbing.is_clean(connection)


@pytest.mark.parametrize("migrated_database_url", ["sqlite"], indirect=True)
def test_an_old_backup_is_opened_by_no_ring_that_is_left_and_a_restore_brings_nobody_back(
    house: House, tmp_path: Path
) -> None:
    her = live(house)
    before = Path(str(make_url(house.database.url).database))
    copy = tmp_path / "copy.db"
    backup.make(before, copy)
    delete_me(house, her)
    with house.database.read() as connection:
        erased = erasure.tombstones(connection)
    assert not [marker for marker in MARKERS if marker.encode() in copy.read_bytes()]
    later = Ring.generate("next")  # the ring key was retired and destroyed
    with closing(Database(f"sqlite:///{copy}")) as opened:
        with opened.read() as connection:
            (row,) = patients.read(connection, [her])
            with pytest.raises(WrongKey):
                row.sealer(later)
            key = row.wrapped_key
        restored.make_safe(opened, erased)
        with opened.read() as connection:
            assert patients.read(connection, [her]) == []
    assert key not in copy.read_bytes()
    assert timedelta(0) <= house.clock.now() - erased[her]
