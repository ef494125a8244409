"""The summary as a FHIR R5 document: FHIR at the edge, made from the same object as the page.

A `Composition` with a section for each part of the page, the patient, every value of a measure
as an `Observation`, and what the patient told of their history as a `QuestionnaireResponse`
for each flow. LOINC codes are those of the definitions; what has none is coded by our own ids.

Deviations: a section's `Goal`, `CarePlan` or `Flag` is told as narrative only, since the
patient's words are no coded statement of a clinician; the single answers behind a score are
not part of a summary.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from html import escape
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from flows.library import Library
from templates.changes import told
from templates.telling import Telling
from trajectory.courses import Course, Point
from trajectory.summary import Fact, Summary

Resource = dict[str, Any]

LOINC = "http://loinc.org"
UCUM = "http://unitsofmeasure.org"
OWN = "urn:backtrace:flow"
"""System of our own ids: flows and items as their definitions name them."""
PATIENT_SUMMARY = "60591-5"
"""LOINC: Patient summary Document."""
SCORES = {"odi": "97909-6", "start-back": "91351-7"}
"""LOINC of a flow's total: the flows' own codes are those of the whole panels."""


def document(summary: Summary, telling: Telling, library: Library, seed: str) -> bytes:
    """The bundle as JSON; `seed` makes its identifiers, which say nothing about the patient."""
    return _Writing(summary, telling, _codes(library), seed).bundle()


def _codes(library: Library) -> dict[str, str]:
    """LOINC by measure: scores by their flow, answers by their item."""
    found = {
        item.id: item.loinc
        for flow in library.flows.values()
        for item in flow.items
        if item.loinc is not None
    }
    return found | SCORES


class _Writing:
    """One document while it is written."""

    def __init__(
        self, summary: Summary, tell: Telling, codes: Mapping[str, str], seed: str
    ) -> None:
        self._summary, self._tell, self._codes, self._seed = summary, tell, codes, seed
        self._patient = self._url("patient")

    def bundle(self) -> bytes:
        # 150 ms that no other command should pay for at its start.
        from fhir.resources.bundle import Bundle

        values = list(self._observations())
        responses = list(self._responses())
        sections = list(self._sections(_urls(values), _urls(responses)))
        resources = [
            (self._url("composition"), self._composition(sections)),
            (self._patient, self._person()),
            *values,
            *responses,
        ]
        made = Bundle.model_validate(
            {
                "resourceType": "Bundle",
                "type": "document",
                "identifier": {"system": "urn:ietf:rfc:3986", "value": self._url("document")},
                "timestamp": self._now,
                "entry": [{"fullUrl": url, "resource": each} for url, each in resources],
            }
        )
        return made.model_dump_json().encode()

    @property
    def _now(self) -> str:
        return self._summary.now.isoformat()

    def _url(self, name: str) -> str:
        return f"urn:uuid:{uuid5(NAMESPACE_URL, f'{self._seed}/{name}')}"

    def _composition(self, sections: list[Resource]) -> Resource:
        words = self._tell.words
        return {
            "resourceType": "Composition",
            "status": "final",
            "language": words.catalogue.language,
            "type": _coded(LOINC, PATIENT_SUMMARY),
            "subject": [{"reference": self._patient}],
            "date": self._now,
            "author": [{"reference": self._patient}],
            "title": words.say("head.title", name=self._summary.person.name),
            "section": sections,
        }

    def _person(self) -> Resource:
        person = self._summary.person
        born = {"birthDate": person.birth_date.isoformat()} if person.birth_date else {}
        return {"resourceType": "Patient", "name": [{"text": person.name}], **born}

    def _observations(self) -> Iterator[tuple[str, Resource]]:
        for course in self._summary.courses:
            for number, point in enumerate(course.points):
                yield (
                    self._url(f"{course.measure.id}/{number}"),
                    self._observation(course, point),
                )
        screen = self._summary.start_back
        if screen is not None and screen.total is not None:
            yield (
                self._url("start-back"),
                {
                    **self._observed(self._code("start-back", "STarT Back"), screen.at.isoformat()),
                    "valueQuantity": _quantity(screen.total, "{score}"),
                    "interpretation": [{"text": self._tell.start_back(screen)}],
                },
            )

    def _observation(self, course: Course, point: Point) -> Resource:
        unit = "d" if course.measure.counts else "{score}"
        code = self._code(course.measure.id, self._tell.measure(course))
        notes = self._tell.oddities(point)
        found = {
            **self._observed(code, point.at.isoformat(), amended=point.corrected),
            "valueQuantity": _quantity(point.value, unit),
        }
        if point.band:
            found["interpretation"] = [{"text": self._tell.band(course, point)}]
        if point.author == "helper":
            notes.append(self._tell.words.say("asked.by-helper"))
        return found | ({"note": [{"text": ", ".join(notes)}]} if notes else {})

    def _observed(self, code: Resource, at: str, *, amended: bool = False) -> Resource:
        return {
            "resourceType": "Observation",
            "status": "amended" if amended else "final",
            "code": code,
            "subject": {"reference": self._patient},
            "performer": [{"reference": self._patient}],
            "effectiveDateTime": at,
        }

    def _code(self, id: str, name: str) -> Resource:
        coding = [{"system": OWN, "code": id}]
        if id in self._codes:
            coding.insert(0, {"system": LOINC, "code": self._codes[id]})
        return {"coding": coding, "text": name}

    def _responses(self) -> Iterator[tuple[str, Resource]]:
        """What was asked, by the flow that asked it."""
        single = (self._summary.own_view, self._summary.work)
        facts = [*(fact for fact in single if fact is not None), *self._summary.asked]
        for flow in sorted({fact.flow or "" for fact in facts}):
            yield (
                self._url(f"asked/{flow}"),
                self._response(flow, [fact for fact in facts if (fact.flow or "") == flow]),
            )

    def _response(self, flow: str, facts: list[Fact]) -> Resource:
        return {
            "resourceType": "QuestionnaireResponse",
            "status": "completed",
            "questionnaire": f"{OWN}:{flow}",
            "subject": {"reference": self._patient},
            "source": {"reference": self._patient},
            "authored": max(fact.at for fact in facts).isoformat(),
            "item": [self._answer(fact) for fact in facts],
        }

    def _answer(self, fact: Fact) -> Resource:
        """What was asked and not answered stays an item without an answer."""
        item = {"linkId": fact.item}
        said = self._tell.fact(fact).strip()
        if fact.state != "answer" or not said:
            return item
        if fact.code is None:
            return item | {"answer": [{"valueString": said}]}
        coding = {"system": f"{OWN}:{fact.flow}:{fact.item}", "code": fact.code, "display": said}
        return item | {"answer": [{"valueCoding": coding}]}

    def _sections(self, values: list[str], responses: list[str]) -> Iterator[Resource]:
        summary, tell, say = self._summary, self._tell, self._tell.words.say
        change = told(summary, tell)
        reported = " ".join(say(f"footer.{each}") for each in ("reported", "unwatched", "device"))
        yield _section(say("paper.source"), [reported])
        yield _section(say("flags.heading"), [*self._flags()] or [say("journal.no-flags")])
        moved = [
            f"{tell.measure(c)} {tell.moved(b, c)} ({tell.step(s)})" for c, b, s in change.moves
        ]
        yield _section(change.heading, [change.verdict, *moved, *change.notes])
        yield _section(say("talk.heading"), [tell.next_visit(summary), *self._questions()])
        yield _section(say("goal.heading"), [summary.goal.text if summary.goal else None])
        yield _section(say("plan.heading"), self._agreed())
        yield _section(say("table.heading"), [say("table.lower")], values)
        asked = [f"{tell.words.name('asked', f.item)}: {tell.fact(f)}" for f in summary.asked]
        yield _section(say("asked.heading"), asked, responses)
        yield _section(say("others.heading"), self._contacts())
        yield _section(say("complete.heading"), tell.completeness(summary))

    def _flags(self) -> Iterator[str]:
        for flag in self._summary.flags:
            day, tell = self._tell.words.day(flag.at), self._tell
            yield f"{day} {tell.urgency(flag)}: {tell.flag(flag)}. {tell.came_of(flag)}"

    def _questions(self) -> list[str | None]:
        return [question.text for question in self._summary.questions]

    def _agreed(self) -> Iterator[str]:
        summary, tell = self._summary, self._tell
        if plan := summary.plan:
            yield self._by(plan.text or "", plan.at, tell.says(plan.author))
        for note in summary.notes:
            yield self._by(tell.noted(note), note.at, tell.who(note.author))

    def _contacts(self) -> Iterator[str]:
        for each in self._summary.contacts:
            yield self._by(self._tell.met(each), each.at, self._tell.told_by(each))

    def _by(self, words: str, at: datetime, who: str) -> str:
        return f"{words} ({self._tell.words.day(at)}, {who})"


def _section(title: str, lines: Iterable[str | None], entries: Iterable[str] = ()) -> Resource:
    """A section with its lines as narrative; one without any says that it is empty."""
    told = "".join(f"<p>{escape(_visible(line))}</p>" for line in lines if line)
    found = [{"reference": url} for url in entries]
    section: Resource = {"title": title}
    if told:
        div = f'<div xmlns="http://www.w3.org/1999/xhtml">{told}</div>'
        section["text"] = {"status": "generated", "div": div}
    if found:
        section["entry"] = found
    if not told and not found:
        reason = "http://terminology.hl7.org/CodeSystem/list-empty-reason"
        section["emptyReason"] = _coded(reason, "nilknown")
    return section


def _visible(line: str) -> str:
    """XHTML knows no control characters."""
    return "".join(sign if sign.isprintable() else " " for sign in line)


def _urls(found: Iterable[tuple[str, Resource]]) -> list[str]:
    return [url for url, _ in found]


def _coded(system: str, code: str) -> Resource:
    return {"coding": [{"system": system, "code": code}]}


def _quantity(value: float, unit: str) -> Resource:
    return {"value": value, "unit": unit, "system": UCUM, "code": unit}
