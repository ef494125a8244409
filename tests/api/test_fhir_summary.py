"""The summary as a FHIR document: what another system reads in it."""

from __future__ import annotations

import json
from typing import Any
from xml.etree import ElementTree

import pytest
from fhir.resources.bundle import Bundle
from hypothesis import given, settings
from hypothesis import strategies as st

from api.fhir_summary import LOINC, document
from backtrace.definitions import shipped_library
from templates.pages import telling_of
from tests.api.test_professional import Anne, light_practice
from tests.bot.practice import Practice
from tests.trajectory.lives import named
from tests.trajectory.stories import ANNE, BIRGIT, DR_HOLM, LOOKED, NOW, Story, at, birgit
from trajectory.summary import Person, Summary, summarise

__all__ = ["light_practice"]

LIBRARY = shipped_library()
NAMES = {ANNE: "Anne Møller", DR_HOLM: "Dr Holm"}
XHTML = "{http://www.w3.org/1999/xhtml}"


def made(summary: Summary, language: str = "en", seed: str = "one") -> dict[str, Any]:
    telling = telling_of(summary, language, None, NAMES, {})
    found: dict[str, Any] = json.loads(document(summary, telling, LIBRARY, seed))
    Bundle.model_validate(found)
    return found


def of(story: Story, person: Person = BIRGIT) -> dict[str, Any]:
    return made(summarise(story.entries, person, NOW, LOOKED))


def resources(bundle: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    found = [entry["resource"] for entry in bundle["entry"]]
    return [each for each in found if each["resourceType"] == kind]


def section(bundle: dict[str, Any], title: str) -> str:
    (composition,) = resources(bundle, "Composition")
    (found,) = [each for each in composition["section"] if each["title"] == title]
    root = ElementTree.fromstring(found["text"]["div"])
    return " | ".join(line.text or "" for line in root.iter(f"{XHTML}p"))


@pytest.fixture(scope="module")
def bundle() -> dict[str, Any]:
    return made(summarise(birgit(), BIRGIT, NOW, LOOKED, 12))


def test_it_is_a_document_that_begins_with_its_composition(bundle: dict[str, Any]) -> None:
    assert bundle["type"] == "document"
    assert [entry["resource"]["resourceType"] for entry in bundle["entry"][:2]] == [
        "Composition",
        "Patient",
    ]
    assert bundle["timestamp"] == "2026-03-31T09:30:00+02:00"


def test_every_reference_leads_into_the_document(bundle: dict[str, Any]) -> None:
    urls = {entry["fullUrl"] for entry in bundle["entry"]}
    assert len(urls) == len(bundle["entry"])

    def references(part: Any) -> set[str]:
        if isinstance(part, dict):
            found = {part["reference"]} if "reference" in part else set()
            return found.union(*map(references, part.values()))
        return set().union(*map(references, part)) if isinstance(part, list) else set()

    assert references(bundle) <= urls
    assert references(resources(bundle, "Composition")) >= urls - {bundle["entry"][0]["fullUrl"]}


def test_its_identifiers_say_nothing_about_the_patient() -> None:
    summary = summarise(birgit(), BIRGIT, NOW, LOOKED, 12)
    one, same, other = made(summary), made(summary), made(summary, seed="two")
    assert one == same
    assert {e["fullUrl"] for e in one["entry"]}.isdisjoint(e["fullUrl"] for e in other["entry"])


def test_values_are_observations_under_the_codes_of_their_definitions(
    bundle: dict[str, Any],
) -> None:
    found: dict[str, list[float]] = {}
    for each in resources(bundle, "Observation"):
        coding = each["code"]["coding"][0]
        name = coding["code"] if coding["system"] == LOINC else each["code"]["text"]
        found.setdefault(name, []).append(each["valueQuantity"]["value"])
    assert found["97909-6"] == [44, 36, 50]
    assert found["72514-3"] == [7, 6, 6, 5, 4, 4, 3, 4, 5, 6, 7]
    assert found["91351-7"] == [5]
    assert found["Limited days"][-1] == 5


def test_a_corrected_value_is_amended_and_says_what_it_was() -> None:
    story = Story()
    odi = story.odi(at(2, 16), 40)
    story.correct(odi, at(3, 9), 36, late=True)
    (value,) = resources(of(story), "Observation")
    assert (value["status"], value["valueQuantity"]["value"]) == ("amended", 36)
    assert value["note"][0]["text"] == "corrected late, was 40"


def test_a_sign_that_a_helper_told_of_says_so() -> None:
    story = Story()
    story.flag(at(3, 22), "leg-weakness", "same-day", author="helper")
    said = section(of(story), "Warning signs")
    assert said.startswith("22 Mar Same-day flag: weakness in one leg, told by a helper. ")


def test_the_sections_tell_what_the_page_tells(bundle: dict[str, Any]) -> None:
    assert "Not CE-marked" in section(bundle, "What this is")
    assert section(bundle, "Warning signs").startswith("22 Mar Same-day flag: weakness in one leg")
    assert section(bundle, "Since you looked (17 Feb)").startswith("Worse | ODI 36 → 50 (+14 worse")
    assert "May I cycle?" in section(bundle, "Wants to talk about")
    assert section(bundle, "Agreed") == "walk 15 min x 2 (17 Feb, Anne Møller)"
    assert "Demonstration wording" in section(bundle, "How complete")


def test_what_was_asked_is_one_questionnaire_response(bundle: dict[str, Any]) -> None:
    (told,) = resources(bundle, "QuestionnaireResponse")
    answers = {item["linkId"]: item["answer"][0] for item in told["item"]}
    assert answers["work-status"]["valueCoding"]["code"] == "retired"
    assert answers["onset"] == {"valueString": "November, after lifting a box"}


def test_what_the_patient_would_not_say_is_an_item_without_an_answer() -> None:
    story = Story()
    story.intake(at(1, 6), "onset", "skip", kind="skip")
    (told,) = resources(of(story), "QuestionnaireResponse")
    assert told["item"] == [{"linkId": "onset"}]


def test_private_notes_of_the_patient_are_not_in_it(bundle: dict[str, Any]) -> None:
    assert "do not like" not in json.dumps(bundle)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=3, max_size=3))
