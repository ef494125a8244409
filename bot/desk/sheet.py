"""A table that was saved as CSV, read as Excel, LibreOffice and programs write it.

UTF-8 with and without its mark, UTF-16 with it, Windows-1252; semicolons, commas or tabs. Lines
are counted as an editor does, from 1, the heading included.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

ERROR = "error"
"""The column that we add to what is to be corrected; it says nothing when it is read again."""
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "name": ("navn",),
    "birth_date": ("birth date", "fødselsdato", "foedselsdato"),
    "phone": ("telefon", "mobil", "mobile"),
    "language": ("sprog",),
    "channel": ("kanal",),
    "care_team": ("care team", "behandlere"),
    "consented": ("consent", "samtykke"),
    ERROR: (),
}
"""The columns, and what else their headings may be."""
MOST_ROWS = 5000
LARGEST = 512 * 1024
"""Bytes."""
_BY_HEADING = {
    heading: column for column, others in COLUMNS.items() for heading in (column, *others)
}
_SEPARATORS = ";,\t"
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_EXCEL_HINT = "sep="


class Unreadable(ValueError):
    """The file is no table that we can read; `key` and `values` say what to do."""

    def __init__(self, key: str, **values: object) -> None:
        super().__init__(key)
        self.key = key
        self.values = values


class Row(NamedTuple):
    """One line that has something in it. `cells` by column; what is missing is empty."""

    line: int
    cells: Mapping[str, str]
    written: Sequence[str]
    """The cells as they stood there, for whoever corrects them."""

    @property
    def has_too_many(self) -> bool:
        """Whether there are more cells than columns: a separator stands in one of them."""
        return any(cell.strip() for cell in self.written[len(self.cells) :])


@dataclass(frozen=True, slots=True)
class Sheet:
    """What the file holds."""

    heading: Sequence[str]
    """As it was written."""
    rows: Sequence[Row]


def read(data: bytes) -> Sheet:
    """Read a file. Raises Unreadable."""
    if len(data) > LARGEST:
        raise Unreadable("large", most=LARGEST // 1024)
    text = _text(data)
    lines = _records(text, _separator(text))
    heading: Sequence[str] = ()
    columns: list[str] = []
    rows = []
    for number, cells in lines:
        if not columns:
            heading, columns = cells, _columns(cells)
        else:
            rows.append(Row(number, _named(columns, cells), cells))
        if len(rows) > MOST_ROWS:
            raise Unreadable("long", most=MOST_ROWS)
    if not columns:
        raise Unreadable("empty")
    if not rows:
        raise Unreadable("heading_only")
    return Sheet(heading, rows)


def _text(data: bytes) -> str:
    encodings = ["utf-16"] if data.startswith(_UTF_16) else ["utf-8-sig", "cp1252"]
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise Unreadable("encoding")


def _separator(text: str) -> str:
    """What is most frequent in the first line that says something; a comma in one column."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    if first.casefold().startswith(_EXCEL_HINT) and len(first) == len(_EXCEL_HINT) + 1:
        return first[-1]
    return max(_SEPARATORS, key=first.count) if any(map(first.count, _SEPARATORS)) else ","


def _records(text: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    """Each record with the line that it begins in; empty ones are left out."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    line, hinted = 1, False
    try:
        for cells in reader:
            is_hint = not hinted and "".join(cells).casefold().startswith(_EXCEL_HINT)
            if any(cell.strip() for cell in cells) and not is_hint:
                yield line, cells
            hinted = hinted or any(cells)
            line = reader.line_num + 1
    except csv.Error:
        raise Unreadable("quotes", line=line) from None


def _columns(heading: Sequence[str]) -> list[str]:
    named = [" ".join(cell.split()).casefold() for cell in heading]
    while named and not named[-1]:
        named.pop()
    columns = [_BY_HEADING.get(each, "") for each in named]
    unknown = [cell for cell, column in zip(heading, columns, strict=False) if not column]
    if unknown:
        raise Unreadable("unknown_column", column=unknown[0].strip()[:40] or "-")
    if doubled := next((each for each in columns if columns.count(each) > 1), ""):
        raise Unreadable("doubled_column", column=doubled)
    if "name" not in columns:
        raise Unreadable("no_names")
    return columns


def _named(columns: Sequence[str], cells: Sequence[str]) -> Mapping[str, str]:
    filled = [*cells, *[""] * len(columns)]
    return {column: filled[place].strip() for place, column in enumerate(columns)}
