"""What is wrong in the lines of a table, in words and as a table to be corrected."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from bot.desk.enrolling_many import Line, Problem
from bot.desk.sheet import COLUMNS, ERROR, Sheet, Unreadable
from templates.words import Words

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet would take for one."""


def told(problem: Problem, language: str) -> str:
    """What is wrong in a cell, and what to do."""
    words = Words.of(language)
    says = words.say(f"desk.enrol.wrong.{problem.key}", **problem.values)
    return f"{words.say(f'desk.enrol.column.{problem.column}')}: {says}" if problem.column else says


def refused(unreadable: Unreadable, language: str) -> str:
    """Why a file is no table, and what to do."""
    return Words.of(language).say(f"desk.enrol.unreadable.{unreadable.key}", **unreadable.values)


def faulty(lines: Sequence[Line]) -> list[Line]:
    """Those that are not enrolled until somebody corrects them."""
    return [line for line in lines if line.problems]


def table(sheet: Sheet, lines: Sequence[Line], language: str) -> bytes:
    """The lines in which something is wrong with what it is, to be corrected and read again.

    As Danish Excel opens it: semicolons, UTF-8 with its mark; what looks like a formula is none.
    """
    file = io.StringIO(newline="")
    writer = csv.writer(file, delimiter=";")
    places = [n for n, cell in enumerate(sheet.heading) if cell.strip().casefold() != ERROR]
    writer.writerow([*(sheet.heading[n] for n in places), ERROR])
    for line in faulty(lines):
        says = "; ".join(told(each, language) for each in line.problems)
        line_says = Words.of(language).say("desk.enrol.line", line=line.row.line)
        cells = [line.row.written[n] if n < len(line.row.written) else "" for n in places]
        writer.writerow([_harmless(each) for each in (*cells, f"{line_says}: {says}")])
    return file.getvalue().encode("utf-8-sig")


def template() -> bytes:
    """An empty table with the columns' names."""
    heading = ";".join(column for column in COLUMNS if column != ERROR)
    return f"{heading}\r\n".encode("utf-8-sig")


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
