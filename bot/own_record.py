"""A patient's own copy as one document: what is held, and the answers put in order for reading."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

import orjson

from bot.handing_out import OwnCopy
from bot.labels import labels
from flows.library import Library
from trajectory.own_copy import LEFT_OUT

FORMAT, VERSION = "backtrace-copy", 1
_GIVEN = frozenset({"answer", "skip", "not-applicable", "correction"})

Document = Mapping[str, Any]
_Row = Mapping[str, Any]


def document(copy: OwnCopy, library: Library) -> Document:
    """All of it, as JSON can say it. `everything` holds each table's rows as they are stored.

    `questionnaires` tells the same answers in order: of each question the first and the last.
    """
    person = copy.person
    return {
        "format": FORMAT,
        "version": VERSION,
        "made_at": copy.made_at.isoformat(),
        "name": person.name,
        "language": person.language,
        "timezone": person.timezone,
        "questionnaires": _questionnaires(copy, labels(library, person.language)),
        "everything": copy.tables,
        "left_out": LEFT_OUT,
    }


def as_json(document: Document) -> bytes:
    """For programs, and for people who look into it."""
    return orjson.dumps(document, option=orjson.OPT_INDENT_2)


def _questionnaires(copy: OwnCopy, names: Mapping[str, str]) -> Sequence[Document]:
    entries = [row for row in copy.tables["entries"] if row["session_id"] is not None]
    entries = sorted(entries, key=lambda row: (row["session_id"], row["sequence"]))
    return [
        _questionnaire(list(rows), names)
        for _, rows in groupby(entries, key=lambda row: row["session_id"])
    ]


def _questionnaire(rows: Sequence[_Row], names: Mapping[str, str]) -> Document:
    flow = next((row["flow"] for row in rows if row["flow"]), "")
    return {
        "flow": flow,
        "title": names.get(flow, flow),
        "session_id": rows[0]["session_id"],
        "at": rows[0]["at"],
        "answers": _answers([row for row in rows if row["kind"] in _GIVEN], names),
        "scores": [_score(row) for row in rows if row["kind"] == "score"],
    }


def _answers(rows: Iterable[_Row], names: Mapping[str, str]) -> Sequence[Document]:
    by_item: dict[str, list[_Row]] = {}
    for row in rows:
        by_item.setdefault(f"{row['flow']}/{row['item']}", []).append(row)
    return [
        {
            "item": given[0]["item"],
            "question": names.get(key, given[0]["item"]),
            "first": _answer(given[0], names),
            "last": _answer(given[-1], names),
        }
        for key, given in by_item.items()
    ]


def _answer(row: _Row, names: Mapping[str, str]) -> Document:
    option = f"{row['flow']}/{row['item']}/{row['code']}"
    detail = row["detail"] or {}
    return {
        "entry": row["id"],
        "at": row["at"],
        "kind": detail.get("given", row["kind"]) if row["kind"] == "correction" else row["kind"],
        "value": row["value"],
        "code": row["code"],
        "answer": names.get(option),
        "words": row["text"],
    }


def _score(row: _Row) -> Document:
    detail = row["detail"] or {}
    return {
        "entry": row["id"],
        "at": row["at"],
        "value": row["value"],
        "band": row["code"],
        "answered": detail.get("answered"),
        "of": detail.get("of"),
    }
