"""Nothing that is held of a patient is missing from their copy but what has a reason."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from sqlalchemy import LargeBinary, select, update
from sqlmodel import SQLModel

from tests.trajectory.conftest import Record
from tests.trajectory.test_erasure import fill
from trajectory import own_copy, tables
from trajectory.keys import Sealer

ALL = SQLModel.metadata.sorted_tables
SHOWN = {tables.core(model): section for model, section in own_copy.SECTIONS.items()}
SAID = {"said": "ouch"}


def test_every_table_is_in_the_copy_or_has_a_reason_why_not() -> None:
    left_out = [tables.core(model) for model in own_copy.NOT_THEIRS]
    assert sorted(each.name for each in ALL) == sorted(each.name for each in [*SHOWN, *left_out])
    assert not [each.name for each in left_out if "patient_id" in each.c and each.name != "erased"]


def test_every_sealed_column_is_opened_or_has_a_reason_why_not() -> None:
    columns = {f"{each.name}.{column.name}": column for each in SHOWN for column in each.columns}
    kept = {name for name, column in columns.items() if isinstance(column.type, LargeBinary)}
    assert kept - own_copy.LEFT_OUT.keys() == own_copy.OPENERS.keys()
    assert own_copy.LEFT_OUT.keys() <= columns.keys(), "a reason for a column that is not there"
    assert all(own_copy.LEFT_OUT.values())


def seal_everything(record: Record, patient_id: int, sealer: Sealer) -> None:
    """What the row has in it by chance is now something that was sealed for its place."""
    with record.database.write() as connection:
        for table in SHOWN:
            places = {
                column.name: f"{table.name}.{column.name}"
                for column in table.columns
                if own_copy.OPENERS.get(f"{table.name}.{column.name}") is not own_copy._in_hex
                and f"{table.name}.{column.name}" in own_copy.OPENERS
            }
            key, *_ = table.primary_key
            for row in connection.execute(select(table)) if places else ():
                sealed = {
                    name: sealer.seal_json(place, row._mapping[key.name], SAID)
                    for name, place in places.items()
                }
                connection.execute(
                    update(table).where(key == row._mapping[key.name]).values(**sealed)
                )


def test_the_copy_holds_every_row_and_every_column_of_the_database(record: Record) -> None:
    birgit, hers = record.enrol()
    fill(record, birgit, hers)
    seal_everything(record, birgit, hers)
    jonas, his = record.enrol("Jonas Lund")
    with record.database.read() as connection:
        copy = own_copy.rows(connection, hers, birgit)
        others = own_copy.rows(connection, his, jonas)
        stored = {
            table: connection.execute(select(table).order_by(*table.primary_key)).mappings().all()
            for table in SHOWN
        }
    assert {name for name, rows in others.items() if rows} == {
        "patient",
        "conversation",
        "find_heaps",
    }
    orjson.dumps(copy)
    for table, section in SHOWN.items():
        rows = [each for each in stored[table] if _is_hers(each, birgit)]
        assert rows, section
        wanted = [name for name in rows[0] if f"{table.name}.{name}" not in own_copy.LEFT_OUT]
        for row, shown in zip(rows, copy[section], strict=True):
            assert list(shown) == wanted, section
            for name in wanted:
                assert _says(shown[name], row[name]), f"{table.name}.{name}"


def _is_hers(row: Any, birgit: int) -> bool:
    return bool(
        row.get("patient_id", row.get("owner_id", birgit)) == birgit
        and ("wrapped_key" not in row or row["id"] == birgit)
    )


def _says(shown: Any, stored: Any) -> bool:
    """Whether the copy says what the column holds."""
    if stored is None or stored == b"":
        return shown is None
    if isinstance(stored, bytes):
        return bool(shown) and not isinstance(shown, bytes)
    return bool(shown == (stored.isoformat() if hasattr(stored, "isoformat") else stored)) or (
        isinstance(stored, str) and orjson.loads(stored) == shown
    )


@pytest.mark.parametrize(("code", "shown"), [("4071", "****"), ("", "")])
def test_the_own_code_is_not_in_a_file_that_lies_about(code: str, shown: str) -> None:
    sealer = Sealer(b"k" * 32)
    sealed = sealer.seal_json("patient.profile", 1, {"name": "Birgit", "code": code})
    opener = own_copy.OPENERS["patient.profile"]
    assert opener(sealer, "patient.profile", 1, sealed) == {"name": "Birgit", "code": shown}


@pytest.mark.parametrize("path", ["s", "chat/in", "copy/in"])
def test_no_link_of_a_message_can_be_opened_from_a_file_that_lies_about(path: str) -> None:
    sealer, token = Sealer(b"k" * 32), "a-token_of-43-characters-0123456789abcdefgh"
    text = f"Open https://nord.example/{path}/{token} within a day."
    sealed = sealer.seal_json("outbox.body", 1, {"text": text})
    shown = own_copy.OPENERS["outbox.body"](sealer, "outbox.body", 1, sealed)
    assert shown == {"text": f"Open https://nord.example/{path}/**** within a day."}