def test_whatever_is_written_the_document_is_valid(texts: list[str]) -> None:
    name, words, told = texts
    story = Story()
    for kind in ("goal", "plan", "question", "contact"):
        story.write(kind, at(1, 6), text=words)
    story.intake(at(1, 6), "onset", told)
    story.flag(at(1, 7), "leg-weakness", "same-day", words)
    bundle = of(story, named(name or "B", at(1, 4)))
    for each in resources(bundle, "Composition")[0]["section"]:
        if "text" in each:
            ElementTree.fromstring(each["text"]["div"])


def test_anne_gets_it_behind_her_open_page_and_the_audit_says_so(
    light_practice: Practice,
) -> None:
    anne = Anne(light_practice)
    assert anne.browser.get("/summary/summary.json").status_code == 401
    anne.come_in(light_practice.share())
    answer = anne.browser.get("/summary/summary.json")
    assert answer.headers["content-type"] == "application/fhir+json"
    assert answer.json()["resourceType"] == "Bundle"
    assert light_practice.audited()[-1][1] == "exported"


def answered() -> Story:
    """Anne has answered in fields, and has put a letter there."""
    story = Story()
    for field, words in (("found", "Stiff hips."), ("agreed", "Walk 10 min.")):
        story.write("note", at(3, 20), text=words, item=field, detail={"note": "one"}, author=ANNE)
    story.write("contact", at(3, 1), text="No fracture.", code="imaging", author=ANNE)
    return story


def test_a_note_in_fields_and_a_letter_are_told_as_what_they_are() -> None:
    found = of(answered())
    note = "Found: Stiff hips; Agreed: Walk 10 min. (20 Mar, Anne Møller)"
    assert section(found, "Agreed") == note
    letter = "Imaging: No fracture. (1 Mar, letter, added by Anne Møller)"
    assert section(found, "Others involved") == letter
