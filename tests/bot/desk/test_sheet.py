"""Tables of patients are read as Excel, LibreOffice and programs save them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.desk import sheet
from bot.desk.sheet import Unreadable, read

TABLE = "navn;fødselsdato\r\nSøren Ærø;14-09-1958\r\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("separator", [";", ",", "\t"])
@pytest.mark.parametrize("ends", ["\r\n", "\n", "\r"])
def test_however_it_was_saved(encoding: str, separator: str, ends: str) -> None:
    text = TABLE.replace(";", separator).replace("\r\n", ends)
    (row,) = read(text.encode(encoding)).rows
    assert row.cells == {"name": "Søren Ærø", "birth_date": "14-09-1958"}


def test_lines_are_counted_as_an_editor_does() -> None:
    text = 'name,phone\n\n"Birgit\nHolm",1\n,\n  \nBo,2\n'
    found = [(row.line, row.cells["name"]) for row in read(text.encode()).rows]
    assert found == [(3, "Birgit\nHolm"), (7, "Bo")]


def test_quoted_cells_may_hold_the_separator_and_quotes() -> None:
    (row,) = read(b'name;care_team\n"Holm; ""Birgit""";a@b.example\n').rows
    assert row.cells == {"name": 'Holm; "Birgit"', "care_team": "a@b.example"}


def test_the_hint_of_excel_is_no_heading() -> None:
    (row,) = read(b"sep=,\nname,phone\nBirgit,1\n").rows
    assert (row.line, row.cells) == (3, {"name": "Birgit", "phone": "1"})


def test_missing_cells_are_empty_and_too_many_are_noticed() -> None:
    short, long = read(b"name;phone\nBirgit\nBo;1;;2\n").rows
    assert (short.cells, short.has_too_many) == ({"name": "Birgit", "phone": ""}, False)
    assert long.has_too_many


@pytest.mark.parametrize(
    ("data", "key"),
    [
        (b"", "empty"),
        (b"\n\n", "empty"),
        (b"name;phone\n", "heading_only"),
        (b"name;shoe size\nBirgit;38\n", "unknown_column"),
        (b"phone\n1\n", "no_names"),
        (b"name;navn\nBirgit;Holm\n", "doubled_column"),
        (b'name\n"Birgit\n', "quotes"),
        (b"name\nBir\0git\n", "encoding"),
        (b"PK\x03\x04\x00\x00\x81", "encoding"),
        (b"name\n" + b"x" * sheet.LARGEST, "large"),
        (b"name\n" + b"x\n" * (sheet.MOST_ROWS + 1), "long"),
    ],
)
def test_what_is_no_such_table_is_refused_with_a_reason(data: bytes, key: str) -> None:
    with pytest.raises(Unreadable) as refused:
        read(data)
    assert refused.value.key == key


def test_where_a_quote_is_open_its_line_is_named() -> None:
    with pytest.raises(Unreadable) as refused:
        read(b'name\nBo\n"Birgit\nIb\n')
    assert refused.value.values["line"] == 3


@given(st.binary(max_size=200))
def test_any_bytes_are_a_table_or_are_refused(data: bytes) -> None:
    for head in (b"", b"name;phone\n"):
        try:
            rows = read(head + data).rows
        except Unreadable:
            continue
        assert all(row.cells.keys() <= sheet.COLUMNS.keys() for row in rows)
