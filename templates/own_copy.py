"""The patient's own copy as a document to be read: what the data file holds, told in words.

It is made of that very document (`bot.own_record`), so that both say the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from templates import papers
from templates.words import Words

_Row = Mapping[str, Any]
_TOLD = ("note", "question", "goal", "plan", "visit", "contact", "red-flag", "desk-message")
"""Kinds of entries that are somebody's words, in the order of their time."""
_TIME, _SHORT, _LONG = 2.6, 2, 5
"""Widths of columns, as shares."""


class _Table(NamedTuple):
    head: Sequence[str]
    widths: Sequence[float]
    rows: Sequence[Sequence[str]]
    title: str = ""
    note: str = ""


def pdf(document: Mapping[str, Any], clinic: str) -> bytes:
    """The document as a PDF, in the patient's language and on the patient's clock."""
    return papers.pdf("own_copy", told(document, clinic))


def told(document: Mapping[str, Any], clinic: str) -> Mapping[str, Any]:
    """What stands in that PDF, as its template wants it."""
    made_at = datetime.fromisoformat(document["made_at"])
    told = _Telling(Words.of(document["language"], document["timezone"]), document)
    words = told.words
    return {
        "language": document["language"],
        "title": words.say("copy.title", name=document["name"] or words.say("copy.you")),
        "lead": words.say("copy.lead", clinic=clinic, when=told.moment(made_at.isoformat())),
        "keep": words.say("copy.keep"),
        "page": words.say("copy.page"),
        "sections": [each for each in told.sections() if each is not None],
    }


class _Telling:
    """One document in the words of one language."""

    def __init__(self, words: Words, document: Mapping[str, Any]) -> None:
        self.words = words
        self.document = document
        self.held: Mapping[str, Sequence[_Row]] = document["everything"]
        self.people = {row["id"]: str(row["name"]) for row in self.held["care_team"]}

    def sections(self) -> Iterable[Mapping[str, Any] | None]:
        """In the order in which they are read; None where there is nothing to tell."""
        yield self._about()
        yield self._consents()
        yield self._section("answers", *map(self._questionnaire, self.document["questionnaires"]))
        yield self._section("words", self._told())
        yield self._section("people", self._care_team(), self._looks())
        yield self._section("messages", self._messages())

    def moment(self, iso: str | None) -> str:
        """Day and clock; nothing for what has not been."""
        if iso is None:
            return ""
        when = datetime.fromisoformat(iso)
        return f"{self.words.day(when)} {self.words.clock(when)}"

    def _say(self, key: str, **params: object) -> str:
        return self.words.say(f"copy.{key}", **params)

    def _section(self, key: str, *tables: _Table) -> Mapping[str, Any]:
        filled = [table._asdict() for table in tables if table.rows or table.note]
        text = "" if filled else self._say("nothing")
        return {"heading": self._say(f"{key}.heading"), "text": text, "pairs": [], "tables": filled}

    def _about(self) -> Mapping[str, Any]:
        (patient,) = self.held["patient"]
        profile = patient["profile"]
        pairs = [
            ("name", profile["name"]),
            ("language", self._say(f"language.{patient['language']}")),
            ("timezone", patient["timezone"]),
            ("since", self.moment(patient["created_at"])),
            ("hour", profile["hour"]),
        ]
        pairs += [(f"channel.{row['channel']}", row["value"]) for row in self.held["addresses"]]
        shown = [[self._say(f"about.{key}"), str(value)] for key, value in pairs if value]
        return {
            "heading": self._say("about.heading"), "text": "", "pairs": shown, "tables": []
        }  # fmt: skip

    def _consents(self) -> Mapping[str, Any]:
        rows = [row for row in self.held["entries"] if row["kind"] == "consent"]
        head = [self._say("when"), self._say("consents.what"), self._say("consents.said")]
        shown = [
            [
                self.moment(row["at"]),
                ", ".join(self._say(f"purpose.{each}") for each in row["detail"]["purposes"]),
                self._say(f"consents.{row['code']}"),
            ]
            for row in rows
        ]
        return self._section("consents", _Table(head, (_TIME, _LONG, _SHORT), shown))

    def _questionnaire(self, filled: Mapping[str, Any]) -> _Table:
        head = [self._say(f"answers.{key}") for key in ("question", "last", "first")]
        rows = [self._answered(each) for each in filled["answers"]]
        columns = 3 if any(first for _, _, first in rows) else 2
        return _Table(
            head[:columns],
            (1,) * columns,
            [row[:columns] for row in rows],
            title=f"{filled['title']}, {self.moment(filled['at'])}",
            note=" ".join(self._scored(score) for score in filled["scores"][-1:]),
        )

    def _answered(self, each: Mapping[str, Any]) -> Sequence[str]:
        first, last = each["first"], each["last"]
        changed = first["entry"] != last["entry"]
        return [each["question"], self._answer(last), self._answer(first) if changed else ""]

    def _answer(self, given: Mapping[str, Any]) -> str:
        if given["kind"] in ("skip", "not-applicable"):
            return self._say(f"answers.{given['kind']}")
        if given["answer"]:
            return str(given["answer"])
        return given["words"] if given["value"] is None else self.words.number(given["value"])

    def _scored(self, score: Mapping[str, Any]) -> str:
        counted = {"answered": score["answered"], "of": score["of"]}
        if score["value"] is None:
            return self._say("answers.no-score", **counted)
        return self._say("answers.score", value=self.words.number(score["value"]), **counted)

    def _told(self) -> _Table:
        rows = [
            [
                self.moment(row["at"]),
                self._say(f"kind.{row['kind']}"),
                row["text"] or "",
                self._author(row["author"]),
            ]
            for row in self.held["entries"]
            if row["kind"] in _TOLD and row["text"]
        ]
        head = [self._say(key) for key in ("when", "words.kind", "words.text", "words.author")]
        return _Table(head, (_TIME, _SHORT, _LONG, _SHORT), rows)

    def _author(self, author: str) -> str:
        role, _, member = author.partition(":")
        if role == "professional":
            return self.people.get(int(member), self._say("author.professional"))
        return self._say(f"author.{role}")

    def _care_team(self) -> _Table:
        rows = [
            [self.people[row["member_id"]], self.moment(row["given_at"]), self._until(row)]
            for row in self.held["grants"]
        ]
        head = [self._say(key) for key in ("people.who", "people.since", "people.until")]
        return _Table(head, (_LONG, _TIME, _TIME), rows, title=self._say("people.shared"))

    def _until(self, grant: _Row) -> str:
        return self.moment(grant["ended_at"] or grant["until"]) or self._say("people.open")

    def _looks(self) -> _Table:
        grants = {row["id"]: row["member_id"] for row in self.held["grants"]}
        rows = [
            [self.people[grants[row["grant_id"]]], self.moment(row["opened_at"])]
            for row in self.held["looks"]
        ]
        head = [self._say("people.who"), self._say("when")]
        return _Table(head, (_LONG, _TIME), rows, title=self._say("people.looked"))

    def _messages(self) -> _Table:
        said = [
            (row["received_at"], row["id"], self._say("messages.you"), row["body"]["text"])
            for row in self.held["messages_in"]
        ]
        said += [
            (row["created_at"], row["id"], self._to(row), row["body"]["text"])
            for row in self.held["messages_out"]
        ]
        rows = [[self.moment(at), who, text] for at, _, who, text in sorted(said) if text]
        head = [self._say("when"), self._say("messages.who"), self._say("messages.text")]
        return _Table(head, (_TIME, _SHORT, 2 * _LONG), rows)

    def _to(self, row: _Row) -> str:
        if row["entry_id"] is not None:
            return self._say("author.desk")
        if row["member_id"] is None:
            return self._say("messages.us")
        name = self.people.get(row["member_id"], self._say("author.professional"))
        return self._say("messages.to", name=name)
